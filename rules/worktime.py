"""Working time: calendars, "N working minutes from", when a thing may fire, and what was skipped on the way.

Worked examples (Mon to Fri 9 to 18): Fri 17:55 + 10 working minutes = Mon 09:05; Sat 12:00 + 10 = Mon 09:10;
Fri 15:00 + 2 working days = Tue 15:00. The closing instant belongs to the day (product.md, Calendars; settled.md).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Span = tuple[time, time]
SEARCH_DAYS = 5 * 366
PLAIN = {"seconds": 1, "minutes": 60, "hours": 3600}
WORKING = {"working_minutes": 60, "working_hours": 3600}
UNITS = (*PLAIN, "days", *WORKING, "working_days")
MIDNIGHT = time(0)


class CalendarError(ValueError):
    """A calendar that cannot be kept or never opens; `code` and `facts` for the words."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Delay:
    """`unit` is one of UNITS."""

    amount: int
    unit: str

    @property
    def is_working(self) -> bool:
        return self.unit.startswith("working_")


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Weekly hours (Monday first), holidays by country, and days that win over both: closed days, and days with
    hours of their own (short days, moved working days). A span that ends at 00:00 ends with the day."""

    zone: str
    weekly: tuple[tuple[Span, ...], ...]
    country: str | None = None
    closed: frozenset[date] = frozenset()
    hours: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """The working hours of one local day."""
        if day in self.hours:
            return self.hours[day]
        if day in self.closed or holiday_name(self.country, day) is not None:
            return ()
        return self.weekly[day.weekday()]


@functools.lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> Mapping[date, str]:
    import holidays  # heavy: only where a calendar has a country

    return dict(holidays.country_holidays(country, years=year).items())


def holiday_name(country: str | None, day: date) -> str | None:
    """The name of the public holiday on this day, None on any other."""
    return _holidays(country, day.year).get(day) if country else None


def _instant(zone: ZoneInfo, day: date, at: time) -> datetime:
    """A local wall time as an instant; one that a clock change skips moves forward, one that comes twice is the first."""
    return _real(datetime.combine(day, at, zone))


def _real(local: datetime) -> datetime:
    return local.replace(fold=0).astimezone(UTC)


def _bounds(cal: WorkCalendar, day: date) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(cal.zone)
    for opens, closes in cal.spans_on(day):
        last = day + timedelta(days=1) if closes == MIDNIGHT else day
        yield _instant(zone, day, opens), _instant(zone, last, closes)


def _open_spans(cal: WorkCalendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every open span that ends at or after `start`, in order; the search ends after five years."""
    first = start.astimezone(ZoneInfo(cal.zone)).date() - timedelta(days=1)
    for n in range(SEARCH_DAYS):
        for opens, closes in _bounds(cal, first + timedelta(days=n)):
            if closes >= start:
                yield opens, closes
    raise CalendarError("never_open")


def is_open(cal: WorkCalendar, at: datetime) -> bool:
    """Whether work goes on; the closing instant still belongs to the day."""
    return next_open(cal, at) == at


def next_open(cal: WorkCalendar, at: datetime) -> datetime:
    """`at` itself when open, else the next opening. Raises CalendarError("never_open")."""
    opens, _ = next(_open_spans(cal, at))
    return max(opens, at)


def after(cal: WorkCalendar, start: datetime, delay: Delay) -> datetime:
    """The instant `delay` after `start`, in UTC."""
    if delay.unit in PLAIN:
        return start.astimezone(UTC) + timedelta(seconds=delay.amount * PLAIN[delay.unit])
    if delay.unit == "days":
        return _real(start.astimezone(ZoneInfo(cal.zone)) + timedelta(days=delay.amount))
    if delay.unit == "working_days":
        return _working_days_after(cal, start, delay.amount)
    return _working_seconds_after(cal, start, delay.amount * WORKING[delay.unit])


def _working_seconds_after(cal: WorkCalendar, start: datetime, seconds: int) -> datetime:
    left = timedelta(seconds=seconds)
    for opens, closes in _open_spans(cal, start):
        begin = max(opens, start)
        if closes - begin >= left:
            return begin + left
        left -= closes - begin
    raise CalendarError("never_open")


def _working_days_after(cal: WorkCalendar, start: datetime, days: int) -> datetime:
    zone = ZoneInfo(cal.zone)
    local = next_open(cal, start).astimezone(zone)
    day, left = local.date(), days
    while left:
        day = _next_working_day(cal, day)
        left -= 1
    return _clamped(cal, day, local.timetz().replace(tzinfo=None))


def _next_working_day(cal: WorkCalendar, day: date, step: int = 1) -> date:
    for n in range(1, SEARCH_DAYS):
        found = day + timedelta(days=n * step)
        if cal.spans_on(found):
            return found
    raise CalendarError("never_open")


def _clamped(cal: WorkCalendar, day: date, at: time) -> datetime:
    """The wall time on a working day, not before its opening nor after its closing."""
    bounds = list(_bounds(cal, day))
    return min(max(_instant(ZoneInfo(cal.zone), day, at), bounds[0][0]), bounds[-1][1])


