"""The database: one way to open it, one way to write to it.

`transaction()` is the only commit in Dozor. What must happen after it is given to `on_commit`;
what happened inside it is given to `happened`, and is followed by the reactor before the commit.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, cast

from flask import current_app, has_app_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, CursorResult, DateTime, Engine, Executable, MetaData, TypeDecorator, event, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session, registry

log = logging.getLogger(__name__)

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. SQLite has no zone to keep, so it is taken off and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json},
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": True})

# SQLite has one writer. Waiting for a place here is fair; waiting inside SQLite is by luck, and its tail is long.
_writer = threading.Lock()
LOOK_SECONDS, LOOKS = 0.001, 3000
NAMED = 4711  # a space of advisory locks for names, apart from those with one number

Reactor = Callable[[Any], None]
_reactor: Reactor | None = None


def react_with(reactor: Reactor) -> None:
    """Say who follows the events of a transaction (the composition root calls this once)."""
    global _reactor
    _reactor = reactor


def session() -> Session:
    """The session of this request or job."""
    return db.session()


def straight(query: Executable, **bound: Any) -> CursorResult[*tuple[Any, ...]]:
    """A statement over columns, asked of the connection itself: the mapper's part in it takes longer than the
    database's. What is pending is written first; rows that the session holds already do not change by it."""
    current = session()
    if current.info.get("writing"):
        current.flush()
    return connection().execute(query, bound)


def connection() -> Connection:
    """The session's own. It is kept at hand while its transaction is open: to look it up takes longer than a small
    statement does."""
    current = session()
    of, found = current.info.get("connection", (None, None))
    if found is None or of is not current.get_transaction():
        found = current.connection()
        current.info["connection"] = (current.get_transaction(), found)
    return cast(Connection, found)


def is_writing() -> bool:
    """Whether a transaction is open here."""
    return has_app_context() and bool(session().info.get("writing"))


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


@contextmanager
def transaction() -> Iterator[Session]:
    """Write, all or nothing. Whatever was read before is forgotten, so nothing stale is written back.

    On SQLite it takes the write lock at once (a read that later wants to write fails under load).
    On leaving: the events are followed, the commit is made, then the `on_commit` callbacks run.
    """
    current = session()
    if current.info.get("writing"):
        raise RuntimeError("a transaction is already open: pass its work on instead of opening another")
    current.close()
    with _writer if is_sqlite() else nullcontext():
        current.info.update(writing=True, events=[], after=[])
        try:
            current.connection(execution_options={"writes": True})
            yield current
            _follow(current)
            current.commit()
        except BaseException:
            current.rollback()
            current.info["after"] = []
            raise
        finally:
            current.info["writing"] = False
    _run_callbacks(current.info.pop("after"))


@contextmanager
def apart() -> Iterator[Session]:
    """A transaction beside this session, as an `on_commit` callback needs one: what its caller still holds stays."""
    with current_app.app_context(), transaction() as current:
        yield current


@contextmanager
def savepoint() -> Iterator[None]:
    """A part of a transaction that may fail alone: its writes, events and callbacks go with it."""
    current = session()
    events, after = list(current.info["events"]), list(current.info["after"])
    try:
        with current.begin_nested():
            yield
    except BaseException:
        current.info["events"], current.info["after"] = events, after
        raise


def one_at_a_time(*names: str) -> None:
    """Whoever asks for one of the same names waits until this transaction has ended. SQLite has one writer anyway."""
    if is_sqlite():
        return
    for key in sorted({zlib.crc32(each.encode()) for each in names}):  # in one order, so that nobody waits in a circle
        straight(select(func.pg_advisory_xact_lock(NAMED, key - 2**31)))


def happened(*events: Any) -> None:
    """Note what a service did; the reactor follows it before the commit."""
    session().info["events"].extend(events)


def on_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once this transaction is safely in the database, and never if it is not."""
    if not session().info.get("writing"):
        raise RuntimeError("on_commit needs an open transaction")
    session().info["after"].append(callback)


def _follow(current: Session) -> None:
    while current.info["events"]:
        events, current.info["events"] = current.info["events"], []
        for each in events:
            if _reactor is not None:
                _reactor(each)


def _run_callbacks(callbacks: list[Callable[[], None]]) -> None:
    for callback in callbacks:
        try:
            callback()
        except Exception:  # the rows are written: an alarm clock that does not answer must not undo them
            log.exception("after-commit callback failed")


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def prepare(engine: Engine) -> None:
    """Set up a new engine: SQLite's pragmas, and BEGIN IMMEDIATE for whatever may write."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.create_function("lower", 1, _lower, deterministic=True)  # its own knows only a to z
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=15000",
            "temp_store=MEMORY",
            "cache_size=-4000",  # of each connection, and there are many; the system keeps the file's pages anyway
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        if not connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN")
        elif not _got_the_lock(connection.connection.dbapi_connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _got_the_lock(raw: Any) -> bool:
    """BEGIN IMMEDIATE by looking every few milliseconds: SQLite's own waiting looks ever more rarely, and between the
    transactions of another process that writes without a pause it misses the gaps for seconds."""
    raw.execute("PRAGMA busy_timeout=0")
    try:
        for _ in range(LOOKS):
            try:
                raw.execute("BEGIN IMMEDIATE")
                return True
            except sqlite3.OperationalError:
                time.sleep(LOOK_SECONDS)
    finally:
        raw.execute("PRAGMA busy_timeout=15000")
    return False
