"""Statements are compiled once for all databases of a kind in a process: each test has an engine of its own, and its
statements are the same ones."""

from __future__ import annotations

from sqlalchemy import Engine

_first: dict[str, Engine] = {}


def compile_once(engine: Engine) -> None:
    """It takes what the first engine of its kind has compiled, which is kept by dialect."""
    first = _first.setdefault(engine.dialect.name, engine)
    if first is engine:
        with engine.connect():  # its dialect learns here which server this is
            return
    engine._compiled_cache = first._compiled_cache
    engine.dialect = engine.pool._dialect = first.dialect
