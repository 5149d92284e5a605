"""The second table of working time: three zones, two clock changes, New Year's holidays, a short day before a holiday,
a night shift, breaks."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from rules import worktime
from rules.worktime import WorkCalendar
from tests.rules.test_worktime import delay, moment, spans

MOSCOW = WorkCalendar(
    "Europe/Moscow",
    (spans("9-13 14-18"),) * 5 + ((), ()),
    country="RU",
    hours={date(2026, 12, 30): spans("9-13 14-17")},
)
BERLIN = WorkCalendar("Europe/Berlin", (spans("8-12 13-17"),) * 4 + (spans("8-14"), (), ()), country="DE")
NIGHTS = WorkCalendar("America/New_York", (spans("22-6"),) * 7, country="US")

ROWS = [
    # Moscow: 31 December to 10 January nobody works, and the 30th is short
    (MOSCOW, "2026-12-29 17:55", "10 working minutes", "2026-12-30 09:05"),
    (MOSCOW, "2026-12-30 16:55", "10 working minutes", "2027-01-11 09:05"),
    (MOSCOW, "2026-12-30 12:55", "10 working minutes", "2026-12-30 14:05"),
    (MOSCOW, "2026-12-30 13:30", "5 working minutes", "2026-12-30 14:05"),
    (MOSCOW, "2026-12-30 17:00", "0 working minutes", "2026-12-30 17:00"),
    (MOSCOW, "2026-12-30 17:30", "10 working minutes", "2027-01-11 09:10"),
    (MOSCOW, "2026-12-31 12:00", "10 working minutes", "2027-01-11 09:10"),
    (MOSCOW, "2027-01-05 12:00", "0 working days", "2027-01-11 09:00"),
    (MOSCOW, "2026-12-29 17:30", "1 working days", "2026-12-30 17:00"),
    (MOSCOW, "2026-12-29 17:30", "2 working days", "2027-01-11 17:30"),
    (MOSCOW, "2026-12-30 10:00", "1 working days", "2027-01-11 10:00"),
    (MOSCOW, "2026-12-30 09:00", "7 working hours", "2026-12-30 17:00"),
    (MOSCOW, "2026-12-30 09:00", "8 working hours", "2027-01-11 10:00"),
    (MOSCOW, "2026-12-29 15:00", "3 days", "2027-01-01 15:00"),
    # Berlin: a short Friday, clocks go forward on 29 March, Easter from 3 to 6 April
    (BERLIN, "2026-03-27 13:55", "10 working minutes", "2026-03-30 08:05"),
    (BERLIN, "2026-03-27 12:00", "2 working hours", "2026-03-27 14:00"),
    (BERLIN, "2026-03-27 12:00", "3 working hours", "2026-03-30 09:00"),
    (BERLIN, "2026-03-26 16:00", "1 working days", "2026-03-27 14:00"),
    (BERLIN, "2026-03-26 16:00", "2 working days", "2026-03-30 16:00"),
    (BERLIN, "2026-03-28 15:00", "1 days", "2026-03-29 15:00"),
    (BERLIN, "2026-03-28 15:00", "24 hours", "2026-03-29 16:00"),
    (BERLIN, "2026-04-02 16:55", "10 working minutes", "2026-04-07 08:05"),
    (BERLIN, "2026-04-02 10:00", "1 working days", "2026-04-07 10:00"),
    (BERLIN, "2026-04-02 12:30", "1 working days", "2026-04-07 13:00"),
    (BERLIN, "2026-10-23 13:30", "1 working hours", "2026-10-26 08:30"),
    (BERLIN, "2026-12-24 16:55", "10 working minutes", "2026-12-28 08:05"),
    (BERLIN, "2026-12-31 16:55", "10 working minutes", "2027-01-04 08:05"),
    # New York by night: 22 to 6; clocks go back on 1 November and forward on 8 March, Thanksgiving is on the 26th
    (NIGHTS, "2026-10-31 22:00", "9 working hours", "2026-11-01 06:00"),
    (NIGHTS, "2026-10-31 22:00", "10 working hours", "2026-11-01 23:00"),
    (NIGHTS, "2026-10-31 23:50", "20 working minutes", "2026-11-01 00:10"),
    (NIGHTS, "2026-11-01 05:55", "10 working minutes", "2026-11-01 22:05"),
    (NIGHTS, "2026-11-01 12:00", "10 working minutes", "2026-11-01 22:10"),
    (NIGHTS, "2026-10-30 03:00", "1 working days", "2026-10-31 03:00"),
    (NIGHTS, "2026-10-30 03:00", "2 working days", "2026-11-01 03:00"),
    (NIGHTS, "2026-10-30 23:00", "1 working days", "2026-10-31 23:00"),
    (NIGHTS, "2026-03-07 22:00", "7 working hours", "2026-03-08 06:00"),
    (NIGHTS, "2026-03-07 22:00", "8 working hours", "2026-03-08 23:00"),
    (NIGHTS, "2026-11-26 05:00", "1 working hours", "2026-11-26 06:00"),
    (NIGHTS, "2026-11-26 05:00", "2 working hours", "2026-11-27 23:00"),
    (NIGHTS, "2026-11-25 23:00", "1 working days", "2026-11-27 23:00"),
    (NIGHTS, "2026-11-26 05:00", "1 working days", "2026-11-28 05:00"),
    (NIGHTS, "2026-11-26 12:00", "0 working minutes", "2026-11-27 22:00"),
]


@pytest.mark.parametrize(("cal", "start", "wait", "due"), ROWS)
def test_a_delay_ends_when_the_clocks_over_there_say(cal: WorkCalendar, start: str, wait: str, due: str) -> None:
    assert worktime.after(cal, moment(start, cal.zone), delay(wait)) == moment(due, cal.zone)


@pytest.mark.parametrize(
    ("end", "wait", "due"),
    [
        ("2026-10-31 03:00", "1 working days", "2026-10-30 03:00"),
        ("2026-11-28 05:00", "1 working days", "2026-11-26 05:00"),
        ("2026-11-27 23:00", "2 working hours", "2026-11-26 05:00"),
    ],
)
def test_a_night_belongs_to_its_evening_counted_back_too(end: str, wait: str, due: str) -> None:
    assert worktime.before(NIGHTS, moment(end, NIGHTS.zone), delay(wait)) == moment(due, NIGHTS.zone)


def test_a_night_that_goes_on_into_an_early_day_is_counted_once() -> None:
    cal = WorkCalendar("Europe/Moscow", (spans("22-6"), spans("5-13"), (), (), (), (), ()))
    start, end = moment("Mon 22:00"), moment("Tue 13:00")
    assert worktime.working_between(cal, start, end) == end - start
    assert worktime.after(cal, start, delay("15 working hours")) == end


def test_one_country_is_loaded_and_not_two_hundred() -> None:
    """They would take twelve MB of each box."""
    looked = "import sys; from rules import worktime; from datetime import date; "
    looked += "assert worktime.holiday_name('DE', date(2026, 10, 3)); "
    looked += "print([each for each in sys.modules if each.startswith('holidays.countries.')])"
    done = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "['holidays.countries.germany']"


def test_every_country_loaded_alone_has_the_days_that_it_has_among_all() -> None:
    looked = "import holidays, sys; from rules import worktime; "
    looked += (
        "[print(each, sorted(worktime._holidays(each, 2026)[0].items()), sorted(worktime._holidays(each, 2026)[1]))"
    )
    looked += " for each in sorted(holidays.list_supported_countries())]"
    alone, among = (
        subprocess.run([sys.executable, "-c", before + looked], capture_output=True, text=True, timeout=120, check=True)
        for before in ("", "import holidays.countries; ")
    )
    assert alone.stdout.count("\n") > 200
    assert alone.stdout == among.stdout
