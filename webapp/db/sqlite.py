"""How SQLite is opened: its pragmas, and BEGIN IMMEDIATE for whatever may write."""

from __future__ import annotations

import sqlite3
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.characteristics import ConnectionCharacteristic

from webapp.db import saving, waiting

LOOK_SECONDS, LOOKS = 0.001, 3000
# Of the option `writes`:
IF_FREE = "if free"  # who would have to wait for the lock does not
UNSYNCED = "unsynced"  # the commit does not wait for the disk; the next one that does takes it along


class _Connection(sqlite3.Connection):
    """The driver's own, with room for what the option `writes` says of it, and for where its file stands."""

    writes: bool | str = False
    folder: Path | None = None


class _Writes(ConnectionCharacteristic):
    """SQLAlchemy sets such an option on the driver's connection, and resets it when that goes back to its pool."""

    def set_characteristic(self, dialect: Any, dbapi_conn: Any, value: Any) -> None:
        dbapi_conn.writes = value
        if value == UNSYNCED:
            dbapi_conn.execute("PRAGMA synchronous=NORMAL")

    def get_characteristic(self, dialect: Any, dbapi_conn: Any) -> Any:
        return dbapi_conn.writes

    def reset_characteristic(self, dialect: Any, dbapi_conn: Any) -> None:
        if dbapi_conn.writes == UNSYNCED:
            dbapi_conn.execute("PRAGMA synchronous=FULL")
        dbapi_conn.writes = False


class Dialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's own, but for how a file is opened and how a transaction begins: the driver begins none by itself.

    Listeners of "do_connect" and "begin" could do so too, but with one of them each statement asks all its events.
    """

    supports_statement_cache = True
    connection_characteristics = SQLiteDialect_pysqlite.connection_characteristics.union({"writes": _Writes()})
    must_exist: Path | None = None  # a file that is not made when it is missing, as SQLite would

    def connect(self, *where: Any, **how: Any) -> Any:
        if self.must_exist is not None and not self.must_exist.exists():
            raise sqlite3.OperationalError(f"unable to open database file: there is no {self.must_exist}")
        made = super().connect(*where, **how | {"factory": _Connection, "isolation_level": None})
        made.folder = self.must_exist.parent if self.must_exist is not None else None
        return made

    def do_begin(self, dbapi_connection: Any) -> None:
        raw = dbapi_connection.dbapi_connection
        if not raw.writes:
            raw.execute("BEGIN")
        elif raw.writes == IF_FREE:
            _take_the_lock_or_leave_it(raw)
        elif not _got_the_lock(raw):
            raw.execute("BEGIN IMMEDIATE")


registry.register("sqlite", __name__, Dialect.__name__)  # of every engine that is made from now on


def prepare(engine: Engine, *, may_make_file: bool = False) -> None:
    """Set up a new engine: SQLite's pragmas, and a file that nobody takes away or makes unseen."""
    if engine.dialect.name != "sqlite":
        return
    assert isinstance(engine.dialect, Dialect)
    engine.dialect.must_exist = None if may_make_file else saving.file_of(engine)
    saving.watch(engine)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
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


def _take_the_lock_or_leave_it(raw: Any) -> None:
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute("BEGIN IMMEDIATE")
    finally:
        raw.execute("PRAGMA busy_timeout=15000")


def _got_the_lock(raw: _Connection) -> bool:
    """BEGIN IMMEDIATE by looking every few milliseconds: SQLite's own waiting looks ever more rarely, and between the
    transactions of another process that writes without a pause it misses the gaps for seconds."""
    raw.execute("PRAGMA busy_timeout=0")
    try:
        return _has_begun(raw) or _has_begun_in_line(raw)
    finally:
        raw.execute("PRAGMA busy_timeout=15000")


def _has_begun_in_line(raw: _Connection) -> bool:
    with waiting.in_line(raw.folder) if raw.folder is not None else nullcontext():
        for _ in range(LOOKS):
            time.sleep(LOOK_SECONDS)
            if _has_begun(raw):
                return True
    return False


def _has_begun(raw: _Connection) -> bool:
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True
