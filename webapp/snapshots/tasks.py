"""From a task's row to what rules read of it: its sides, its deal, and who stands in for its acceptor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import select

from rules import rights
from rules.rights import DealFacts
from rules.tasks import TaskFacts
from webapp.db import session
from webapp.models import Deal, ImportantItem, ImportantPlace, Task, TaskDecision
from webapp.snapshots import recipients, setups


class TaskSnapshot(NamedTuple):
    """The arguments of the questions of rules.rights, in their order."""

    task: TaskFacts
    deal: DealFacts | None
    stand_ins: frozenset[int]


def facts_of(task: Task) -> TaskFacts:
    return TaskFacts(
        id=task.id,
        state=task.state,
        assignee_id=task.assignee_id,
        acceptor_id=task.acceptor_id,
        creator_id=task.creator_id,
        accept=task.accept,
        result_required=task.result_required,
        returns=task.returns_count,
    )


def snapshot_of(task: Task) -> TaskSnapshot:
    """A task with its deal as it stands, who stands in for its acceptor today, and of one without a deal before whom
    an item of it stands and who has decided something about it."""
    deal = session().get(Deal, task.deal_id) if task.deal_id else None
    owner = DealFacts(deal.responsible_id, deal.department_id, deal.deleted_at is not None) if deal else None
    facts = facts_of(task)
    if owner is None:
        facts = replace(facts, told=_told(task), decided=_decided(task))
    return TaskSnapshot(facts, owner, stand_ins(task))


def _told(task: Task) -> frozenset[int]:
    """The SQL twin is `tasks` of webapp/access/filters.py."""
    told = select(ImportantPlace.user_id).join(ImportantItem, ImportantItem.id == ImportantPlace.item_id)
    lives = (ImportantItem.task_id == task.id, ImportantItem.ended_at.is_(None), ImportantPlace.is_live)
    return frozenset(session().scalars(told.where(*lives)))


def _decided(task: Task) -> frozenset[int]:
    return frozenset(session().scalars(select(TaskDecision.user_id).where(TaskDecision.task_id == task.id)))


def stand_ins(task: Task) -> frozenset[int]:
    """Who decides it beside its acceptor today."""
    chart, today = setups.current().org, recipients.today()
    if task.acceptor_id is None or not rights.is_missing(chart, task.acceptor_id, today):
        return rights.NOBODY  # nearly always: its deal need not be looked up
    return rights.stand_ins_for(chart, facts_of(task), department_of(task), today)


def deciders(task: Task) -> frozenset[int]:
    """Who may accept or return it today: the acceptor, and in the acceptor's absence whoever the resolver names."""
    return stand_ins(task) | ({task.acceptor_id} if task.acceptor_id is not None else frozenset())


def sides(task: Task) -> frozenset[int]:
    """Who has to do with it today, whoever may read its deal."""
    return deciders(task) | {each for each in (task.assignee_id, task.creator_id) if each is not None}


def way_to_deciders(task: Task) -> list[Any]:
    """How they were found, as JSON steps: the acceptor's own way, and beyond an acceptor who is not there today the
    resolver's."""
    chart, today = setups.current().org, recipients.today()
    if task.acceptor_id is None or not rights.is_missing(chart, task.acceptor_id, today):
        return task.acceptor_path
    person = chart.people.get(task.acceptor_id)
    verdict = "absent" if person is not None and person.is_active else "inactive"
    missing = {"department_id": None, "post": "acceptor", "person_id": task.acceptor_id, "verdict": verdict}
    return [missing, *recipients.head_of(task.assignee_id, department_of(task)).path]


def department_of(task: Task) -> int | None:
    """Whose heads a task's acceptor is looked for among: its deal's, else its assignee's."""
    deal = session().get(Deal, task.deal_id) if task.deal_id else None
    person = setups.current().people.get(task.assignee_id)
    return deal.department_id if deal else (person.department_id if person else None)
