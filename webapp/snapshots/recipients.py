"""From a slot ("head", "responsible", a user) to the people who stand in it today, with the path taken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rules import addressees, chart, important, org, seasons, worktime
from rules.rights import DealFacts
from rules.robot_kinds import kind_of
from rules.robots import RobotSpec
from rules.seasons import Season
from rules.whose_calendar import of_department
from rules.worktime import WorkCalendar
from webapp import clock
from webapp.models import Deal
from webapp.snapshots import setups


@dataclass(frozen=True, slots=True)
class Recipients:
    """`people` in the order of preference; `path` as JSON steps: who was looked at, and why passed over."""

    people: tuple[int, ...]
    path: list[Any] = field(default_factory=list)


def reached(kind: str, settings: Mapping[str, Any], deal: Deal, on: date | None = None) -> Recipients:
    """Whom a robot of this kind reaches on that day, today when none is given."""
    day = on or today()
    return _found(addressees.reached(kind_of(kind), settings, setups.current().org, facts_of(deal), day))


def of(slot: Any, deal: Deal) -> Recipients:
    """The people of an addressee setting, today."""
    return _found(addressees.people_of(slot, setups.current().org, facts_of(deal), today()))


def of_deal(deal: Deal) -> Recipients:
    """Who sees to the deal today, where no robot says whom it reaches."""
    return _found(addressees.of_deal(setups.current().org, facts_of(deal), today()))


def hours_of(kind: str, settings: Mapping[str, Any], deal: Deal) -> WorkCalendar:
    """In whose working hours a robot of this kind acts: those of the person it tells first; of the responsible, where
    it tells nobody."""
    people = reached(kind, settings, deal).people
    told = setups.current().people.get(people[0]) if people else None
    return calendar_for(told.department_id, told.id) if told else calendar_of(deal)


def calendar_of(deal: Deal) -> WorkCalendar:
    """In whose working time a deal is waited for: its responsible's, as of today."""
    return calendar_for(deal.department_id, deal.responsible_id)


def calendar_for(department_id: int | None, person_id: int | None) -> WorkCalendar:
    """That of somebody who works in this department, as of today."""
    return setups.current().calendar_for(department_id, person_id, today())


def next_there(user_id: int, at: datetime) -> datetime:
    """When this person is at work next: they themselves, and not whoever stands in for them."""
    hours, is_away = _own_time(user_id)
    return worktime.next_there(hours, at, is_away)


def next_morning(user_id: int, at: datetime) -> datetime:
    """When this person's next working day begins after `at`."""
    hours, is_away = _own_time(user_id)
    return worktime.day_begins(hours, at, is_away)


def _own_time(user_id: int) -> tuple[WorkCalendar, Callable[[date], bool]]:
    setup = setups.current()
    person = setup.org.people.get(user_id)
    if person is None:
        return setup.calendars.firm, lambda _: False
    own = setup.calendars.people.get(user_id)
    return own or of_department(setup.calendars, setup.org, person.department_id), person.is_away


def season_of(spec: RobotSpec, pipeline_id: int, department_id: int | None, at: datetime) -> Season | None:
    """Which season changes the norm of this robot on a deal of these, were it started at that instant."""
    setup = setups.current()
    if not setup.seasons:
        return None
    above = [each.id for each in org.chain_above(setup.org, department_id)]
    day = at.astimezone(ZoneInfo(setup.firm.time_zone)).date()
    return seasons.season_of(setup.seasons, spec, pipeline_id, above, day)


def facts_of(deal: Deal) -> DealFacts:
    return DealFacts(deal.responsible_id, deal.department_id)


def head_of(about: int, department_id: int | None, *, without: int | None = None) -> Recipients:
    """The active heads over a person, by the resolver of rules.org, as of today in the firm's zone; `without` somebody
    who is about to leave."""
    org_chart = setups.current().org
    if without is not None:
        org_chart = chart.left(org_chart, without)
    return _found(org.head_of(org_chart, about, department_id, today()))


def level_above(about: int | None, department_id: int | None, told: Collection[int], on: date) -> Recipients:
    """Who is told next on that day, when nobody of `told` takes what is about this person."""
    return _found(important.level_above(setups.current().org, about, department_id, told, on))


def _found(answer: org.Resolution) -> Recipients:
    return Recipients(
        answer.people,
        [
            {"department_id": s.department_id, "post": s.post, "person_id": s.person_id, "verdict": s.verdict}
            for s in answer.path
        ],
    )


def away() -> frozenset[int]:
    """Who is absent today."""
    day = today()
    return frozenset(each.id for each in setups.current().org.people.values() if each.is_away(day))


def today() -> date:
    """In the firm's zone."""
    return day_of(clock.now())


def day_of(at: datetime) -> date:
    """On which day of the firm's zone an instant is."""
    return at.astimezone(ZoneInfo(setups.current().firm.time_zone)).date()
