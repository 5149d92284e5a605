"""What each connection to PostgreSQL is told, and when it is asked whether it is still there."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.exc import InvalidatePoolError

# Between two statements a transaction of Dozor only computes. One whose process stands still (a paused machine, swap)
# would keep its rows and named locks from everybody until it wakes; it ends well before a lease does (`outbox.LEASE`).
IDLE_SECONDS = 20
UNSYNCED = text("SET LOCAL synchronous_commit = off")  # the transaction's commit does not wait for the disk
# A connection is asked before it is used, for the database may have been started anew. One that has just been in use is
# not: a request takes three, one after another, and no database comes back so soon.
JUST_NOW_SECONDS = 0.1


def prepare(engine: Engine) -> None:
    """Set up a new engine: a transaction that was left standing ends, and gives back what it held; instants come in
    UTC, whatever zone the server is in, so that nobody has to turn each of them (`UtcDateTime`); a statement is
    answered by the one process that is there, since to start another takes longer than all that a page asks, and would
    take a core from those who ask beside it; no connection is used that was cut while it lay in the pool."""
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.commit()

    @event.listens_for(engine, "checkin")
    def came_back(_connection: Any, record: Any) -> None:
        record.info["back_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, _fairy: Any) -> None:
        back_at = record.info.get("back_at")  # a new one has not been away
        if back_at is not None and time.monotonic() - back_at > JUST_NOW_SECONDS and not _answers(engine, connection):
            raise InvalidatePoolError  # the pool gives another, and asks no more of those that are as old


def _answers(engine: Engine, connection: Any) -> bool:
    dialect = engine.dialect
    try:
        return dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, connection, None):
            return False
        raise
