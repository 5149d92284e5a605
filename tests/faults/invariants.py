"""What must hold whatever was killed, read from the database alone. Each invariant is a list of its violations.

I1 to I8 and I11 are here, of I12 that lateness is marked, I13 in oracle.py, I14 in verbs.py, I17 in items.py; I9, I10,
I15 and the rest of I12 are seen from outside, by watchers, a clock and an ear (watchers.py, harness.py,
tests/complaints.py).
That each check does notice is proved by test_invariants.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select

from tests.faults import items, norms, oracle, verbs
from webapp.background import outbox
from webapp.db import session
from webapp.models import (
    Conversation,
    Deal,
    Delivery,
    Firm,
    ImportantItem,
    Inbox,
    Invoice,
    JournalEntry,
    Message,
    Notification,
    Payment,
    Robot,
    RobotRun,
    Stage,
    StageVisit,
    Task,
    TaskAlarm,
)

ENDED = {"fired", "condition_false", "called_off", "failed", "no_recipient", "done", "sent", "delivered", "cancelled"}
ENDED |= {"answered", "missed"}  # of calls
BY_CLAIM = ("fired", "condition_false", "no_recipient")
LATE = timedelta(seconds=60)
# Of a contact, or Dozor itself is ill.
OF_NO_DEAL = ("contact.shared", "worker.silent", "ticker.silent", "clock.jumped", "undelivered", "gateway.failing")
_CURRENCY = select(Firm.currency).scalar_subquery()
ALARMS = ("deadline_coming", "overdue", "acceptance_overdue")


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


def armed_again() -> list[str]:
    """I1: whoever writes on an open deal sets off the robots that listen, with the word that made the deal too."""
    listening = [
        each
        for each in session().scalars(select(Robot).where(Robot.is_on, Robot.archived_at.is_(None)))
        if "client_wrote" in each.starts
    ]
    pairs = select(RobotRun.message_id, RobotRun.robot_id).where(RobotRun.message_id.is_not(None))
    known = {(message_id, robot_id) for message_id, robot_id in session().execute(pairs)}
    words = select(Message.id).where(Message.direction == "in").order_by(Message.id)
    return [
        f"message {message_id} lacks a run of robot {each.id}"
        for message_id in session().scalars(words)
        for each in listening
        if (message_id, each.id) not in known
    ]


def alarms_set() -> list[str]:
    """I1: a task with a deadline has the alarms of it."""
    alarms = set(session().scalars(select(TaskAlarm.task_id).where(TaskAlarm.kind == "overdue")))
    tasks = session().scalars(select(Task.id).where(Task.due_at.is_not(None)))
    return [f"task {each} lacks its alarms" for each in tasks if each not in alarms]


def ended_once() -> list[str]:
    """I2: waiting, or one outcome with its instant and, of a run, its reason."""
    wrong = []
    for model in outbox.WORK_MODELS.values():
        for row in session().scalars(select(model).order_by(model.id)):
            is_waiting = row.state == "waiting"
            has_reason = not isinstance(row, RobotRun) or bool(row.reason.get("code"))
            if (row.ended_at is None) != is_waiting or not (is_waiting or (row.state in ENDED and has_reason)):
                wrong.append(f"{model.__tablename__} {row.id}: {row.state}, ended {row.ended_at}")
            if row.attempts > outbox.MAX_ATTEMPTS:
                wrong.append(f"{model.__tablename__} {row.id}: {row.attempts} attempts")
    return wrong


def failure_is_told() -> list[str]:
    """I2: that a run failed is an outcome only when somebody hears of it."""
    told = select(Notification.run_id).where(Notification.kind == "run.failed", Notification.run_id.is_not(None))
    failed = select(RobotRun.id).where(RobotRun.state == "failed", RobotRun.id.not_in(told))
    return [f"run {each} failed and nobody was told" for each in session().scalars(failed)]


def gave_up() -> list[str]:
    """I2, where nothing but faults from outside went wrong: they end, so nobody has a reason to give up. What the world
    refused has failed without an error of ours."""
    return [
        f"{model.__tablename__} {id_} gave up: {error}"
        for model in outbox.WORK_MODELS.values()
        for id_, error in session().execute(select(model.id, model.error).where(model.state == "failed"))
        if error or model is not Delivery
    ]


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


def tasks_told() -> list[str]:
    """I3: whoever is given a task by a robot hears of it, once."""
    told = _count(select(Notification.task_id, Notification.user_id).where(Notification.kind == "task.created"))
    given = session().execute(select(Task.id, Task.assignee_id).where(Task.run_id.is_not(None)))
    return [
        f"of task {id_} person {user} was told {told[id_, user]} times" for id_, user in given if told[id_, user] != 1
    ]


def money_adds_up() -> list[str]:
    """I3: what was paid is the sum of the payments, and nothing was paid twice; all of it in the firm's currency."""
    sums = select(Payment.invoice_id, func.sum(Payment.amount_minor)).group_by(Payment.invoice_id)
    paid = {row[0]: row[1] for row in session().execute(sums)}
    invoices = session().execute(select(Invoice.id, Invoice.amount_minor, Invoice.paid_minor))
    other = [
        f"{model.__tablename__} {id_} is in {currency}"
        for model in (Deal, Invoice)
        for id_, currency in session().execute(select(model.id, model.currency).where(model.currency != _CURRENCY))
    ]
    return other + [
        f"invoice {id_} of {amount}: {paid_minor} paid, payments of {paid.get(id_, 0)}"
        for id_, amount, paid_minor in invoices
        if paid_minor != int(paid.get(id_, 0)) or paid_minor > amount
    ]


