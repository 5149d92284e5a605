"""Hours as people type and read them: "9-13, 14-18", "22:00–6:00"; and the days of a year as a calendar has them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from rules import texts
from rules.calendars import spans_from
from rules.worktime import A_DAY, CalendarError, Span, WorkCalendar, holiday_name

_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")
_BETWEEN = re.compile(r"[\s,;]*")
LONGEST_RANGE = 366


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a calendar. `kind`: work, off (by the week), holiday (its country's), closed (its own), short, moved
    (worked, though the week or the country would have it off), own (as long as usual, at other hours)."""

    on: date
    kind: str
    spans: tuple[Span, ...]
    holiday: str | None = None


def read_hours(raw: str) -> tuple[Span, ...]:
    """The spans that were typed; none for a day off. 24:00 is midnight. Raises CalendarError."""
    found, at = [], 0
    raw = texts.bare(raw)
    for each in _SPAN.finditer(raw):
        if not _BETWEEN.fullmatch(raw[at : each.start()]):
            break
        hours = [int(each[n] or 0) for n in (1, 2, 3, 4)]
        found.append((_time(*hours[:2]), _time(*hours[2:])))
        at = each.end()
    if raw[at:].strip(" ,;"):
        raise CalendarError("not_hours", value=raw)
    return spans_from(found)


def _time(hour: int, minute: int) -> str:
    return f"{hour % 24 if (hour, minute) == (24, 0) else hour:02d}:{minute:02d}"


def say_hours(spans: tuple[Span, ...]) -> str:
    """As `read_hours` reads them: "09:00–13:00, 14:00–18:00", "" for a day off."""
    return ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in spans)


def length(spans: tuple[Span, ...]) -> timedelta:
    """How long they are together, by the clock of an ordinary day."""
    return sum(
        (_since(closes) - _since(opens) + (A_DAY if closes <= opens else timedelta()) for opens, closes in spans),
        timedelta(),
    )


def _since(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


def day_of(cal: WorkCalendar, on: date, locale: str | None = None) -> Day:
    """What this day is, with its holiday's name in that language."""
    spans, usual, holiday = cal.spans_on(on), cal.weekly[on.weekday()], holiday_name(cal.country, on, locale)
    return Day(on, _kind(cal, on, spans, () if holiday else usual), spans, holiday)


def _kind(cal: WorkCalendar, on: date, spans: tuple[Span, ...], usual: tuple[Span, ...]) -> str:
    if on in cal.closed or (on in cal.hours and not spans):
        return "closed"
    if on in cal.hours and usual and spans != usual:
        return "short" if length(spans) < length(usual) else "own"
    if spans:
        return "work" if usual else "moved"
    return "holiday" if holiday_name(cal.country, on) else "off"


def with_days(cal: WorkCalendar, first: date, last: date, kind: str, spans: tuple[Span, ...] = ()) -> WorkCalendar:
    """The calendar with these days, both included, as they are by the week and the country (`usual`), closed
    (`closed`), or with hours of their own (`hours`). Raises CalendarError."""
    if not timedelta() <= last - first < timedelta(days=LONGEST_RANGE):
        raise CalendarError("bad_range", limit=LONGEST_RANGE)
    if kind == "hours" and not spans:
        raise CalendarError("no_hours")
    days = frozenset(first + timedelta(days=n) for n in range((last - first).days + 1))
    hours = {day: each for day, each in cal.hours.items() if day not in days}
    if kind == "hours":
        hours |= dict.fromkeys(days, spans)
    return replace(cal, closed=cal.closed | days if kind == "closed" else cal.closed - days, hours=hours)
