"""Runs of robots: armed on a visit, counted anew when their dates change, called off. What one does when its time has
come is in firing.py."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, bindparam, exists, insert, or_, select, update

from rules import chains, conditions, robots, seasons
from rules.facts import Catalogue, Snapshot
from rules.robot_kinds import kind_of
from rules.robots import AroundField, RobotSpec
from rules.worktime import WorkCalendar
from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.db import Base, SqlRow, execute_core, execute_together, instant, session
from webapp.models import Deal, Invoice, JournalEntry, RobotDefinition, RobotRun
from webapp.services import definitions, journal
from webapp.services.occasions import Occasion
from webapp.snapshots import recipients, setups, specs
from webapp.snapshots.deals import snapshot_of


def arm(
    deal: Deal,
    specs: Sequence[RobotSpec],
    occasion: Occasion,
    by: Actor,
    *,
    again: str = "",
    snapshot: Snapshot | None = None,
) -> None:
    """Arm robots on the deal for one occasion: once, however often it is asked. `again` tells a later arming for the
    same occasion apart; `snapshot` are the deal's facts, if they are at hand."""
    wanted = [each for each in specs if occasion.start in each.starts]
    if not wanted or deal.visit_id is None:
        return
    found, skipped = planned(deal, wanted, occasion, instant(), snapshot)
    if by.can_undo and occasion.start == "entered":
        found = tuple(map(robots.held, found))
    _note_skipped(deal, skipped, occasion, by)
    by_id, every = {each.id: each for each in wanted}, setups.current().definitions
    frozen = {each.robot_id: every[each.robot_id] for each in found}
    runs = [
        {
            **_run(deal, each, occasion),
            "definition": definitions.hash_of(frozen[each.robot_id]),
            **_bond(deal, by_id[each.robot_id], occasion, again),
            "depth": chains.depth_of_wait(by.depth, instant(), each.due_at),
        }
        for each in found
    ]
    for each in found:
        if each.season is not None:
            journal.write("robot.norm_changed", "robot", each.robot_id, by, deal_id=deal.id, new=each.season)
    _insert(runs, frozen)


def planned(
    deal: Deal,
    wanted: Sequence[RobotSpec],
    occasion: Occasion,
    now: datetime,
    snapshot: Snapshot | None = None,
    catalogue: Catalogue | None = None,
) -> tuple[tuple[robots.Planned, ...], tuple[int, ...]]:
    """The runs that these robots would have on the deal for one occasion, and the robots that are skipped as once per
    deal: under their seasons, in the hours of whoever is told. What arms, previews and counts anew asks here alone.
    `catalogue` are the fields that they may name, where they are not those that are live."""
    setup = setups.current()
    if snapshot is None:
        is_counted_from_a_date = any(isinstance(each.timing, AroundField) for each in wanted)
        snapshot = snapshot_of(deal) if is_counted_from_a_date else Snapshot()
    before = _ran_before(deal) if any(each.once_per_deal for each in wanted) else frozenset()
    calendar = recipients.calendar_for(deal.department_id, deal.responsible_id)
    found: list[robots.Planned] = []
    skipped: list[int] = []
    for spec in wanted:
        season = recipients.season_of(spec, deal.pipeline_id, deal.department_id, occasion.since)
        place = (snapshot, catalogue or setup.catalogue, calendar, before, hours_of(spec, deal), now)
        runs, left = seasons.plan(spec, season, setup.firm.time_zone, occasion.start, occasion.since, *place)
        found += runs
        skipped += left
    return tuple(found), tuple(skipped)


def hours_of(spec: RobotSpec, deal: Deal) -> WorkCalendar | None:
    """In whose working hours it acts; None: at any time."""
    return recipients.hours_of(spec.kind, spec.settings, deal) if spec.when == "working_hours" else None


