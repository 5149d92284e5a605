"""Under which heading a task stands in a list: by the day it is due, or by its deal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from flask_babel import get_timezone

from webapp import clock
from webapp.i18n.isolates import gettext
from webapp.queries.tasks import TaskView


def grouped(rows: Iterable[TaskView], sort: str) -> list[tuple[str, list[TaskView]]]:
    """Rows in the order they have, under their headings; a list by age has none."""
    heading = {"due": _by_day, "deal": _by_deal}.get(sort, lambda row: "")
    return [(title, list(tasks)) for title, tasks in groupby(rows, heading)]


def _by_deal(row: TaskView) -> str:
    return row.deal_title or gettext("Without a deal")


def _by_day(row: TaskView) -> str:
    if not row.is_open:
        return gettext("Done")
    if row.is_overdue:
        return gettext("Overdue")
    return _of_the_week(row.until) if row.until else gettext("No deadline")


def _of_the_week(until: datetime) -> str:
    """Today, within this week, later: in the reader's zone."""
    zone = get_timezone()
    day, today = until.astimezone(zone).date(), clock.now().astimezone(zone).date()
    if day <= today:
        return gettext("Today")
    return gettext("This week") if (day - today).days < 7 - today.weekday() else gettext("Later")
