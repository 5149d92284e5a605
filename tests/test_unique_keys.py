"""Every unique key stands in the migrated database: made from the metadata, so that none can be left out.

Of each key, a second row that differs in everything else is refused, and one that differs in the key is taken. Where a
key is taken out of the database, that is noticed: each is taken out by itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column, Connection, MetaData, Table, TypeDecorator, UniqueConstraint, create_engine, insert, text
from sqlalchemy.exc import IntegrityError

from tests import servers
from tests.conftest import settings_for
from webapp import models
from webapp.app import create_app
from webapp.db import Base, db
from webapp.migrations import upgrades

Key = tuple[str, ...]
N = itertools.count(1000)  # no two values alike


def unique_keys(table: Table) -> list[Key]:
    """The sets of columns that may stand together once only, the primary key aside."""
    found = [tuple(each.name for each in key.columns) for key in table.constraints if isinstance(key, UniqueConstraint)]
    return sorted(found + [tuple(each.name for each in key.columns) for key in table.indexes if key.unique])


KEYS = [(table.name, key) for table in Base.metadata.sorted_tables for key in unique_keys(table)]


def a_row(table: Table) -> dict[str, Any]:
    """Like no other row; points at nothing."""
    return {each.name: a_value(each) for each in table.columns}


def a_value(column: Column[Any]) -> Any:
    kinds = {int: next(N), float: float(next(N)), bool: True, str: f"v{next(N)}", date: date(2026, 1, 1)}
    kinds |= {datetime: datetime(2026, 1, 1, tzinfo=UTC)}
    kind = column.type
    while isinstance(kind, TypeDecorator):  # a type of our own over the database's
        kind = kind.impl_instance
    return kinds.get(kind.python_type, {})  # else it is JSON


def is_held(connection: Connection, table: Table, key: Key) -> bool:
    """Whether the database takes a row once only by this key; it must take one that differs in one column of it."""
    first = a_row(table)
    connection.execute(insert(table), first)
    for column in key:
        other = a_row(table)
        connection.execute(insert(table), {**other, **{each: first[each] for each in key if each != column}})
    try:
        with connection.begin_nested():
            connection.execute(insert(table), {**a_row(table), **{each: first[each] for each in key}})
    except IntegrityError:
        return True
    return False


@pytest.fixture
def migrated(empty_url: str, redis_server: servers.RedisServer, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, empty_url, redis_server.url))
    upgrades.upgrade(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions["dozor.redis"].close()


@pytest.mark.both_databases
def test_a_migrated_database_holds_every_unique_key(migrated: Flask) -> None:
    assert models.RobotRun.__tablename__ in {table for table, _ in KEYS}
    engine = create_engine(migrated.config["SQLALCHEMY_DATABASE_URI"])
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # rows here point at nothing
            connection.execute(text("SET session_replication_role = replica"))
        missing = [key for key in KEYS if not is_held(connection, Base.metadata.tables[key[0]], key[1])]
    engine.dispose()
    assert missing == []


@pytest.mark.parametrize(("name", "key"), KEYS, ids=[f"{name}: {', '.join(key)}" for name, key in KEYS])
def test_a_key_that_is_taken_out_is_missed_and_no_other(name: str, key: Key) -> None:
    table = without(Base.metadata.tables[name], key)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        held = {each: is_held(connection, table, each) for each in unique_keys(Base.metadata.tables[name])}
    engine.dispose()
    assert [each for each, is_there in held.items() if not is_there] == [key]


def without(table: Table, key: Key) -> Table:
    """The same table without that key, and without what it points at."""
    columns = [Column(each.name, each.type, primary_key=each.primary_key, nullable=True) for each in table.columns]
    keys = [UniqueConstraint(*each) for each in unique_keys(table) if each != key]
    return Table(table.name, MetaData(), *columns, *keys)
