"""Rows by their id past the mapper's query, which takes three times as long as the database does over one row."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Executable, bindparam, inspect, select
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from webapp.db.adding import new_core
from webapp.db.ready import Answer
from webapp.db.session import execute_core, execute_together, session
from webapp.db.types import Base, SqlSelect

T = TypeVar("T", bound=Base)
Other = TypeVar("Other", bound=Base)


def get_core(model: type[T], row_id: int, *, for_update: bool = False) -> T | None:
    """A row as it is now (`for_update`: locked until the transaction ends), held by the session as if the mapper had
    loaded it. What is pending is written first; a row that the session holds already the mapper reads anew."""
    current = session()
    if _is_held(model, row_id):
        current.flush()
        return current.get(model, row_id, populate_existing=True, with_for_update=for_update)
    row = execute_core(_by_id(model, for_update=for_update), row=row_id).first()
    return None if row is None else hold_core(model, row)


def lock_core(model: type[T], row_id: int, then: Executable, **bound: Any) -> tuple[T | None, Answer]:
    """A row as get_core has it, locked, and in the same journey whatever is asked as soon as it is."""
    if _is_held(model, row_id):
        return get_core(model, row_id, for_update=True), execute_core(then, **bound)
    found, answer = execute_together((_by_id(model, for_update=True), {"row": row_id}), (then, bound))
    row = found.first()
    return None if row is None else hold_core(model, row), answer


def lock_core_of(model: type[T], row_id: int, of_it: type[Other], other_id: int) -> tuple[T | None, Other | None]:
    """The same, and one of its rows."""
    if _is_held(of_it, other_id):
        return get_core(model, row_id, for_update=True), get_core(of_it, other_id)
    row, answer = lock_core(model, row_id, _by_id(of_it, for_update=False), row=other_id)
    other = answer.first()
    return row, None if other is None else hold_core(of_it, other)


def _is_held(model: type[Base], row_id: int) -> bool:
    return inspect(model).identity_key_from_primary_key((row_id,)) in session().identity_map


def hold_core(model: type[T], row: Any) -> T:
    """What was just read by `all_of` and execute_core, held by the session as if the mapper had loaded it; an object
    that the session holds already says the same from then on."""
    current = session()
    mapper: Any = inspect(model)
    row_id = getattr(row, mapper.get_property_by_column(mapper.primary_key[0]).key)
    held = current.identity_map.get(mapper.identity_key_from_primary_key((row_id,)))
    if held is None:
        held = new_core(model, **row._asdict())
        make_transient_to_detached(held)
        current.add(held)
    else:
        for name, value in row._asdict().items():
            set_committed_value(held, name, value)
    return held


def all_of(model: type[Base]) -> SqlSelect:
    """Every column of its rows, by the names that they have on its objects."""
    mapper: Any = inspect(model)
    return select(*(each.expression.label(each.key) for each in mapper.column_attrs))


@cache
def _by_id(model: type[Base], *, for_update: bool) -> SqlSelect:
    mapper: Any = inspect(model)
    query = all_of(model).where(mapper.primary_key[0] == bindparam("row"))
    return query.with_for_update() if for_update else query
