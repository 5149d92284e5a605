"""What holds for working time in any calendar: it never runs backwards, ends while open, and adds up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import calendars, robots, worktime
from rules.facts import Catalogue, Snapshot
from rules.robots import After, AtOnce
from rules.worktime import Delay, Span, WorkCalendar

ZONES = ("UTC", "Europe/Moscow", "Europe/Berlin", "America/New_York", "Asia/Kathmandu")
MINUTE = timedelta(minutes=1)
MOST = {"working_minutes": 6_000, "working_hours": 200, "working_days": 30}
QUICK = settings(deadline=None, max_examples=35)

DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
INSTANTS = st.builds(
    lambda day, minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=minute),
    st.integers(0, 364),
    st.integers(7 * 60, 17 * 60) | st.integers(0, 1439),
)


def _at(quarter: int) -> time:
    return time(quarter // 4 % 24, quarter % 4 * 15)


@st.composite
def hours(draw: st.DrawFn, first: int, last: int) -> tuple[Span, ...]:
    """A long day or a short one within two hours of the clock (24 is midnight), with a break or without."""
    noon = (first + last) * 2
    opens = draw(st.integers(first * 4, noon - 2))
    closes = draw(st.integers(noon + 2, last * 4))
    if draw(st.booleans()):
        return ((_at(opens), _at(closes)),)
    begins = draw(st.integers(opens + 1, closes - 2))
    ends = draw(st.integers(begins + 1, closes - 1))
    return (_at(opens), _at(begins)), (_at(ends), _at(closes))


NIGHTS = st.builds(lambda opens, closes: ((_at(opens), _at(closes)),), st.integers(70, 95), st.integers(1, 36))


def any_calendar(first: int = 0, last: int = 24) -> st.SearchStrategy[WorkCalendar]:
    """Calendars with at least one working day a week, some of them with nights, holidays, closed days and days of their
    own."""
    worked = hours(first, last) if first else hours(first, last) | NIGHTS
    weeks = st.tuples(worked, worked, worked, worked, st.just(()) | worked, st.just(()) | worked, st.just(()))
    return st.builds(
        WorkCalendar,
        zone=st.sampled_from(ZONES),
        weekly=weeks,
        country=st.sampled_from([None, "RU"]),
        closed=st.frozensets(DAYS, max_size=10),
        hours=st.dictionaries(DAYS, st.just(()) | worked, max_size=10),
    )


def by_day() -> st.SearchStrategy[WorkCalendar]:
    """Calendars that keep clear of the hours at which clocks change."""
    return any_calendar(first=5, last=23)


@pytest.mark.parametrize("unit", MOST)
@QUICK
@given(data=st.data(), cal=any_calendar(), start=INSTANTS)
def test_a_working_delay_ends_while_work_goes_on_and_never_before_its_start(
    unit: str, data: st.DataObject, cal: WorkCalendar, start: datetime
) -> None:
    due = worktime.after(cal, start, Delay(data.draw(st.integers(0, MOST[unit])), unit))
    assert worktime.is_open(cal, due)
    assert due >= start


@QUICK
@given(any_calendar(), INSTANTS, st.integers(0, MOST["working_minutes"]))
def test_after_so_many_working_minutes_so_many_were_worked(cal: WorkCalendar, start: datetime, minutes: int) -> None:
    due = worktime.after(cal, start, Delay(minutes, "working_minutes"))
    assert worktime.working_between(cal, start, due) == minutes * MINUTE


@QUICK
@given(any_calendar(), INSTANTS, st.integers(0, MOST["working_minutes"]))
def test_so_many_working_minutes_before_a_date_so_many_are_left(cal: WorkCalendar, end: datetime, minutes: int) -> None:
    due = worktime.before(cal, end, Delay(minutes, "working_minutes"))
    assert worktime.working_between(cal, due, end) == minutes * MINUTE


@pytest.mark.parametrize("unit", MOST)
@QUICK
@given(data=st.data(), cal=any_calendar(), start=INSTANTS, more=st.integers(1, 50))
def test_a_longer_delay_never_ends_sooner(
    unit: str, data: st.DataObject, cal: WorkCalendar, start: datetime, more: int
) -> None:
    amount = data.draw(st.integers(0, MOST[unit]))
    wait, longer = Delay(amount, unit), Delay(amount + more, unit)
    assert worktime.after(cal, start, wait) <= worktime.after(cal, start, longer)
    assert worktime.before(cal, start, wait) >= worktime.before(cal, start, longer)


@pytest.mark.parametrize("unit", MOST)
@QUICK
@given(data=st.data(), cal=by_day(), start=INSTANTS, minutes=st.integers(0, 3_000))
def test_who_starts_later_never_ends_sooner(
    unit: str, data: st.DataObject, cal: WorkCalendar, start: datetime, minutes: int
) -> None:
    wait = Delay(data.draw(st.integers(0, MOST[unit])), unit)
    assert worktime.after(cal, start, wait) <= worktime.after(cal, start + minutes * MINUTE, wait)


@QUICK
@given(any_calendar(), INSTANTS, st.integers(1, 3_000), st.integers(0, 3_000))
def test_two_delays_of_working_minutes_add_up(cal: WorkCalendar, start: datetime, first: int, then: int) -> None:
    halfway = worktime.after(cal, start, Delay(first, "working_minutes"))
    whole = worktime.after(cal, start, Delay(first + then, "working_minutes"))
    assert worktime.after(cal, halfway, Delay(then, "working_minutes")) == whole


@QUICK
@given(by_day(), INSTANTS, st.integers(0, 30))
def test_working_days_count_days_with_hours(cal: WorkCalendar, start: datetime, days: int) -> None:
    first, last = (
        worktime.after(cal, start, Delay(n, "working_days")).astimezone(ZoneInfo(cal.zone)).date() for n in (0, days)
    )
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(1 for day in between if cal.spans_on(day)) == days


@QUICK
@given(any_calendar(), INSTANTS, st.integers(0, 20_000))
def test_pauses_are_the_closed_time_in_order(cal: WorkCalendar, start: datetime, minutes: int) -> None:
    end = start + minutes * MINUTE
    pauses = worktime.pauses(cal, start, end)
    edges = [edge for pause in pauses for edge in pause]
    assert edges == sorted(edges)
    assert all(start <= begin < until <= end for begin, until in pauses)
    assert all(not worktime.is_open(cal, begin + (until - begin) / 2) for begin, until in pauses)


@QUICK
@given(any_calendar(), INSTANTS)
def test_a_moment_is_open_or_opens_later(cal: WorkCalendar, at: datetime) -> None:
    opens = worktime.next_open(cal, at)
    assert worktime.is_open(cal, opens)
    assert worktime.next_open(cal, opens) == opens
    assert worktime.is_open(cal, at) is (opens == at)


@QUICK
@given(any_calendar(), INSTANTS, st.integers(0, 20_000))
def test_the_preview_is_in_order_and_names_no_day_twice_for_one_reason(
    cal: WorkCalendar, start: datetime, minutes: int
) -> None:
    found = worktime.skipped(cal, start, start + minutes * MINUTE)
    assert [day for day, _, _ in found] == sorted(day for day, _, _ in found)
    assert len(set(found)) == len(found)
    assert all(bool(cal.spans_on(day)) is (reason in ("night", "break")) for day, reason, _ in found)


@QUICK
@given(any_calendar())
def test_a_calendar_survives_its_json(cal: WorkCalendar) -> None:
    assert calendars.calendar_from(calendars.dump(cal)) == cal


@QUICK
@given(any_calendar(), INSTANTS, st.integers(1, MOST["working_minutes"]))
def test_minutes_counted_there_and_back_lead_to_the_start(cal: WorkCalendar, at: datetime, minutes: int) -> None:
    """Inside of working time to the very instant. Where work ends and begins again it is one moment by two names."""
    start, wait = worktime.next_open(cal, at), Delay(minutes, "working_minutes")
    for there, back in ((worktime.after, worktime.before), (worktime.before, worktime.after)):
        again = back(cal, there(cal, start, wait), wait)
        assert worktime.working_between(cal, min(again, start), max(again, start)) == timedelta()
        if all(worktime.is_open(cal, start + step) for step in (-MINUTE, MINUTE)):
            assert again == start


@QUICK
@given(by_day(), INSTANTS, st.integers(1, 30))
def test_days_counted_there_and_back_lead_to_the_start(cal: WorkCalendar, at: datetime, days: int) -> None:
    """Wherever the last day has that hour too."""
    start, wait = worktime.next_open(cal, at), Delay(days, "working_days")
    for there, back in ((worktime.after, worktime.before), (worktime.before, worktime.after)):
        end = there(cal, start, wait)
        if _wall(cal, end) == _wall(cal, start):
            assert back(cal, end, wait) == start


def _wall(cal: WorkCalendar, at: datetime) -> time:
    return at.astimezone(ZoneInfo(cal.zone)).time()


@QUICK
@given(any_calendar(), any_calendar(), INSTANTS, st.sampled_from(worktime.UNITS), st.integers(0, 40))
def test_nothing_fires_outside_of_the_hours_of_whoever_is_told(
    cal: WorkCalendar, hours: WorkCalendar, start: datetime, unit: str, amount: int
) -> None:
    for timing in (AtOnce(), After(Delay(amount, unit))):
        due = robots.due(timing, "working_hours", start, Snapshot(), Catalogue({}), cal, hours)
        assert due is not None
        assert due >= start
        assert worktime.is_open(hours, due)
