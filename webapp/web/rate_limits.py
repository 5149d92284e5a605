"""How often one may try: counted in Redis for all processes; in memory while Redis is away. Views say the figures."""

from __future__ import annotations

from flask import Flask, request
from flask_limiter import Limiter
from limits.storage import RedisStorage

from webapp import bounds

# Waited for at every limit of a request: a page must stay under a second.
PATIENCE_SECONDS = 0.2
# Wrong tries of a password, by whichever door: for each address, and for each account. Right ones are not counted: a
# whole firm may come from one address in the morning.
PASSWORDS_PER_ADDRESS = "30 per minute; 200 per hour"
PASSWORDS_PER_ACCOUNT = "8 per minute; 40 per hour"


class OwnLimits(Limiter):
    """The library's own, but each view asks for its limits itself: there are none of the whole application, which each
    request would look for."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


limiter = OwnLimits(lambda: caller(), in_memory_fallback_enabled=True, swallow_errors=True)


class Counters(RedisStorage):
    """The library's own, which loads the client of another server as well: 2 MB that nobody uses."""

    STORAGE_SCHEME = RedisStorage.STORAGE_SCHEME
    DEPENDENCIES = {"redis": RedisStorage.DEPENDENCIES["redis"]}  # noqa: RUF012


def caller() -> str:
    """Whose request this is, as all limits count it."""
    return bounds.caller(request.remote_addr)


def register(app: Flask) -> None:
    """Once, before any view counts."""
    app.config.setdefault("RATELIMIT_STORAGE_URI", app.config["REDIS_URL"].replace("unix://", "redis+unix://"))
    waits = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS, "retry": None}
    app.config.setdefault("RATELIMIT_STORAGE_OPTIONS", waits)
    limiter.init_app(app)
