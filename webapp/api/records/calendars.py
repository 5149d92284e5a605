"""Working calendars, and what a change of one would move."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue

from rules import calendars as rules
from webapp.api.types import Record
from webapp.queries.calendars import Owned
from webapp.services.recounts import Move, Moves


class CalendarRecord(Record):
    """A department's, a person's, or the firm's where both are null. `weekly` are the spans of the seven days, Monday
    first; `closed` are days off, `hours` days with hours of their own."""

    id: int
    department_id: int | None
    user_id: int | None
    zone: str
    country: str | None
    weekly: list[list[list[str]]]
    closed: list[str]
    hours: dict[str, list[list[str]]]


class MoveRecord(Record):
    deal_id: int
    old: datetime | None
    new: datetime | None


class MovesRecord(Record):
    """How many waiting runs would be due at another time (`is_all`: of all that wait), and those at the extremes."""

    count: int
    is_all: bool
    first: MoveRecord | None
    last: MoveRecord | None


def record(owned: Owned) -> CalendarRecord:
    written: dict[str, JsonValue] = rules.dump(owned.calendar)
    user_id = owned.person.id if owned.person else None
    return CalendarRecord.model_validate(
        {**written, "id": owned.id, "department_id": owned.department_id, "user_id": user_id}
    )


def moves(found: Moves) -> MovesRecord:
    return MovesRecord(count=found.count, is_all=found.is_all, first=_move(found.first), last=_move(found.last))


def _move(found: Move | None) -> MoveRecord | None:
    return MoveRecord(deal_id=found.deal_id, old=found.old, new=found.new) if found else None
