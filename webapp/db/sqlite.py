"""How SQLite is opened: its pragmas, and BEGIN IMMEDIATE for whatever may write."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

from webapp.db import saving

LOOK_SECONDS, LOOKS = 0.001, 3000
IF_FREE = "if free"  # of the option `writes`: who would have to wait for the lock does not


def prepare(engine: Engine, *, may_make_file: bool = False) -> None:
    """Set up a new engine: SQLite's pragmas, and BEGIN IMMEDIATE for whatever may write."""
    if engine.dialect.name != "sqlite":
        return
    saving.watch(engine, may_make_file=may_make_file)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
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
        writes = connection.get_execution_options().get("writes")
        if not writes:
            connection.exec_driver_sql("BEGIN")
        elif writes == IF_FREE:
            _take_the_lock_or_leave_it(connection.connection.dbapi_connection)
        elif not _got_the_lock(connection.connection.dbapi_connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _take_the_lock_or_leave_it(raw: Any) -> None:
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute("BEGIN IMMEDIATE")
    finally:
        raw.execute("PRAGMA busy_timeout=15000")


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
