"""Who is away, who stands in for them, and who may say so."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date, timedelta

from rules.org import Org, head_of
from rules.rights import Scope

LONGEST_DAYS = 366
NOBODY = 0
Days = tuple[date, date]  # the first and the last, both included


def may_set(who: Scope, person_id: int, departments: Collection[int]) -> bool:
    """Oneself, a head for those of the subtree, admins."""
    return who.is_admin or who.user_id == person_id or not who.leads.isdisjoint(departments)


def problem(
    first: date, last: date, person_id: int, cover: int | None, chart: Org, today: date
) -> tuple[str, str] | None:
    """What is wrong with an absence, as the field and a code; None: nothing. One that is over by `today` is a slip of
    the year: it would change nothing, and no page shows it."""
    if not 0 <= (last - first).days < LONGEST_DAYS:
        return ("until_on", "bad_range")
    if last < today:
        return ("until_on", "absence_is_over")
    if cover is None:
        return None
    person = chart.people.get(cover)
    if cover == person_id or person is None or not person.is_active:
        return ("cover_id", "not_a_cover")
    is_away_too = any(begin <= last and first <= end for begin, end in person.absences)
    return ("cover_id", "cover_is_away") if is_away_too else None


def covered_by(chart: Org, person_id: int, on: date) -> frozenset[int]:
    """For whom this person stands in on that day."""
    covered = [each for each in chart.people.values() if each.covers]  # few are; it is asked at each request
    return frozenset(each.id for each in covered if each.is_away(on) and cover_of(chart, each.id, on) == person_id)


def cover_of(chart: Org, person_id: int, on: date) -> int | None:
    """Who stands in for a person who is away on that day, if they still work here, have ever come in, and are there
    themselves."""
    person = chart.people.get(person_id)
    cover = chart.people.get(person.cover_on(on) or NOBODY) if person else None
    return cover.id if cover and cover.is_active and cover.has_come_in and not cover.is_away(on) else None


def covered_days(chart: Org, person_id: int, cover: int, first: date, last: date) -> tuple[Days, ...]:
    """On which of the days of their absence this cover does stand in: not while away too. In stretches, in order."""
    return _stretches(first, last, lambda day: cover_of(chart, person_id, day) == cover)


def uncovered_days(chart: Org, person_id: int, first: date, last: date) -> tuple[Days, ...]:
    """On which of these days, all of an absence of theirs, nobody stands in."""
    return _stretches(first, last, lambda day: cover_of(chart, person_id, day) is None)


def _stretches(first: date, last: date, is_so: Callable[[date], bool]) -> tuple[Days, ...]:
    found: list[Days] = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if not is_so(day):
            continue
        if found and found[-1][1] == day - timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return tuple(found)


def told_instead(chart: Org, person_id: int, department_id: int, first: date) -> tuple[int, ...]:
    """Whom the heads' notices of a department reach from that day on, if this person is away then."""
    return decides_instead(chart, person_id, NOBODY, department_id, first)


def decides_instead(chart: Org, person_id: int, about: int, department_id: int | None, first: date) -> tuple[int, ...]:
    """Who is over `about` from that day on, if this person is away then: hears of them, and accepts their work."""
    person = chart.people[person_id]
    away = replace(person, absences=(*person.absences, (first, first)))
    without = replace(chart, people={**chart.people, person_id: away})
    return head_of(without, about, department_id, first).people
