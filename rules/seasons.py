"""Seasons: for some days a norm is longer, shorter, another one, or at rest. Of those that overlap the narrowest wins;
what starts after the last day is counted as ever. An example: 10 minutes × 3 in the season Action are 30 minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from rules import robots
from rules.facts import Catalogue, Snapshot
from rules.robots import LONGEST, After, Planned, RobotSpec, delay_from
from rules.worktime import Delay, WorkCalendar

SCOPES = ("firm", "department", "pipeline", "robots")  # the later, the narrower
HUNDREDTHS = 100
MOST_HUNDREDTHS = 100 * HUNDREDTHS
PAUSED = "control"  # the kind that a pause lets rest


@dataclass(frozen=True, slots=True)
class Season:
    """`ids` are of departments (with all below them), pipelines or robots. One of: `factor` in hundredths, `norm` in
    the place of every other, `is_pause`."""

    id: int
    name: str
    first: date
    last: date
    scope: str = "firm"
    ids: frozenset[int] = frozenset()
    factor: int | None = None
    norm: Delay | None = None
    is_pause: bool = False

    def lasts_on(self, day: date) -> bool:
        return self.first <= day <= self.last

    def overlaps(self, other: Season) -> bool:
        return self.id != other.id and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class SeasonChange:
    """At that instant something about a season of these days was made, changed or taken away."""

    at: datetime
    first: date
    last: date


def season_of(
    seasons: Iterable[Season], robot: RobotSpec, pipeline_id: int, departments: Collection[int], on: date
) -> Season | None:
    """The one that changes this robot's norm on a deal that starts on that day: of the narrowest scope, then the
    shortest, then the newest. `departments` are the deal's and those above it. A pause lasts as long as another follows
    it without a day between: nothing goes off where all rest."""
    if not isinstance(robot.timing, After):
        return None
    about = [each for each in seasons if _is_about(each, robot, pipeline_id, departments)]
    found = _on(about, on)
    while found is not None and found.is_pause:
        following = _on(about, found.last + timedelta(days=1))
        if following is None or not following.is_pause or following.last <= found.last:
            break
        found = replace(found, last=following.last)
    return found


def _on(seasons: Iterable[Season], day: date) -> Season | None:
    lasting = [each for each in seasons if each.lasts_on(day)]
    return max(lasting, key=lambda each: (SCOPES.index(each.scope), each.first - each.last, each.id), default=None)


def _is_about(season: Season, robot: RobotSpec, pipeline_id: int, departments: Collection[int]) -> bool:
    if season.is_pause and robot.kind != PAUSED:
        return False
    meant = {"department": departments, "pipeline": (pipeline_id,), "robots": (robot.id,)}
    return season.scope == "firm" or not season.ids.isdisjoint(meant.get(season.scope, ()))


def under(robot: RobotSpec, season: Season | None) -> RobotSpec:
    """The robot with the norm that the season gives it."""
    if season is None or not isinstance(robot.timing, After):
        return robot
    delay = season.norm or robot.timing.delay
    if season.factor is not None:
        longer = Fraction(delay.amount * season.factor, HUNDREDTHS)
        delay = Delay(min(-(-longer.numerator // longer.denominator), LONGEST[delay.unit]), delay.unit)
    return replace(robot, timing=After(delay))


def begins(season: Season | None, start: datetime, zone: str) -> datetime:
    """From when on a norm is counted: from the start; where a pause lasts, from the first moment after it."""
    if season is None or not season.is_pause:
        return start
    return max(start, datetime.combine(season.last + timedelta(days=1), time(0), ZoneInfo(zone)))


def plan(
    robot: RobotSpec,
    season: Season | None,
    zone: str,
    start: str,
    at: datetime,
    snapshot: Snapshot,
    catalogue: Catalogue,
    calendar: WorkCalendar,
    ran_before: frozenset[int] = frozenset(),
    hours: WorkCalendar | None = None,
    now: datetime | None = None,
) -> tuple[tuple[Planned, ...], tuple[int, ...]]:
    """What `robots.plan` answers of one robot, under the season that holds for it at `at`: days are those of `zone`.
    Whatever arms a robot, foretells it or goes through its past asks here, so that none forgets a season. `hours` are
    the working hours that count for this robot, where they are not `calendar`."""
    own = {} if hours is None else {robot.id: hours}
    since = begins(season, at, zone)
    place = (snapshot, catalogue, calendar, ran_before, own, now)
    planned, skipped = robots.plan([under(robot, season)], start, since, *place)
    if season is None:
        return planned, skipped
    return tuple(_within(season, robot, each, at) for each in planned), skipped


def _within(season: Season, robot: RobotSpec, planned: Planned, at: datetime) -> Planned:
    """With what it has of the season; where that is a pause, the fuse stands still until it is over."""
    since = planned.base_at
    rest = ((at, since),) if since > at else ()
    pauses = (*rest, *planned.pauses)
    return replace(planned, base_at=at, pauses=pauses, season=said(season, robot), counts_from=since)


def said(season: Season, robot: RobotSpec) -> dict[str, Any]:
    """What a run keeps of it, for the words: the season, and the norm as it was before."""
    assert isinstance(robot.timing, After)
    usual = {"amount": robot.timing.delay.amount, "unit": robot.timing.delay.unit}
    return {"id": season.id, "name": season.name, "usual": usual, **change_of(season)}


def change_of(season: Season) -> dict[str, Any]:
    """The JSON form of what it does: {"factor": 300}, {"replace": {amount, unit}}, {"pause": true}."""
    if season.factor is not None:
        return {"factor": season.factor}
    if season.norm is not None:
        return {"replace": {"amount": season.norm.amount, "unit": season.norm.unit}}
    return {"pause": True}


def load(id_: int, name: str, first: date, last: date, scope: Mapping[str, Any], change: Mapping[str, Any]) -> Season:
    """A stored season."""
    return Season(
        *(id_, name, first, last),
        scope=scope.get("kind", "firm"),
        ids=frozenset(scope.get("ids", ())),
        factor=change.get("factor"),
        norm=delay_from(change["replace"]) if "replace" in change else None,
        is_pause=bool(change.get("pause")),
    )
