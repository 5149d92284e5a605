"""What each connection to PostgreSQL is told, when it is asked whether it is still there, and when it begins no
transaction."""

from __future__ import annotations

import select
import time
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import InvalidatePoolError

# Between two statements a transaction of Dozor only computes. One whose process stands still (a paused machine, swap)
# would keep its rows and named locks from everybody until it wakes; it ends well before a lease does (`outbox.LEASE`).
IDLE_SECONDS = 20
UNSYNCED = text("SET LOCAL synchronous_commit = off")  # the transaction's commit does not wait for the disk
# A connection is asked before it is used, for the database may have been started anew. One that has just been in use is
# not, unless the server has said goodbye on it: a request takes three, one after another.
JUST_NOW_SECONDS = 0.1


def prepare(engine: Engine) -> None:
    """Set up a new engine: a transaction that was left standing ends, and gives back what it held; instants come in
    UTC, whatever zone the server is in, so that nobody has to turn each of them (`UtcDateTime`); a statement is
    answered by the one process that is there, since to start another takes longer than all that a page asks, and would
    take a core from those who ask beside it; no connection is used that was cut while it lay in the pool."""
    if engine.dialect.name != "postgresql":
        return
    from webapp.db import libpq  # a firm on SQLite does not carry the driver

    @event.listens_for(engine, "do_connect")
    def connects(_dialect: Any, _record: Any, where: Any, how: Any) -> Any:
        return libpq.Connection.connect(*where, **how)

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
        if connection.autocommit:
            connection.autocommit = False
        back_at = record.info.get("back_at")
        if back_at is None:  # a new one, which has not been away
            return
        is_old = time.monotonic() - back_at > JUST_NOW_SECONDS
        if (is_old or connection.closed or _speaks_unasked(connection)) and not _answers(engine, connection):
            raise InvalidatePoolError  # the pool gives another, and asks no more of those that are as old


def read_only(connection: Connection) -> None:
    """Whoever takes this connection from its pool now only reads, until it goes back: no transaction is begun. Each
    statement sees what is committed when it is asked, as it does in one (READ COMMITTED); without BEGIN and ROLLBACK
    two journeys are spared, and a page that is slow to draw holds no old rows."""
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.dbapi_connection
        driver.autocommit = True


def _speaks_unasked(connection: Any) -> bool:
    """Whether something came that was not asked for: the server says why it ends a connection."""
    came = select.poll()
    came.register(connection.fileno(), select.POLLIN)
    return bool(came.poll(0))


def _answers(engine: Engine, connection: Any) -> bool:
    dialect = engine.dialect
    try:
        return dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, connection, None):
            return False
        raise