def before(cal: WorkCalendar, end: datetime, delay: Delay) -> datetime:
    """The instant `delay` before `end`, in UTC: for "3 working days before the date"."""
    if delay.unit in PLAIN:
        return end.astimezone(UTC) - timedelta(seconds=delay.amount * PLAIN[delay.unit])
    local = end.astimezone(ZoneInfo(cal.zone))
    if delay.unit == "days":
        return _real(local - timedelta(days=delay.amount))
    if delay.unit == "working_days":
        day = local.date()
        for _ in range(delay.amount):
            day = _next_working_day(cal, day, -1)
        return _clamped(cal, day, local.timetz().replace(tzinfo=None)) if delay.amount else end.astimezone(UTC)
    return _working_seconds_before(cal, end, delay.amount * WORKING[delay.unit])


def _working_seconds_before(cal: WorkCalendar, end: datetime, seconds: int) -> datetime:
    left, day = timedelta(seconds=seconds), end.astimezone(ZoneInfo(cal.zone)).date() + timedelta(days=1)
    for n in range(SEARCH_DAYS):
        for opens, closes in reversed(list(_bounds(cal, day - timedelta(days=n)))):
            stop = min(closes, end)
            if stop <= opens:
                continue
            if stop - opens >= left:
                return stop - left
            left -= stop - opens
    raise CalendarError("never_open")


def allowed(cal: WorkCalendar, due: datetime, when: str) -> datetime:
    """When a thing due at `due` may fire: at once (`any`), or in `working_hours` only, at the next working moment."""
    return next_open(cal, due) if when == "working_hours" else due


def pauses(cal: WorkCalendar, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The closed spans inside [start, end): where a working-time fuse stands still."""
    found: list[tuple[datetime, datetime]] = []
    at = start
    for opens, closes in _open_spans(cal, start):
        if at >= end:
            break
        if opens > at:
            found.append((at, min(opens, end)))
        at = max(at, closes)
    return tuple(each for each in found if each[0] < each[1])


def working_between(cal: WorkCalendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two instants."""
    if end <= start:
        return timedelta()
    return end - start - sum(((b - a) for a, b in pauses(cal, start, end)), timedelta())


def skipped(cal: WorkCalendar, start: datetime, end: datetime) -> tuple[tuple[date, str, str | None], ...]:
    """What a working delay stepped over, for the editor's preview: (day, night|weekend|holiday|closed, holiday name)."""
    zone = ZoneInfo(cal.zone)
    found: dict[date, tuple[date, str, str | None]] = {}
    for begin, _ in pauses(cal, start, end):
        day = begin.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            if (reason := _why_closed(cal, day)) is None:
                found.setdefault(begin.astimezone(zone).date(), (begin.astimezone(zone).date(), "night", None))
                if day > begin.astimezone(zone).date():
                    break
            else:
                found[day] = (day, *reason)
            day += timedelta(days=1)
    return tuple(found[day] for day in sorted(found))


def _why_closed(cal: WorkCalendar, day: date) -> tuple[str, str | None] | None:
    if cal.spans_on(day):
        return None
    if day in cal.closed or day in cal.hours:
        return ("closed", None)
    name = holiday_name(cal.country, day)
    return ("holiday", name) if name else ("weekend", None)


def calendar_from(raw: Mapping[str, Any]) -> WorkCalendar:
    """A calendar from its JSON form. Raises CalendarError(code) for what cannot be kept."""
    try:
        ZoneInfo(raw["zone"])
    except (KeyError, ValueError, ZoneInfoNotFoundError):
        raise CalendarError("unknown_zone", zone=raw.get("zone")) from None
    weekly = raw.get("weekly")
    if not isinstance(weekly, list) or len(weekly) != 7:
        raise CalendarError("not_a_week")
    return WorkCalendar(
        zone=raw["zone"],
        weekly=tuple(_spans(day) for day in weekly),
        country=raw.get("country"),
        closed=frozenset(_day(each) for each in raw.get("closed", ())),
        hours={_day(each): _spans(spans) for each, spans in raw.get("hours", {}).items()},
    )


def _day(raw: Any) -> date:
    try:
        return date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise CalendarError("not_a_date", value=str(raw)) from None


def _spans(raw: Any) -> tuple[Span, ...]:
    try:
        spans = tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in raw)
    except (TypeError, ValueError):
        raise CalendarError("not_hours", value=str(raw)) from None
    last: time | None = None
    for n, (opens, closes) in enumerate(spans):
        is_last = n == len(spans) - 1
        if (last is not None and opens < last) or (closes <= opens and not (closes == MIDNIGHT and is_last)):
            raise CalendarError("not_in_order", value=str(raw))
        last = closes
    return spans


def dump(cal: WorkCalendar) -> dict[str, Any]:
    """The JSON form: calendar_from(dump(c)) == c."""

    def spans(each: tuple[Span, ...]) -> list[list[str]]:
        return [[opens.isoformat("minutes"), closes.isoformat("minutes")] for opens, closes in each]

    return {
        "zone": cal.zone,
        "weekly": [spans(day) for day in cal.weekly],
        "country": cal.country,
        "closed": sorted(day.isoformat() for day in cal.closed),
        "hours": {day.isoformat(): spans(each) for day, each in sorted(cal.hours.items())},
    }
