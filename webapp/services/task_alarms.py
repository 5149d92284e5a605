"""Alarms of a task: its deadline is coming, has passed, or the acceptor's has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, true, update

from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.background.outbox import Claim
from webapp.db import session
from webapp.models import Notification, Task, TaskAlarm
from webapp.services import important_causes, notices_over, task_notices
from webapp.snapshots import tasks as snapshots


def set_alarm(task: Task, kind: str, due: datetime) -> None:
    now = clock.now()
    alarm = TaskAlarm(
        key=f"task-{task.id}-{kind}-{task.version}",
        task_id=task.id,
        kind=kind,
        due_at=due,
        visible_at=outbox.visible_from(due, now),
        created_at=now,
    )
    session().add(alarm)
    session().flush()
    outbox.arm("alarm", alarm.id, due)


def set_both(task: Task, coming: datetime, due: datetime) -> None:
    """Its deadline is told of at `coming`, while it is ahead, and when it has passed. What whoever does the work was
    told of this very deadline is not told twice: late work stands in the lists again, and no more."""
    is_late = due <= clock.now()
    if not is_late and not _was_told(task, "deadline_coming", task.assignee_id):
        set_alarm(task, "deadline_coming", coming)
    if is_late and _was_told(task, "overdue", task.assignee_id):
        important_causes.open_overdue(task, is_news=False)
    else:
        set_alarm(task, "overdue", due)


def _was_told(task: Task, kind: str, person_id: int | None) -> bool:
    """Whether this person was told so of the deadline that the task has now."""
    told = select(Notification.facts).where(
        Notification.task_id == task.id, Notification.kind == f"task.{kind}", Notification.user_id == person_id
    )
    said = [each["task.due_at"] for each in session().scalars(told) if each.get("task.due_at")]
    return any(datetime.fromisoformat(each["at"]) == task.due_at for each in said)


def set_again(task: Task) -> None:
    """Work that came back has its deadline again. What was told before is not told twice, but late work stands in the
    lists again; a deadline that passed while the head was looking is told now."""
    alarms = session().scalars(select(TaskAlarm).where(TaskAlarm.task_id == task.id).order_by(TaskAlarm.id)).all()
    for kind, last in {each.kind: each for each in alarms}.items():
        if kind == "overdue" and last.state == "fired" and last.due_at is not None and last.due_at <= clock.now():
            important_causes.open_overdue(task, is_news=False)
        if last.state != "called_off" or last.due_at is None or kind == "acceptance_overdue":
            continue
        if kind == "overdue" or last.due_at > clock.now():
            set_alarm(task, kind, last.due_at)


def call_off(task: Task, *kinds: str) -> None:
    """Those of these kinds; without any, all."""
    session().execute(
        update(TaskAlarm)
        .where(TaskAlarm.task_id == task.id, TaskAlarm.state == "waiting")
        .where(TaskAlarm.kind.in_(kinds) if kinds else true())
        .values(state="called_off", ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def fire(mine: Claim) -> None:
    """An alarm of a task has come: tell, in the open transaction, if it still matters."""
    held = _held(mine)
    if held is None:
        return
    alarm, task = held
    matters = _still_matters(alarm, task)
    outbox.end(mine, "fired" if matters else "called_off")
    if not matters:
        return
    told: dict[str, list[int | None]] = {
        "deadline_coming": [task.assignee_id],
        "overdue": [task.assignee_id, task.acceptor_id or task.creator_id],
        "acceptance_overdue": list(snapshots.deciders(task)),
    }
    people = told[alarm.kind]
    if alarm.kind == "overdue":  # of a step that went to somebody else, whoever wants it may know already
        people = [each for each in people if not _was_told(task, alarm.kind, each)]
    until = task.due_at if alarm.kind == "deadline_coming" else None
    task_notices.tell(task, f"task.{alarm.kind}", people, Actor(via="clock"), until=until)
    if alarm.kind == "overdue":
        notices_over.deadline_passed(task.id, task.deal_id)
        important_causes.open_overdue(task)


def _held(mine: Claim) -> tuple[TaskAlarm, Task] | None:
    """The alarm, still ours, and its task, locked."""
    alarm = session().get(TaskAlarm, mine.row_id)
    if alarm is None:
        return None
    task = session().get_one(Task, alarm.task_id, with_for_update=True, populate_existing=True)
    alarm = session().get_one(TaskAlarm, mine.row_id, populate_existing=True)
    if not outbox.is_held(mine, alarm):
        raise outbox.LeaseLost(mine)
    return alarm, task


def fail(alarm_id: int, error: str) -> None:
    """Attempts are used up."""
    alarm = session().get(TaskAlarm, alarm_id)
    if alarm is not None and alarm.state == "waiting":
        alarm.state, alarm.ended_at, alarm.error = "failed", clock.now(), error[:2000]


def _still_matters(alarm: TaskAlarm, task: Task) -> bool:
    if alarm.kind == "acceptance_overdue":
        return task.state == "awaiting_acceptance"
    if alarm.kind == "deadline_coming" and (task.due_at is None or task.due_at <= clock.now()):
        return False
    return task.state in ("new", "in_progress")
