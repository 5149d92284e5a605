"""What hangs on tasks: returns, files, comments. The viewer was let in to the tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from webapp.db import session
from webapp.models import TaskAlarm, TaskComment, TaskFile, TaskReturn

MOST_COMMENTS = 200  # on a page


def returns_of(task_ids: Sequence[int]) -> dict[int, list[TaskReturn]]:
    """How often and why tasks were sent back, the first return first."""
    found: dict[int, list[TaskReturn]] = {}
    if not task_ids:
        return found
    query = select(TaskReturn).where(TaskReturn.task_id.in_(task_ids)).order_by(TaskReturn.id)
    for each in session().scalars(query):
        found.setdefault(each.task_id, []).append(each)
    return found


def comments_of(task_id: int) -> list[TaskComment]:
    """On one task that the viewer was let in to, the oldest first, and the newest of too many."""
    newest = select(TaskComment).where(TaskComment.task_id == task_id).order_by(TaskComment.id.desc())
    return list(session().scalars(newest.limit(MOST_COMMENTS)))[::-1]


def reminders_of(task_ids: Sequence[int]) -> dict[int, datetime]:
    """When it is said of tasks that their deadline is coming, as far as that is still to come: what a restore has held
    back comes at no time of its own."""
    waiting = select(TaskAlarm.task_id, TaskAlarm.due_at).where(
        TaskAlarm.task_id.in_(task_ids),
        TaskAlarm.kind == "deadline_coming",
        TaskAlarm.state == "waiting",
        TaskAlarm.visible_at.is_not(None),
    )
    rows = session().execute(waiting) if task_ids else ()
    return {row.task_id: row.due_at for row in rows if row.due_at is not None}


def files_of(task_ids: Sequence[int]) -> dict[int, list[TaskFile]]:
    """What is attached to tasks, in the order in which it came."""
    found: dict[int, list[TaskFile]] = {}
    if not task_ids:
        return found
    for each in session().scalars(select(TaskFile).where(TaskFile.task_id.in_(task_ids)).order_by(TaskFile.id)):
        found.setdefault(each.task_id, []).append(each)
    return found
