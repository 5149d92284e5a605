"""I13: the right people are told the right thing, once. Computed anew from robots, org chart, journal and rows.

Nothing here reads what a run says of itself (its reason, path or findings), nor asks a rule of the product: the
resolver (chart.py), working time (hours.py), norms and seasons (norms.py) and the reading of conditions (past.py) are
written a second time, as simply as can be.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import select

from tests.faults.chart import Chart
from tests.faults.past import AS_IT_STANDS, DOUBT, Past
from webapp.db import session
from webapp.models import (
    Conversation,
    Deal,
    Invoice,
    JournalEntry,
    Message,
    Notification,
    Robot,
    RobotRun,
    Task,
    TaskAlarm,
    TaskReturn,
)

WAITS = ("client.wrote", "client.called")
NEAR = (-DOUBT, DOUBT)  # whoever was responsible right before or right after


def armed_once() -> list[str]:
    """A robot is armed once for one visit and one cause, whatever its keys are; of any stage anew, where the deal came
    back and the run before was called off."""
    robots = {each.id for each in session().scalars(select(Robot)) if not each.also_later}
    wanted = select(RobotRun.visit_id, RobotRun.robot_id, RobotRun.message_id, RobotRun.base_at)
    rows = session().execute(wanted.where(RobotRun.visit_id.is_not(None) | (RobotRun.state != "called_off")))
    counted = Counter((row.visit_id, row.robot_id, row.message_id, row.base_at) for row in rows)
    return [
        f"robot {robot} was armed {times} times on visit {visit}"
        for (visit, robot, _, _), times in counted.items()
        if times > 1 and robot in robots
    ]


def fired_rightly(only: Iterable[int] | None = None, *, now: datetime | None = None) -> list[str]:
    """Each run that came up did what its robot, the org chart and the deal's past say. `now`: these runs have come up
    just now, so the deal is read as it stands, whatever the clock says."""
    wanted = select(RobotRun).where(RobotRun.state.in_(("fired", "condition_false", "no_recipient")))
    runs = session().scalars(wanted if only is None else wanted.where(RobotRun.id.in_(list(only)))).all()
    robots = {each.id: each for each in session().scalars(select(Robot))}
    chart, pasts = Chart.read(), {}
    wrong: list[str] = []
    for run in runs:
        deal = session().get_one(Deal, run.deal_id)
        past = pasts.setdefault(deal.id, Past.of(deal))
        if run.ended_at is None:
            continue  # I2 says so
        moments = (AS_IT_STANDS,) if now else (run.ended_at - DOUBT, run.ended_at + DOUBT)
        found = [_verdict(run, robots[run.robot_id], past, chart, at, now or at) for at in moments]
        if all(found):
            wrong.append(f"run {run.id}: {found[0]}")
    return wrong


def _verdict(run: RobotRun, robot: Robot, past: Past, chart: Chart, at: datetime, day: datetime) -> str:
    """What is wrong with a run, if the deal stood as it did at `at` and people were there as on `day`; nothing when all
    is well."""
    try:
        holds = past.holds(robot.condition, at)
    except KeyError:
        return ""
    if holds != (run.state != "condition_false"):
        return f"its condition {'holds' if holds else 'does not hold'}, it is {run.state}"
    if not holds:
        return ""
    responsible = past.value("deal", "responsible", at)
    if robot.kind == "task":
        return _task_is_right(run, robot, chart, responsible, day)
    default = "head" if robot.kind == "control" else "responsible"
    meant = chart.meant(robot.settings.get("to", default), responsible, day, is_control=robot.kind == "control")
    told = session().scalars(select(Notification).where(Notification.run_id == run.id)).all()
    of_robot = [each for each in told if each.kind.startswith("robot.")]
    if Counter(each.user_id for each in of_robot) != Counter(meant):
        return f"{sorted(meant)} are to be told, {sorted(each.user_id for each in of_robot)} were"
    if any(each.text != robot.settings["text"] for each in of_robot):
        return "another text than the robot's was told"
    return ""


def _task_is_right(run: RobotRun, robot: Robot, chart: Chart, responsible: int, at: datetime) -> str:
    made = session().scalars(select(Task).where(Task.robot_id == robot.id, Task.deal_id == run.deal_id)).all()
    own = [each for each in made if each.run_id == run.id]
    if not own:
        return "" if made else "it made no task"
    (task,) = own
    heads = chart.heads(responsible, at)
    if task.assignee_id != responsible:
        return f"task {task.id} was given to {task.assignee_id}, not to {responsible}"
    if robot.settings.get("creator", "head") == "head" and task.creator_id not in heads:
        return f"task {task.id} is created by {task.creator_id}, not by one of {sorted(heads)}"
    if robot.settings.get("accept") and task.acceptor_id not in heads:
        return f"task {task.id} is accepted by {task.acceptor_id}, not by one of {sorted(heads)}"
    if due := robot.settings.get("due"):
        wanted = chart.hours(responsible, at).after(task.created_at, due["amount"], due["unit"])
        # It is counted from a moment before its row is written.
        is_right = task.due_at is not None and timedelta() <= wanted - task.due_at < timedelta(seconds=2)
        return "" if is_right else f"task {task.id} is due {task.due_at}, not {wanted}"
    return ""


# What each step of a task leaves behind: the journal's word for it, who is told, by which notification.
STEPS = {
    "task.submitted": ("task.awaiting_acceptance", "acceptor_id"),
    "task.accepted": ("task.accepted", "assignee_id"),
    "task.returned": ("task.returned", "assignee_id"),
}


def steps_are_told() -> list[str]:
    """Each step of a task is told to the other side, once: submitted, accepted, returned."""
    told = Counter(
        (each.task_id, each.kind, each.user_id) for each in session().scalars(select(Notification)) if each.task_id
    )
    tasks = {each.id: each for each in session().scalars(select(Task))}
    steps: Counter[tuple[int, str]] = Counter()
    for entry in session().scalars(select(JournalEntry).where(JournalEntry.event.in_(STEPS))):
        task = tasks[entry.entity_id]
        who = getattr(task, STEPS[entry.event][1])
        if who is not None and who != entry.by_id and (entry.event != "task.submitted" or entry.new != "done"):
            steps[task.id, entry.event] += 1
    wrong = []
    for (task_id, event), times in steps.items():
        kind, side = STEPS[event]
        who = getattr(tasks[task_id], side)
        if (found := told[task_id, kind, who]) != times:
            wrong.append(
                f"task {task_id} was {event.removeprefix('task.')} {times} times, {who} was told {found} times"
            )
    returns = Counter(session().scalars(select(TaskReturn.task_id)))
    return wrong + [
        f"task {id_} was returned {times} times, the journal says {steps[id_, 'task.returned']}"
        for id_, times in returns.items()
        if steps[id_, "task.returned"] != times
    ]


def deadlines_have_alarms() -> list[str]:
    """A task with a deadline rings before it and at it; work that is handed in rings for who is to accept it."""
    alarms = {(task_id, kind) for task_id, kind in session().execute(select(TaskAlarm.task_id, TaskAlarm.kind))}
    wrong = []
    for task in session().scalars(select(Task)):
        wanted = {"deadline_coming", "overdue"} if task.due_at else set()
        wanted |= {"acceptance_overdue"} if task.state == "awaiting_acceptance" else set()
        wrong += [f"task {task.id} has no alarm {each}" for each in sorted(wanted) if (task.id, each) not in alarms]
    return wrong


def refusals_are_told() -> list[str]:
    """Whose deal a trigger could not move hears of it."""
    told = {
        (each.deal_id, each.user_id)
        for each in session().scalars(select(Notification).where(Notification.kind == "trigger.refused"))
    }
    wrong = []
    for entry in session().scalars(select(JournalEntry).where(JournalEntry.event == "trigger.refused")):
        deal = session().get_one(Deal, entry.deal_id)
        if (deal.id, Past.of(deal).value("deal", "responsible", entry.at)) not in told:
            wrong.append(f"deal {deal.id}: a trigger was refused, and nobody responsible was told")
    return wrong


def assignments_are_told() -> list[str]:
    """Who is given a deal by somebody else hears of it."""
    told = {
        (each.deal_id, each.user_id)
        for each in session().scalars(select(Notification).where(Notification.kind == "deal.assigned"))
    }
    given = select(JournalEntry).where(JournalEntry.entity == "deal", JournalEntry.field == "responsible")
    return [
        f"deal {each.entity_id} was given to {each.new}, who was not told"
        for each in session().scalars(given)
        if each.by_id != each.new and (each.entity_id, each.new) not in told
    ]


def waits_are_told() -> list[str]:
    """Whoever is responsible when a client begins to wait hears of it, once a wait: by that word, or by being given the
    deal with it. Who waits is read from what was said, and not from what a conversation says of itself."""
    told: Counter[tuple[int, str, int]] = Counter()
    for each in session().scalars(select(Notification).where(Notification.kind.in_((*WAITS, "deal.assigned")))):
        told[each.deal_id or 0, "given" if each.kind == "deal.assigned" else "waits", each.user_id] += 1
    wrong = []
    for deal_id, begun in _waits_begun().items():
        past = Past.of(session().get_one(Deal, deal_id))
        found = [
            _untold(told, deal_id, [past.value("deal", "responsible", at + each) for at in begun]) for each in NEAR
        ]
        wrong += found[0] if all(found) else []
    return wrong


def _untold(told: Counter[tuple[int, str, int]], deal_id: int, waited_for: list[int]) -> list[str]:
    """Of each wait, who was responsible then."""
    return [
        f"deal {deal_id}: a client began to wait for {who} {times} times, told {told[deal_id, 'waits', who]} times"
        for who, times in Counter(waited_for).items()
        if told[deal_id, "waits", who] > len(waited_for)
        or told[deal_id, "waits", who] + told[deal_id, "given", who] < times
    ]


def _waits_begun() -> dict[int, list[datetime]]:
    """Deal → when one of its clients began to wait while none did; not of those whose client was made to wait."""
    talks = {each.id: each for each in session().scalars(select(Conversation))}
    begun: dict[int, list[datetime]] = defaultdict(list)
    waiting: dict[int, set[int]] = defaultdict(set)
    said = set()
    for each in session().scalars(select(Message).order_by(Message.id)):
        deal_id = talks[each.conversation_id].deal_id
        said.add(each.conversation_id)
        if each.direction == "in":
            if not waiting[deal_id]:
                begun[deal_id].append(each.at)
            waiting[deal_id].add(each.conversation_id)
        elif each.by_id is not None:
            waiting[deal_id].discard(each.conversation_id)
    planted = {each.deal_id for each in talks.values() if each.id not in said}
    return {deal_id: times for deal_id, times in begun.items() if deal_id not in planted}


def paid_calls_off() -> list[str]:
    """Nothing that waits for money goes on once nothing is owed; where the clock goes only forward, and no move is
    taken back (what it wakes finds out when it is due). Nothing else ends by that."""
    waiting = session().scalars(select(RobotRun).where(RobotRun.state == "waiting")).all()
    robots = {each.id: each for each in session().scalars(select(Robot))}
    wrong = []
    for run in waiting:
        paid = select(Invoice.paid_at).where(Invoice.deal_id == run.deal_id)
        instants = list(session().scalars(paid))
        is_settled = bool(instants) and all(each is not None and each >= run.created_at for each in instants)
        if is_settled and _asks_for_money(robots[run.robot_id].condition):
            wrong.append(f"run {run.id} waits for money that was paid")
    for run in session().scalars(select(RobotRun).where(RobotRun.state == "called_off")):
        of_its_invoice = run.start in ("invoice_issued", "invoice_overdue")
        is_ended = run.reason.get("code") == "invoice_paid" and not of_its_invoice
        if is_ended and not _asks_for_money(robots[run.robot_id].condition):
            wrong.append(f"run {run.id} did not wait for money, and was ended by a payment")
    return wrong


def _asks_for_money(condition: Any) -> bool:
    """Whether it cannot hold once nothing is owed, whatever else is so: every answer to its other tests is tried."""
    if not condition:
        return False
    money, others = [], []
    for test in _tests(condition):
        (money if (test["entity"], test["field"]) == ("invoices", "unpaid") else others).append(test)
    settled = {id(each): (each["value"] is False) == (each["operator"] == "eq") for each in money}
    every = product((False, True), repeat=len(others))
    return not any(
        _holds(condition, settled | {id(test): answer for test, answer in zip(others, answers, strict=True)})
        for answers in every
    )


def _tests(condition: Any) -> Iterator[Any]:
    inner = condition.get("all") or condition.get("any")
    for each in inner or ():
        yield from _tests(each)
    if not inner:
        yield condition


def _holds(condition: Any, answers: dict[int, bool]) -> bool:
    inner = condition.get("all") or condition.get("any")
    if not inner:
        return answers[id(condition)]
    every = [_holds(each, answers) for each in inner]
    return all(every) if "all" in condition else any(every)


CHECKS: tuple[Callable[[], list[str]], ...] = (
    armed_once,
    steps_are_told,
    deadlines_have_alarms,
    refusals_are_told,
    assignments_are_told,
    waits_are_told,
)
