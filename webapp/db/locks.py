"""Locks by name, on PostgreSQL."""

from __future__ import annotations

import zlib

from sqlalchemy import Integer, bindparam, func, select

from webapp.db.session import execute_core, is_sqlite

NAMED = 4711  # a space of advisory locks for names, apart from those with one number
_LOCK = select(func.pg_advisory_xact_lock(NAMED, bindparam("key", type_=Integer)))


def advisory_lock(*names: str) -> None:
    """Whoever asks for one of the same names waits until this transaction has ended. SQLite has one writer anyway."""
    if is_sqlite():
        return
    for key in sorted({zlib.crc32(each.encode()) for each in names}):  # in one order, so that nobody waits in a circle
        execute_core(_LOCK, key=key - 2**31)
