"""Lists that go on by key: a page begins after the last row that was shown, or ends before the first, whatever became
of rows meanwhile. By number, what leaves a list makes the next page skip as many that nobody has seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_

from webapp.db import SqlRow, UtcDateTime, session

Row = TypeVar("Row")
PAGE = 50
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Key:
    """What a list is sorted by: a column that is never null. The last key of a list tells all rows apart."""

    column: ColumnElement[Any]
    falls: bool = False

    def beyond(self, value: Any, is_back: bool) -> ColumnElement[bool]:
        return self.column < value if self.falls != is_back else self.column > value

    def order(self, is_back: bool) -> ColumnElement[Any]:
        return self.column.desc() if self.falls != is_back else self.column.asc()


@dataclass(frozen=True, slots=True)
class Turn:
    """From where a list goes on: after or before the row of these keys, else at its start."""

    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """One page, how many rows there are in all, and from where to go on and back; blank where the list ends."""

    rows: Sequence[Row]
    total: int
    next: str
    previous: str


def rows_at(query: Select[*tuple[Any, ...]], keys: Sequence[Key], turn: Turn) -> tuple[Sequence[SqlRow], str, str]:
    """The rows of a page with from where to go on and back. What is no place in this list is its start, and so is what
    would go back beyond it; where nothing is left beyond a place, its last page."""
    place = _read(turn.before or turn.after, keys)
    is_back = bool(turn.before) and place is not None
    rows = _rows(query, keys, place, is_back)
    if is_back and len(rows) <= PAGE:
        is_back, place = False, None
        rows = _rows(query, keys, place, is_back)
    if place is not None and not rows:
        return _last(query, keys)
    is_more, shown = len(rows) > PAGE, rows[:PAGE]
    if is_back:
        shown = shown[::-1]
    ends = [_written(row, keys) for row in (shown[0], shown[-1])] if shown else ["", ""]
    onward, back = (True, is_more) if is_back else (is_more, place is not None)
    return shown, ends[1] if onward else "", ends[0] if back else ""


def rows_after(query: Select[*tuple[Any, ...]], keys: Sequence[Key], after: str) -> tuple[Sequence[SqlRow], str]:
    """What is added below rows that stand on the page already, with from where to go on: nothing where the list has
    ended meanwhile."""
    rows = _rows(query, keys, _read(after, keys), is_back=False)
    return rows[:PAGE], _written(rows[PAGE - 1], keys) if len(rows) > PAGE else ""


def place_of(query: Select[*tuple[Any, ...]], keys: Sequence[Key]) -> str:
    """From where a list goes on after the one row of this query; "" when there is no such row."""
    row = session().execute(query.add_columns(*_labelled(keys))).first()
    return _written(row, keys) if row is not None else ""


def _last(query: Select[*tuple[Any, ...]], keys: Sequence[Key]) -> tuple[Sequence[SqlRow], str, str]:
    """The end of a list, as `rows_at` answers."""
    rows = _rows(query, keys, None, is_back=True)
    shown = rows[:PAGE][::-1]
    return shown, "", _written(shown[0], keys) if len(rows) > PAGE else ""


def _labelled(keys: Sequence[Key]) -> list[Any]:
    return [each.column.label(f"key_{n}") for n, each in enumerate(keys)]


def _rows(
    query: Select[*tuple[Any, ...]], keys: Sequence[Key], place: list[Any] | None, is_back: bool
) -> Sequence[SqlRow]:
    """One more than a page has, if there is one."""
    query = query.add_columns(*_labelled(keys))
    if place is not None:
        alike = [key.column == value for key, value in zip(keys, place, strict=True)]
        steps = [key.beyond(value, is_back) for key, value in zip(keys, place, strict=True)]
        query = query.where(or_(*(and_(*alike[:n], step) for n, step in enumerate(steps))))
    return session().execute(query.order_by(*(key.order(is_back) for key in keys)).limit(PAGE + 1)).all()


def _written(row: SqlRow, keys: Sequence[Key]) -> str:
    values = [row._mapping[f"key_{n}"] for n in range(len(keys))]
    plain = [each.isoformat() if isinstance(each, datetime) else each for each in values]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _read(place: str, keys: Sequence[Key]) -> list[Any] | None:
    try:
        values = json.loads(place) if place else None
        return [_value(value, key) for value, key in zip(values, keys, strict=True)] if values else None
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _value(value: Any, key: Key) -> Any:
    kind = key.column.type.python_type
    if isinstance(key.column.type, UtcDateTime):
        return datetime.fromisoformat(value).astimezone(UTC)
    if type(value) is not kind or (kind is int and abs(value) >= _LARGEST):
        raise ValueError("no such key")
    if kind is str and (len(value) > 1000 or "\0" in value or not value.encode()):
        raise ValueError("no such words")
    return value
