"""How often one may try: counted in Redis for all processes; in memory while Redis is away. Views say the figures."""

from __future__ import annotations

from flask import Flask, request
from flask_limiter import Limiter

limiter = Limiter(lambda: request.remote_addr or "unknown", in_memory_fallback_enabled=True, swallow_errors=True)


def register(app: Flask) -> None:
    """Once, before any view counts."""
    app.config.setdefault("RATELIMIT_STORAGE_URI", app.config["REDIS_URL"].replace("unix://", "redis+unix://"))
    app.config.setdefault(
        "RATELIMIT_STORAGE_OPTIONS", {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry": None}
    )
    limiter.init_app(app)
