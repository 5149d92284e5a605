"""What follows a version of the set-up, a few deals at a time: each part in a transaction of its own, so that a worker
that dies goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.background.outbox import Claim, Step
from webapp.changes import announcements
from webapp.db import session
from webapp.models import Deal, Robot, RobotRun, SetupWork
from webapp.services import deals, mass_values, runs, setup_acts, starts, stopped_runs, work_refusals
from webapp.services.occasions import Occasion
from webapp.snapshots import lacking, relocations, robot_moves, setups, specs

PART = 20


def go_on(mine: Claim) -> Step:
    """One part."""
    work = session().get_one(SetupWork, mine.row_id)
    if work.step < len(work.steps):
        _part(work)
        return Step.MORE
    outbox.finish(mine, "done")
    announcements.setup_changed()
    return Step.DONE


def finish_now(work: SetupWork) -> None:
    """All of it, in the open transaction: for what touches a few deals."""
    while work.step < len(work.steps):
        _part(work)
    work.state, work.ended_at = "done", clock.now()


def _part(work: SetupWork) -> None:
    step = work.steps[work.step]
    had = work_refusals.count(work)
    last, count = DO[step["do"]](work, step, work.last_id)
    work.done += count - (work_refusals.count(work) - had)
    work.last_id = last
    if not count:
        work.step, work.last_id = work.step + 1, 0


def fail(row_id: int, error: str) -> None:
    """Its attempts are used up."""
    work = session().get_one(SetupWork, row_id)
    if work.state == "waiting":
        work.state, work.error = "failed", error[:2000]


def _by(work: SetupWork) -> Actor:
    return Actor(work.by_id).by("setup", version=work.version_id)


def _who(work: SetupWork) -> Actor:
    """Who ended what waited: the admin who answered so."""
    return replace(_by(work), user_id=work.by_id)


def _move(work: SetupWork, step: dict[str, Any], last: int) -> tuple[int, int]:
    """Deals of an archived stage go where the sheet said. Where that was archived too, a later version leads them, and
    else they stay: the work fails, and is not done in silence. Raises LookupError."""
    setup = setups.current()
    home, _, bare = step["about"].partition("/")
    gone = next((s for s in setup.all_stages.values() if s.key == bare and _home(setup, s.pipeline_id) == home), None)
    if gone is None or gone.id in setup.stages:  # it is back from the archive: nobody needs to go
        return last, 0
    wanted = select(Deal).where(Deal.stage_id == gone.id, Deal.deleted_at.is_(None)).order_by(Deal.id)
    found = session().scalars(wanted.limit(PART).with_for_update()).all()
    to = setup.stage_named(step["to"])
    if to is None:
        if found and not relocations.is_led_on(step["about"]):
            raise LookupError(f"{step['to']} was archived, and nothing says where deals of {step['about']} go instead")
        return last, 0
    for deal in found:
        deals.relocate(deal, to, _by(work))
        setup_acts.keep(work.version_id, deal, "stage", gone.id, to.id)
    return last, len(found)


def _home(setup: setups.SetupSnapshot, pipeline_id: int) -> str:
    return setup.all_pipelines[pipeline_id].key


def _waiting(step: dict[str, Any], last: int) -> list[tuple[Deal, RobotRun]]:
    """Some runs of the robot that wait, their deals locked."""
    robot = select(Robot.id).where(Robot.key == step["about"]).scalar_subquery()
    waits = select(RobotRun.id, RobotRun.deal_id).where(
        RobotRun.robot_id == robot, RobotRun.state == "waiting", RobotRun.id > last
    )
    found = session().execute(waits.order_by(RobotRun.id).limit(PART)).all()
    ids = sorted({each.deal_id for each in found})
    locked = {
        each.id: each
        for each in session().scalars(select(Deal).where(Deal.id.in_(ids)).order_by(Deal.id).with_for_update())
    }
    fresh = select(RobotRun).where(RobotRun.id.in_([each.id for each in found])).order_by(RobotRun.id)
    return [(locked[run.deal_id], run) for run in session().scalars(fresh)]


def _acts(key: str) -> Robot | None:
    """The robot, if it is there and on."""
    there = select(Robot).where(Robot.key == key, Robot.archived_at.is_(None), Robot.is_on)
    return session().scalars(there).first()


def _call_off(work: SetupWork, step: dict[str, Any], last: int) -> tuple[int, int]:
    """Runs of a robot that is off or gone. Where it is on again meanwhile, what still waits goes on waiting."""
    if _acts(step["about"]) is not None:
        return last, 0
    found = _waiting(step, last)
    runs.call_off(runs.THESE, {"code": "switched_off"}, _who(work), runs=[run.id for _, run in found])
    for deal, _ in found:
        announcements.deal_changed(deal.id, deal.stage_id)
    return (found[-1][1].id if found else last), len(found)


def _rearm(work: SetupWork, step: dict[str, Any], last: int) -> tuple[int, int]:
    """Runs that waited when the version came are armed anew, counted from when they began."""
    robot = session().scalars(select(Robot).where(Robot.key == step["about"])).first()
    mark = f"-s{work.version_id}-"
    found = [(deal, run) for deal, run in _waiting(step, last) if mark not in run.key]
    if robot is None or not found:
        return last, 0
    spec = replace(specs.robot_spec(robot), once_per_deal=False)
    for deal, run in found:
        runs.call_off(runs.THESE, {"code": "rearmed"}, _who(work), runs=[run.id])
        if run.state == "waiting":
            runs.arm(deal, [spec], runs.occasion_of(run, run.base_at), _by(work), again=f"{mark}{run.id}")
        announcements.deal_changed(deal.id, deal.stage_id)
    return found[-1][1].id, len(found)


def _wake(work: SetupWork, step: dict[str, Any], last: int) -> tuple[int, int]:
    """What ended when the robot was switched off goes on, counted from when it began."""
    robot = _acts(step["about"])
    if robot is None:
        return last, 0
    found = session().execute(stopped_runs.of(step["about"], last).limit(PART)).all()
    ids = sorted({each.deal_id for each in found})
    locked = select(Deal).where(Deal.id.in_(ids)).order_by(Deal.id).with_for_update()
    deals_ = {each.id: each for each in session().scalars(locked.execution_options(populate_existing=True))}
    spec = replace(specs.robot_spec(robot), once_per_deal=False)
    for each in found:
        deal, run = deals_[each.deal_id], session().get_one(RobotRun, each.id)
        is_there = deal.deleted_at is None and (run.visit_id or deal.visit_id) == deal.visit_id
        if is_there and not starts.is_over(run, deal):
            mark = f"-s{work.version_id}-{run.id}"
            runs.arm(deal, [spec], runs.occasion_of(run, run.base_at), _by(work), again=mark)
            announcements.deal_changed(deal.id, deal.stage_id)
    return (found[-1].id if found else last), len(found)


def _arm(work: SetupWork, step: dict[str, Any], last: int) -> tuple[int, int]:
    """Deals that stand already on the stage of a robot that is new."""
    robot = _acts(step["about"])
    if robot is None:
        return last, 0
    wanted = select(Deal).where(Deal.stage_id == robot.stage_id, Deal.deleted_at.is_(None), Deal.id > last)
    found = session().scalars(wanted.order_by(Deal.id).limit(PART).with_for_update()).all()
    spec = specs.robot_spec(robot)
    mine = select(RobotRun.deal_id).where(RobotRun.robot_id == robot.id, RobotRun.state == "waiting")
    waits = set(session().scalars(mine.where(RobotRun.visit_id.in_([each.visit_id for each in found]))))
    for deal in found:
        if deal.entered_at > work.created_at or deal.id in waits:  # it came later and was armed as usual, or goes on
            continue
        at = work.created_at if step["do"] == "as_entered_now" else deal.entered_at
        runs.arm(deal, [spec], Occasion("entered", at), _by(work), again=f"-s{work.version_id}")
        announcements.deal_changed(deal.id, deal.stage_id)
    return (found[-1].id if found else last), len(found)


def _put(work: SetupWork, step: dict[str, Any], last: int) -> tuple[int, int]:
    """Records that have chosen an option which went: another in its place, or none. What a stage requires stays."""
    entity, _, key = step["about"].partition("/")
    model = lacking.RECORDS[entity]
    ids = session().scalars(lacking.with_option(entity, key, step["by"], last).order_by(model.id).limit(PART)).all()
    for each in ids:
        record = session().get(model, each, with_for_update=True, populate_existing=True)
        if record is not None:
            old = record.fields.get(key)
            with work_refusals.noted(work, record):
                if mass_values.replace_option(record, key, step["by"], step["to"] or None, _by(work)):
                    setup_acts.keep(work.version_id, record, key, old, record.fields.get(key))
    return (ids[-1] if ids else last), len(ids)


def _fill(work: SetupWork, step: dict[str, Any], last: int) -> tuple[int, int]:
    """Deals that lack what is newly required of them have this value now, if it is asked of them and nobody else has
    filled it in."""
    entity, _, key = step["about"].partition("/")
    spec = setups.current().catalogue.get(entity, key)
    begins = setups.current().stage_named(step["by"])
    if spec is None or begins is None:
        return last, 0
    catalogue, ends = setups.current().catalogue, robot_moves.ends_now(begins)
    ids = lacking.from_stage(spec, begins, robot_moves.deals(ends), last, PART)
    for each in {*lacking.met(ids, spec, catalogue), *robot_moves.asked_of(ids, spec, ends, catalogue)}:
        deal = mass_values.living(each)
        if deal is None:
            continue
        with work_refusals.noted(work, deal):
            record = mass_values.fill_blank(deal, entity, key, step["to"], _by(work))
            if record is not None:
                setup_acts.keep(work.version_id, record, key, None, record.fields.get(key))
    return (ids[-1] if ids else last), len(ids)


def _take_back(work: SetupWork, step: dict[str, Any], last: int) -> tuple[int, int]:
    """What the work of a version did goes back to what it was, where nobody has touched it since."""
    acts = setup_acts.of_version(int(step["about"]), last, PART)
    for act in acts:
        with work_refusals.noted(work, setup_acts.record_of(act)):
            setup_acts.take_back(act, _by(work))
    return (acts[-1].id if acts else last), len(acts)


DO: dict[str, Callable[[SetupWork, dict[str, Any], int], tuple[int, int]]] = {
    "move": _move,
    "call_off": _call_off,
    "rearm": _rearm,
    "wake": _wake,
    "as_entered_now": _arm,
    "from_true_entry": _arm,
    "put": _put,
    "empty": _put,
    "fill": _fill,
    "take_back": _take_back,
}
