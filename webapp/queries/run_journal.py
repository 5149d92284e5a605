"""The journal of automation: what robots did and why, over all deals that this viewer reads, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select

from rules.rights import Scope
from webapp.access import filters as rights
from webapp.db import SqlSelect
from webapp.models import Deal, Notification, RobotRun, Task
from webapp.queries.deals import RunLine, run_line
from webapp.queries.paging import Key, Turn, rows_at
from webapp.snapshots.setups import current

FEW = 3  # that did nothing are not worth folding
ENDED = ("fired", "condition_false", "called_off", "failed", "no_recipient")
DULL = ("condition_false", "called_off")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; `person_id` was told, was given the work, or is responsible for the deal. `day` in `zone`."""

    deal_id: int | None = None
    robot_id: int | None = None
    person_id: int | None = None
    day: date | None = None
    state: str = ""
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Entry:
    """A run that ended, with its deal."""

    line: RunLine
    robot_id: int
    deal_id: int
    title: str

    @property
    def is_dull(self) -> bool:
        return self.line.state in DULL


@dataclass(frozen=True, slots=True)
class RunPage:
    """`folds` in their order: what did something stands alone, the dull ones between are folded together."""

    folds: list[list[Entry]]
    next: str
    previous: str

    @property
    def is_empty(self) -> bool:
        return not self.folds


def listed(scope: Scope, wanted: Wanted, turn: Turn = Turn()) -> RunPage:  # noqa: B008
    """One page. Where one outcome is asked for, or a robot on a deal, nothing is folded."""
    query = select(RobotRun, Deal.title).join(Deal, Deal.id == RobotRun.deal_id).where(*tests(scope, wanted))
    runs, setup = RobotRun.__table__.c, current()
    rows, onward, back = rows_at(query, (Key(runs.ended_at, falls=True), Key(runs.id, falls=True)), turn)
    entries = [Entry(run_line(run, setup), run.robot_id, run.deal_id, title) for run, title, *_ in rows]
    folds = not wanted.state and not (wanted.deal_id and wanted.robot_id)
    return RunPage(_folded(entries) if folds else [[each] for each in entries], onward, back)


def tests(scope: Scope, wanted: Wanted) -> Sequence[ColumnElement[bool]]:
    """Over RobotRun and Deal: ended runs of what is asked for."""
    found = [rights.deals(scope), RobotRun.ended_at.is_not(None)]
    if wanted.state:
        found.append(RobotRun.state == wanted.state)
    if wanted.deal_id is not None:
        found.append(RobotRun.deal_id == wanted.deal_id)
    if wanted.robot_id is not None:
        found.append(RobotRun.robot_id == wanted.robot_id)
    if wanted.person_id is not None:
        found.append(_with(wanted.person_id))
    if wanted.day is not None:
        began, over = (_midnight(wanted.day + timedelta(days=n), wanted.zone) for n in (0, 1))
        found += [RobotRun.ended_at >= began, RobotRun.ended_at < over]
    return found


def _with(person_id: int) -> ColumnElement[bool]:
    told: SqlSelect = select(Notification.run_id).where(
        Notification.user_id == person_id, Notification.run_id.is_not(None)
    )
    given: SqlSelect = select(Task.run_id).where(Task.assignee_id == person_id, Task.run_id.is_not(None))
    return or_(Deal.responsible_id == person_id, RobotRun.id.in_(told), RobotRun.id.in_(given))


def _midnight(on: date, zone: str) -> datetime:
    return datetime.combine(on, time.min, ZoneInfo(zone)).astimezone(UTC)


def _folded(entries: list[Entry]) -> list[list[Entry]]:
    folds: list[list[Entry]] = []
    for is_dull, group in groupby(entries, key=lambda each: each.is_dull):
        many = list(group)
        folds += [many] if is_dull and len(many) > FEW else [[each] for each in many]
    return folds
