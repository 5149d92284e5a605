"""Chains: what a robot or a trigger does may set off the next. Each step is one deeper, and too deep a chain is cut;
what was waited for long is no longer the doing of whoever began. A robot that goes off again and again on one deal is
silent until the next day."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DEPTH_LIMIT = 5
ANEW_AFTER = timedelta(hours=1)
FIRINGS_A_DAY = 20  # of one robot on one deal


def depth_of_wait(depth: int, since: datetime, due_at: datetime | None) -> int:
    """The depth at which a robot acts that something of this depth has armed: an hour or more begins a new chain."""
    return 0 if due_at is None or due_at - since >= ANEW_AFTER else depth


def is_too_deep(depth: int) -> bool:
    """Whether what stands at this depth may set off nothing more."""
    return depth >= DEPTH_LIMIT


def is_too_often(limit_at: datetime | None, since: datetime) -> bool:
    """Whether a robot has gone off so often on one deal since this day began that it does no more. `limit_at`: when it
    did so for the last time but FIRINGS_A_DAY - 1, if ever."""
    return limit_at is not None and limit_at >= since


def day_began(now: datetime, zone: str) -> datetime:
    """The midnight of the firm with which this day began."""
    local = now.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date(), time.min, local.tzinfo)
