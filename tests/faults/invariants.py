"""What must hold whatever was killed, read from the database alone. Each invariant is a list of its violations.

I1 to I8 and I11 are here; I9, I10 and I12 are seen from outside, by watchers and a clock (watchers.py, harness.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from webapp import outbox
from webapp.db import session
from webapp.models import (
    Conversation,
    Deal,
    Inbox,
    Message,
    Notification,
    Robot,
    RobotRun,
    Stage,
    StageVisit,
    Task,
    TaskAlarm,
)

ENDED = {"fired", "condition_false", "called_off", "failed", "no_recipient"}
BY_CLAIM = ("fired", "condition_false", "no_recipient")


def armed() -> list[str]:
    """I1: whoever entered a stage has the runs of its robots."""
    robots = defaultdict(set)
    for row in session().scalars(select(Robot).where(Robot.is_on, Robot.archived_at.is_(None))):
        if "entered" in row.starts:
            robots[row.stage_id].add(row.id)
    runs = defaultdict(set)
    for visit_id, robot_id in session().execute(select(RobotRun.visit_id, RobotRun.robot_id)):
        runs[visit_id].add(robot_id)
    visits = session().execute(select(StageVisit.id, StageVisit.stage_id)).all()
    return [
        f"visit {id_} lacks runs of robots {robots[stage] - runs[id_]}"
        for id_, stage in visits
        if robots[stage] - runs[id_]
    ]


def ended_once() -> list[str]:
    """I2: waiting, or one outcome with its instant and its reason."""
    wrong = []
    for run in _runs():
        is_waiting = run.state == "waiting"
        if (run.ended_at is None) != is_waiting or not (is_waiting or (run.state in ENDED and run.reason.get("code"))):
            wrong.append(f"run {run.id}: {run.state}, ended {run.ended_at}, {run.reason}")
        if run.attempts > outbox.MAX_ATTEMPTS:
            wrong.append(f"run {run.id}: {run.attempts} attempts")
    return wrong


def effects_once() -> list[str]:
    """I3: what a run says that it did was done, to each person once; of a task only one."""
    told = _count(select(Notification.run_id, Notification.user_id).where(Notification.kind.startswith("robot.")))
    tasks = Counter(session().scalars(select(Task.run_id).where(Task.run_id.is_not(None))))
    wrong = [f"run {run} told {user} {times} times" for (run, user), times in told.items() if times > 1]
    wrong += [f"run {run} made {times} tasks" for run, times in tasks.items() if times > 1]
    for run in _runs():
        if run.reason.get("code") == "told" and run.state == "fired":
            wrong += [f"run {run.id} did not tell {each}" for each in run.reason["people"] if not told[run.id, each]]
        if run.reason.get("code") == "task_created" and not tasks[run.id]:
            wrong.append(f"run {run.id} made no task")
    return wrong


def called_off_stays_silent() -> list[str]:
    """I4: a run that was called off has told nobody and made nothing."""
    off = select(RobotRun.id).where(RobotRun.state == "called_off")
    told = session().scalars(select(Notification.run_id).where(Notification.run_id.in_(off))).all()
    made = session().scalars(select(Task.run_id).where(Task.run_id.in_(off))).all()
    return [f"run {each} was called off and fired" for each in {*told, *made}]


def left_is_called_off() -> list[str]:
    """I4, where the clock goes only forward: nothing waits or fires for a stage that the deal has left."""
    late = (
        select(RobotRun.id, RobotRun.state)
        .join(StageVisit, StageVisit.id == RobotRun.visit_id)
        .where(
            RobotRun.state.in_((*BY_CLAIM, "waiting")),
            StageVisit.left_at.is_not(None),
            or_(RobotRun.ended_at.is_(None), RobotRun.ended_at > StageVisit.left_at),
        )
    )
    return [f"run {id_} is {state} after its stage was left" for id_, state in session().execute(late)]


def run_states() -> Select[tuple[int, str, datetime | None, datetime | None, str | None]]:
    """SQL: how each run stands, and when its visit was left."""
    return select(RobotRun.id, RobotRun.state, RobotRun.ended_at, StageVisit.left_at, RobotRun.error).join(
        StageVisit, StageVisit.id == RobotRun.visit_id
    )


def not_early() -> list[str]:
    """I5: claimed when it was due, never before. What is due from the start may go whatever the clock says then."""
    return [
        f"{model.__tablename__} {id_} was due {due}, claimed {at}"
        for model in outbox.KINDS.values()
        for id_, due, at in session().execute(
            select(model.id, model.due_at, model.claimed_at).where(
                model.state.in_(BY_CLAIM), model.claimed_at < model.due_at, model.due_at > model.created_at
            )
        )
    ]


def numbered() -> list[str]:
    """I6: each person's notifications are numbered 1, 2, 3, …; what is unread is counted right."""
    wrong = []
    facts = {
        row.user_id: (row.n, row.low, row.high, row.unread)
        for row in session().execute(
            select(
                Notification.user_id,
                func.count().label("n"),
                func.min(Notification.seq).label("low"),
                func.max(Notification.seq).label("high"),
                func.count().filter(Notification.read_at.is_(None)).label("unread"),
            ).group_by(Notification.user_id)
        )
    }
    for user_id, seq, unread in session().execute(select(Inbox.user_id, Inbox.seq, Inbox.unread)):
        n, low, high, counted = facts.get(user_id, (0, 1, 0, 0))
        if (n, low, high, counted) != (seq, 1, seq, unread):
            wrong.append(f"person {user_id}: {n} numbered {low} to {high}, {counted} unread; inbox {seq}, {unread}")
    return wrong


