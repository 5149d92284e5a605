"""What a robot would do, said before it does it: when a deal that enters now would be acted on, who would be told, on
how many of today's deals its condition holds, how its text reads on one of them. The very functions that arm and fire
robots are asked; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select

from rules import conditions, robots, seasons, worktime
from rules.facts import Catalogue, Condition, Snapshot
from rules.reach import Way
from rules.robot_kinds import kind_of
from rules.robots import After, RobotSpec
from webapp import clock
from webapp.db import session
from webapp.models import Deal, RobotRun
from webapp.services import conversations, placeholders, stopped_runs
from webapp.snapshots import recipients, setups
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.recipients import Recipients

MOST_DEALS = 300  # a condition is tried on the newest ones
MOST_REPS = 12

Skipped = tuple[date, str, str | None]


@dataclass(frozen=True, slots=True)
class Acted:
    """`at` None: the date that is counted from is blank. `skipped` is what a working delay steps over: (day, night,
    break, weekend, holiday or closed, name of the holiday)."""

    start_at: datetime
    at: datetime | None
    skipped: tuple[Skipped, ...] = ()
    is_held: bool = False  # until work begins, though its time has come


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a robot would reach for deals of one rep, with the path that leads there."""

    responsible_id: int
    found: Recipients


@dataclass(frozen=True, slots=True)
class Held:
    """On how many of today's open deals a condition holds."""

    holding: int
    tried: int
    is_all: bool


def sample(stage_ids: Sequence[int]) -> Deal | None:
    """A real deal to show things on: the newest open one of these stages."""
    wanted = select(Deal).where(Deal.stage_id.in_(stage_ids), Deal.deleted_at.is_(None))
    return session().scalars(wanted.order_by(Deal.entered_at.desc(), Deal.id.desc()).limit(1)).first()


def acted_on(robot: RobotSpec, deal: Deal | None, catalogue: Catalogue) -> Acted:
    """When a deal like this one that came now would be acted on."""
    now, setup = clock.now(), setups.current()
    calendar = recipients.calendar_of(deal) if deal else setup.firm_calendar
    snapshot = snapshot_of(deal) if deal else Snapshot()
    season = recipients.season_of(robot, deal.pipeline_id, deal.department_id, now) if deal else None
    robot = seasons.under(robot, season)
    ready = replace(robot, is_on=True, once_per_deal=False)
    start = next(iter(robot.starts), "entered")
    planned = robots.plan([replace(ready, starts=(start,))], start, now, snapshot, catalogue, calendar)[0][0]
    if planned.due_at is None:
        return Acted(now, None)
    free = robots.due(robot.timing, "any", now, snapshot, catalogue, calendar)
    counts_work = isinstance(robot.timing, After) and robot.timing.delay.is_working
    skipped = worktime.skipped(calendar, now, planned.due_at) if counts_work or robot.when != "any" else ()
    return Acted(now, planned.due_at, skipped, is_held=robot.when != "any" and planned.due_at != free)


def told(robot: RobotSpec, stage_ids: Sequence[int]) -> list[Told]:
    """Whom it would reach today, for each rep with open deals there: one line of every chart."""
    newest = (
        select(func.max(Deal.id))
        .where(Deal.stage_id.in_(stage_ids), Deal.deleted_at.is_(None))
        .group_by(Deal.responsible_id, Deal.department_id)
        .order_by(Deal.responsible_id)
        .limit(MOST_REPS)
    )
    deals = session().scalars(select(Deal).where(Deal.id.in_(newest)).order_by(Deal.responsible_id, Deal.id))
    return [Told(each.responsible_id, recipients.reached(robot.kind, robot.settings, each)) for each in deals]


def held(condition: Condition | None, stage_ids: Sequence[int], catalogue: Catalogue) -> Held:
    """On how many of today's deals it holds."""
    wanted = select(Deal).where(Deal.stage_id.in_(stage_ids), Deal.deleted_at.is_(None)).order_by(Deal.id.desc())
    deals = session().scalars(wanted.limit(MOST_DEALS + 1)).all()
    tried = deals[:MOST_DEALS]
    holding = sum(conditions.evaluate(condition, snapshot_of(each), catalogue).holds for each in tried)
    return Held(holding, len(tried), len(deals) == len(tried))


def facts(robot: RobotSpec, deal: Deal) -> dict[str, object]:
    """What its texts would be filled with."""
    return placeholders.facts_of(deal, snapshot_of(deal), robot.name)


def way(deal: Deal) -> Way:
    """How it would reach this deal's client."""
    return conversations.way_of_robots(deal)


def switched(robot: RobotSpec) -> int:
    """How many runs end when a robot that is live is switched off now, or go on when it is switched on."""
    if not robot.is_on:
        if kind_of(robot.kind).speaks_outward:
            return 0
        return stopped_runs.counts([robot.key])[robot.key]
    waits = select(func.count()).select_from(RobotRun)
    return session().scalar(waits.where(RobotRun.robot_id == robot.id, RobotRun.state == "waiting")) or 0
