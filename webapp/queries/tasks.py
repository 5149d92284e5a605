"""Tasks as people see them: theirs, those they accept, and one whole with its returns and its path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select

from rules import rights
from rules.rights import Scope
from rules.tasks import OPEN, may, submission
from webapp import clock
from webapp.access import filters
from webapp.access.viewer import scope_of
from webapp.db import folding, session
from webapp.i18n.catalogue import language
from webapp.models import Deal, Task, TaskComment, TaskFile
from webapp.queries import mentions, task_parts
from webapp.queries.paging import PAGE, Key, Listed, Turn, rows_at
from webapp.snapshots import tasks as snapshots
from webapp.snapshots.setups import PersonFacts, current

# Verbs that pages have a button for.
OFFERED = ("start", "submit", "accept", "send_back", "attach", "delegate", "remind")
LISTS = ("waiting", "mine", "acceptance", "people", "overdue", "all")
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
LAST = "\U0010ffff"  # after every title
SORTS: dict[str, Callable[[], tuple[Key, ...]]] = {
    "due": lambda: (Key(_has_ended()), Key(func.coalesce(deadline(), NEVER)), Key(_id())),
    "new": lambda: (Key(_id(), falls=True),),
    "deal": lambda: (Key(func.coalesce(folding.alphabetical(Deal.title_folded, language()), LAST)), Key(_id())),
}
PROMPTS = 5
# Asked of every page, so it is built once.
_PROMPTS = (
    select(Task, Deal.title, func.count().over())
    .outerjoin(Deal, Deal.id == Task.deal_id)
    .where(filters.to_decide(bindparam("me"), bindparam("stood_in", expanding=True)))
    .order_by(Task.submitted_at, Task.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Returned:
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a task; `may_take_off`: the viewer."""

    id: int
    name: str
    size: int
    by: str
    at: datetime
    may_take_off: bool


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task for one viewer: `may` are the verbs they are offered."""

    id: int
    title: dict[str, str]
    text: dict[str, str]
    facts: dict[str, object]
    state: str
    assignee_id: int
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
    until: datetime | None
    is_open: bool
    is_overdue: bool
    returns: list[Returned] = field(default_factory=list)
    files: list[FileView] = field(default_factory=list)
    may: frozenset[str] = frozenset()

    @property
    def sent_back(self) -> Returned | None:
        """Why it is to be done anew, until it is submitted again."""
        return self.returns[-1] if self.returns and self.state == "in_progress" else None

    @property
    def submission(self) -> str:
        """What its reader decides on, where it waits for that."""
        return submission(self.submitted_at)


def deadline() -> ColumnElement[datetime]:
    """SQL over Task: until when whoever has it is to act, the acceptor of work handed in, else the assignee."""
    return case((Task.state == "awaiting_acceptance", Task.acceptance_due_at), else_=Task.due_at)


def _has_ended() -> ColumnElement[int]:
    return case((Task.ended_at.is_(None), 0), else_=1)


def _id() -> ColumnElement[int]:
    return Task.__table__.c.id


def listed(scope: Scope, which: str, turn: Turn = Turn(), words: str = "", sort: str = "due") -> Listed[TaskView]:  # noqa: B008
    """One page of one of LISTS, by one of SORTS; of those that mention `words`."""
    where = _which(scope, which) & mentions.task(words)
    query: Select[*tuple[Any, ...]] = select(Task, Deal.title).outerjoin(Deal, Deal.id == Task.deal_id).where(where)
    rows, onward, back = rows_at(query, SORTS[sort](), turn)
    return Listed(views(scope, [(row[0], row[1] or "") for row in rows]), _count(where), onward, back)


def lists_of(scope: Scope) -> list[str]:
    """Those of LISTS that this person has: the work of one's people is a list of heads."""
    return [each for each in LISTS if each != "people" or scope.leads]


def counts(scope: Scope) -> dict[str, int]:
    """How many there are in each of the person's lists; not of all that the person may see."""
    return {which: _count(_which(scope, which)) for which in lists_of(scope) if which != "all"}


def _count(where: ColumnElement[bool]) -> int:
    query = select(func.count(Task.id)).outerjoin(Deal, Deal.id == Task.deal_id).where(where)
    return session().scalar(query) or 0


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