def _insert(runs: list[dict[str, Any]], frozen: Mapping[int, dict[str, Any]]) -> None:
    """Those that are not there yet: the deal is locked, so nobody else arms them. `frozen` are their definitions, which
    nearly always have been armed by before."""
    made = _made(runs)
    left = [each for each, run_id in zip(runs, made, strict=True) if run_id is None]
    if left:  # it is there already, or the first of its definition
        definitions.ids_of(frozen)
        made += _made(left)
    for each, run_id in zip([*runs, *left], made, strict=True):
        if run_id is not None and each["due_at"] is not None:
            outbox.arm("run", run_id, each["due_at"])


def _made(runs: Sequence[dict[str, Any]]) -> list[int | None]:
    given = [{f"new_{name}": value for name, value in each.items()} for each in runs]
    return [each.scalar() for each in execute_together(*((_ARMED, each) for each in given))]


def visit_of(deal: Deal, spec: RobotSpec, start: str) -> int | None:
    """The visit that a run ends with. A robot of any stage hangs on the deal itself, unless it is the entry that
    started it."""
    return deal.visit_id if spec.stage_id is not None or start == "entered" else None


def _bond(deal: Deal, spec: RobotSpec, occasion: Occasion, again: str) -> dict[str, Any]:
    """What the run hangs on, and the key that makes it one."""
    visit_id = visit_of(deal, spec, occasion.start)
    name = {"entered": "", "client_wrote": f"-{occasion.cause}"}.get(
        occasion.start, f"-{occasion.start}-{occasion.cause}"
    )
    place = f"v{visit_id}" if visit_id is not None else f"d{deal.id}"
    return {"visit_id": visit_id, "key": f"{place}-r{spec.id}{name}{again}"}


def _note_skipped(deal: Deal, skipped: Sequence[int], occasion: Occasion, by: Actor) -> None:
    """*Once per deal* leaves a line in the journal, once for each occasion."""
    cause = occasion.cause or f"v{deal.visit_id}"
    for robot_id in skipped:
        noted = select(JournalEntry.new).where(
            JournalEntry.deal_id == deal.id,
            JournalEntry.event == "robot.skipped",
            JournalEntry.entity_id == robot_id,
        )
        if any(each.get("cause") == cause for each in session().scalars(noted)):
            continue
        new = {"code": "once_per_deal", "start": occasion.start, "cause": cause}
        journal.write("robot.skipped", "robot", robot_id, by, deal_id=deal.id, new=new)


def of_starts(deal_id: int, starts: Collection[str]) -> Sequence[SqlRow]:
    """All runs of a deal that these starts started, the oldest first."""
    found = select(
        RobotRun.id,
        RobotRun.robot_id,
        RobotRun.visit_id,
        RobotRun.start,
        RobotRun.cause,
        RobotRun.state,
        RobotRun.reason,
    ).where(RobotRun.deal_id == deal_id, RobotRun.start.in_(sorted(starts)))
    session().flush()
    return session().execute(found.order_by(RobotRun.id)).all()


# What a run begins with. It is said here: what columns have by default would be found out anew for each.
_NEW: dict[str, Any] = {"state": "waiting", "attempts": 0, "reason": {}, "findings": [], "path": []}


def _run(deal: Deal, planned: robots.Planned, occasion: Occasion) -> dict[str, Any]:
    now = instant()
    return {
        "robot_id": planned.robot_id,
        "deal_id": deal.id,
        "start": occasion.start,
        "cause": occasion.cause,
        "message_id": occasion.message_id,
        "base_at": planned.base_at,
        "due_at": planned.due_at,
        "visible_at": outbox.visible_from(planned.due_at, now),
        "pauses": _pauses(planned),
        "season": planned.season,
        "is_late": planned.is_late,
        "created_at": now,
        **_NEW,
    }


def _ran_before(deal: Deal) -> frozenset[int]:
    return frozenset(session().scalars(select(RobotRun.robot_id).where(RobotRun.deal_id == deal.id).distinct()))


