"""A task, in its reader's words."""

from __future__ import annotations

from datetime import datetime

from rules.tasks import OPEN
from webapp import clock
from webapp.api.types import Record
from webapp.models import Task, TaskReturn
from webapp.queries import listings as found
from webapp.web import templating


class ReturnRecord(Record):
    by_id: int
    reason: str
    at: datetime


class TaskRecord(Record):
    id: int
    deal_id: int | None
    robot_id: int | None
    run_id: int | None
    title: str
    text: str
    state: str
    assignee_id: int
    creator_id: int | None
    acceptor_id: int | None
    accept: bool
    result_required: bool
    due_at: datetime | None
    result: str | None
    submitted_at: datetime | None
    acceptance_due_at: datetime | None
    is_overdue: bool
    returns: list[ReturnRecord]
    created_at: datetime
    ended_at: datetime | None
    version: int


def record(task: Task) -> TaskRecord:
    return _filled(task, found.returns_of([task.id]).get(task.id, []))


def records(tasks: list[Task]) -> list[TaskRecord]:
    """Several, with one statement for all their returns."""
    returned = found.returns_of([each.id for each in tasks])
    return [_filled(each, returned.get(each.id, [])) for each in tasks]


def _filled(task: Task, returned: list[TaskReturn]) -> TaskRecord:
    deadline = task.acceptance_due_at if task.state == "awaiting_acceptance" else task.due_at
    return TaskRecord.of(
        task,
        title=templating.fill(task.title, task.facts),
        text=templating.fill(task.text, task.facts),
        is_overdue=task.state in OPEN and deadline is not None and deadline < clock.now(),
        returns=returned,
    )
