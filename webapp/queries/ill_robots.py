"""Robots that are ill, or do nothing: for the page of health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from rules.facts import Text
from webapp.db import session
from webapp.models import Deal, RobotRun
from webapp.snapshots import setups

FAILED_FOR = timedelta(days=7)
WATCHED_FOR = timedelta(days=30)
MOST = 20
LOOKED_AT = 500
OFTEN = 3  # occasions, of which none has led to anything
FALLBACKS = ("fallback", "anyone")


@dataclass(frozen=True, slots=True)
class FailedRun:
    id: int
    deal_id: int
    title: str
    name: Text
    error: str
    reason: Mapping[str, Any]
    at: datetime
    may_try: bool  # the deal still stands where it stood


@dataclass(frozen=True, slots=True)
class Idle:
    """Its occasion has come so often, and it has done nothing."""

    robot_id: int
    name: Text
    count: int


def failed(now: datetime) -> list[FailedRun]:
    """The newest first."""
    rows = session().execute(
        select(RobotRun, Deal)
        .join(Deal, Deal.id == RobotRun.deal_id)
        .where(RobotRun.state == "failed", RobotRun.ended_at > now - FAILED_FOR, Deal.deleted_at.is_(None))
        .order_by(RobotRun.ended_at.desc(), RobotRun.id.desc())
        .limit(MOST)
    )
    return [_failed(run, deal) for run, deal in rows]


def _failed(run: RobotRun, deal: Deal) -> FailedRun:
    is_there = run.visit_id in (None, deal.visit_id) and not run.reason.get("again")
    at = run.ended_at or run.created_at
    return FailedRun(run.id, deal.id, deal.title, run.definition["name"], run.error or "", run.reason, at, is_there)


def idle(now: datetime) -> list[Idle]:
    """Robots that are on, in the order of the set-up."""
    fired = func.count().filter(RobotRun.state == "fired")
    ended = (RobotRun.ended_at > now - WATCHED_FOR, RobotRun.state.in_(("fired", "condition_false", "no_recipient")))
    rows = session().execute(
        select(RobotRun.robot_id, func.count().label("ended"))
        .where(*ended)
        .group_by(RobotRun.robot_id)
        .having(func.count() >= OFTEN, fired == 0)
    )
    counts = {row.robot_id: int(row.ended) for row in rows}
    return [Idle(e.id, e.name, counts[e.id]) for e in setups.current().value.robots if e.is_on and e.id in counts]


def fell_back(now: datetime) -> Sequence[Idle]:
    """Robots that found nobody but the last resort, among the newest runs."""
    recent = select(RobotRun.robot_id, RobotRun.path).where(
        RobotRun.state == "fired", RobotRun.ended_at > now - FAILED_FOR
    )
    counts: dict[int, int] = {}
    for row in session().execute(recent.order_by(RobotRun.ended_at.desc()).limit(LOOKED_AT)):
        if any(each.get("verdict") == "chosen" and each.get("post") in FALLBACKS for each in row.path):
            counts[row.robot_id] = counts.get(row.robot_id, 0) + 1
    return [Idle(each.id, each.name, counts[each.id]) for each in setups.current().value.robots if each.id in counts]
