"""Statements are compiled once for all databases of a kind in a process: each test has an engine of its own, and its
statements are the same ones. No commit waits for the disk."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

_first: dict[str, Engine] = {}


def compile_once(engine: Engine) -> None:
    """It takes what the first engine of its kind has compiled, which is kept by dialect."""
    first = _first.setdefault(engine.dialect.name, engine)
    if first is engine:
        with engine.connect():  # its dialect learns here which server this is
            return
    engine._compiled_cache = first._compiled_cache
    engine.dialect = engine.pool._dialect = first.dialect


def wait_for_no_disk(engine: Engine) -> None:
    """The servers of PostgreSQL in tests/servers.py do likewise. At each checkout: a transaction that may be forgotten
    leaves its connection as one that waits."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")
