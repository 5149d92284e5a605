"""How a head's people do today: how fast they first reply, whose clients wait, who has given no sign for long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import func, select

from rules import important as rules
from rules import reaction_times, worktime
from rules.rights import Scope
from rules.robots import After
from rules.worktime import Delay
from webapp import clock
from webapp.db import session
from webapp.models import Conversation, Deal, JournalEntry, UserSession
from webapp.queries import episodes
from webapp.queries.reaction_times import midnight
from webapp.snapshots import recipients
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
    replies, waiting, last = _replies(scope), _waiting(people), _last_signs(people)
    norm = _norm()
    found = [_person(each, replies.get(each.id, []), waiting.get(each.id, 0), last, norm) for each in people.values()]
    return Today(sorted(found, key=lambda each: (each.silent_for is None, -each.waiting, each.person.name)), norm)


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


def _waiting(people: Iterable[int]) -> dict[int, int]:
    query = (
        select(Deal.responsible_id, func.count(Conversation.id).label("many"))
        .join(Conversation, Conversation.deal_id == Deal.id)
        .where(Conversation.unanswered_since.is_not(None), Deal.closed_at.is_(None), Deal.deleted_at.is_(None))
        .where(Deal.responsible_id.in_(list(people)))
        .group_by(Deal.responsible_id)
    )
    return {each.responsible_id: each.many for each in session().execute(query)}


def _last_signs(people: Iterable[int]) -> dict[int, datetime]:
    """When each of them last did anything, or signed in; of what is older than the newest entries of the journal only
    sign-ins are looked at."""
    ids = list(people)
    newest = JournalEntry.id > select(func.max(JournalEntry.id)).scalar_subquery() - episodes.MOST
    did = select(JournalEntry.by_id, func.max(JournalEntry.at)).where(newest, JournalEntry.by_id.in_(ids))
    came = select(UserSession.user_id, func.max(UserSession.created_at)).where(UserSession.user_id.in_(ids))
    found: dict[int, datetime] = {}
    for query in (did.group_by(JournalEntry.by_id), came.group_by(UserSession.user_id)):
        for person_id, at in session().execute(query):
            if person_id is not None and at is not None:
                found[person_id] = max(at, found.get(person_id, at))
    return found
