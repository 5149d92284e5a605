"""New rows past the mapper's flush, which takes five times as long as the database does over one row."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, TypeVar

from sqlalchemy import JSON, Column, Executable, Table, insert, inspect
from sqlalchemy.orm import make_transient_to_detached

from webapp.db.session import execute_core, open_transaction, session
from webapp.db.types import Base

T = TypeVar("T", bound=Base)


def new_core(model: type[T], /, **columns: Any) -> T:
    """A row for `add_core`, which has no use for the mapper's notes of what was set: to make them of thirty columns
    takes as long as to write these."""
    mapper: Any = inspect(model)
    row: T = mapper.class_manager.new_instance()
    row.__dict__.update(columns)
    return row


def add_core(row: Any) -> None:
    """Write a new row at once; the session holds it from then on as if a flush had written it. Columns that are not
    given begin as they do by default, which is found out once for a table instead of for each row."""
    table, given = row.__table__, row.__dict__
    query, beginnings = _into(table, *(each for each in _may_be_null(table) if given.get(each) is None))
    columns: dict[str, Any] = {name: given.get(name) for name in beginnings}
    for name, begin in beginnings.items():
        if columns[name] is None and begin is not None:
            columns[name] = begin()
    given.update(columns, id=execute_core(query, **columns).scalar_one())
    make_transient_to_detached(row)
    session().add(row)
    open_transaction().added.append(row)


@cache
def _may_be_null(table: Table) -> tuple[str, ...]:
    """Columns of JSON, which has a null of its own: the database's is kept by saying nothing of them."""
    return tuple(each.name for each in table.c if each.nullable and isinstance(each.type, JSON))


@cache
def _into(table: Table, *without: str) -> tuple[Executable, dict[str, Callable[[], Any] | None]]:
    """The statement, and what each column begins as."""
    columns = [each for each in table.c if not each.primary_key and each.name not in without]
    return insert(table).returning(table.c.id), {each.name: _beginning(each) for each in columns}


def _beginning(column: Column[Any]) -> Callable[[], Any] | None:
    if column.default is None:
        return None
    begins = column.default.arg  # type: ignore[attr-defined]
    return partial(begins, None) if callable(begins) else lambda: begins