def called_off_stays_silent() -> list[str]:
    """I4: a run that was called off has told nobody and made nothing."""
    off = select(RobotRun.id).where(RobotRun.state == "called_off")
    told = session().scalars(select(Notification.run_id).where(Notification.run_id.in_(off))).all()
    made = session().scalars(select(Task.run_id).where(Task.run_id.in_(off))).all()
    return [f"run {each} was called off and fired" for each in {*told, *made}]


def nothing_waits_in_vain() -> list[str]:
    """I4: no timer goes on for a stage that was left, a deal that was deleted, a task that is over."""
    runs = (
        select(RobotRun.id)
        .join(StageVisit, StageVisit.id == RobotRun.visit_id)
        .join(Deal, Deal.id == RobotRun.deal_id)
        .where(RobotRun.state == "waiting", or_(StageVisit.left_at.is_not(None), Deal.deleted_at.is_not(None)))
    )
    alarms = (
        select(TaskAlarm.id)
        .join(Task, Task.id == TaskAlarm.task_id)
        .where(TaskAlarm.state == "waiting", Task.state.in_(("done", "cancelled")))
    )
    return [f"run {each} waits for what is over" for each in session().scalars(runs)] + [
        f"alarm {each} waits for a task that is over" for each in session().scalars(alarms)
    ]


def left_is_called_off() -> list[str]:
    """I4, where the clock goes only forward: nothing fires for a stage that the deal has left."""
    late = (
        select(RobotRun.id, RobotRun.state)
        .join(StageVisit, StageVisit.id == RobotRun.visit_id)
        .where(RobotRun.state.in_(BY_CLAIM), RobotRun.ended_at > StageVisit.left_at)
    )
    return [f"run {id_} is {state} after its stage was left" for id_, state in session().execute(late)]


def run_states() -> Select[tuple[int, str, datetime | None, datetime | None, str | None]]:
    """SQL: how each run stands, and when its visit was left."""
    return select(RobotRun.id, RobotRun.state, RobotRun.ended_at, StageVisit.left_at, RobotRun.error).join(
        StageVisit, StageVisit.id == RobotRun.visit_id
    )


