"""Locks by name, on PostgreSQL."""

from __future__ import annotations

import zlib
from functools import cache

from sqlalchemy import Integer, bindparam, func, select

from webapp.db.session import execute_core, is_sqlite
from webapp.db.types import SqlSelect

NAMED = 4711  # a space of advisory locks for names, apart from those with one number
AT_ONCE = 8  # that are asked for by one statement


def advisory_lock(*names: str) -> None:
    """Whoever asks for one of the same names waits until this transaction has ended. SQLite has one writer anyway."""
    if is_sqlite():
        return
    keys = sorted({zlib.crc32(each.encode()) - 2**31 for each in names})  # in one order: nobody waits in a circle
    for first in range(0, len(keys), AT_ONCE):
        few = keys[first : first + AT_ONCE]
        execute_core(_locking(len(few)), **{f"key_{n}": key for n, key in enumerate(few)})


@cache
def _locking(count: int) -> SqlSelect:
    """PostgreSQL works out what it selects from left to right."""
    keys = (bindparam(f"key_{n}", type_=Integer) for n in range(count))
    return select(*(func.pg_advisory_xact_lock(NAMED, key).label(f"lock_{n}") for n, key in enumerate(keys)))
