"""How a head's people do today: how fast they first reply, whose clients wait, who has given no sign for long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from rules import important as rules
from rules import reaction_times, worktime
from rules.rights import Scope
from rules.robots import After
from rules.worktime import Delay
from webapp import clock
from webapp.i18n.formats import in_order
from webapp.queries import episodes
from webapp.queries.reaction_times import midnight
from webapp.snapshots import recipients, signs
from webapp.snapshots.setups import PersonFacts, current


@dataclass(frozen=True, slots=True)
class PersonToday:
    """`reply` is the median of today's first replies in seconds of working time, `waiting` how many clients wait for
    one, `silent_for` working seconds since their last sign, where that is too long."""

    person: PersonFacts
    reply: int | None
    is_late: bool
    waiting: int
    silent_for: int | None
    is_away: bool


@dataclass(frozen=True, slots=True)
class Today:
    """`norm` is what a first reply is measured against, where all of the firm has one."""

    people: list[PersonToday]
    norm: Delay | None


def today(scope: Scope) -> Today:
    """Of those who work in the departments that this person leads; who is silent first, then whose clients wait."""
    people = {each.id: each for each in current().people.values() if _is_of(each, scope)}
    replies, waiting, last = _replies(scope), signs.clients_waiting(), signs.silent_since(people)
    norm = _norm()
    found = [_person(each, replies.get(each.id, []), waiting[each.id], last, norm) for each in people.values()]
    order = sorted(found, key=lambda each: (each.silent_for is None, -each.waiting, in_order(each.person.name)))
    return Today(order, norm)


def _is_of(person: PersonFacts, scope: Scope) -> bool:
    return person.is_active and person.id != scope.user_id and not person.department_ids.isdisjoint(scope.leads)


def _person(
    person: PersonFacts, replies: list[int], waiting: int, last: dict[int, datetime], norm: Delay | None
) -> PersonToday:
    reply = int(median(replies)) if replies else None
    is_away = person.id in recipients.away()
    since, calendar = last.get(person.id), recipients.calendar_for(person.department_id, person.id)
    silent = since is not None and not is_away and rules.is_silent(calendar, since, clock.now())
    gone = int(worktime.working_between(calendar, since, clock.now()).total_seconds()) if silent and since else None
    is_late = reply is not None and norm is not None and reply > _seconds(norm)
    return PersonToday(person, reply, is_late, waiting, gone, is_away)


def _seconds(norm: Delay) -> int:
    return norm.amount * {"minutes": 60, "hours": 3600}.get(norm.unit.removeprefix("working_"), 86400)


def _norm() -> Delay | None:
    """The strictest time that a control gives for an answer."""
    asked = (each for each in current().value.robots if each.kind == "control" and each.is_on)
    timings = [each.timing for each in asked if reaction_times.asks_for_an_answer(each)]
    return min((each.delay for each in timings if isinstance(each, After)), key=_seconds, default=None)


def _replies(scope: Scope) -> dict[int, list[int]]:
    """Of each person, how long today's first replies took, in working time."""
    found: dict[int, list[int]] = {}
    day, now = midnight(recipients.today()), clock.now()
    for each in episodes.replies(scope, day):
        if each.person_id is not None and each.ended_at is not None:
            calendar = recipients.calendar_for(each.department_id, each.person_id)
            working = worktime.working_between(
                calendar, max(each.began_at, now - reaction_times.LONGEST), each.ended_at
            )
            found.setdefault(each.person_id, []).append(int(working.total_seconds()))
    return found