_RUN = Base.metadata.tables[RobotRun.__tablename__]
# One statement finds its definition, sees that it is not there yet, and writes it.
_COLUMNS = (
    *("robot_id", "deal_id", "visit_id", "start", "cause", "message_id", "key", "base_at", "due_at", "visible_at"),
    *("pauses", "season", "is_late", "depth", "created_at", *_NEW),
)
_ARMED = (
    insert(_RUN)
    .from_select(
        [*_COLUMNS, "definition_id"],
        select(*(bindparam(f"new_{each}", type_=_RUN.c[each].type) for each in _COLUMNS), RobotDefinition.id).where(
            RobotDefinition.hash == bindparam("new_definition"),
            ~exists().where(_RUN.c.key == bindparam("new_key")).correlate(None),
        ),
        include_defaults=False,
    )
    .returning(_RUN.c.id)
)
_CALL_OFF = (
    update(_RUN)
    .where(RobotRun.state == "waiting")
    .values(state="called_off", ended_at=bindparam("now"), reason=bindparam("why"))
)
# Which of those that wait are called off.
THESE = _CALL_OFF.where(RobotRun.id.in_(bindparam("runs", expanding=True)))
OF_VISIT = _CALL_OFF.where(RobotRun.visit_id == bindparam("visit"))
OF_DEAL = _CALL_OFF.where(RobotRun.deal_id == bindparam("deal"))
OF_DEAL_ITSELF = OF_DEAL.where(RobotRun.visit_id.is_(None))
OF_INVOICE = OF_DEAL.where(RobotRun.start == "invoice_issued", RobotRun.cause == bindparam("invoice"))
_WAITING = (
    select(RobotRun.id, RobotRun.definition.label("definition"), RobotRun.is_late, RobotRun.base_at, RobotRun.due_at)
    .where(RobotRun.visit_id == bindparam("visit"), RobotRun.state == "waiting")
    .order_by(RobotRun.id)
)
_WAITING_ON = (
    select(RobotRun.id, RobotRun.definition.label("definition"))
    .where(RobotRun.deal_id == bindparam("deal"), RobotRun.state == "waiting")
    .order_by(RobotRun.id)
)


def call_off(which: Update, reason: dict[str, Any], by: Actor, **bound: Any) -> int:
    """End the waiting runs that `which` (THESE, OF_VISIT, …) selects by what is given. How many there were."""
    why = {**reason, "by_id": by.user_id, "cause": by.cause}
    return execute_core(which, now=instant(), why=why, **bound).rowcount


def held(visit_id: int) -> list[RobotRun]:
    """Runs of a visit that wait only until its move can be taken back no more. Not those that lead the deal on: whoever
    moves it in that time has chosen another stage."""
    found = [each.id for each in execute_core(_WAITING, visit=visit_id) if _is_held(each)]
    return [session().get_one(RobotRun, each) for each in found]


def _is_held(run: SqlRow) -> bool:
    timing, is_move = robots.load_timing(run.definition["timing"]), kind_of(run.definition["kind"]).get("stage")
    return not is_move and robots.is_held(timing, run.is_late, run.base_at, run.due_at)


def call_off_unpaid(deal: Deal, invoice_id: int, by: Actor) -> int:
    """Nothing is owed any more: runs that wait because of an unpaid invoice are called off by name."""
    ids = [
        run.id
        for run in session().scalars(select(RobotRun).where(RobotRun.deal_id == deal.id, RobotRun.state == "waiting"))
        if conditions.needs_debt(conditions.load(run.definition["condition"]))
    ]
    return call_off(THESE, {"code": "invoice_paid", "invoice_id": invoice_id}, by, runs=ids) if ids else 0


def call_off_paid(deal: Deal, invoice_id: int, by: Actor) -> None:
    """An invoice is paid: whatever waited since it was issued is called off."""
    if session().get_one(Invoice, invoice_id).paid_at is not None:
        reason = {"code": "invoice_paid", "invoice_id": invoice_id}
        call_off(OF_INVOICE, reason, by, deal=deal.id, invoice=f"i{invoice_id}")


