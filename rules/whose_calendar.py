"""In whose working time something is counted: the nearest calendar wins, a person's own, the department's, the firm's.
Calendars themselves are in calendars.py and worktime.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from rules.org import Org, chain_above
from rules.worktime import WorkCalendar


@dataclass(frozen=True, slots=True)
class Calendars:
    """The firm's, and those that departments and people have of their own."""

    firm: WorkCalendar
    departments: Mapping[int, WorkCalendar] = field(default_factory=dict)
    people: Mapping[int, WorkCalendar] = field(default_factory=dict)


def calendar_of(
    calendars: Calendars, chart: Org, department_id: int | None, person_id: int | None, on: date
) -> WorkCalendar:
    """That of a person who works in this department, as of a day in the firm's zone.

    While a person is away nobody waits for their hours: those of the cover count, else those of the department. So an
    absence never makes a delay longer.
    """
    person = chart.people.get(person_id) if person_id is not None else None
    if person is not None and person.is_away(on):
        cover = chart.people.get(person.cover_on(on) or 0)
        if cover is None or cover.is_away(on):
            return of_department(calendars, chart, department_id)
        person_id, department_id = cover.id, cover.department_id
    own = calendars.people.get(person_id) if person_id is not None else None
    return own or of_department(calendars, chart, department_id)


def of_department(calendars: Calendars, chart: Org, department_id: int | None) -> WorkCalendar:
    """That of the department, else of the nearest one above it that has any, else the firm's."""
    found = nearest(calendars, chart, department_id)
    return calendars.firm if found is None else calendars.departments[found]


def nearest(calendars: Calendars, chart: Org, department_id: int | None) -> int | None:
    """The department whose calendar counts there; None: the firm's."""
    above = (each.id for each in chain_above(chart, department_id))
    return next((each for each in above if each in calendars.departments), None)