def alarms_told() -> list[str]:
    """I7: an alarm that went off told somebody, and once. (Deliveries outside will be checked here too.)"""
    fired = _count(select(TaskAlarm.task_id, TaskAlarm.kind).where(TaskAlarm.state == "fired"))
    told = _count(
        select(Notification.task_id, Notification.kind, Notification.user_id).where(
            Notification.kind.in_([f"task.{kind}" for kind in ("deadline_coming", "overdue", "acceptance_overdue")])
        )
    )
    heard = {(task, kind.removeprefix("task.")) for task, kind, _ in told}
    return [f"alarm {each} told nobody" for each in fired if each not in heard] + [
        f"{each} was told {times} times"
        for each, times in told.items()
        if times > fired[each[0], each[1].removeprefix("task.")]
    ]


def nothing_of_itself() -> list[str]:
    """I8: behind each notification and each task stands a fired run, an alarm, or somebody's act."""
    fired = select(RobotRun.id).where(RobotRun.state == "fired")
    no_run = select(Notification.id).where(
        Notification.kind.startswith("robot."), func.coalesce(Notification.run_id, 0).not_in(fired)
    )
    no_fact = select(Notification.id).where(Notification.deal_id.is_(None), Notification.task_id.is_(None))
    orphan = select(Task.id).where(Task.run_id.is_not(None), Task.run_id.not_in(fired))
    return [
        *(f"notification {each} without a fired run" for each in session().scalars(no_run)),
        *(f"notification {each} about nothing" for each in session().scalars(no_fact)),
        *(f"task {each} without a fired run" for each in session().scalars(orphan)),
    ]


def required_fields() -> list[str]:
    """I11: no deal stands where it may not; the lesson's rule, said anew here, without the gate."""
    asking = select(Stage.id).where(Stage.key.in_(("processing", "payment", "won")))
    lost = select(Stage.id).where(Stage.key == "lost")
    alive = (
        session().scalars(select(Deal).where(Deal.deleted_at.is_(None), Deal.stage_id.in_(asking.union(lost)))).all()
    )
    stages = set(session().scalars(asking))
    return [
        f"deal {each.id} lacks what stage {each.stage_id} asks for"
        for each in alive
        if not (each.fields.get("equipment_type") if each.stage_id in stages else each.lost_reason)
    ]


INVARIANTS: Mapping[str, tuple[Callable[[], list[str]], ...]] = {
    "I1": (armed,),
    "I2": (ended_once,),
    "I3": (effects_once,),
    "I4": (called_off_stays_silent,),
    "I5": (not_early,),
    "I6": (numbered,),
    "I7": (alarms_told,),
    "I8": (nothing_of_itself,),
    "I11": (required_fields,),
}


def violations(*, forward: bool = True) -> dict[str, list[str]]:
    """All that is wrong now, by invariant. `forward`: the clock was never set back."""
    session().close()
    found = {name: [each for check in checks for each in check()] for name, checks in INVARIANTS.items()}
    if forward:
        found["I4"] += left_is_called_off()
    session().close()
    return found


def overdue(now: datetime) -> int:
    """How many rows should have been done by now: what is due, and what was at once, whatever the clock says."""
    waiting = 0
    for model in outbox.KINDS.values():
        is_due = or_(model.due_at <= now, model.due_at <= model.created_at)
        count = select(func.count()).select_from(model).where(model.state == "waiting", is_due)
        waiting += session().scalar(count) or 0
    session().close()
    return waiting


def said(texts: list[str]) -> Counter[str]:
    """How often each of these messages stands in a conversation."""
    found = session().scalars(select(Message.text).join(Conversation, Conversation.id == Message.conversation_id))
    counted = Counter(found)
    return Counter({each: counted[each] for each in texts})


def _runs() -> list[RobotRun]:
    return list(session().scalars(select(RobotRun).order_by(RobotRun.id)))


def _count(rows: Select[Any]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row) for row in session().execute(rows))
