"""A firm moves from SQLite to PostgreSQL, or back: every row of every table, in one transaction, compared afterwards.

What it comes from is only read. Nobody may use either of them meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, NullPool, RowMapping, Table, create_engine, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from webapp.app import create_app
from webapp.box import backup
from webapp.box.others import OTHERS, who_stay
from webapp.config import ConfigError, Settings, database_address, give_to_owner
from webapp.db import Base, prepare
from webapp.migrations import upgrades
from webapp.models import ColumnChange, ColumnTotal, column_totals

BATCH = 500
COUNTED = (ColumnTotal.__tablename__, ColumnChange.__tablename__)


def convert(settings: Settings, url: str) -> dict[str, int]:
    """Rows by table, as they stand in the database at `url` now. Raises ConfigError with one line."""
    there = replace(settings, database_url=database_address(url, settings.data))
    if there.database_url == settings.database_url:
        raise ConfigError("that is the database that is used already.")
    if settings.database_file is not None:
        _file_must_be_there_and_idle(settings)
    try:
        _make_ready(settings, there)
        with _opened(settings.database_url) as old, _opened(there.database_url, writes=True) as new:
            counts = {table.name: _copy(table, old, new) for table in _tables()}
            _must_be_equal(old, new)
            _go_on_counting(new)
            new.commit()
        with _opened(there.database_url, writes=True) as new:
            column_totals.recount(new)
            new.commit()
    except SQLAlchemyError as error:
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise ConfigError(f"nothing was converted: {first}") from None
    if there.database_file is not None:
        give_to_owner(there.database_file)
    return counts


def _tables() -> list[Table]:
    """In the order in which rows may point at each other. What the database counts by itself is counted anew."""
    return [each for each in Base.metadata.sorted_tables if each.name not in COUNTED]


def _file_must_be_there_and_idle(settings: Settings) -> None:
    file = settings.database_file
    if file is None or not file.is_file():
        raise ConfigError(f"there is no database at {file}.")
    try:
        backup.must_be_left_alone(file)
    except backup.BackupError as error:
        raise ConfigError(str(error)) from None


def _make_ready(settings: Settings, there: Settings) -> None:
    """Both at the newest revision, nobody in them, no firm in the new one."""
    with _opened(settings.database_url) as old:
        found, newest = upgrades.revision(old), upgrades.script().get_current_head()
        _nobody_else(old)
    if found != newest:
        raise ConfigError(f"the database is at revision {found}, this Dozor needs {newest}: start it once first.")
    target = create_app(there, doors=False)
    if not upgrades.is_empty(target):
        raise ConfigError("a firm lives in that database already: name an empty one.")
    upgrades.upgrade(target)
    with _opened(there.database_url) as new:
        _nobody_else(new)


def _nobody_else(connection: Connection) -> None:
    def count() -> int:
        found: int = connection.execute(text(OTHERS)).scalar_one()
        connection.rollback()
        return found

    if connection.dialect.name == "postgresql" and (others := who_stay(count)):
        raise ConfigError(f"{others} others are connected to the PostgreSQL (Dozor itself, or psql): stop them first.")


class _opened:
    """A connection of its own, in one transaction; what is not committed is gone."""

    def __init__(self, url: str, *, writes: bool = False) -> None:
        self.engine = create_engine(url, poolclass=NullPool)
        prepare(self.engine)
        self.connection = self.engine.connect().execution_options(writes=writes)

    def __enter__(self) -> Connection:
        return self.connection

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.engine.dispose()


def _rows(table: Table, connection: Connection) -> Iterator[Sequence[RowMapping]]:
    found = connection.execution_options(stream_results=True).execute(select(table).order_by(*table.primary_key))
    yield from found.mappings().partitions(BATCH)


def _copy(table: Table, old: Connection, new: Connection) -> int:
    count = 0
    for rows in _rows(table, old):
        new.execute(insert(table), [dict(each) for each in _parents_first(table, rows)])
        count += len(rows)
    return count


def _parents_first(table: Table, rows: Sequence[RowMapping]) -> Sequence[RowMapping]:
    """A department may have been put under a younger one."""
    own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    if not own:
        return rows
    left, placed, ordered = list(rows), set[Any](), list[RowMapping]()
    known = {each["id"] for each in rows}
    while left:
        ready = [each for each in left if all(each[name] in placed or each[name] not in known for name in own)]
        ordered += ready or left
        placed |= {each["id"] for each in ready or left}
        left = [each for each in left if each["id"] not in placed]
    return ordered


def _must_be_equal(old: Connection, new: Connection) -> None:
    for table in _tables():
        if _digest(table, old) != _digest(table, new):
            raise ConfigError(f"nothing was converted: the rows of {table.name} did not arrive as they were.")


def _digest(table: Table, connection: Connection) -> tuple[int, int]:
    """The number of rows, and a sum over their contents that does not depend on their order."""
    count, total = 0, 0
    for rows in _rows(table, connection):
        for each in rows:
            said = json.dumps(dict(each), sort_keys=True, default=str, ensure_ascii=False)
            total = (total + int.from_bytes(hashlib.sha256(said.encode()).digest()[:8])) % 2**64
            count += 1
    return count, total


def _go_on_counting(new: Connection) -> None:
    """PostgreSQL gives the next id by a sequence, which knows nothing of rows that came with theirs."""
    if new.dialect.name != "postgresql":
        return
    for table in _tables():
        if [each.name for each in table.primary_key] != ["id"]:
            continue
        newest = new.execute(select(func.max(table.c.id))).scalar()
        sequence = new.execute(select(func.pg_get_serial_sequence(f'"{table.name}"', "id"))).scalar()
        if newest is not None and sequence is not None:
            new.execute(select(func.setval(sequence, newest)))
