"""Working time read anew from a calendar's row, for the oracle: nothing of rules/ is asked.

As simply as can be: open spans are laid out day by day as instants, and counted along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

DAY = timedelta(days=1)
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "working_minutes": 60, "working_hours": 3600}
Span = tuple[datetime, datetime]


@cache
def of_country(country: str, year: int) -> Any:
    return holidays.country_holidays(country, years=year)


@dataclass(frozen=True)
class Hours:
    """A calendar: its zone and what its row says."""

    zone: ZoneInfo
    row: Mapping[str, Any]

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> Hours:
        return cls(ZoneInfo(definition["zone"]), definition)

    def spans(self, day: date) -> list[Span]:
        """When work goes on that began on this day of the calendar's own zone."""
        found = []
        for opens, closes in self._said(day):
            last = day if closes > opens else day + DAY
            found.append((self._at(day, opens), self._at(last, closes)))
        return found

    def _said(self, day: date) -> list[list[str]]:
        own = (self.row.get("hours") or {}).get(day.isoformat())
        if own is not None:
            return list(own)
        feasts = of_country(self.row["country"], day.year) if self.row.get("country") else None
        if day.isoformat() in (self.row.get("closed") or ()) or (feasts is not None and day in feasts):
            return []
        week = self.row["weekly"]
        if not week[day.weekday()] and feasts is not None and day in feasts.weekend_workdays:
            return list(next(filter(None, (week[day.weekday() - n] for n in range(1, 7)))))
        return list(week[day.weekday()])

    def _at(self, day: date, wall: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(wall), self.zone).astimezone(UTC)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def open_from(self, start: datetime) -> Iterator[Span]:
        """What is left of each open span from an instant on; none reaches into the next."""
        day, shut = self.local(start).date() - DAY, start
        for n in range(2000):
            for opens, closes in self.spans(day + n * DAY):
                if closes >= start:
                    shut = max(shut, opens)
                    yield shut, max(shut, closes)
                    shut = max(shut, closes)

    def next_open(self, at: datetime) -> datetime:
        return next(self.open_from(at))[0]

    def after(self, start: datetime, amount: int, unit: str) -> datetime:
        """The instant so long after another."""
        if unit in ("seconds", "minutes", "hours"):
            return start + timedelta(seconds=amount * SECONDS[unit])
        if unit == "days":
            return self._wall(self.local(start).date() + amount * DAY, self.local(start).time()) if amount else start
        if unit == "working_days":
            return self._days_after(self.next_open(start), amount)
        left = timedelta(seconds=amount * SECONDS[unit])
        for opens, closes in self.open_from(start):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        raise AssertionError("a calendar that never opens")

    def _wall(self, day: date, wall: time) -> datetime:
        return datetime.combine(day, wall, self.zone).astimezone(UTC)

    def _days_after(self, start: datetime, days: int) -> datetime:
        """The same wall time so many working days on, within that day's hours. Night shifts nobody has taught it."""
        day, wall = self.local(start).date(), self.local(start).time()
        if not days:
            return start
        while days:
            day += DAY
            days -= bool(self.spans(day))
        first, last = self.spans(day)[0][0], self.spans(day)[-1][1]
        return self.next_open(min(max(self._wall(day, wall), first), last))
