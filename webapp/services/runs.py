"""Robots at work: armed on a visit, called off, fired behind the fence, with a recorded reason for each end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from rules import chains, conditions, robots
from rules.facts import Snapshot
from rules.robot_kinds import kind_of
from rules.robots import AroundField, RobotSpec
from webapp import clock
from webapp.access.scopes import SYSTEM, Actor
from webapp.background import outbox
from webapp.background.outbox import Claim
from webapp.changes import announcements
from webapp.db import Base, connection, execute_core, session
from webapp.models import Deal, RobotRun
from webapp.services import journal, notifications, placeholders, tasks
from webapp.snapshots import recipients, setups
from webapp.snapshots.deals import snapshot_of

LATE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: state, reason {code, …}, and the path by which people were found."""

    state: str
    reason: dict[str, Any]
    path: list[Any] = field(default_factory=list)


def arm(
    deal: Deal,
    specs: Sequence[RobotSpec],
    start: str,
    at: datetime,
    by: Actor,
    occasion: str = "",
    message_id: int | None = None,
    snapshot: Snapshot | None = None,
) -> None:
    """Arm robots on the deal's open visit. `occasion` tells two starts on one visit apart; `snapshot` are the deal's
    facts, if they are at hand."""
    wanted = [each for each in specs if start in each.starts]
    if not wanted or deal.visit_id is None:
        return
    setup = setups.current()
    is_counted_from_a_date = any(isinstance(each.timing, AroundField) for each in wanted)
    if snapshot is None:
        snapshot = snapshot_of(deal) if is_counted_from_a_date else Snapshot()
    before = _ran_before(deal) if any(each.once_per_deal for each in wanted) else frozenset()
    planned, skipped = robots.plan(wanted, start, at, snapshot, setup.catalogue, setup.calendar, before)
    for robot_id in skipped:
        journal.write("robot.skipped", "robot", robot_id, by, deal_id=deal.id, new={"code": "once_per_deal"})
    runs = [
        {
            **_run(deal, setup.definitions[each.robot_id], each, message_id),
            "key": f"v{deal.visit_id}-r{each.robot_id}{occasion}",
            "depth": chains.depth_of_wait(by.depth, clock.now(), each.due_at),
        }
        for each in planned
    ]
    if not runs:
        return
    session().flush()  # the visit and the message that they point at
    for run_id, due_at in connection().execute(_ARMED, runs):
        if due_at is not None:
            outbox.arm("run", run_id, due_at)


def _run(deal: Deal, frozen: dict[str, Any], planned: robots.Planned, message_id: int | None) -> dict[str, Any]:
    now = clock.now()
    return {
        "robot_id": planned.robot_id,
        "deal_id": deal.id,
        "visit_id": deal.visit_id,
        "message_id": message_id,
        "definition": frozen,
        "base_at": planned.base_at,
        "due_at": planned.due_at,
        "visible_at": outbox.visible_from(planned.due_at, now),
        "pauses": [[a.timestamp(), b.timestamp()] for a, b in planned.pauses],
        "is_late": planned.is_late,
        "created_at": now,
    }


def _ran_before(deal: Deal) -> frozenset[int]:
    return frozenset(session().scalars(select(RobotRun.robot_id).where(RobotRun.deal_id == deal.id).distinct()))


_RUN = Base.metadata.tables[RobotRun.__tablename__]
_ARMED = insert(_RUN).returning(_RUN.c.id, _RUN.c.due_at)
_CALL_OFF = (
    update(_RUN)
    .where(RobotRun.state == "waiting")
    .values(state="called_off", ended_at=bindparam("now"), reason=bindparam("why"))
)


def call_off(condition: Any, reason: dict[str, Any], by: Actor) -> int:
    """End the waiting runs that `condition` (over RobotRun) selects. How many there were."""
    why = {**reason, "by_id": by.user_id, "cause": by.cause}
    return execute_core(_CALL_OFF.where(condition), now=clock.now(), why=why).rowcount


def call_off_unpaid(deal: Deal, invoice_id: int, by: Actor) -> int:
    """Nothing is owed any more: runs that wait because of an unpaid invoice are called off by name."""
    ids = [
        run.id
        for run in session().scalars(select(RobotRun).where(RobotRun.deal_id == deal.id, RobotRun.state == "waiting"))
        if any(
            (test.entity, test.field) == ("invoices", "unpaid")
            for test in conditions.tests_in(conditions.load(run.definition["condition"]))
        )
    ]
    return call_off(RobotRun.id.in_(ids), {"code": "invoice_paid", "invoice_id": invoice_id}, by) if ids else 0


