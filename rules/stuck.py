"""A deal that stands still: open, and for too long on the same stage. By the clock, as ages are shown on cards; its SQL
twin is `is_stuck` of webapp/queries/ages.py."""

from __future__ import annotations

from datetime import datetime, timedelta

STUCK_AFTER = timedelta(days=14)


def is_stuck(entered_at: datetime, is_open: bool, now: datetime) -> bool:
    return is_open and now - entered_at >= STUCK_AFTER