def not_early() -> list[str]:
    """I5: claimed when it was due, never before, and never done without a claim. What is due from the start may go
    whatever the clock says then."""
    return [
        f"{model.__tablename__} {id_} was due {due}, claimed {at}"
        for model in outbox.WORK_MODELS.values()
        for id_, due, at in session().execute(
            select(model.id, model.due_at, model.claimed_at).where(
                model.state.in_(BY_CLAIM),
                or_(
                    model.claimed_at.is_(None),
                    (model.claimed_at < model.due_at) & (model.due_at > model.created_at),
                ),
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
    counted_for = set(session().scalars(select(Inbox.user_id)))
    return wrong + [f"person {each} was told and has no inbox" for each in facts if each not in counted_for]


def alarms_told() -> list[str]:
    """I7: each alarm that went off told somebody, and nobody twice of the same deadline that has passed. What goes out
    of Dozor: posts.py."""
    fired = _count(select(TaskAlarm.task_id, TaskAlarm.kind).where(TaskAlarm.state == "fired"))
    lines = select(Notification).where(Notification.kind.in_([f"task.{kind}" for kind in ALARMS]))
    told = [(each.task_id, each.kind.removeprefix("task."), each) for each in session().scalars(lines)]
    heard = Counter((task, kind) for task, kind, _ in told)
    most: Counter[tuple[Any, ...]] = Counter()
    for (task, kind, _), times in Counter((task, kind, each.user_id) for task, kind, each in told).items():
        most[task, kind] = max(most[task, kind], times)
    late = [(task, each.user_id, str(each.facts.get("task.due_at"))) for task, kind, each in told if kind == "overdue"]
    return [
        f"alarm {each} went off {fired[each]} times, was told {heard[each]} times, to one person {most[each]} times"
        for each in fired.keys() | heard.keys()
        if not most[each] <= fired[each] <= heard[each]
    ] + [
        f"that task {task} is overdue was told to {user} {n} times"
        for (task, user, _), n in Counter(late).items()
        if n > 1
    ]


def what_is_coming_is_ahead() -> list[str]:
    """I7, where the clock goes only forward: nobody is told that a deadline is coming which has passed."""
    told = session().scalars(select(Notification).where(Notification.kind == "task.deadline_coming"))
    return [
        f"of task {each.task_id} a deadline was coming that had passed"
        for each in told
        if datetime.fromisoformat(each.facts["task.due_at"]["at"]) <= each.created_at
    ]


def nothing_of_itself() -> list[str]:
    """I8: behind each notification and each task stands a run, an alarm (I7), or somebody's act, and of that same
    deal."""
    fired = select(RobotRun.id).where(RobotRun.state == "fired")
    no_run = select(Notification.id).where(
        Notification.kind.startswith("robot."), func.coalesce(Notification.run_id, 0).not_in(fired)
    )
    of_people = select(ImportantItem.id).where(ImportantItem.kind == "silent")
    no_fact = select(Notification.id).where(
        Notification.deal_id.is_(None),
        Notification.task_id.is_(None),
        Notification.kind.not_in(OF_NO_DEAL),
        func.coalesce(Notification.facts["item.id"].as_integer(), 0).not_in(of_people),
    )
    foreign = (
        select(Notification.id)
        .join(RobotRun, RobotRun.id == Notification.run_id)
        .where(RobotRun.deal_id != func.coalesce(Notification.deal_id, 0))
    )
    failed = select(RobotRun.id).where(RobotRun.state == "failed")
    no_failure = select(Notification.id).where(
        Notification.kind == "run.failed", func.coalesce(Notification.run_id, 0).not_in(failed)
    )
    refused = select(JournalEntry.deal_id).where(JournalEntry.event == "trigger.refused")
    no_trigger = select(Notification.id).where(
        Notification.kind == "trigger.refused", func.coalesce(Notification.deal_id, 0).not_in(refused)
    )
    orphan = select(Task.id).where(Task.run_id.is_not(None), Task.run_id.not_in(fired))
    return [
        *(f"notification {each} without a fired run" for each in session().scalars(no_run)),
        *(f"notification {each} about nothing" for each in session().scalars(no_fact)),
        *(f"notification {each} of another deal's run" for each in session().scalars(foreign)),
        *(f"notification {each} of a failure without one" for each in session().scalars(no_failure)),
        *(f"notification {each} of a trigger that was not refused" for each in session().scalars(no_trigger)),
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


def lateness_is_marked() -> list[str]:
    """I12: a run that comes more than a minute late says so. By the moment of its claim: what it did after may take
    time of its own, and a clock that was set back in between makes nothing late."""
    rows = session().execute(
        select(RobotRun.id, RobotRun.due_at, RobotRun.claimed_at, RobotRun.ended_at).where(
            RobotRun.state.in_(BY_CLAIM), RobotRun.is_late.is_(False), RobotRun.due_at.is_not(None)
        )
    )
    return [
        f"run {id_} was due {due}, came {ended} and is not marked late"
        for id_, due, claimed, ended in rows
        if claimed is not None and ended is not None and min(claimed, ended) - due > LATE
    ]


INVARIANTS: Mapping[str, tuple[Callable[[], list[str]], ...]] = {
    "I1": (armed, armed_again, alarms_set),
    "I2": (ended_once, failure_is_told),
    "I3": (effects_once, tasks_told, money_adds_up),
    "I4": (called_off_stays_silent, nothing_waits_in_vain),
    "I5": (not_early,),
    "I6": (numbered,),
    "I7": (alarms_told,),
    "I8": (nothing_of_itself,),
    "I11": (required_fields,),
    "I12": (lateness_is_marked,),
    "I13": oracle.CHECKS,
    "I14": verbs.CHECKS,
    "I17": items.CHECKS,
}


def violations(*, forward: bool = True) -> dict[str, list[str]]:
    """All that is wrong now, by invariant. `forward`: the clock was never set back, and no worker broke by itself."""
    session().close()
    found = {name: [each for check in checks for each in check()] for name, checks in INVARIANTS.items()}
    if forward:
        found["I2"] += gave_up()
        found["I4"] += left_is_called_off()
        found["I7"] += what_is_coming_is_ahead()
        found["I13"] += oracle.fired_rightly() + oracle.paid_calls_off() + norms.due_rightly()
        found["I17"] += items.the_next_level_is_told() + items.late_work_stands()
    session().close()
    return found


def overdue(now: datetime) -> int:
    """How many rows should have been done by now: what is due, and what was at once, whatever the clock says."""
    waiting = 0
    for model in outbox.WORK_MODELS.values():
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
