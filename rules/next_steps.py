"""A deal's next step: whether one is agreed and whether it is late, and the moments that are offered for one.

A step has a date, so "no date" is "no step". Its SQL twin is `needs_step` of webapp/queries/next_steps.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from rules.worktime import Delay, WorkCalendar, after

Marker = Literal["", "missing", "overdue"]
MARKED = ("off", "overdue", "missing")  # what the firm wants marked: nothing, late steps, those that lack as well
OFFERED = (Delay(2, "working_hours"), Delay(1, "working_days"), Delay(3, "working_days"), Delay(5, "working_days"))
QUARTER = timedelta(minutes=15)


def marker(marked: str, is_open: bool, due_at: datetime | None, now: datetime) -> Marker:
    """What is wrong with the next step of a deal; nothing with that of a closed one."""
    if marked == "off" or not is_open:
        return ""
    if due_at is None:
        return "missing" if marked == "missing" else ""
    return "overdue" if due_at <= now else ""


def offered(calendar: WorkCalendar, now: datetime) -> tuple[datetime, ...]:
    """Moments to choose from, in the working time of whoever will do it, at a full quarter of an hour."""
    from_now = now + (QUARTER - timedelta(seconds=now.timestamp() % QUARTER.total_seconds()))
    return tuple(dict.fromkeys(after(calendar, from_now, each) for each in OFFERED))
