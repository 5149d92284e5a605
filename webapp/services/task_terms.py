"""Terms of tasks that were counted by a clock which was wrong: until when work is to be accepted, and the deadline that
a robot gave, are counted anew. A deadline that a person chose stays the day and hour that they saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from rules import tasks as rules
from rules.worktime import Delay, after
from webapp.background import outbox
from webapp.db import session
from webapp.models import RobotRun, Task, TaskAlarm
from webapp.services import tasks


def shift(set_at: Mapping[int, datetime], by_time: timedelta) -> int:
    """Of the alarms that still wait, and were set at that instant, by a clock that has been put right by so much. How
    many there were."""
    known = select(TaskAlarm).where(TaskAlarm.id.in_(set_at)).order_by(TaskAlarm.id)
    count = 0
    for task_id in sorted({each.task_id for each in session().scalars(known)}):
        task = session().get_one(Task, task_id, with_for_update=True, populate_existing=True)
        mine = known.where(TaskAlarm.task_id == task_id, TaskAlarm.state == "waiting").with_for_update()
        found = session().scalars(mine.execution_options(populate_existing=True)).all()
        count += _shift(task, [each for each in found if each.created_at == set_at[each.id]], by_time)
    return count


def _shift(task: Task, alarms: Sequence[TaskAlarm], by_time: timedelta) -> int:
    later = _later(task, by_time)
    moved = 0
    for alarm in alarms:
        new = _accepted_until(task, by_time) if alarm.kind == "acceptance_overdue" else None
        if new is not None:
            task.acceptance_due_at = new
        elif later is not None and alarm.due_at is not None and alarm.kind != "acceptance_overdue":
            new = alarm.due_at + later
        else:
            continue
        alarm.created_at += by_time
        outbox.put("alarm", alarm, new)
        moved += 1
    if moved and later is not None and task.due_at is not None:
        task.due_at += later
    return moved


def _accepted_until(task: Task, by_time: timedelta) -> datetime | None:
    if task.submitted_at is None:
        return None
    task.submitted_at += by_time
    return rules.acceptance_due_at(tasks.calendar_of(task.acceptor_id), task.submitted_at, tasks.accept_within(task))


def _later(task: Task, by_time: timedelta) -> timedelta | None:
    """By how much the deadline that its robot gave would be another; None: it has none, or a person has changed it."""
    run = session().get(RobotRun, task.run_id) if task.run_id is not None else None
    given = run.definition["settings"].get("due") if run is not None else None
    if not given or task.due_at is None or task.submitted_at is not None:
        return None
    calendar, delay = tasks.calendar_of(task.assignee_id), Delay(given["amount"], given["unit"])
    if task.due_at != after(calendar, task.created_at, delay):
        return None
    task.created_at += by_time
    return after(calendar, task.created_at, delay) - task.due_at