def recompute(deal: Deal, changed: frozenset[tuple[str, str]], by: Actor, snapshot: Snapshot) -> None:
    """Dates that timers are counted from may have changed; so may conditions that a robot waits for."""
    setup = setups.current()
    waiting = session().scalars(select(RobotRun).where(RobotRun.deal_id == deal.id, RobotRun.state == "waiting")).all()
    for run in waiting:
        timing = robots.load_timing(run.definition["timing"])
        if isinstance(timing, AroundField) and (timing.entity, timing.field) in changed:
            due = robots.due(timing, run.definition["when"], clock.now(), snapshot, setup.catalogue, setup.calendar)
            _put(run, due, by)
    _arm_later(deal, snapshot, by)


def _put(run: RobotRun, due: datetime | None, by: Actor) -> None:
    if due == run.due_at:
        return
    journal.write(
        "run.recomputed",
        "run",
        run.id,
        by,
        deal_id=run.deal_id,
        field="due_at",
        old=run.due_at.isoformat() if run.due_at else None,
        new=due.isoformat() if due else None,
    )
    # A worker may hold the lease and wait for the deal: without a claim it finds that there is nothing to do yet.
    run.due_at, run.visible_at, run.claimed_at = due, outbox.visible_from(due, clock.now()), None
    run.depth = chains.depth_of_wait(by.depth, clock.now(), due)
    if due is not None:
        outbox.arm("run", run.id, due)


def shift(run_ids: list[int], by_time: timedelta, by: Actor) -> int:
    """Those that still wait are due by so much later, or earlier. How many there were."""
    found = session().execute(select(RobotRun.id, RobotRun.deal_id).where(RobotRun.id.in_(run_ids))).all()
    for deal_id in sorted({row.deal_id for row in found}):
        session().get(Deal, deal_id, with_for_update=True)
    waiting = select(RobotRun).where(RobotRun.id.in_(run_ids), RobotRun.state == "waiting").with_for_update()
    moved = [each for each in session().scalars(waiting.order_by(RobotRun.id)) if each.due_at is not None]
    for each in moved:
        assert each.due_at is not None
        _put(each, each.due_at + by_time, by)
    return len(moved)


def _arm_later(deal: Deal, snapshot: Snapshot, by: Actor) -> None:
    """Option "also when it becomes true later": a robot whose condition was false when it came up gets another turn."""
    setup = setups.current()
    specs = [each for each in setup.robots.get(deal.stage_id, ()) if each.also_later and each.is_on]
    for spec in specs:
        runs = (
            session()
            .scalars(select(RobotRun).where(RobotRun.visit_id == deal.visit_id, RobotRun.robot_id == spec.id))
            .all()
        )
        if not runs or any(each.state != "condition_false" for each in runs):
            continue
        if conditions.evaluate(spec.condition, snapshot, setup.catalogue).holds:
            again = replace(spec, once_per_deal=False)  # it came up on this visit, and did nothing yet
            arm(deal, [again], spec.starts[0], clock.now(), by, occasion=f"-o{len(runs)}")


def fire(mine: Claim) -> None:
    """Do what a due run is for, in the open transaction: all on fresh data, all or nothing."""
    found = session().get(RobotRun, mine.row_id)
    if found is None:
        return
    deal = session().get(Deal, found.deal_id, with_for_update=True, populate_existing=True)
    run = session().get_one(RobotRun, mine.row_id, populate_existing=True)
    if deal is None or not outbox.is_held(mine, run):
        return
    setup = setups.current()
    if not any(each.id == run.robot_id and each.is_on for each in chain(*setup.robots.values())):
        # Armed in the very moment in which the robot was switched off: whoever did that could not see this run.
        call_off(RobotRun.id == run.id, {"code": "switched_off"}, SYSTEM)
        return
    hand = replace(SYSTEM, depth=run.depth).by("robot", robot_id=run.robot_id, run_id=run.id)
    if kind_of(run.definition["kind"]).acts_on and chains.is_too_deep(run.depth):
        journal.write("chain.cut", "deal", deal.id, hand, new={"robot_id": run.robot_id})
        call_off(RobotRun.id == run.id, {"code": "chain_cut"}, hand)
        announcements.deal_changed(deal.id, deal.stage_id)
        return
    snapshot = snapshot_of(deal)
    condition = conditions.load(run.definition["condition"])
    verdict = conditions.evaluate(condition, snapshot, setup.catalogue)
    findings = [setups.finding_facts(each) for each in verdict.findings]
    outcome = EFFECTS[run.definition["kind"]](run, deal, snapshot, hand) if verdict.holds else _not_now(findings)
    late = run.due_at is not None and (clock.now() - run.due_at).total_seconds() > LATE_SECONDS
    if not outbox.finish(
        mine,
        outcome.state,
        reason=outcome.reason,
        path=outcome.path,
        findings=findings,
        is_late=run.is_late or late,
    ):
        raise outbox.LeaseLost(mine)
    announcements.deal_changed(deal.id, deal.stage_id)


