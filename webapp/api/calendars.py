"""Working calendars, for admins. A change says what becomes of the runs that wait (`waiting`); where it does not and
any would move, it is refused with 409 has_waiting_runs and `moves`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from pydantic import Field

from webapp.access.records import require_admin
from webapp.api.records import calendars as records
from webapp.api.records.calendars import CalendarRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Id, Page, Values
from webapp.db import session
from webapp.queries import calendars as found
from webapp.services import calendars

ONE = "/calendars/<int:calendar_id>"
Waiting = Literal["keep", "count_anew"] | None


class NewCalendar(Body):
    """One of their own for one department or one person: at first as they work today."""

    department_id: Id | None = None
    user_id: Id | None = None


class CalendarChanges(Body):
    """Only what is given is changed: `weekly` are the spans of seven days, Monday first, as [["09:00", "13:00"], …];
    `closed` are all days off, `hours` all days with hours of their own."""

    zone: str = Field(default_factory=str)
    country: str | None = None
    weekly: list[Any] = Field(default_factory=list, max_length=7)
    closed: list[str] = Field(default_factory=list, max_length=2000)
    hours: Values
    waiting: Waiting = None


class CalendarRemoval(Body):
    waiting: Waiting = None


@reads("/calendars", Page[CalendarRecord])
def index() -> Page[CalendarRecord]:
    """The firm's, then those of departments and people."""
    require_admin()
    return Page[CalendarRecord](items=[records.record(each) for each in found.every()])


@reads(ONE, CalendarRecord)
def show(calendar_id: int) -> CalendarRecord:
    """One of them."""
    require_admin()
    return records.record(found.one(calendar_id))


@writes("POST", "/calendars", CalendarRecord, HTTPStatus.CREATED)
def create(json: NewCalendar) -> Answer[CalendarRecord]:
    """A calendar of their own."""
    made = calendars.create(json.department_id, json.user_id, require_admin().actor)
    return lambda: _answer(made.id)


@writes("PATCH", ONE, CalendarRecord)
def update(calendar_id: int, json: CalendarChanges) -> Answer[CalendarRecord]:
    """Change one."""
    by, given = require_admin().actor, json.given
    row = calendars.locked(calendar_id)
    calendars.edit(row, {key: given[key] for key in given if key != "waiting"}, by, json.waiting)
    return lambda: _answer(calendar_id)


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def remove(calendar_id: int, query: CalendarRemoval) -> None:
    """Whose it was, work by the next nearest one. The firm's stays."""
    by = require_admin().actor
    calendars.remove(calendars.locked(calendar_id), by, query.waiting)


def _answer(calendar_id: int) -> CalendarRecord:
    session().flush()
    return records.record(found.one(calendar_id))
