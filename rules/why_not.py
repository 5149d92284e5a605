"""Why a robot did nothing on a deal on which it was never armed. What one that was armed came to, its run says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rules.facts import StageFacts
from rules.robots import RobotSpec


@dataclass(frozen=True, slots=True)
class Entry:
    """A deal came to a stage; `came_from` None: it was made there. `by` is whoever did it, as the caller knows them."""

    stage_id: int
    at: datetime
    came_from: int | None = None
    by: object = None


@dataclass(frozen=True, slots=True)
class WhyNot:
    """`code`: not_yet, passed_over (by `entry`), never_entered, once_per_deal, switched_off, not_started (nothing
    began that it starts by), not_there (it was made, or switched on, after `entry`)."""

    code: str
    entry: Entry | None = None


def why_not(
    robot: RobotSpec, stages: Mapping[int, StageFacts], entries: Sequence[Entry], skipped: Collection[int] = ()
) -> WhyNot:
    """Why this robot has no run on a deal with this way through its pipeline, the first entry first. `skipped` are
    robots that were left out as once per deal."""
    if robot.stage_id is not None and all(each.stage_id != robot.stage_id for each in entries):
        return _never_entered(robot.stage_id, stages, entries)
    if robot.id in skipped:
        return WhyNot("once_per_deal")
    if not robot.is_on:
        return WhyNot("switched_off")
    if "entered" not in robot.starts:
        return WhyNot("not_started")
    came = [each for each in entries if robot.stage_id in (None, each.stage_id)]
    return WhyNot("not_there", came[-1] if came else None)


def _never_entered(stage_id: int, stages: Mapping[int, StageFacts], entries: Sequence[Entry]) -> WhyNot:
    """The deal has not come so far yet, or has gone past."""
    wanted = stages[stage_id].position
    for each in entries:
        came_from = stages.get(each.came_from) if each.came_from is not None else None
        if came_from is not None and came_from.position < wanted < _place(each, stages):
            return WhyNot("passed_over", each)
    is_ahead = bool(entries) and _place(entries[-1], stages) < wanted
    return WhyNot("not_yet" if is_ahead else "never_entered", entries[-1] if entries else None)


def _place(entry: Entry, stages: Mapping[int, StageFacts]) -> int:
    return stages[entry.stage_id].position if entry.stage_id in stages else -1
