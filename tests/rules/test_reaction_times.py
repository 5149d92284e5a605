"""Figures of reaction: the median and nine of ten, the norm, working time counted once and asked for many times."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from rules import reaction_times as figures
from rules import worktime
from rules.reaction_times import Episode, Figure, Period

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
PLAIN = worktime.WorkCalendar("Europe/Moscow", worktime.PLAIN_WEEK, "RU")
CALENDARS = (
    PLAIN,
    replace(PLAIN, zone="Europe/Berlin", country="DE", closed=frozenset({date(2026, 11, 20)})),
    replace(PLAIN, weekly=(*[((worktime.time(22), worktime.time(6)),)] * 5, (), ())),
)
EXAMPLES = int(os.environ.get("FIGURE_EXAMPLES", "60"))
MOMENTS = some.datetimes(datetime(2026, 9, 20), datetime(2026, 11, 24), timezones=some.just(UTC))


def episode(seconds: int, *, norm: int | None = None, is_over: bool = True) -> Episode:
    began = NOW - timedelta(seconds=seconds)
    due = began + timedelta(seconds=norm) if norm is not None else None
    return Episode("reply", began, NOW if is_over else None, seconds, 1, None, None, 1, due_at=due)


def test_half_and_nine_in_ten() -> None:
    assert figures.figure([episode(each) for each in (120, 1800, 240)], NOW) == Figure(3, 240, 1800)
    assert figures.figure([episode(60 * each) for each in range(1, 11)], NOW) == Figure(10, 330, 540)
    assert figures.figure([], NOW).share is None


def test_what_is_not_over_counts_against_the_norm_once_it_is_late() -> None:
    late, kept = episode(700, norm=600), episode(600, norm=600)
    waits, waits_late = episode(10, norm=600, is_over=False), episode(601, norm=600, is_over=False)
    found = figures.figure([late, kept, waits, waits_late, episode(5)], NOW)
    assert found == Figure(3, 600, 700, waiting=2, measured=3, within=1)
    assert found.share == 33


@settings(max_examples=EXAMPLES, deadline=None)
@given(some.lists(some.integers(0, 100_000), min_size=1, max_size=40))
def test_nine_in_ten_do_not_exceed_it_and_it_is_one_of_them(lengths: list[int]) -> None:
    found = figures.figure([episode(each) for each in lengths], NOW)
    assert found.p90 in lengths
    assert found.p90 is not None
    assert found.median is not None
    assert 10 * sum(each <= found.p90 for each in lengths) >= 9 * len(lengths)
    assert 10 * sum(each < found.p90 for each in lengths) < 9 * len(lengths)
    assert 2 * sum(each <= found.median for each in lengths) >= len(lengths)
    assert 2 * sum(each >= found.median for each in lengths) >= len(lengths)


@settings(max_examples=EXAMPLES, deadline=None)
@given(some.sampled_from(CALENDARS), some.lists(MOMENTS, min_size=3, max_size=6))
def test_working_time_counted_once_is_the_working_time(
    calendar: worktime.WorkCalendar, moments: list[datetime]
) -> None:
    since, *between, until = sorted(moments)
    counted = figures.WorkingTime(calendar, since, until)
    for start, end in zip([since, *between], [*between, until], strict=True):
        assert counted.seconds(start, end) == int(worktime.working_between(calendar, start, end).total_seconds())


def test_periods_by_name_and_the_weeks_of_their_trend() -> None:
    tuesday = date(2026, 11, 24)
    named = figures.periods(tuesday)
    assert named["last_week"] == Period(date(2026, 11, 16), date(2026, 11, 22))
    assert named["this_month"].weeks[-1] == named["this_week"].first == date(2026, 11, 23)
    assert len(named["this_week"].weeks) == figures.WEEKS
    assert len(Period(date(2026, 1, 1), tuesday).weeks) == 48
    assert figures.why_no_period(Period(tuesday, tuesday)) is None
    assert figures.why_no_period(Period(tuesday, tuesday - timedelta(days=1))) == "bad_range"
    assert figures.why_no_period(Period(date(2025, 11, 23), tuesday)) == "bad_range"
