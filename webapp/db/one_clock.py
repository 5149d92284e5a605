"""Machines over one PostgreSQL agree what time it is: its own. Asked at the first connection, and each minute.

With clocks of their own, what one machine claims could be another's future, or its long past lease.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, event

from webapp import clock

EVERY_SECONDS = 60


def follow(engine: Engine) -> None:
    """Ask when a connection is taken and a minute has passed. SQLite is on this machine."""
    if engine.dialect.name != "postgresql":
        return
    asked_at: list[float] = []

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, *_: Any) -> None:
        now = time.monotonic()
        if not asked_at or now - asked_at[0] > EVERY_SECONDS:
            asked_at[:] = [now]
            clock.agree(lambda: _told_by(connection))


def _told_by(connection: Any) -> datetime:
    with connection.cursor() as cursor:
        told: datetime = cursor.execute("SELECT clock_timestamp()").fetchone()[0]
    connection.rollback()
    return told
