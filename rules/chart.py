"""What a change of the org chart would do, asked of two charts: the one before it and the one after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from rules import addressees, org
from rules.org import Org, Person, Resolution


@dataclass(frozen=True, slots=True)
class Told:
    """About this person others would be told: `now` instead of `before`."""

    about: int
    before: tuple[int, ...]
    now: tuple[int, ...]


def circle(chart: Org, department_id: int, parent_id: int | None) -> tuple[int, ...]:
    """The departments from the new parent up to this very department, which it would close to a circle; empty when it
    would not."""
    way = [each.id for each in org.chain_above(chart, parent_id)]
    return tuple(way[: way.index(department_id) + 1]) if department_id in way else ()


def told(chart: Org, about: int, on: date, department_id: int | None = None) -> Resolution:
    """Whom the resolver names over a person, as a member of this department, else of the first one; who works alone is
    told themselves, as by a robot."""
    person = chart.people.get(about)
    home = department_id if department_id is not None else (person.department_id if person else None)
    return addressees.else_oneself(org.head_of(chart, about, home, on), chart, about)


def told_else(chart: Org, about: int, on: date, department_id: int | None = None) -> Resolution:
    """Who would be told, were all those away whom `told` names; nobody in the place of whoever works alone."""
    away = told(chart, about, on, department_id).people
    if away == (about,):
        return Resolution((), ())
    return told(_without(chart, away, on), about, on, department_id)


def _without(chart: Org, away: Collection[int], on: date) -> Org:
    people = {each.id: _away(each, on) if each.id in away else each for each in chart.people.values()}
    return replace(chart, people=people)


def _away(person: Person, on: date) -> Person:
    return replace(person, absences=(*person.absences, (on, on)))


def left(chart: Org, person_id: int) -> Org:
    """The chart as it will be once this person is gone."""
    people = {
        each.id: replace(each, is_active=each.is_active and each.id != person_id) for each in chart.people.values()
    }
    return replace(chart, people=people)


def told_otherwise(before: Org, after: Org, on: date) -> tuple[Told, ...]:
    """The active people about whom others would be told from now on."""
    found = [Told(each, told(before, each, on).people, told(after, each, on).people) for each in after.people]
    return tuple(each for each in found if after.people[each.about].is_active and set(each.before) != set(each.now))


def newly_unled(before: Org, after: Org, on: date) -> tuple[int, ...]:
    """The people whose control would reach only the fallback, and has not so far."""
    was = set(org.reaches_only_fallback(before, on))
    return tuple(each for each in org.reaches_only_fallback(after, on) if each not in was)