def _not_now(findings: list[dict[str, Any]]) -> Outcome:
    """The condition does not hold; what it asks for and the set-up has no more is named."""
    gone = [each for each in findings if "gone" in each]
    reason: dict[str, Any] = {"code": "condition_false"}
    if gone:
        reason["gone"] = [{key: each[key] for key in ("gone", "entity", "field", "expected")} for each in gone]
    return Outcome("condition_false", reason)


def _notify(run: RobotRun, deal: Deal, snapshot: Snapshot, _: Actor) -> Outcome:
    """Robot Notification: has a sender, and addressees."""
    sender = run.definition["settings"].get("sender", "firm")
    sender_id = sender.get("user") if isinstance(sender, dict) else None
    return _tell(run, deal, snapshot, "robot.notify", sender_id)


def _control(run: RobotRun, deal: Deal, snapshot: Snapshot, _: Actor) -> Outcome:
    """Robot Control: no sender; to the head of the responsible's department, or one employee."""
    return _tell(run, deal, snapshot, "robot.control", None)


def _tell(run: RobotRun, deal: Deal, snapshot: Snapshot, kind: str, sender_id: int | None) -> Outcome:
    settings = run.definition["settings"]
    found = recipients.reached(run.definition["kind"], settings, deal)
    if not found.people:
        return Outcome("no_recipient", {"code": "no_recipient"}, found.path)
    notifications.tell(
        found.people,
        kind,
        key=f"run-{run.id}",
        text=settings["text"],
        facts=placeholders.facts_of(deal, snapshot, run.definition["name"]),
        urgency=settings.get("urgency", "normal"),
        sender_id=sender_id,
        deal_id=deal.id,
        run_id=run.id,
    )
    return Outcome("fired", {"code": "told", "people": list(found.people)}, found.path)


def _task(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor) -> Outcome:
    """Robot Task: never a second open task of the same robot on a deal."""
    open_id = tasks.open_task_of(deal.id, run.robot_id)
    if open_id is not None:
        return Outcome("fired", {"code": "task_open", "task_id": open_id})
    task = tasks.create_by_robot(run, deal, snapshot, by)
    return Outcome("fired", {"code": "task_created", "task_id": task.id}, task.acceptor_path)


EFFECTS: dict[str, Callable[[RobotRun, Deal, Snapshot, Actor], Outcome]] = {
    "notify": _notify,
    "control": _control,
    "task": _task,
}


def fail(run_id: int, error: str) -> None:
    """Attempts are used up: the run ends as failed and the admins are told. A dead robot is itself important."""
    found = session().get(RobotRun, run_id)
    if found is None:
        return
    deal = session().get_one(Deal, found.deal_id, with_for_update=True)
    run = session().get_one(RobotRun, run_id, with_for_update=True, populate_existing=True)
    if run.state != "waiting":
        return
    run.state, run.ended_at, run.error = "failed", clock.now(), error[:2000]
    run.reason = {"code": "failed", "attempts": run.attempts}
    announcements.deal_changed(deal.id, deal.stage_id)
    notifications.tell(
        setups.current().org.fallback,
        "run.failed",
        key=f"failed-run-{run.id}",
        facts={"robot.name": {"text": run.definition["name"]}, "deal.title": deal.title},
        urgency="urgent",
        deal_id=deal.id,
        run_id=run.id,
    )
