"""From rows to episodes: when a client got an answer, when somebody took what matters, when work was accepted, how
long a deal stayed on a stage.

Read by primary key, the newest MOST rows of each kind, so that the cost has a bound; `read_since` says when it cuts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from rules.rights import Scope
from rules.worktime import Delay
from webapp.access import filters
from webapp.db import SqlRow, SqlSelect, session
from webapp.models import Conversation, Deal, ImportantItem, ImportantPlace, JournalEntry, Message, StageVisit, Task
from webapp.queries import own_terms
from webapp.snapshots.setups import current

MOST = 10_000
UNTAKEN = ("open", "handed_on")
DECIDED = ("task.accepted", "task.returned")
STEPS = ("task.submitted", *DECIDED, "task.cancelled", "task.unaccepted")
_OF_DEAL: tuple[Any, ...] = (Deal.title, Deal.responsible_id, Deal.department_id)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when somebody was waited for; `within` and `due_at` are the time it had of its own, as that was
    counted when it began."""

    measure: str
    began_at: datetime
    ended_at: datetime | None
    person_id: int | None
    department_id: int | None
    stage_id: int | None
    deal_id: int | None
    title: str
    task_id: int | None = None
    item_kind: str = ""
    within: Delay | None = None
    due_at: datetime | None = None
    answered_by_id: int | None = None
    is_claimed: bool = False


def spans(scope: Scope, since: datetime, until: datetime) -> Iterator[Span]:
    """What this viewer may see of what ended in [since, until), or began before `until` and is not over."""
    for each in (
        *_answered(scope),
        *_unanswered(scope, until),
        *_taken(scope),
        *_decided(scope),
        *_stays(scope, since),
    ):
        if each.began_at < until and (each.ended_at is None or since <= each.ended_at < until):
            yield each


def replies(scope: Scope, since: datetime) -> Iterator[Span]:
    """Each time that a client was answered since then, as far as this viewer may see."""
    talks = select(Message.conversation_id).where(_newest(Message.id), Message.direction == "out", Message.at >= since)
    return (each for each in _answered(scope, Message.conversation_id.in_(talks)) if since <= (each.ended_at or since))


def read_since() -> datetime | None:
    """What began earlier is not looked at; None: everything is."""
    marks = (
        _edge(Message.id, Message.at),
        _edge(StageVisit.id, StageVisit.entered_at),
        _edge(Task.id, Task.created_at),
        _edge(ImportantItem.id, ImportantItem.opened_at),
    )
    found = session().execute(select(*marks)).one()
    return max((each for each in found if each is not None), default=None)


def _edge(row_id: InstrumentedAttribute[int], at: InstrumentedAttribute[datetime]) -> ColumnElement[datetime]:
    """The time of the newest row that is not looked at."""
    top = select(func.max(row_id)).scalar_subquery()
    return select(at).where(row_id <= top - MOST).order_by(row_id.desc()).limit(1).scalar_subquery()


