"""Working time: the promised examples, holidays, clock changes, breaks, midnights, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules import calendars, worktime
from rules.worktime import CalendarError, Delay, Span, WorkCalendar

MONDAY = date(2026, 11, 16)  # of the week that the tables below are about; no holiday is near
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOSCOW = "Europe/Moscow"


def spans(text: str) -> tuple[Span, ...]:
    """The spans of "9-13 14-18" or "09:00-13:30"; an end at 0 is midnight."""
    return tuple(
        (time.fromisoformat(opens.zfill(2)), time.fromisoformat(closes.zfill(2)))
        for opens, closes in (each.split("-") for each in text.split())
    )


def calendar(day: str = "9-18", zone: str = MOSCOW, weekend: str = "", **more: Any) -> WorkCalendar:
    return WorkCalendar(zone, (spans(day),) * 5 + (spans(weekend),) * 2, **more)


PLAIN = calendar()
LUNCH = calendar("9-13 14-18")
EVENINGS = calendar("18-0")
DAY_AND_NIGHT = calendar("0-0", weekend="0-0")
RUSSIA = calendar(country="RU")
BERLIN = calendar(zone="Europe/Berlin")
NEW_YORK = calendar(zone="America/New_York")


def moment(words: str, zone: str = MOSCOW) -> datetime:
    """The instant of "Fri 17:55", "+Mon 09:05" (of the week after), or "2026-03-29 02:30", by the clocks of a zone."""
    day, clock = words.rsplit(" ", 1)
    name = day.lstrip("+")
    weeks = len(day) - len(name)
    on = MONDAY + timedelta(days=DAYS.index(name), weeks=weeks) if name in DAYS else date.fromisoformat(day)
    return datetime.combine(on, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)


def delay(words: str) -> Delay:
    amount, _, unit = words.partition(" ")
    return Delay(int(amount), unit.replace(" ", "_"))


def check_after(cal: WorkCalendar, start: str, wait: str, due: str) -> None:
    assert worktime.after(cal, moment(start, cal.zone), delay(wait)) == moment(due, cal.zone)


@pytest.mark.parametrize(
    ("start", "wait", "due"),
    [
        # the worked examples
        ("Fri 17:55", "10 working minutes", "+Mon 09:05"),
        ("Sat 12:00", "10 working minutes", "+Mon 09:10"),
        ("Fri 15:00", "2 working days", "+Tue 15:00"),
        ("Fri 15:00", "3 working days", "+Wed 15:00"),
        # the closing instant belongs to the day
        ("Mon 17:50", "10 working minutes", "Mon 18:00"),
        ("Mon 17:50", "11 working minutes", "Tue 09:01"),
        ("Mon 18:00", "0 working minutes", "Mon 18:00"),
        ("Mon 18:00", "1 working minutes", "Tue 09:01"),
        ("Mon 18:00", "1 working days", "Tue 18:00"),
        # off-hours count from the next opening
        ("Mon 08:00", "10 working minutes", "Mon 09:10"),
        ("Mon 19:00", "10 working minutes", "Tue 09:10"),
        ("Sat 12:00", "0 working minutes", "+Mon 09:00"),
        ("Sat 12:00", "0 working days", "+Mon 09:00"),
        ("Mon 08:00", "1 working days", "Tue 09:00"),
        ("Fri 18:01", "2 working days", "+Wed 09:00"),
        ("Sun 23:59", "1 working days", "+Tue 09:00"),
        # longer than a day, longer than a week
        ("Mon 09:00", "9 working hours", "Mon 18:00"),
        ("Mon 09:00", "10 working hours", "Tue 10:00"),
        ("Mon 12:00", "45 working hours", "+Mon 12:00"),
        ("Mon 12:00", "5 working days", "+Mon 12:00"),
        ("Wed 12:00", "10 working days", "++Wed 12:00"),
        # all other units go by the clock, whatever the hours
        ("Fri 17:55", "10 minutes", "Fri 18:05"),
        ("Sun 23:55", "10 minutes", "+Mon 00:05"),
        ("Fri 15:00", "3 days", "+Mon 15:00"),
        ("Fri 15:00", "49 hours", "Sun 16:00"),
        ("Fri 15:00", "0 days", "Fri 15:00"),
    ],
)
def test_a_delay_ends_when_the_promise_says(start: str, wait: str, due: str) -> None:
    check_after(PLAIN, start, wait, due)


def test_seconds_are_for_demonstrations() -> None:
    start = moment("Fri 17:59")
    assert worktime.after(PLAIN, start, Delay(90, "seconds")) == start + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("cal", "start", "wait", "due"),
    [
        (LUNCH, "Mon 12:55", "10 working minutes", "Mon 14:05"),
        (LUNCH, "Mon 12:50", "10 working minutes", "Mon 13:00"),
        (LUNCH, "Mon 13:30", "10 working minutes", "Mon 14:10"),
        (LUNCH, "Mon 09:00", "8 working hours", "Mon 18:00"),
        (LUNCH, "Mon 17:00", "6 working hours", "Tue 15:00"),
        (LUNCH, "Mon 13:30", "1 working days", "Tue 14:00"),
        (EVENINGS, "Mon 23:50", "10 working minutes", "Tue 00:00"),
        (EVENINGS, "Mon 23:50", "11 working minutes", "Tue 18:01"),
        (EVENINGS, "Mon 23:50", "1 working days", "Tue 23:50"),
        (EVENINGS, "Tue 00:00", "1 working days", "Wed 00:00"),  # Monday's closing instant: Tuesday's is due
        (EVENINGS, "Sat 00:00", "1 working days", "+Tue 00:00"),
        (EVENINGS, "Tue 00:01", "1 working days", "Wed 18:00"),
        (DAY_AND_NIGHT, "Fri 23:50", "20 working minutes", "Sat 00:10"),
        (DAY_AND_NIGHT, "Sat 00:00", "1 working days", "Sun 00:00"),
        (DAY_AND_NIGHT, "Mon 12:00", "168 working hours", "+Mon 12:00"),
    ],
)
def test_breaks_and_midnights_are_kept(cal: WorkCalendar, start: str, wait: str, due: str) -> None:
    check_after(cal, start, wait, due)


SHORT = calendar("9-13 14-18", hours={MONDAY + timedelta(days=1): spans("10-12 13-16")})


@pytest.mark.parametrize(
    ("start", "wait", "due"),
    [
        ("Mon 17:00", "1 working days", "Tue 16:00"),
        ("Mon 09:15", "1 working days", "Tue 10:00"),
        ("Mon 12:30", "1 working days", "Tue 13:00"),  # a break there: when it is over
        ("Mon 15:00", "1 working days", "Tue 15:00"),
        ("Mon 17:00", "2 working days", "Wed 17:00"),  # only the last day's hours count
        ("Mon 17:00", "6 working hours", "Tue 16:00"),
        ("Mon 17:00", "7 working hours", "Wed 10:00"),
    ],
)
def test_working_days_keep_the_clock_time_within_the_hours_of_that_day(start: str, wait: str, due: str) -> None:
    check_after(SHORT, start, wait, due)


FRIDAY_SHORT = (spans("9-18"),) * 4 + (spans("9-16"), (), ())
FRIDAY_FREE = (spans("9-18"),) * 3 + (spans("10-17"), (), (), ())


@pytest.mark.parametrize(
    ("week", "hours", "worked"),
    [
        (FRIDAY_SHORT, {}, "9-16"),
        (FRIDAY_SHORT, {date(2025, 10, 31): spans("9-12")}, "9-16"),  # one Friday's own hours are that Friday's
        (FRIDAY_SHORT, {date(2025, 11, 1): spans("11-12")}, "11-12"),
        (FRIDAY_FREE, {}, "10-17"),
        ((spans("9-18"),) * 5 + (spans("8-10"), ()), {}, "8-10"),
    ],
)
def test_a_saturday_that_the_country_works_is_as_long_as_the_last_day_of_the_week(
    week: Any, hours: Any, worked: str
) -> None:
    """1 November 2025 was one, in Russia."""
    cal = WorkCalendar(MOSCOW, week, country="RU", hours=hours)
    assert cal.spans_on(date(2025, 11, 1)) == spans(worked)
    assert WorkCalendar(MOSCOW, week, hours=hours).spans_on(date(2025, 11, 1)) == hours.get(date(2025, 11, 1), week[5])


def test_spans_that_touch_are_one() -> None:
    touching = calendar("9-13 13-18")
    for start, wait, due in (
        ("Mon 12:30", "2 working hours", "Mon 14:30"),
        ("Mon 13:00", "5 working hours", "Mon 18:00"),
        ("Mon 12:00", "7 working hours", "Tue 10:00"),
    ):
        check_after(touching, start, wait, due)
    day = moment("Mon 09:00", MOSCOW), moment("Mon 18:00", MOSCOW)
    assert worktime.working_between(touching, *day) == timedelta(hours=9)


def test_a_moved_working_day_and_a_closed_one_win_over_the_week() -> None:
    saturday, monday = MONDAY + timedelta(days=5), MONDAY + timedelta(days=7)
    cal = calendar(closed=frozenset({monday}), hours={saturday: spans("10-15")})
    check_after(cal, "Fri 17:55", "10 working minutes", "Sat 10:05")
    check_after(cal, "Sat 14:55", "10 working minutes", "+Tue 09:05")
    check_after(cal, "Fri 17:00", "1 working days", "Sat 15:00")
    check_after(cal, "Fri 17:00", "2 working days", "+Tue 17:00")


def test_hours_of_its_own_open_a_holiday_and_an_empty_list_closes_a_day() -> None:
    cal = calendar(country="RU", hours={date(2026, 1, 5): spans("12-14"), date(2026, 1, 12): ()})
    assert worktime.next_open(cal, moment("2026-01-01 00:00")) == moment("2026-01-05 12:00")
    assert worktime.next_open(cal, moment("2026-01-05 15:00")) == moment("2026-01-13 09:00")


# Russian holidays

RUSSIAN_HOLIDAYS = [f"2027-01-0{n}" for n in range(1, 9)] + ["2026-02-23", "2026-03-09", "2026-05-01", "2026-11-04"]


@pytest.mark.parametrize("day", RUSSIAN_HOLIDAYS)
def test_nobody_works_on_a_russian_holiday(day: str) -> None:
    on = date.fromisoformat(day)
    assert worktime.holiday_name("RU", on)
    assert RUSSIA.spans_on(on) == ()
    assert worktime.holiday_name(None, on) is None


@pytest.mark.parametrize(
    ("start", "wait", "due"),
    [
        ("2026-11-03 17:55", "10 working minutes", "2026-11-05 09:05"),
        ("2026-11-03 15:00", "1 working days", "2026-11-05 15:00"),
        ("2026-11-04 12:00", "1 working days", "2026-11-06 09:00"),
        ("2026-02-20 15:00", "2 working days", "2026-02-25 15:00"),
        ("2025-12-30 17:00", "2 working hours", "2026-01-12 10:00"),  # the 31st and the 9th were moved there
        ("2025-12-30 12:00", "2 working days", "2026-01-13 12:00"),
        ("2025-12-30 12:00", "3 days", "2026-01-02 12:00"),
        # Saturday, 1 November 2025 was worked for Monday the 3rd, by Friday's hours
        ("2025-10-31 17:55", "10 working minutes", "2025-11-01 09:05"),
        ("2025-10-31 15:00", "2 working days", "2025-11-05 15:00"),
    ],
)
def test_holidays_are_stepped_over_and_moved_days_are_worked(start: str, wait: str, due: str) -> None:
    check_after(RUSSIA, start, wait, due)


def test_a_new_year_holiday_observed_in_the_old_year_counts() -> None:
    assert calendar(country="US").spans_on(date(2021, 12, 31)) == ()


def test_the_firm_may_close_a_day_that_the_country_moved() -> None:
    moved = date(2025, 11, 1)
    assert RUSSIA.spans_on(moved) == spans("9-18")
    assert calendar(country="RU", closed=frozenset({moved})).spans_on(moved) == ()


# Clock changes: Berlin 29 March and 25 October 2026, New York 8 March and 1 November 2026


@pytest.mark.parametrize(
    ("cal", "start", "wait", "due"),
    [
        (BERLIN, "2026-03-27 15:00", "3 days", "2026-03-30 15:00"),
        (BERLIN, "2026-10-23 15:00", "3 days", "2026-10-26 15:00"),
        (NEW_YORK, "2026-03-06 15:00", "3 days", "2026-03-09 15:00"),
        (NEW_YORK, "2026-10-30 15:00", "3 days", "2026-11-02 15:00"),
        (BERLIN, "2026-03-28 15:00", "24 hours", "2026-03-29 16:00"),
        (BERLIN, "2026-10-24 15:00", "24 hours", "2026-10-25 14:00"),
        (NEW_YORK, "2026-03-07 15:00", "24 hours", "2026-03-08 16:00"),
        (NEW_YORK, "2026-10-31 15:00", "24 hours", "2026-11-01 14:00"),
        (BERLIN, "2026-03-27 17:55", "10 working minutes", "2026-03-30 09:05"),
        (BERLIN, "2026-10-23 17:55", "10 working minutes", "2026-10-26 09:05"),
        (NEW_YORK, "2026-03-06 17:55", "10 working minutes", "2026-03-09 09:05"),
        (NEW_YORK, "2026-10-30 17:55", "10 working minutes", "2026-11-02 09:05"),
        (BERLIN, "2026-03-27 15:00", "2 working days", "2026-03-31 15:00"),
        (BERLIN, "2026-10-23 15:00", "2 working days", "2026-10-27 15:00"),
        (NEW_YORK, "2026-03-06 15:00", "2 working days", "2026-03-10 15:00"),
        (NEW_YORK, "2026-10-30 15:00", "2 working days", "2026-11-03 15:00"),
        # an hour that is skipped moves forward
        (BERLIN, "2026-03-28 02:30", "1 days", "2026-03-29 03:30"),
        (NEW_YORK, "2026-03-07 02:30", "1 days", "2026-03-08 03:30"),
    ],
)
def test_clock_changes_move_no_wall_time(cal: WorkCalendar, start: str, wait: str, due: str) -> None:
    check_after(cal, start, wait, due)


def test_an_hour_that_comes_twice_is_the_first() -> None:
    due = worktime.after(BERLIN, moment("2026-10-24 02:30", "Europe/Berlin"), Delay(1, "days"))
    assert due == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_no_delay_never_goes_back_into_an_hour_that_comes_twice() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 for the second time
    day_and_night = calendar("0-0", "Europe/Berlin", "0-0")
    for unit in worktime.UNITS:
        assert worktime.after(day_and_night, second, Delay(0, unit)) == second, unit


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_day_worked_round_the_clock_is_as_long_as_it_is(day: str, hours: int) -> None:
    cal = calendar("0-0", "Europe/Berlin", "0-0")
    start = moment(f"{day} 00:00", cal.zone)
    assert worktime.after(cal, start, Delay(1, "working_days")) - start == timedelta(hours=hours)
    assert worktime.working_between(cal, start, start + timedelta(hours=hours)) == timedelta(hours=hours)


@pytest.mark.parametrize("hours", ["01:00-02:30 02:45-06:00", "02:45-03:15", "2-3", "00:00-02:30 03:00-06:00"])
def test_hours_that_a_clock_change_cuts_are_never_counted_twice(hours: str) -> None:
    on = date(2026, 3, 29)
    cal = WorkCalendar("Europe/Berlin", ((),) * 7, hours={on: spans(hours), on + timedelta(days=1): spans("9-18")})
    start, end = moment("2026-03-29 00:00", cal.zone), moment("2026-03-29 06:00", cal.zone)
    worked = worktime.working_between(cal, start, end)
    assert timedelta() <= worked <= end - start
    assert worktime.after(cal, start, Delay(1 + worked // timedelta(minutes=1), "working_minutes")) == moment(
        "2026-03-30 09:01", cal.zone
    )


@pytest.mark.parametrize("unit", worktime.UNITS)
@pytest.mark.parametrize("start", ["2026-03-28 12:00", "2026-10-24 12:00", "2026-10-23 17:00"])
def test_the_zone_in_which_a_start_is_given_changes_nothing(start: str, unit: str) -> None:
    cal = calendar("9-0", "Europe/Berlin", "9-0")
    instant = moment(start, cal.zone)
    for zone in (ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")):
        for count in (worktime.after, worktime.before):
            there = count(cal, instant.astimezone(zone), Delay(40, unit))
            assert there == count(cal, instant, Delay(40, unit))
            assert there.tzinfo is UTC


# Open or not, and when a thing may fire


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("Mon 09:00", "Mon 09:00"),
        ("Mon 12:59", "Mon 12:59"),
        ("Mon 13:00", "Mon 13:00"),
        ("Mon 13:01", "Mon 14:00"),
        ("Mon 18:00", "Mon 18:00"),
        ("Mon 18:01", "Tue 09:00"),
        ("Fri 18:01", "+Mon 09:00"),
        ("Sun 00:00", "+Mon 09:00"),
    ],
)
def test_working_hours_only_waits_for_the_next_working_moment(at: str, opens: str) -> None:
    assert worktime.next_open(LUNCH, moment(at)) == moment(opens)
    assert worktime.is_open(LUNCH, moment(at)) is (at == opens)
    assert worktime.allowed(LUNCH, moment(at), "working_hours") == moment(opens)
    assert worktime.allowed(LUNCH, moment(at), "any") == moment(at)


def test_ten_minutes_in_working_hours_only_are_not_ten_working_minutes() -> None:
    entered = moment("Fri 17:55")
    by_the_clock = worktime.after(PLAIN, entered, Delay(10, "minutes"))
    assert worktime.allowed(PLAIN, by_the_clock, "working_hours") == moment("+Mon 09:00")
    assert worktime.after(PLAIN, entered, Delay(10, "working_minutes")) == moment("+Mon 09:05")


def test_an_hour_that_comes_twice_is_open_both_times() -> None:
    cal = calendar("0-0", "Europe/Berlin", "0-0")
    for fold in (0, 1):
        assert worktime.is_open(cal, datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold))


# Before a date


@pytest.mark.parametrize(
    ("cal", "end", "wait", "due"),
    [
        (PLAIN, "Thu 12:00", "2 working days", "Tue 12:00"),
        (PLAIN, "+Mon 15:00", "1 working days", "Fri 15:00"),
        (PLAIN, "Sun 12:00", "3 working days", "Wed 12:00"),
        (PLAIN, "Thu 00:00", "3 working days", "Mon 09:00"),  # a date without a time
        (PLAIN, "Thu 20:00", "1 working days", "Wed 18:00"),
        (SHORT, "Wed 12:30", "1 working days", "Tue 13:00"),
        (EVENINGS, "Thu 00:00", "1 working days", "Wed 00:00"),  # Wednesday's closing instant: Tuesday's
        (PLAIN, "+Mon 09:05", "10 working minutes", "Fri 17:55"),
        (PLAIN, "+Mon 08:00", "10 working minutes", "Fri 17:50"),
        (PLAIN, "Tue 09:10", "10 working minutes", "Tue 09:00"),
        (PLAIN, "+Mon 12:00", "45 working hours", "Mon 12:00"),
        (LUNCH, "Mon 14:05", "10 working minutes", "Mon 12:55"),
        (EVENINGS, "Tue 00:00", "10 working minutes", "Mon 23:50"),
        (PLAIN, "Thu 12:00", "2 days", "Tue 12:00"),
        (PLAIN, "Thu 12:00", "90 minutes", "Thu 10:30"),
        (PLAIN, "Sun 12:00", "0 working days", "Sun 12:00"),
        (PLAIN, "Sun 12:00", "0 working minutes", "Sun 12:00"),
        (BERLIN, "2026-03-30 15:00", "3 days", "2026-03-27 15:00"),
        (BERLIN, "2026-10-26 09:05", "10 working minutes", "2026-10-23 17:55"),
        (RUSSIA, "2026-01-12 10:00", "2 working days", "2025-12-29 10:00"),
    ],
)
def test_a_delay_is_counted_back_from_a_date(cal: WorkCalendar, end: str, wait: str, due: str) -> None:
    assert worktime.before(cal, moment(end, cal.zone), delay(wait)) == moment(due, cal.zone)


# The fuse's pauses, and how much was worked


@pytest.mark.parametrize(
    ("cal", "start", "end", "pauses", "minutes"),
    [
        (PLAIN, "Fri 17:55", "+Mon 09:05", [("Fri 18:00", "+Mon 09:00")], 10),
        (PLAIN, "Sat 12:00", "+Mon 09:10", [("Sat 12:00", "+Mon 09:00")], 10),
        (PLAIN, "Mon 10:00", "Mon 17:00", [], 420),
        (PLAIN, "Mon 17:00", "Mon 18:00", [], 60),
        (PLAIN, "Mon 17:00", "Mon 19:00", [("Mon 18:00", "Mon 19:00")], 60),
        (PLAIN, "Sat 10:00", "Sun 10:00", [("Sat 10:00", "Sun 10:00")], 0),
        (LUNCH, "Mon 12:00", "Tue 10:00", [("Mon 13:00", "Mon 14:00"), ("Mon 18:00", "Tue 09:00")], 360),
        (DAY_AND_NIGHT, "Mon 12:00", "Wed 12:00", [], 2880),
        (PLAIN, "Mon 12:00", "Mon 12:00", [], 0),
        (PLAIN, "Tue 12:00", "Mon 12:00", [], 0),
    ],
)
def test_the_fuse_stands_still_outside_working_time(
    cal: WorkCalendar, start: str, end: str, pauses: list[tuple[str, str]], minutes: int
) -> None:
    assert worktime.pauses(cal, moment(start), moment(end)) == tuple((moment(a), moment(b)) for a, b in pauses)
    assert worktime.working_between(cal, moment(start), moment(end)) == timedelta(minutes=minutes)


def names(found: tuple[tuple[date, str, str | None], ...]) -> list[tuple[str, str]]:
    return [(day.isoformat(), reason) for day, reason, _ in found]


def test_the_preview_says_what_was_stepped_over() -> None:
    found = worktime.skipped(RUSSIA, moment("2026-11-03 17:55"), moment("2026-11-05 09:05"))
    assert names(found) == [("2026-11-03", "night"), ("2026-11-04", "holiday")]
    assert found[1][2] == worktime.holiday_name("RU", date(2026, 11, 4))


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("Fri 17:55", "+Mon 09:05", ["Fri night", "Sat weekend", "Sun weekend"]),
        ("Sat 12:00", "+Mon 09:10", ["Sat weekend", "Sun weekend"]),
        ("Mon 07:00", "Mon 09:10", ["Mon night"]),
        ("Mon 12:00", "Mon 15:00", ["Mon break"]),
        ("Mon 13:30", "Mon 15:00", ["Mon break"]),
        ("Mon 12:00", "Tue 15:00", ["Mon break", "Mon night", "Tue break"]),
        ("Mon 10:00", "Mon 11:00", []),
        ("Wed 17:00", "+Mon 10:00", ["Wed night", "Thu closed", "Fri closed", "Sat weekend", "Sun weekend"]),
    ],
)
def test_nights_breaks_weekends_and_closed_days_are_told_apart(start: str, end: str, words: list[str]) -> None:
    thursday, friday = MONDAY + timedelta(days=3), MONDAY + timedelta(days=4)
    closing = calendar("9-13 14-18", closed=frozenset({thursday}), hours={friday: ()})
    cal = closing if start.startswith("Wed") else LUNCH
    found = worktime.skipped(cal, moment(start), moment(end))
    assert [f"{DAYS[day.weekday()]} {reason}" for day, reason, _ in found] == words


# Calendars that cannot be kept

NEVER = WorkCalendar(MOSCOW, ((),) * 7)


@pytest.mark.parametrize("unit", ["working_minutes", "working_hours", "working_days"])
def test_a_calendar_that_never_opens_is_an_error_and_no_endless_search(unit: str) -> None:
    with pytest.raises(CalendarError, match="never_open"):
        worktime.after(NEVER, moment("Mon 12:00"), Delay(1, unit))
    with pytest.raises(CalendarError, match="never_open"):
        worktime.before(NEVER, moment("Mon 12:00"), Delay(1, unit))


def test_a_calendar_that_never_opens_has_no_next_working_moment() -> None:
    with pytest.raises(CalendarError, match="never_open"):
        worktime.next_open(NEVER, moment("Mon 12:00"))
    with pytest.raises(CalendarError, match="never_open"):
        worktime.allowed(NEVER, moment("Mon 12:00"), "working_hours")


def test_a_calendar_that_never_opens_still_counts_by_the_clock() -> None:
    check_after(NEVER, "Fri 15:00", "3 days", "+Mon 15:00")
    check_after(NEVER, "Fri 15:00", "10 minutes", "Fri 15:10")


def test_few_hours_a_week_are_enough_for_the_longest_delay() -> None:
    cal = WorkCalendar(MOSCOW, (spans("9-13"), spans("9-13"), (), (), (), (), ()))
    last = MONDAY + timedelta(weeks=999, days=1)
    check_after(cal, "Mon 09:00", "8000 working hours", f"{last} 13:00")


WEEK: list[Any] = [[["09:00", "18:00"]]] * 5 + [[], []]
RAW: Mapping[str, Any] = {"zone": MOSCOW, "weekly": WEEK, "country": "RU", "closed": [], "hours": {}}


def with_monday(*day: Any) -> list[Any]:
    return [list(day), *WEEK[1:]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"zone": "Mars/Phobos"}, "unknown_zone"),
        ({"zone": "Europe"}, "unknown_zone"),
        ({"zone": "../etc/passwd"}, "unknown_zone"),
        ({"zone": ""}, "unknown_zone"),
        ({"zone": None}, "unknown_zone"),
        ({"zone": 5}, "unknown_zone"),
        ({"country": "XX"}, "unknown_country"),
        ({"country": "ru"}, "unknown_country"),
        ({"country": 7}, "unknown_country"),
        ({"weekly": None}, "not_a_week"),
        ({"weekly": WEEK[:6]}, "not_a_week"),
        ({"weekly": [[]] * 7}, "never_open"),
        ({"weekly": [None, *WEEK[1:]]}, "not_hours"),
        ({"weekly": with_monday(["nine", "18:00"])}, "not_hours"),
        ({"weekly": with_monday(["09:00"])}, "not_hours"),
        ({"weekly": with_monday([9, 18])}, "not_hours"),
        ({"weekly": with_monday(["09:00:30", "18:00"])}, "not_hours"),
        ({"weekly": with_monday(["09:00", "18:00+03:00"])}, "not_hours"),
        ({"weekly": with_monday(["18:00", "09:00"], ["10:00", "12:00"])}, "not_in_order"),
        ({"weekly": with_monday(["09:00", "09:00"])}, "not_in_order"),
        ({"weekly": with_monday(["09:00", "13:00"], ["12:00", "18:00"])}, "not_in_order"),
        ({"weekly": with_monday(["14:00", "18:00"], ["09:00", "13:00"])}, "not_in_order"),
        ({"weekly": with_monday(["18:00", "00:00"], ["09:00", "13:00"])}, "not_in_order"),
        ({"closed": ["yesterday"]}, "not_a_date"),
        ({"closed": [20260101]}, "not_a_date"),
        ({"closed": "2026-01-01"}, "not_a_date"),
        ({"hours": {"31.12.2026": []}}, "not_a_date"),
        ({"hours": {"2026-12-31": [["18:00", "18:00"]]}}, "not_in_order"),
        ({"hours": [["09:00", "18:00"]]}, "not_hours"),
    ],
)
def test_a_calendar_that_cannot_be_kept_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(CalendarError) as error:
        calendars.calendar_from({**RAW, **change})
    assert error.value.code == code


def test_a_calendar_comes_back_as_it_was_written() -> None:
    cal = calendar(
        "9-13 14-0",
        country="RU",
        closed=frozenset({date(2026, 12, 30), date(2026, 7, 1)}),
        hours={date(2026, 12, 26): spans("10-15"), date(2026, 12, 29): ()},
    )
    raw = calendars.dump(cal)
    assert calendars.calendar_from(raw) == cal
    assert raw["closed"] == ["2026-07-01", "2026-12-30"]
    assert raw["weekly"][0] == [["09:00", "13:00"], ["14:00", "00:00"]]


def test_a_week_is_enough_for_a_calendar() -> None:
    assert calendars.calendar_from({"zone": MOSCOW, "weekly": WEEK}) == PLAIN
