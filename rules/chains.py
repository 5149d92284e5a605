"""Chains: what a robot or a trigger does may set off the next. Each step is one deeper, and too deep a chain is cut;
what was waited for long is no longer the doing of whoever began."""

from __future__ import annotations

from datetime import datetime, timedelta

DEPTH_LIMIT = 5
ANEW_AFTER = timedelta(hours=1)


def depth_of_wait(depth: int, since: datetime, due_at: datetime | None) -> int:
    """The depth at which a robot acts that something of this depth has armed: an hour or more begins a new chain."""
    return 0 if due_at is None or due_at - since >= ANEW_AFTER else depth


def is_too_deep(depth: int) -> bool:
    """Whether what stands at this depth may set off nothing more."""
    return depth >= DEPTH_LIMIT
