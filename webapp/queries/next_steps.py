"""Next steps: what a card says of one, and on which deals one is wanting, person by person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, false, func, not_, or_, select

from rules import next_steps as rules
from rules import rights
from rules.facts import Text
from rules.rights import Scope
from webapp import clock
from webapp.access import filters
from webapp.db import SqlRow, SqlSelect, among, execute_core, session
from webapp.i18n.formats import in_order
from webapp.models import Deal, Task
from webapp.snapshots import recipients
from webapp.snapshots.setups import PersonFacts, current


@dataclass(frozen=True, slots=True)
class NextStep:
    task_id: int
    title: Text
    due_at: datetime
    assignee_id: int
    version: int


@dataclass(frozen=True, slots=True)
class StepAsked:
    """What the form of a next step is drawn from: what is agreed, moments to choose from, who may be chosen."""

    deal: Deal
    step: NextStep | None
    marker: rules.Marker
    offered: tuple[datetime, ...]
    people: list[PersonFacts]


_STEP = (Task.deal_id, Task.id, Task.title, Task.due_at, Task.assignee_id, Task.version, Task.is_next_step)
_OF_DEALS = select(*_STEP).where(among(Task.deal_id, "deals"), Task.is_next_step, Task.ended_at.is_(None))


def of_deals(deal_ids: list[int]) -> Mapping[int, NextStep]:
    """The steps that are agreed on these deals."""
    return steps_in(execute_core(_OF_DEALS, deals=deal_ids)) if deal_ids else {}


def steps_in(tasks: Iterable[SqlRow]) -> dict[int, NextStep]:
    """The next steps among these tasks, by their deals."""
    steps = (each for each in tasks if each.is_next_step)
    return {each.deal_id: NextStep(each.id, each.title, each.due_at, each.assignee_id, each.version) for each in steps}


def asked(deal: Deal, scope: Scope) -> StepAsked:
    """The form of this deal's step, for somebody who may write the deal."""
    setup, now = current(), clock.now()
    step = of_deals([deal.id]).get(deal.id)
    marker = rules.marker(setup.firm.marks_next_step, deal.closed_at is None, step.due_at if step else None, now)
    calendar = recipients.calendar_of(deal)
    kept = {deal.responsible_id, step.assignee_id if step else deal.responsible_id}
    people = [p for p in setup.people.values() if p.id in kept or rights.why_not_given(scope, p) is None]
    return StepAsked(deal, step, marker, rules.offered(calendar, now), people)


def needs_step() -> ColumnElement[bool]:
    """Over Deal, twin of `rules.next_steps.marker`: those that a marker stands on."""
    return _wanting(current().firm.marks_next_step, clock.now())


def _wanting(marked: str, now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    agreed = select(Task.id).where(Task.deal_id == Deal.id, Task.is_next_step, Task.ended_at.is_(None)).correlate(Deal)
    late = agreed.where(Task.due_at <= now).exists()
    wanting = {"off": false(), "overdue": late, "missing": or_(not_(agreed.exists()), late)}
    return and_(Deal.closed_at.is_(None), wanting.get(marked, false()))


_COUNTED: tuple[Any, ...] = (Deal.responsible_id, func.count().label("deals"))


def own(scope: Scope, pipeline_id: int) -> int:
    """On how many of one's own deals of this pipeline a step is wanting."""
    asked = {"pipeline": pipeline_id, "me": scope.user_id, "now": clock.now()}
    return int(execute_core(_own(current().firm.marks_next_step), **asked).scalar() or 0)


@cache
def _own(marked: str) -> SqlSelect:
    """Asked of every board, so it is built once. One's own deals are always read (rules.rights)."""
    mine = Deal.responsible_id == bindparam("me"), Deal.pipeline_id == bindparam("pipeline")
    wanting = _wanting(marked, bindparam("now"))
    return select(func.count()).select_from(Deal).where(Deal.deleted_at.is_(None), *mine, wanting)


def by_person(scope: Scope, pipeline_id: int) -> list[tuple[PersonFacts, int]]:
    """The same of everybody whose deals one sees, those with the most first."""
    people = current().people
    rows = session().execute(_counted(scope, pipeline_id)).all()
    found = [(people[row.responsible_id], row.deals) for row in rows]
    return sorted(found, key=lambda each: (-each[1], in_order(each[0].name)))


def _counted(scope: Scope, pipeline_id: int) -> SqlSelect:
    counted: SqlSelect = select(*_COUNTED).group_by(Deal.responsible_id)
    return counted.where(Deal.pipeline_id == pipeline_id, filters.deals(scope), needs_step())