def _newest(row_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return row_id > select(func.max(row_id)).scalar_subquery() - MOST


def _stage_at(at: ColumnElement[datetime] | InstrumentedAttribute[Any]) -> ColumnElement[int | None]:
    """Over Deal: the stage on which it stood then."""
    visit = select(StageVisit.stage_id).where(StageVisit.deal_id == Deal.id, StageVisit.entered_at <= at)
    latest = visit.order_by(StageVisit.entered_at.desc(), StageVisit.id.desc()).limit(1)
    return func.coalesce(latest.correlate_except(StageVisit).scalar_subquery(), Deal.stage_id)


def _seen(scope: Scope) -> ColumnElement[bool]:
    return filters.measured(scope, Deal.responsible_id, Deal.department_id)


def _answered(scope: Scope, *of: ColumnElement[bool]) -> Iterator[Span]:
    """Each time that a client wrote and an employee has answered: from the first word that nobody had answered. What a
    robot wrote is no answer."""
    query: SqlSelect = (
        select(
            *(Message.conversation_id, Message.direction, Message.at, Message.by_id, Message.claimed),
            *(Deal.id.label("deal_id"), *_OF_DEAL),
            _stage_at(Message.at).label("stage_id"),
        )
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(Deal, Deal.id == Conversation.deal_id)
        .where(_newest(Message.id), _seen(scope), or_(Message.direction == "in", Message.by_id.is_not(None)), *of)
        .order_by(Message.conversation_id, Message.id)
    )
    for _, talk in groupby(session().execute(query), key=lambda each: each.conversation_id):
        yield from _answers(talk)


def _answers(talk: Iterable[SqlRow]) -> Iterator[Span]:
    asked: SqlRow | None = None
    for each in talk:
        if each.direction == "in":
            asked = asked or each
        elif asked is not None:
            answer = _of_deal("reply", asked, asked.at, each.at)
            yield replace(answer, answered_by_id=each.by_id, is_claimed=each.claimed is not None)
            asked = None


def _unanswered(scope: Scope, until: datetime) -> Iterator[Span]:
    since = Conversation.unanswered_since
    query: SqlSelect = (
        select(since.label("at"), Deal.id.label("deal_id"), *_OF_DEAL, _stage_at(since).label("stage_id"))
        .join(Deal, Deal.id == Conversation.deal_id)
        .where(since < until, Deal.closed_at.is_(None), _seen(scope))
        .order_by(since.desc())
        .limit(MOST)
    )
    for each in session().execute(query):
        yield _of_deal("reply", each, each.at, None)


def _taken(scope: Scope) -> Iterator[Span]:
    """Items of what matters from when they were opened until somebody took them; those who are to take one that nobody
    has taken yet, the last who were told of it. What was settled untaken was waited for by nobody. Work that is to be
    accepted has its own time, any other the time of a level."""
    told = select(ImportantPlace.user_id).where(ImportantPlace.item_id == ImportantItem.id)
    last = told.order_by(ImportantPlace.level.desc(), ImportantPlace.id).limit(1).scalar_subquery()
    person = func.coalesce(ImportantItem.taken_by_id, ImportantItem.holder_id, last)
    waits = and_(ImportantItem.taken_at.is_(None), ImportantItem.state.in_(UNTAKEN))
    query: SqlSelect = (
        select(
            *(ImportantItem.opened_at, ImportantItem.taken_at, ImportantItem.kind, ImportantItem.take_within),
            *(person.label("person_id"), Deal.department_id, ImportantItem.deal_id, ImportantItem.task_id, Deal.title),
            _stage_at(ImportantItem.opened_at).label("stage_id"),
            *(ImportantItem.since, *_own_term(ImportantItem.since)),
        )
        .outerjoin(Deal, Deal.id == ImportantItem.deal_id)
        .outerjoin(Task, and_(Task.id == ImportantItem.task_id, ImportantItem.kind == "acceptance"))
        .where(_newest(ImportantItem.id), or_(ImportantItem.taken_at.is_not(None), waits))
        .where(filters.measured(scope, person, Deal.department_id))
        .order_by(ImportantItem.id)
    )
    own = own_terms.reader()
    for each in session().execute(query):
        place = (each.person_id, each.department_id, each.stage_id, each.deal_id, each.title or "")
        within = Delay(each.take_within["amount"], each.take_within["unit"]) if each.take_within else None
        within = own(each.of_robot, each.since) if each.kind == "acceptance" else within
        yield Span("take", each.opened_at, each.taken_at, *place, each.task_id, each.kind, within, each.over_at)


def _own_term(submitted_at: InstrumentedAttribute[datetime]) -> tuple[ColumnElement[Any], ...]:
    """Over Task: what says until when it was to be accepted."""
    return own_terms.of_robot().label("of_robot"), own_terms.over_at(submitted_at).label("over_at")


def _stays(scope: Scope, since: datetime) -> Iterator[Span]:
    """On open stages, of which a deal can be late to leave."""
    stages = [each.id for each in current().all_stages.values() if each.kind == "open"]
    query: SqlSelect = (
        select(StageVisit.stage_id, StageVisit.entered_at, StageVisit.left_at, Deal.id.label("deal_id"), *_OF_DEAL)
        .join(Deal, Deal.id == StageVisit.deal_id)
        .where(_newest(StageVisit.id), StageVisit.stage_id.in_(stages), _seen(scope))
        .where(or_(StageVisit.left_at >= since, StageVisit.left_at.is_(None) & Deal.closed_at.is_(None)))
    )
    for each in session().execute(query):
        yield _of_deal("stay", each, each.entered_at, each.left_at)


def _of_deal(measure: str, row: SqlRow, began_at: datetime, ended_at: datetime | None) -> Span:
    """It is the deal's responsible who is waited for."""
    place = (row.responsible_id, row.department_id, row.stage_id, row.deal_id, row.title)
    return Span(measure, began_at, ended_at, *place)


def _decided(scope: Scope) -> Iterator[Span]:
    """Each time that work was handed in, until it was accepted or returned; it is the acceptor who is waited for."""
    query: SqlSelect = (
        select(
            *(Task.id, Task.state, Task.acceptor_id, Task.deal_id, JournalEntry.event, JournalEntry.at),
            *(JournalEntry.new, Deal.title, Deal.department_id, _stage_at(JournalEntry.at).label("stage_id")),
            *_own_term(JournalEntry.at),
        )
        .join(JournalEntry, (JournalEntry.entity == "task") & (JournalEntry.entity_id == Task.id))
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .where(_newest(Task.id), Task.accept, Task.submitted_at.is_not(None), JournalEntry.event.in_(STEPS))
        .where(filters.measured(scope, Task.acceptor_id, Deal.department_id))
        .order_by(Task.id, JournalEntry.id)
    )
    own = own_terms.reader()
    for _, steps in groupby(session().execute(query), key=lambda each: each.id):
        for handed_in, ended_at in _decisions(steps):
            place = (handed_in.acceptor_id, handed_in.department_id, handed_in.stage_id, handed_in.deal_id)
            of_task = (handed_in.title or "", handed_in.id, "", own(handed_in.of_robot, handed_in.at))
            yield Span("acceptance", handed_in.at, ended_at, *place, *of_task, handed_in.over_at)


def _decisions(steps: Iterable[SqlRow]) -> Iterator[tuple[SqlRow, datetime | None]]:
    """What was handed in, and when somebody has decided on it."""
    handed_in: SqlRow | None = None
    for each in steps:
        if each.event == "task.submitted":
            handed_in = each if each.new == "awaiting_acceptance" else None
        elif handed_in is not None:
            if each.event in DECIDED:
                yield handed_in, each.at
            handed_in = None
    if handed_in is not None and handed_in.state == "awaiting_acceptance":
        yield handed_in, None
