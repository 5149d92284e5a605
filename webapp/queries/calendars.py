"""Working calendars as an admin sees them: whose they are, and a year of one, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from rules import calendars as rules
from rules.facts import Text
from rules.hours import Day, day_of
from rules.worktime import WorkCalendar
from webapp.db import session
from webapp.errors import NotFound
from webapp.models import Calendar
from webapp.snapshots import setups
from webapp.snapshots.setups import PersonFacts, SetupSnapshot


@dataclass(frozen=True, slots=True)
class Owned:
    """A calendar: of the firm where it is neither a department's nor a person's."""

    id: int
    calendar: WorkCalendar
    department: Text | None = None
    person: PersonFacts | None = None
    department_id: int | None = None

    @property
    def is_firms(self) -> bool:
        return self.department is None and self.person is None


@dataclass(frozen=True, slots=True)
class Month:
    """`weeks` begin on Mondays; None: a day of another month."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]


def every() -> list[Owned]:
    """The firm's, then departments', then people's."""
    setup = setups.current()
    rows = session().scalars(select(Calendar).order_by(Calendar.id))
    found = [_owned(each, setup) for each in rows]
    return sorted(found, key=lambda each: (each.person is not None, not each.is_firms, each.id))


def one(calendar_id: int) -> Owned:
    """Raises NotFound."""
    row = session().get(Calendar, calendar_id)
    if row is None:
        raise NotFound("calendar")
    return _owned(row, setups.current())


def _owned(row: Calendar, setup: SetupSnapshot) -> Owned:
    return Owned(
        id=row.id,
        calendar=rules.load(row.definition, setup.firm.time_zone),
        department=setup.department_names.get(row.department_id) if row.department_id is not None else None,
        person=setup.people.get(row.user_id) if row.user_id is not None else None,
        department_id=row.department_id,
    )


def without(owned: list[Owned]) -> tuple[Mapping[int, Text], list[PersonFacts]]:
    """The departments and the people that have none of their own."""
    setup = setups.current()
    departments = {each.department_id for each in owned}
    people = {each.person.id for each in owned if each.person}
    return (
        {key: name for key, name in setup.departments.items() if key not in departments},
        [each for each in setup.people.values() if each.is_active and each.id not in people],
    )


def year(cal: WorkCalendar, of: int, locale: str) -> list[Month]:
    """The months of a year, holidays named in that language."""
    return [_month(cal, date(of, month, 1), locale) for month in range(1, 13)]


def _month(cal: WorkCalendar, first: date, locale: str) -> Month:
    length = ((first + timedelta(days=31)).replace(day=1) - first).days
    days: list[Day | None] = [None for _ in range(first.weekday())]
    days += [day_of(cal, first + timedelta(days=n), locale) for n in range(length)]
    days += [None for _ in range(-len(days) % 7)]
    return Month(first, tuple(tuple(days[n : n + 7]) for n in range(0, len(days), 7)))
