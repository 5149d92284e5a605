"""A task, in its reader's words."""

from __future__ import annotations

from datetime import datetime

from rules.tasks import OPEN, submission
from rules.uploads import KINDS
from webapp import clock
from webapp.api.types import Record
from webapp.models import Task, TaskComment, TaskFile, TaskReturn
from webapp.queries import task_parts as found
from webapp.web import templating


class ReturnRecord(Record):
    by_id: int
    reason: str
    at: datetime


class FileRecord(Record):
    id: int
    name: str
    media_type: str
    size: int
    digest: str
    by_id: int
    at: datetime


class CommentRecord(Record):
    """`told` are the sides of the work and whom the text names, `untold` those whom it names and who may not see it."""

    id: int
    task_id: int
    by_id: int
    text: str
    told: list[int]
    untold: list[int]
    at: datetime


class TaskRecord(Record):
    """`submission` names what was handed in last, "" before anything was: it may be said with what is decided on it."""

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
    reminds_at: datetime | None
    result: str | None
    submitted_at: datetime | None
    submission: str
    acceptance_due_at: datetime | None
    is_overdue: bool
    returns: list[ReturnRecord]
    files: list[FileRecord]
    created_at: datetime
    ended_at: datetime | None
    version: int


def record(task: Task) -> TaskRecord:
    return records([task])[0]


def records(tasks: list[Task]) -> list[TaskRecord]:
    """Several, with one statement each for all their returns, files and reminders."""
    ids = [each.id for each in tasks]
    returned, attached, reminders = found.returns_of(ids), found.files_of(ids), found.reminders_of(ids)
    return [
        _filled(each, returned.get(each.id, []), attached.get(each.id, []), reminders.get(each.id)) for each in tasks
    ]


def file_record(file: TaskFile) -> FileRecord:
    return FileRecord.of(file, media_type=KINDS[file.kind].media_type)


def comment(row: TaskComment) -> CommentRecord:
    return CommentRecord.of(row)


def _filled(
    task: Task, returned: list[TaskReturn], attached: list[TaskFile], reminds_at: datetime | None
) -> TaskRecord:
    deadline = task.acceptance_due_at if task.state == "awaiting_acceptance" else task.due_at
    return TaskRecord.of(
        task,
        title=templating.fill(task.title, task.facts),
        text=templating.fill(task.text, task.facts),
        is_overdue=task.state in OPEN and deadline is not None and deadline < clock.now(),
        submission=submission(task.submitted_at),
        reminds_at=reminds_at,
        returns=returned,
        files=[file_record(each) for each in attached],
    )
