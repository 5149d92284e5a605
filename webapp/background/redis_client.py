"""One client of Redis that gives up quickly, and the breaker that leaves a silent Redis alone for ten seconds."""

from __future__ import annotations

import logging
import time

import redis
from flask import current_app

from webapp.background.redis_commands import CommandPacker

log = logging.getLogger(__name__)


BREAK_SECONDS = 10.0


class Breaker:
    """Remembers until when Redis is to be left alone."""

    def __init__(self) -> None:
        self.until = 0.0
        self.failures = 0
        self.has_missed_messages = False  # something was to be said meanwhile

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.until

    def trip(self, error: Exception) -> None:
        self.until = time.monotonic() + BREAK_SECONDS
        self.failures += 1
        log.warning("Redis does not answer (%s): left alone for %d s", error, BREAK_SECONDS)


def connect(url: str, *, timeout: float = 0.5) -> redis.Redis:
    """A client that gives up quickly; redis-py's own defaults hold a page for a minute."""
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=None,
        health_check_interval=30,
        command_packer=CommandPacker(),
    )


def client() -> redis.Redis:
    found: redis.Redis = current_app.extensions["dozor.redis"]
    return found


def breaker() -> Breaker:
    found: Breaker = current_app.extensions["dozor.breaker"]
    return found
