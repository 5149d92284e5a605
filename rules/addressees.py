"""Whom a robot reaches, were it now: asked when it acts, and foretold by the card and by the deal's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from rules import org
from rules.absences import cover_of
from rules.org import Org, Resolution, Step
from rules.rights import DealFacts
from rules.robot_kinds import RobotKind


def reached(kind: RobotKind, settings: Mapping[str, Any], chart: Org, deal: DealFacts, on: date) -> Resolution:
    """The people whom a robot of this kind reaches on that day, in the order of preference. What is about the
    responsible never reaches themselves, by whichever way they were found, but their head; only somebody who works
    alone is reminded of their own."""
    slot = kind.slot(settings, deal.responsible_id)
    if slot is None:
        return Resolution((), ())
    return else_oneself(_reached(kind, slot, chart, deal, on), chart, deal.responsible_id)


def else_oneself(found: Resolution, chart: Org, about: int) -> Resolution:
    """Where nobody was found: whoever works alone is told of their own."""
    if found.people or not is_alone(chart, about):
        return found
    return Resolution((about,), (*found.path, Step(None, "alone", about, "chosen")))


def is_alone(chart: Org, person_id: int) -> bool:
    """Whether nobody else works here, or none of the others has ever come in."""
    return org.those_here(chart) == {person_id}


def _reached(kind: RobotKind, slot: Any, chart: Org, deal: DealFacts, on: date) -> Resolution:
    found = people_of(slot, chart, deal, on)
    if kind.is_about_the_responsible and deal.responsible_id in found.people:
        above = org.head_of(chart, deal.responsible_id, deal.department_id, on)
        steps = tuple(_passed_over(each, deal.responsible_id) for each in found.path)
        return Resolution(above.people, steps + above.path)
    return replace(found, people=found.people[:1]) if kind.reaches_one else _with_cover(found, chart, deal, on)


def of_deal(chart: Org, deal: DealFacts, on: date) -> Resolution:
    """Who sees to a deal on that day: its responsible, and whoever stands in for them."""
    return _with_cover(people_of("responsible", chart, deal, on), chart, deal, on)


def _with_cover(found: Resolution, chart: Org, deal: DealFacts, on: date) -> Resolution:
    """Whoever stands in for a responsible who is away is told what the responsible is told."""
    cover = cover_of(chart, deal.responsible_id, on) if deal.responsible_id in found.people else None
    if cover is None or cover in found.people:
        return found
    return Resolution((*found.people, cover), (*found.path, Step(None, "cover", cover, "chosen")))


def people_of(slot: Any, chart: Org, deal: DealFacts, on: date) -> Resolution:
    """The people of an addressee setting: "responsible", "head", {"user": id}, or a list of these. Instead of somebody
    who is no longer active stands their head: never nobody."""
    if isinstance(slot, list):
        found = [people_of(each, chart, deal, on) for each in slot]
        people = dict.fromkeys(person for each in found for person in each.people)
        return Resolution(tuple(people), tuple(step for each in found for step in each.path))
    if slot == "head":
        return org.head_of(chart, deal.responsible_id, deal.department_id, on)
    user_id = deal.responsible_id if slot == "responsible" else slot.get("user")
    person = chart.people.get(user_id)
    if person is not None and person.is_active:
        return Resolution((user_id,), (Step(None, "named", user_id, "chosen"),))
    above = org.head_of(chart, user_id, deal.department_id, on)
    return Resolution(above.people, (Step(None, "named", user_id, "inactive"), *above.path))


def _passed_over(step: Step, person_id: int) -> Step:
    is_theirs = step.person_id == person_id and step.verdict == "chosen"
    return replace(step, verdict="is_the_one") if is_theirs else step
