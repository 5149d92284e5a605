"""How long a client waited in working time, and how long a deal stood where."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from rules.figures import Stay, on_stages, replied_for
from rules.worktime import WorkCalendar
from tests.rules.test_worktime import PLAIN, moment

PLAIN_HOUR = moment("Tue 10:00")
NEVER = WorkCalendar("Europe/Moscow", ((),) * 7)


@pytest.mark.parametrize(
    ("asked", "answered", "minutes"),
    [
        ("Tue 10:00", "Tue 10:12", 12),
        ("Fri 17:55", "+Mon 09:05", 10),
        ("Sat 12:00", "Sun 12:00", 0),
        ("Tue 20:00", "Wed 08:00", 0),
        ("Mon 09:00", "Fri 18:00", 5 * 9 * 60),
    ],
)
def test_a_reply_is_counted_in_working_time(asked: str, answered: str, minutes: int) -> None:
    assert replied_for(PLAIN, moment(asked), moment(answered)) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("asked", "answered"), [(None, None), (PLAIN_HOUR, None), (None, PLAIN_HOUR)])
def test_where_nobody_asked_or_answered_there_is_no_figure(asked: datetime | None, answered: datetime | None) -> None:
    assert replied_for(PLAIN, asked, answered) is None


def test_a_calendar_that_never_opens_gives_no_figure() -> None:
    assert replied_for(NEVER, moment("Tue 10:00"), moment("Tue 10:12")) is None


def test_visits_of_one_stage_are_added_up_and_the_last_one_goes_on() -> None:
    at = [moment(f"Tue {hour}:00") for hour in range(10, 16)]
    stays = [Stay(7, at[0], at[1]), Stay(3, at[1], at[3]), Stay(7, at[3], None)]
    assert list(on_stages(stays, at[5]).items()) == [(7, timedelta(hours=3)), (3, timedelta(hours=2))]


def test_a_clock_that_was_set_back_takes_nothing_away() -> None:
    assert on_stages([Stay(7, moment("Tue 10:00"), None)], moment("Tue 09:00")) == {7: timedelta()}