def recompute(deal: Deal, changed: frozenset[tuple[str, str]], by: Actor, snapshot: Snapshot) -> None:
    """Dates that timers are counted from may have changed; so may conditions that a robot waits for."""
    catalogue = setups.current().catalogue
    for waiting in execute_core(_WAITING_ON, deal=deal.id):
        was = waiting.definition
        timing = robots.load_timing(was["timing"])
        if isinstance(timing, AroundField) and (timing.entity, timing.field) in changed:
            calendar, hours = recipients.calendar_of(deal), recipients.hours_of(was["kind"], was["settings"], deal)
            due = robots.due(timing, was["when"], instant(), snapshot, catalogue, calendar, hours)
            _put(session().get_one(RobotRun, waiting.id), due, by)
    _arm_later(deal, snapshot, by)


def counted_anew(run: RobotRun, deal: Deal) -> robots.Planned:
    """When a waiting run would be due, were it armed today by the robot that it was armed by, from its true start."""
    spec = specs.frozen(run.definition, run.robot_id)
    snapshot = snapshot_of(deal) if isinstance(spec.timing, AroundField) else Snapshot()
    occasion = occasion_of(run, run.base_at)
    return planned(deal, [replace(spec, starts=(run.start,))], occasion, instant(), snapshot)[0][0]


def count_anew(run: RobotRun, deal: Deal, by: Actor) -> bool:
    """Put a waiting run to where it is due now. Whether it was elsewhere."""
    if run.state != "waiting":
        return False
    anew, old = counted_anew(run, deal), run.due_at
    _put(run, anew.due_at, by)
    run.pauses, run.season = _pauses(anew), anew.season
    return old != anew.due_at


def _pauses(planned: robots.Planned) -> list[list[float]]:
    return [[a.timestamp(), b.timestamp()] for a, b in planned.pauses]


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


def shift(counted_from: Mapping[int, datetime | None], by_time: timedelta, by: Actor) -> int:
    """Those that still wait, and are still counted from that instant (None: whichever), are counted anew from so much
    later, or earlier: what waits for a date of the deal, or for a morning, waits for the same. How many there were."""
    found = session().execute(select(RobotRun.id, RobotRun.deal_id).where(RobotRun.id.in_(counted_from))).all()
    deals = {each: session().get(Deal, each, with_for_update=True) for each in sorted({row.deal_id for row in found})}
    waiting = select(RobotRun).where(RobotRun.id.in_(counted_from), RobotRun.state == "waiting").with_for_update()
    moved = [
        each
        for each in session().scalars(waiting.order_by(RobotRun.id))
        if each.due_at is not None and counted_from[each.id] in (None, each.base_at)
    ]
    for each in moved:
        each.base_at += by_time
        if (deal := deals[each.deal_id]) is not None:
            count_anew(each, deal, by)
    return len(moved)


def _arm_later(deal: Deal, snapshot: Snapshot, by: Actor) -> None:
    """Option "also when it becomes true later": a robot whose condition was false when it came up gets another turn,
    for the last occasion that it came up for."""
    setup = setups.current()
    anywhere = setup.robots_on(None) if setup.stage_by_id(deal.stage_id).kind == "open" else ()
    specs = [each for each in (*setup.robots_on(deal.stage_id), *anywhere) if each.also_later and each.is_on]
    for spec in specs:
        visits = (RobotRun.visit_id == deal.visit_id, RobotRun.visit_id.is_(None) & (RobotRun.deal_id == deal.id))
        wanted = select(RobotRun).where(RobotRun.robot_id == spec.id, or_(*visits)).order_by(RobotRun.id)
        ran = session().scalars(wanted).all()
        same = [each for each in ran if (each.start, each.cause) == (ran[-1].start, ran[-1].cause)]
        if not same or any(each.state != "condition_false" for each in same):
            continue
        if conditions.evaluate(spec.condition, snapshot, setup.catalogue).holds:
            anew = replace(spec, once_per_deal=False)  # it came up already, and did nothing yet
            arm(deal, [anew], occasion_of(same[-1], instant()), by, again=f"-o{len(same)}")


def occasion_of(run: RobotRun, since: datetime) -> Occasion:
    """What a run was started by, counted from another instant."""
    return Occasion(run.start, since, run.cause, run.message_id)
