"""A robot whose time has come: all on fresh data, behind the fence, with a recorded reason for its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from rules import chains, conditions, robots
from rules.facts import CLIENT, Snapshot
from rules.robot_kinds import kind_of
from webapp import clock
from webapp.access.scopes import SYSTEM, Actor
from webapp.background import outbox
from webapp.background.outbox import Claim
from webapp.changes import announcements
from webapp.db import lock_core_of, session
from webapp.models import Deal, RobotRun
from webapp.services import important_causes, journal, notifications, placeholders, robot_acts, runs, starts, tasks
from webapp.services.robot_acts import Outcome
from webapp.snapshots import recipients, setups
from webapp.snapshots.deals import firing

TOO_LATE = timedelta(days=1)


def fire(mine: Claim) -> None:
    """Do what a due run is for, in the open transaction: all on fresh data, all or nothing."""
    held = _held(mine)
    if held is None:
        return
    deal, run = held
    snapshot, before = firing(deal, run.robot_id)
    setups.of_version(before.version)
    if _is_cut(deal, run):
        return
    condition = conditions.load(run.definition["condition"])
    verdict = conditions.evaluate(condition, snapshot, setups.current().catalogue)
    findings = [setups.finding_facts(each) for each in verdict.findings]
    outcome = _effect(run, deal, snapshot, _hand(run), before.limit_at) if verdict.holds else _not_now(findings)
    is_late = run.is_late or _late_by(run) > 0
    outbox.end(mine, outcome.state, reason=outcome.reason, path=outcome.path, findings=findings, is_late=is_late)
    announcements.deal_changed(deal.id, deal.stage_id)


def _late_by(run: RobotRun) -> int:
    """Whole seconds for which nobody was there to do it; 0: it is in time."""
    seconds = (clock.now() - run.due_at).total_seconds() if run.due_at is not None else 0
    return int(seconds) if seconds > robots.LATE_SECONDS else 0


def _held(mine: Claim) -> tuple[Deal, RobotRun] | None:
    """The deal, locked, and the run, if it is still ours."""
    assert mine.about is not None
    deal, run = lock_core_of(Deal, mine.about, RobotRun, mine.row_id)
    return None if deal is None or run is None or not outbox.is_held(mine, run) else (deal, run)


def _hand(run: RobotRun) -> Actor:
    return replace(SYSTEM, depth=run.depth).by(
        "robot", robot_id=run.robot_id, run_id=run.id, name=dict(run.definition["name"])
    )


def _is_cut(deal: Deal, run: RobotRun) -> bool:
    """Whether the run is called off before its condition is asked."""
    if not any(each.id == run.robot_id and each.is_on for each in setups.current().value.robots):
        # Armed in the very moment in which the robot was switched off: whoever did that could not see this run.
        runs.call_off(runs.THESE, {"code": "switched_off"}, SYSTEM, runs=[run.id])
        announcements.deal_changed(deal.id, deal.stage_id)
        return True
    if starts.is_over(run, deal):
        runs.call_off(runs.THESE, {"code": "settled", "start": run.start}, SYSTEM, runs=[run.id])
        announcements.deal_changed(deal.id, deal.stage_id)
        return True
    if not (kind_of(run.definition["kind"]).acts_on and chains.is_too_deep(run.depth)):
        return False
    journal.write("chain.cut", "deal", deal.id, _hand(run), new={"robot_id": run.robot_id})
    runs.call_off(runs.THESE, {"code": "chain_cut"}, _hand(run), runs=[run.id])
    announcements.deal_changed(deal.id, deal.stage_id)
    return True


def _not_now(findings: list[dict[str, Any]]) -> Outcome:
    """The condition does not hold; what it asks for and the set-up has no more is named."""
    gone = [each for each in findings if "gone" in each]
    reason: dict[str, Any] = {"code": "condition_false"}
    if gone:
        kept = ("gone", "entity", "field", "expected", "options")
        reason["gone"] = [{key: each[key] for key in kept if key in each} for each in gone]
    return Outcome("condition_false", reason)


def _effect(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor, limit_at: datetime | None) -> Outcome:
    if (
        run.due_at is not None
        and clock.now() - run.due_at > TOO_LATE
        and kind_of(run.definition["kind"]).speaks_outward
    ):
        return _too_late(run, deal)
    since = chains.day_began(clock.now(), setups.current().firm_calendar.zone)
    if chains.is_too_often(limit_at, since):
        return _too_often(run, deal, since, by)
    effect = EFFECTS.get(run.definition["kind"])
    return effect(run, deal, snapshot, by) if effect else Outcome("called_off", {"code": "kind_gone"})


def _too_late(run: RobotRun, deal: Deal) -> Outcome:
    """What a client or another system should have heard more than a day ago is not said any more, unless somebody says
    so: it stands among the robots that failed, to be tried again."""
    _warn("run.failed", f"failed-run-{run.id}", run, deal, run_id=run.id)
    return Outcome("failed", {"code": "too_late"})


def _too_often(run: RobotRun, deal: Deal, since: datetime, by: Actor) -> Outcome:
    """It does nothing more on this deal until tomorrow; the admins are told once."""
    reason = {"code": "too_often", "limit": chains.FIRINGS_A_DAY}
    journal.write("robot.held_back", "robot", run.robot_id, by, deal_id=deal.id, new=reason)
    _warn("run.too_often", f"too-often-{run.robot_id}-{deal.id}-{since.date()}", run, deal)
    return Outcome("called_off", {**reason, "by_id": None, "cause": by.cause})


def _warn(kind: str, key: str, run: RobotRun, deal: Deal, run_id: int | None = None) -> None:
    """The admins are told that a robot is ill."""
    notifications.tell(
        setups.current().org.fallback,
        kind,
        key=key,
        facts={"robot.name": {"text": run.definition["name"]}, "deal.title": deal.title},
        urgency="urgent",
        deal_id=deal.id,
        run_id=run_id,
    )


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
    is_marked = _is_marked(snapshot)
    facts = placeholders.of_run(run, deal, snapshot)
    item = important_causes.open_of_run(run, deal, snapshot, found.people, facts)
    more = {"item.id": item.id if item else None, "run.late_by": _late_by(run)}
    notifications.tell(
        found.people,
        kind,
        key=f"run-{run.id}",
        text=settings["text"],
        facts=facts | {name: fact for name, fact in more.items() if fact},
        urgency=settings.get("urgency", "normal"),
        also=("sms",) if settings.get("sms") else (),
        sender_id=sender_id,
        deal_id=deal.id,
        run_id=run.id,
        about=None if is_marked else f"robot-{run.robot_id}-{deal.responsible_id}",
        alone=is_marked,
    )
    return Outcome("fired", {"code": "told", "people": list(found.people)}, found.path)


def _is_marked(snapshot: Snapshot) -> bool:
    """Whether the firm marks this client, as a VIP is marked: what is told of one comes alone and at once."""
    fields = (each for entity in CLIENT for each in setups.current().catalogue.of(entity))
    return any(snapshot.value(each.entity, each.key) is True for each in fields if each.shown_as == "mark")


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
    **robot_acts.EFFECTS,
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
    _warn("run.failed", f"failed-run-{run.id}", run, deal, run_id=run.id)
