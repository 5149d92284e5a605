"""The nearest calendar wins; an absence never makes anybody wait longer."""

from __future__ import annotations

from datetime import date

import pytest

from rules.org import Department, Org, Person
from rules.whose_calendar import Calendars, calendar_of
from tests.rules.test_worktime import calendar

FIRM, SALES, NORTH_OWN, COVERS = calendar(), calendar("8-17"), calendar("10-19"), calendar("22-6")
ROOT, SALES_ID, NORTH, SOUTH = 1, 2, 3, 4
ANNA, BORIS, VERA, GLEB = 11, 12, 13, 14
DAY, LATER = date(2026, 11, 24), date(2026, 12, 24)
AWAY = (date(2026, 11, 20), date(2026, 11, 30))

CHART = Org(
    people={
        ANNA: Person(ANNA, True, NORTH),
        BORIS: Person(BORIS, True, NORTH, (AWAY,), ((*AWAY, VERA),)),
        VERA: Person(VERA, True, SOUTH),
        GLEB: Person(GLEB, True, NORTH, (AWAY,)),
    },
    departments={
        ROOT: Department(ROOT, None),
        SALES_ID: Department(SALES_ID, ROOT),
        NORTH: Department(NORTH, SALES_ID),
        SOUTH: Department(SOUTH, ROOT),
    },
)
ALL = Calendars(FIRM, {SALES_ID: SALES}, {ANNA: NORTH_OWN, BORIS: NORTH_OWN, GLEB: NORTH_OWN, VERA: COVERS})


@pytest.mark.parametrize(
    ("department", "person", "on", "found"),
    [
        (None, None, DAY, FIRM),
        (ROOT, None, DAY, FIRM),
        (SOUTH, None, DAY, FIRM),
        (SALES_ID, None, DAY, SALES),
        (NORTH, None, DAY, SALES),  # of the nearest department above that has one
        (NORTH, 99, DAY, SALES),  # nobody
        (NORTH, ANNA, DAY, NORTH_OWN),
        (SOUTH, ANNA, DAY, NORTH_OWN),  # one's own wins wherever one works
        (NORTH, BORIS, DAY, COVERS),  # away: whoever covers
        (NORTH, BORIS, LATER, NORTH_OWN),  # and back
        (NORTH, GLEB, DAY, SALES),  # away without a cover: the department's
        (NORTH, GLEB, LATER, NORTH_OWN),
    ],
)
def test_the_nearest_calendar_wins(department: int | None, person: int | None, on: date, found: object) -> None:
    assert calendar_of(ALL, CHART, department, person, on) is found


def test_a_cover_who_is_away_too_leaves_the_department() -> None:
    people = {**CHART.people, VERA: Person(VERA, True, SOUTH, (AWAY,))}
    chart = Org(people, CHART.departments)
    assert calendar_of(ALL, chart, NORTH, BORIS, DAY) is SALES


def test_whoever_has_no_calendar_works_as_the_firm_does() -> None:
    assert calendar_of(Calendars(FIRM), CHART, NORTH, BORIS, DAY) is FIRM
