"""What each connection to PostgreSQL is told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event, text

# Between two statements a transaction of Dozor only computes. One whose process stands still (a paused machine, swap)
# would keep its rows and named locks from everybody until it wakes; it ends well before a lease does (`outbox.LEASE`).
IDLE_SECONDS = 20
UNSYNCED = text("SET LOCAL synchronous_commit = off")  # the transaction's commit does not wait for the disk


def prepare(engine: Engine) -> None:
    """Set up a new engine: a transaction that was left standing ends, and gives back what it held; instants come in
    UTC, whatever zone the server is in, so that nobody has to turn each of them (`UtcDateTime`)."""
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        connection.commit()
