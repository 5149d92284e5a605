"""What a robot would do, said before it does it: when a deal that enters now would be acted on, who would be told, on
how many of today's deals its condition holds, how its text reads on one of them. The very functions that arm and fire
robots are asked; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from rules import conditions, robots, worktime
from rules.facts import Catalogue, Condition, Snapshot
from rules.reach import Way
from rules.robot_kinds import kind_of
from rules.robots import After, RobotSpec
from webapp import clock
from webapp.db import session
from webapp.models import Deal, RobotRun
from webapp.services import conversations, placeholders, runs, stopped_runs
from webapp.services.occasions import Occasion
from webapp.snapshots import recipients
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.recipients import Recipients

MOST_DEALS = 300  # a condition is tried on the newest ones
MOST_REPS = 12

Skipped = tuple[date, str, str | None]


@dataclass(frozen=True, slots=True)
class Acted:
    """`at` None: the date that is counted from is blank. `skipped` is what a working delay steps over: (day, night,
    break, weekend, holiday or closed, name of the holiday). `season` is what a run would keep of the one that changes
    its norm."""

    start_at: datetime
    at: datetime | None
    skipped: tuple[Skipped, ...] = ()
    is_held: bool = False  # until work begins, though its time has come
    season: dict[str, Any] | None = None


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


def acted_on(robot: RobotSpec, like: Deal | None, catalogue: Catalogue, pipeline_id: int | None = None) -> Acted:
    """When a deal like this one would be acted on, if it came now: what arms robots is asked. `pipeline_id` is where it
    would come, if that is not where `like` stands."""
    now, deal = clock.now(), _newcomer(like, pipeline_id)
    start = next(iter(robot.starts), "entered")
    ready = replace(robot, is_on=True, once_per_deal=False, starts=(start,))
    place = (Occasion(start, now), now, snapshot_of(like) if like else Snapshot(), catalogue)
    planned = runs.planned(deal, [ready], *place)[0][0]
    if planned.due_at is None:
        return Acted(now, None)
    free = runs.planned(deal, [replace(ready, when="any")], *place)[0][0].due_at
    skipped = _skipped(robot, deal, planned, free or now)
    return Acted(now, planned.due_at, skipped, planned.due_at != free, planned.season)


def _newcomer(like: Deal | None, pipeline_id: int | None) -> Deal:
    """A deal that is nowhere kept, with what decides when it is acted on. Where there is none to go by, it is nobody's
    yet."""
    if like is None:
        return Deal(pipeline_id=pipeline_id)
    place = {"responsible_id": like.responsible_id, "department_id": like.department_id}
    return Deal(pipeline_id=pipeline_id or like.pipeline_id, **place)


def _skipped(robot: RobotSpec, deal: Deal, planned: robots.Planned, free: datetime) -> tuple[Skipped, ...]:
    """Closed days and hours that a delay of working time steps over until `free`, and those that it waits out then."""
    since, due_at, hours = planned.counts_from or planned.base_at, planned.due_at or free, runs.hours_of(robot, deal)
    counts_work = isinstance(robot.timing, After) and robot.timing.delay.is_working
    found = worktime.skipped(recipients.calendar_of(deal), since, free) if counts_work else ()
    found += worktime.skipped(hours, max(since, free), due_at) if hours else ()
    return tuple(dict.fromkeys(found))


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
