"""Tasks as people see them: theirs, those they accept, and one whole with its returns and its path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from rules.rights import Scope
from rules.tasks import OPEN, may
from webapp import clock
from webapp.access import filters
from webapp.db import Sort, folding, session
from webapp.i18n.formats import language
from webapp.models import Deal, Task, TaskReturn
from webapp.queries import mentions
from webapp.snapshots import tasks as snapshots
from webapp.snapshots.setups import current

OFFERED = ("start", "submit", "accept", "send_back")  # verbs that pages have a button for
LISTS = ("mine", "acceptance", "overdue", "all")
SORTS: dict[str, Callable[[], tuple[Sort, ...]]] = {
    "due": lambda: (Task.due_at.is_(None), Task.due_at, Task.id),
    "new": lambda: (Task.id.desc(),),
    "deal": lambda: (folding.alphabetical(Deal.title, language()).nulls_last(), Task.id),
}
PAGE = 50
PROMPTS = 5


@dataclass(frozen=True, slots=True)
class Returned:
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task for one viewer: `may` are the verbs they are offered."""

    id: int
    title: dict[str, str]
    text: dict[str, str]
    facts: dict[str, object]
    state: str
    assignee: str
    acceptor: str
    creator: str
    deal_id: int | None
    deal_title: str
    due_at: datetime | None
    result: str
    result_required: bool
    accept: bool
    submitted_at: datetime | None
    acceptance_due_at: datetime | None
    is_overdue: bool
    returns: list[Returned] = field(default_factory=list)
    may: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TaskList:
    """One page of a list, and how many there are in all."""

    rows: list[TaskView]
    total: int
    number: int

    @property
    def is_more(self) -> bool:
        return self.number * PAGE < self.total


def listed(scope: Scope, which: str, number: int = 1, words: str = "", sort: str = "due") -> TaskList:
    """One page (from 1) of one of LISTS, by one of SORTS; of those that mention `words`."""
    where = _which(scope, which) & mentions.task(words)
    query = select(Task, Deal.title).outerjoin(Deal, Deal.id == Task.deal_id).where(where)
    rows = session().execute(query.order_by(*SORTS[sort]()).limit(PAGE).offset((number - 1) * PAGE)).all()
    count = select(func.count(Task.id)).outerjoin(Deal, Deal.id == Task.deal_id).where(where)
    return TaskList(views(scope, [(row[0], row[1] or "") for row in rows]), session().scalar(count) or 0, number)


def one(scope: Scope, task: Task) -> TaskView:
    """One task that the viewer may see."""
    title = session().scalar(select(Deal.title).where(Deal.id == task.deal_id)) if task.deal_id else ""
    return views(scope, [(task, title or "")])[0]


def of_deal(scope: Scope, deal_id: int) -> list[TaskView]:
    """A deal's tasks, the newest first; without the next step, which has a place of its own."""
    rows = session().execute(
        select(Task, Deal.title)
        .join(Deal)
        .where(Task.deal_id == deal_id, ~(Task.is_next_step & Task.ended_at.is_(None)))
        .order_by(Task.id.desc())
        .limit(PAGE)
    )
    return views(scope, [(row[0], row[1]) for row in rows])


def prompts(scope: Scope, most: int = PROMPTS) -> list[TaskView]:
    """Work that this person is asked to accept: shown wherever they are in Dozor, until answered.

    Who stands in for an absent acceptor is asked too.
    """
    rows = session().execute(
        select(Task, Deal.title)
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .where(_which(scope, "acceptance"))
        .order_by(Task.submitted_at, Task.id)
        .limit(most)
    )
    return views(scope, [(row[0], row[1] or "") for row in rows])


def _which(scope: Scope, which: str) -> ColumnElement[bool]:
    """SQL over Task and Deal."""
    if which == "acceptance":
        return filters.to_decide(scope.user_id, filters.stood_in_for(scope.user_id))
    visible = filters.tasks(scope)
    if which == "overdue":
        return visible & (Task.due_at < clock.now()) & Task.state.in_(("new", "in_progress"))
    if which == "mine":
        return visible & (Task.assignee_id == scope.user_id) & Task.state.in_(OPEN)
    return visible


def views(scope: Scope, rows: Sequence[tuple[Task, str]]) -> list[TaskView]:
    """Tasks with what the viewer may do about each."""
    returned: dict[int, list[Returned]] = {}
    name_of = current().name_of
    for each in session().scalars(
        select(TaskReturn).where(TaskReturn.task_id.in_([task.id for task, _ in rows])).order_by(TaskReturn.id)
    ):
        returned.setdefault(each.task_id, []).append(Returned(name_of(each.by_id), each.reason, each.at))
    return [_view(scope, task, title, returned.get(task.id, [])) for task, title in rows]


def _view(scope: Scope, task: Task, deal_title: str, returned: list[Returned]) -> TaskView:
    name_of, now = current().name_of, clock.now()
    deadline = task.acceptance_due_at if task.state == "awaiting_acceptance" else task.due_at
    return TaskView(
        id=task.id,
        title=task.title,
        text=task.text,
        facts=task.facts,
        state=task.state,
        assignee=name_of(task.assignee_id),
        acceptor=name_of(task.acceptor_id),
        creator=name_of(task.creator_id),
        deal_id=task.deal_id,
        deal_title=deal_title,
        due_at=task.due_at,
        result=task.result or "",
        result_required=task.result_required,
        accept=task.accept,
        submitted_at=task.submitted_at,
        acceptance_due_at=task.acceptance_due_at,
        is_overdue=task.state in OPEN and deadline is not None and deadline < now,
        returns=returned,
        may=_may(scope, task),
    )


def _may(scope: Scope, task: Task) -> frozenset[str]:
    facts, stand_ins = snapshots.facts_of(task), snapshots.stand_ins(task)
    return frozenset(verb for verb in OFFERED if may(facts, verb, scope.user_id, stand_ins) is None)
