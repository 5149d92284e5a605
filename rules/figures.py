"""How fast the firm reacts, as figures of one deal: the first reply in working time, and the time on each stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.worktime import CalendarError, WorkCalendar, working_between


@dataclass(frozen=True, slots=True)
class Stay:
    """One visit of a stage; `left_at` is None while it lasts."""

    stage_id: int
    entered_at: datetime
    left_at: datetime | None


def replied_for(calendar: WorkCalendar, asked_at: datetime | None, answered_at: datetime | None) -> timedelta | None:
    """How much working time the client waited; None where nobody asked or answered, or where the calendar never opens.

    Mon to Fri 9 to 18: asked Fri 17:55 and answered Mon 09:05 are 10 minutes.
    """
    if asked_at is None or answered_at is None:
        return None
    try:
        return working_between(calendar, asked_at, answered_at)
    except CalendarError:
        return None


def on_stages(stays: Iterable[Stay], now: datetime) -> dict[int, timedelta]:
    """How long a deal stood on each stage, by the clock, all its visits of the stage together; as first come to."""
    found: dict[int, timedelta] = {}
    for each in stays:
        stood = max((each.left_at or now) - each.entered_at, timedelta())
        found[each.stage_id] = found.get(each.stage_id, timedelta()) + stood
    return found
