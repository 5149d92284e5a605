"""Working time: calendars, "N working minutes from", when a thing may fire, and what was skipped on the way.

Worked examples (Mon to Fri 9 to 18): Fri 17:55 + 10 working minutes = Mon 09:05; Sat 12:00 + 10 = Mon 09:10;
Fri 15:00 + 2 working days = Tue 15:00. The closing instant belongs to the day.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Span = tuple[time, time]
KEPT_DAYS = 100  # of one calendar
SEARCH_DAYS = 20 * 366  # longer than the longest delay takes in a week of few hours
PLAIN = {"seconds": 1, "minutes": 60, "hours": 3600}
WORKING = {"working_minutes": 60, "working_hours": 3600}
UNITS = (*PLAIN, "days", *WORKING, "working_days")
MIDNIGHT = time(0)
PLAIN_WEEK: tuple[tuple[Span, ...], ...] = (*[((time(9), time(18)),)] * 5, (), ())
A_DAY = timedelta(days=1)


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
    """Weekly hours (Monday first); the country's holidays and its moved working days; and what wins over all of them:
    closed days, and days with hours of their own (short days, days moved by the firm itself). Two spans leave a break
    between them. A span that ends no later than it begins ends on the next day, as a night shift does, and belongs to
    the day on which it began: a holiday tomorrow does not cut it."""

    zone: str
    weekly: tuple[tuple[Span, ...], ...]
    country: str | None = None
    closed: frozenset[date] = frozenset()
    hours: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    _known: dict[date, tuple[tuple[datetime, datetime], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def bounds(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The spans of one local day as instants. No moment is in two, not even where a clock change cuts one, or where
        a night shift goes on into a day that begins early. The days around now are asked for again and again."""
        found = self._known.get(day)
        if found is None:
            if len(self._known) >= KEPT_DAYS:
                self._known.clear()
            found = self._known[day] = tuple(_bounds(self, day))
        return found

    @property
    def has_nights(self) -> bool:
        """Whether any span goes on past midnight."""
        return any(MIDNIGHT < each[-1][1] <= each[-1][0] for each in (*self.weekly, *self.hours.values()) if each)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """The working hours of one local day."""
        if day in self.hours:
            return self.hours[day]
        if day in self.closed or holiday_name(self.country, day) is not None:
            return ()
        return self.weekly[day.weekday()] or (self._last_before(day) if is_moved(self.country, day) else ())

    def _last_before(self, day: date) -> tuple[Span, ...]:
        """The hours of the last weekday before this one that has any: a Saturday is worked as a Friday."""
        return next((spans for n in range(1, 7) if (spans := self.weekly[day.weekday() - n])), ())


def _load_countries_one_by_one() -> None:
    """The library's registry names each country's module, but the package that holds them loads all two hundred, twelve
    MB, as soon as one is asked for: so it stands there unread."""
    if "holidays.countries" not in sys.modules:
        spec = importlib.util.find_spec("holidays.countries")
        assert spec is not None
        sys.modules[spec.name] = importlib.util.module_from_spec(spec)


@functools.lru_cache(maxsize=64)
def _holidays(country: str, year: int, locale: str | None = None) -> tuple[Mapping[date, str], frozenset[date]]:
    import holidays  # heavy: only where a calendar has a country

    _load_countries_one_by_one()
    try:
        found = holidays.country_holidays(country, years=year)
    except NotImplementedError:  # kept from a time when it was known
        return {}, frozenset()
    if locale is not None:
        language = next((each for each in found.supported_languages if each[:2] == locale), found.default_language)
        found = holidays.country_holidays(country, years=year, language=language)
    return dict(found.items()), frozenset(found.weekend_workdays)


def holiday_name(country: str | None, day: date, locale: str | None = None) -> str | None:
    """The name of the public holiday on this day, None on any other; in this language, where its country says it so."""
    return _holidays(country, day.year, locale)[0].get(day) if country else None


def check_country(country: str) -> None:
    """Raises TypeError or NotImplementedError where its holidays are not known."""
    import holidays

    holidays.country_holidays(country, years=2000)


def is_moved(country: str | None, day: date) -> bool:
    """A weekend day that the country works in exchange for another (in Russia, 1 November 2025)."""
    return country is not None and day in _holidays(country, day.year)[1]


