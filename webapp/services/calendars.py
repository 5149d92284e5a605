"""Working calendars: the firm's, and those that departments and people have of their own. They are live at once; what
becomes of the runs that wait is in recounts.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from rules import calendars as rules
from rules import hours, whose_calendar
from rules.worktime import CalendarError, Span, WorkCalendar
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import Calendar, Firm
from webapp.services import journal, limits, recounts
from webapp.snapshots import setups

MOST = 500
MOST_DAYS = 2_000
PARTS = ("zone", "country", "weekly", "closed", "hours")
PLACES = {"unknown_zone": "zone", "unknown_country": "country", "not_a_week": "weekly", "never_open": "weekly"}


def create(department_id: int | None, user_id: int | None, by: Actor) -> Calendar:
    """One of their own for a department or a person: at first as the one by which they work today, so nothing moves.
    Raises Refused."""
    limits.lock("calendars")  # also so that nobody gets two
    _check_owner(department_id, user_id)
    limits.must_have_room("calendars", select(Calendar.id), MOST, "owner")
    setup = setups.current()
    home = setup.people[user_id].department_id if user_id is not None else department_id
    now = whose_calendar.of_department(setup.calendars, setup.org, home)
    row = Calendar(name="", definition=rules.dump(now), department_id=department_id, user_id=user_id)
    session().add(row)
    setups.changed()
    journal.write("calendar.created", "calendar", row.id, by, new=_owner(row))
    return row


def _check_owner(department_id: int | None, user_id: int | None) -> None:
    person = setups.current().people.get(user_id or 0)
    if (department_id is None) == (user_id is None):
        raise invalid("owner", "one_owner")
    if department_id is not None and department_id not in setups.current().departments:
        raise invalid("owner", "no_such_department")
    if user_id is not None and (person is None or not person.is_active):
        raise invalid("owner", "no_such_person")
    taken = (Calendar.department_id == department_id) if user_id is None else (Calendar.user_id == user_id)
    if session().scalar(select(Calendar.id).where(taken)) is not None:
        raise invalid("owner", "has_calendar")


def locked(calendar_id: int) -> Calendar:
    """Raises NotFound."""
    row = session().get(Calendar, calendar_id, with_for_update=True)
    if row is None:
        raise NotFound("calendar")
    return row


def edit(row: Calendar, wanted: Mapping[str, Any], by: Actor, waiting: str | None = None) -> None:
    """Some of PARTS, each in the JSON form of rules/calendars.py; `waiting` as in `recounts.settle`. Raises
    Refused."""
    definition = {**_loaded(row), **{key: wanted[key] for key in PARTS if key in wanted}}
    _keep(row, _read(definition), by, waiting)


def set_days(
    row: Calendar, first: date, last: date, kind: str, spans: tuple[Span, ...], by: Actor, waiting: str | None = None
) -> None:
    """Days, both included, as `hours.with_days` has them: usual, closed, or with hours of their own. Raises Refused."""
    try:
        found = hours.with_days(rules.calendar_from(_loaded(row)), first, last, kind, spans)
    except CalendarError as error:
        raise invalid("until" if error.code == "bad_range" else "hours", error.code, **error.facts) from None
    _keep(row, found, by, waiting)


def remove(row: Calendar, by: Actor, waiting: str | None = None) -> None:
    """Its people work by the next nearest one. The firm's stays. Raises Refused."""
    if is_firms(row):
        raise Refused("firms_calendar")
    cause = {"what": "calendar", "id": row.id}
    journal.write("calendar.removed", "calendar", row.id, by, old=_owner(row))
    session().delete(row)
    setups.changed()
    recounts.settle(waiting, cause, by)


def is_firms(row: Calendar) -> bool:
    return session().scalars(select(Firm.calendar_id)).one() == row.id


def _loaded(row: Calendar) -> dict[str, Any]:
    return rules.dump(rules.load(row.definition, setups.current().firm.time_zone))


def _read(raw: Mapping[str, Any]) -> WorkCalendar:
    """Raises Refused."""
    try:
        found = rules.calendar_from(raw)
    except CalendarError as error:
        raise invalid(PLACES.get(error.code, "weekly"), error.code, **error.facts) from None
    if len(found.closed) + len(found.hours) > MOST_DAYS:
        raise invalid("hours", "too_many", limit=MOST_DAYS)
    return found


def _keep(row: Calendar, found: WorkCalendar, by: Actor, waiting: str | None) -> None:
    old, new = _loaded(row), rules.dump(found)
    changed = [key for key in PARTS if old[key] != new[key]]
    if not changed:
        return
    row.definition = new
    for key in changed:
        journal.write("calendar.edited", "calendar", row.id, by, field=key, old=old[key], new=new[key])
    setups.changed()
    recounts.settle(waiting, {"what": "calendar", "id": row.id}, by)


def _owner(row: Calendar) -> dict[str, int | None]:
    return {"department_id": row.department_id, "user_id": row.user_id}