class Prompts(list[TaskView]):
    """The first of them, and of how many."""

    of = 0


def prompts(scope: Scope, most: int = PROMPTS) -> Prompts:
    """Work that this person is asked to accept: shown wherever they are in Dozor, until answered.

    Who stands in for an absent acceptor is asked too.
    """
    asked = {"me": scope.user_id, "stood_in": filters.stood_in_for(scope.user_id), "most": most}
    rows = session().execute(_PROMPTS, asked).all()
    found = Prompts(views(scope, [(task, title or "") for task, title, _ in rows]))
    found.of = rows[0][2] if rows else 0
    return found


def _which(scope: Scope, which: str) -> ColumnElement[bool]:
    """SQL over Task and Deal."""
    if which == "acceptance":
        return filters.to_decide(scope.user_id, filters.stood_in_for(scope.user_id))
    if which == "waiting":
        return filters.waiting(scope.user_id, filters.stood_in_for(scope.user_id))
    visible = filters.tasks(scope)
    if which == "overdue":
        return visible & (Task.due_at < clock.now()) & Task.state.in_(("new", "in_progress"))
    if which == "people":
        return visible & filters.of_ones_people(scope) & Task.state.in_(OPEN)
    if which == "mine":
        return visible & (Task.assignee_id == scope.user_id) & Task.state.in_(OPEN)
    return visible


def views(scope: Scope, rows: Sequence[tuple[Task, str]]) -> list[TaskView]:
    """Tasks with what the viewer may do about each."""
    ids = [task.id for task, _ in rows]
    sent_back, attached = task_parts.returns_of(ids), task_parts.files_of(ids)
    name_of = current().name_of
    returned = {
        id: [Returned(name_of(each.by_id), each.reason, each.at) for each in of] for id, of in sent_back.items()
    }
    return [_view(scope, task, title, returned.get(task.id, []), attached.get(task.id, [])) for task, title in rows]


def _file(file: TaskFile, task: Task, may_attach: bool, user_id: int) -> FileView:
    is_handed_in = task.submitted_at is not None and file.at <= task.submitted_at
    may_take_off = may_attach and file.by_id == user_id and not is_handed_in
    return FileView(file.id, file.name, file.size, current().name_of(file.by_id), file.at, may_take_off)


def _view(scope: Scope, task: Task, deal_title: str, returned: list[Returned], attached: list[TaskFile]) -> TaskView:
    name_of, now = current().name_of, clock.now()
    until = task.acceptance_due_at if task.state == "awaiting_acceptance" else task.due_at
    offered = _may(scope, task)
    return TaskView(
        id=task.id,
        title=task.title,
        text=task.text,
        facts=task.facts,
        state=task.state,
        assignee_id=task.assignee_id,
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
        until=until,
        is_open=task.state in OPEN,
        is_overdue=task.state in OPEN and until is not None and until < now,
        returns=returned,
        files=[_file(each, task, "attach" in offered, scope.user_id) for each in attached],
        may=offered,
    )


def _may(scope: Scope, task: Task) -> frozenset[str]:
    facts, stand_ins = snapshots.facts_of(task), snapshots.stand_ins(task)
    return frozenset(verb for verb in OFFERED if may(facts, verb, scope.user_id, stand_ins) is None)


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A task by itself: what was said about it, who may be named there, to whom it may be given on, and when it is said
    that its deadline is coming."""

    task: TaskView
    comments: list[TaskComment]
    readers: list[PersonFacts]
    takers: list[PersonFacts]
    reminds_at: datetime | None


def whole(scope: Scope, task: Task) -> TaskPage:
    """One task that the viewer may see, with all that stands on its page."""
    setup, facts = current(), snapshots.snapshot_of(task)
    people = [each for each in setup.people.values() if each.is_active]
    readers = [each for each in people if rights.may_see_task(scope_of(setup, each), *facts)]
    takers = [each for each in people if each.id != task.assignee_id and rights.why_not_given(scope, each) is None]
    reminds_at = task_parts.reminders_of([task.id]).get(task.id)
    return TaskPage(one(scope, task), task_parts.comments_of(task.id), readers, takers, reminds_at)