def _instant(zone: ZoneInfo, day: date, at: time) -> datetime:
    return _real(datetime.combine(day, at, zone))


def _real(local: datetime) -> datetime:
    """A wall time as an instant; one that a clock change skips moves forward, one that comes twice is the first."""
    return local.replace(fold=0).astimezone(UTC)


def _bounds(cal: WorkCalendar, day: date) -> Iterator[tuple[datetime, datetime]]:
    zone, shut = ZoneInfo(cal.zone), _night_ends(cal, day)
    for opens, closes in cal.spans_on(day):
        last = day + A_DAY if closes <= opens else day
        begin = max(_instant(zone, day, opens), shut)
        shut = max(_instant(zone, last, closes), begin)
        yield begin, shut


def _night_ends(cal: WorkCalendar, day: date) -> datetime:
    """When the shift of the evening before is over; the beginning of time where there was none."""
    for opens, closes in cal.spans_on(day - A_DAY)[-1:] if cal.has_nights else ():
        if MIDNIGHT < closes <= opens:
            return _instant(ZoneInfo(cal.zone), day, closes)
    return datetime.min.replace(tzinfo=UTC)


def _open_spans(cal: WorkCalendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every open span that ends at or after `start`, in order. Raises CalendarError when the search is in vain."""
    first = start.astimezone(ZoneInfo(cal.zone)).date() - timedelta(days=1)
    for n in range(SEARCH_DAYS):
        for opens, closes in cal.bounds(first + timedelta(days=n)):
            if closes >= start:
                yield opens, closes
    raise CalendarError("never_open")


def is_open(cal: WorkCalendar, at: datetime) -> bool:
    """Whether work goes on; the closing instant still belongs to the day."""
    # In UTC, since Python holds an instant of a repeated local hour unequal to itself in any other zone.
    return next_open(cal, at) == at.astimezone(UTC)


def next_open(cal: WorkCalendar, at: datetime) -> datetime:
    """`at` itself when open, else the next opening, in UTC. Raises CalendarError("never_open")."""
    opens, _ = next(_open_spans(cal, at.astimezone(UTC)))
    return max(opens, at.astimezone(UTC))


def day_begins(cal: WorkCalendar, at: datetime, is_away: Callable[[date], bool]) -> datetime:
    """When the first working day begins that begins after `at`, leaving out days on which the person is away."""
    first = at.astimezone(ZoneInfo(cal.zone)).date()
    for day in (first + n * A_DAY for n in range(SEARCH_DAYS)):
        opens = next((opens for opens, _ in cal.bounds(day)), None)
        if opens is not None and opens > at and not is_away(day):
            return opens
    raise CalendarError("never_open")


def next_there(cal: WorkCalendar, at: datetime, is_away: Callable[[date], bool]) -> datetime:
    """`at`, if it is in working hours of a day on which the person is there; else when the next such day begins, or
    goes on."""
    found = next_open(cal, at)
    return found if not is_away(found.astimezone(ZoneInfo(cal.zone)).date()) else day_begins(cal, found, is_away)


def after(cal: WorkCalendar, start: datetime, delay: Delay) -> datetime:
    """The instant `delay` after `start`, in UTC."""
    start = start.astimezone(UTC)  # sums within one local zone are wall time, an hour off across a clock change
    if delay.unit in PLAIN:
        return start + timedelta(seconds=delay.amount * PLAIN[delay.unit])
    if delay.unit == "days":
        return _real(start.astimezone(ZoneInfo(cal.zone)) + timedelta(days=delay.amount)) if delay.amount else start
    if delay.unit == "working_days":
        return _working_days_after(cal, next_open(cal, start), delay.amount)
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
    """`start` is open."""
    if not days:
        return start
    wall = start.astimezone(ZoneInfo(cal.zone)).replace(tzinfo=None)
    day = first = _day_of(cal, start, wall.date())
    for _ in range(days):
        day = _next_working_day(cal, day)
    return _clamped(cal, day, wall - datetime.combine(first, MIDNIGHT))


def _day_of(cal: WorkCalendar, at: datetime, on: date) -> date:
    """To which working day an instant belongs, whose local date is `on`: to the one before where its shift goes on past
    midnight, or closes then."""
    is_of = [day for day in (on, on - A_DAY) if any(a <= at <= b for a, b in cal.bounds(day))]
    return next(iter(is_of), on)


def _next_working_day(cal: WorkCalendar, day: date, step: int = 1) -> date:
    for n in range(1, SEARCH_DAYS):
        found = day + timedelta(days=n * step)
        if cal.spans_on(found):
            return found
    raise CalendarError("never_open")


def _clamped(cal: WorkCalendar, day: date, since_midnight: timedelta) -> datetime:
    """The wall time on a working day: not before its opening, not in its break, not after its closing."""
    bounds = cal.bounds(day)
    at = _real(datetime.combine(day, MIDNIGHT, ZoneInfo(cal.zone)) + since_midnight)
    return next_open(cal, min(max(at, bounds[0][0]), bounds[-1][1]))


def before(cal: WorkCalendar, end: datetime, delay: Delay) -> datetime:
    """The instant `delay` before `end`, in UTC: for "3 working days before the date". No delay is `end` itself."""
    end = end.astimezone(UTC)
    if not delay.amount:
        return end
    if delay.unit in PLAIN:
        return end - timedelta(seconds=delay.amount * PLAIN[delay.unit])
    if delay.unit == "days":
        return _real(end.astimezone(ZoneInfo(cal.zone)) - timedelta(days=delay.amount))
    if delay.unit == "working_days":
        return _working_days_before(cal, end, delay.amount)
    return _working_seconds_before(cal, end, delay.amount * WORKING[delay.unit])


def _working_days_before(cal: WorkCalendar, end: datetime, days: int) -> datetime:
    wall = end.astimezone(ZoneInfo(cal.zone)).replace(tzinfo=None)
    day = first = _day_of(cal, end, wall.date())
    for _ in range(days):
        day = _next_working_day(cal, day, -1)
    return _clamped(cal, day, wall - datetime.combine(first, MIDNIGHT))


def _working_seconds_before(cal: WorkCalendar, end: datetime, seconds: int) -> datetime:
    left, day = timedelta(seconds=seconds), end.astimezone(ZoneInfo(cal.zone)).date() + A_DAY
    for n in range(SEARCH_DAYS):
        for opens, closes in reversed(cal.bounds(day - timedelta(days=n))):
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
    at, end = start.astimezone(UTC), end.astimezone(UTC)
    if at >= end:
        return ()
    for opens, closes in _open_spans(cal, at):
        if opens > at:
            found.append((at, min(opens, end)))
        at = max(at, closes)
        if at >= end:
            break
    return tuple(found)


def working_between(cal: WorkCalendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two instants."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    return max(end - start, timedelta()) - sum((b - a for a, b in pauses(cal, start, end)), timedelta())


def skipped(cal: WorkCalendar, start: datetime, end: datetime) -> tuple[tuple[date, str, str | None], ...]:
    """What a working delay stepped over, for the editor's preview: (day, night|break|weekend|holiday|closed, name of
    the holiday), in order, each once. A night belongs to the day on which it begins."""
    zone = ZoneInfo(cal.zone)
    found: dict[tuple[date, str, str | None], None] = {}
    for begin, until in pauses(cal, start, end):
        day = first = begin.astimezone(zone).date()
        while day <= (until - timedelta.resolution).astimezone(zone).date():
            if (reason := _why_closed(cal, day)) is not None:
                found[(day, *reason)] = None
            elif day == first:
                found[(day, _pause_on(cal, day, begin, until), None)] = None
            day += A_DAY
    return tuple(found)


def _pause_on(cal: WorkCalendar, day: date, begin: datetime, until: datetime) -> str:
    bounds = cal.bounds(day)
    return "break" if bounds[0][0] <= begin and until <= bounds[-1][1] else "night"


def _why_closed(cal: WorkCalendar, day: date) -> tuple[str, str | None] | None:
    if cal.spans_on(day):
        return None
    if day in cal.closed or day in cal.hours:
        return ("closed", None)
    name = holiday_name(cal.country, day)
    return ("holiday", name) if name else ("weekend", None)
