"""The pages of working calendars: whose there are, hours, a year of days; and what a change asks."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Flask

from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import browser
from webapp.db import session, transaction
from webapp.models import Calendar, Robot
from webapp.snapshots import setups

FIRMS = "/settings/calendars/1"
YEAR = "?year=2027"


def by_working_hours(app: Flask) -> None:
    """A client has written, and the control counts two working hours."""
    with app.app_context():
        with transaction():
            for robot in session().query(Robot).filter(Robot.key == "reaction_control"):
                robot.timing = {"after": {"amount": 2, "unit": "working_hours"}}
            setups.changed()
        acts.inquiry()


def kind_of(page: str, day: str) -> str:
    found = re.search(rf'data-kind="(\w+)"[^>]*href="\?day={day}#day"', page)
    assert found, day
    return found[1]


def test_next_years_holidays_are_there_at_once_and_a_short_day_is_one_form(app: Flask, clock: Clock) -> None:
    admin = browser(app, "admin")
    page = admin.get(f"{FIRMS}{YEAR}").text
    assert [kind_of(page, f"2027-01-0{n}") for n in (1, 7)] == ["holiday"] * 2
    assert "Christmas" in page, "in the reader's language, though the country is Russia"
    admin.post(f"{FIRMS}/days", data={"day": "2027-04-30", "kind": "hours", "hours": "9-13, 14-17", "waiting": "keep"})
    admin.post(f"{FIRMS}/days", data={"day": "2027-05-04", "until": "2027-05-07", "kind": "closed", "waiting": "keep"})
    page = admin.get(f"{FIRMS}{YEAR}").text
    assert kind_of(page, "2027-04-30") == "short"
    assert [kind_of(page, f"2027-05-0{n}") for n in (4, 7)] == ["closed"] * 2
    assert "09:00–13:00, 14:00–17:00" in admin.get(f"{FIRMS}?day=2027-04-30").text
    admin.post(f"{FIRMS}/days", data={"day": "2027-05-04", "kind": "usual", "waiting": "keep"})
    assert kind_of(admin.get(f"{FIRMS}{YEAR}").text, "2027-05-04") == "work"


def test_a_change_shows_which_runs_would_move_and_keeps_what_was_typed(app: Flask, clock: Clock) -> None:
    by_working_hours(app)
    admin = browser(app, "admin")
    typed = {f"hours.{n}": "15-18" for n in range(5)}
    asked = admin.post(FIRMS, data=typed)
    assert asked.status_code == 409
    assert "data-waiting-runs" in asked.text
    assert asked.text.count('value="15-18"') == 5
    assert "from 12:00 to 17:00" in asked.text, "of the one that has just come"
    done = admin.post(FIRMS, data={**typed, "waiting": "count_anew"})
    assert done.status_code == 303
    with app.app_context():
        assert session().get_one(Calendar, 1).definition["weekly"][0] == [["15:00", "18:00"]]


def test_a_zone_of_the_firm_asks_on_the_firms_own_page(app: Flask, clock: Clock) -> None:
    by_working_hours(app)
    admin = browser(app, "admin")
    asked = admin.post("/settings/firm", data={"time_zone": "America/New_York"})
    assert (asked.status_code, "data-waiting-runs" in asked.text) == (409, True)
    assert admin.post("/settings/firm", data={"time_zone": "America/New_York", "waiting": "keep"}).status_code == 303


def test_a_person_gets_a_calendar_of_their_own_and_loses_it_again(app: Flask, clock: Clock) -> None:
    admin = browser(app, "admin")
    owner = re.search(r'value="(person-\d+)">Ivan Petrov', admin.get("/settings/calendars").text)
    assert owner
    made = admin.post("/settings/calendars", data={"owner": owner[1]}).headers["Location"]
    assert "<h1>Ivan Petrov</h1>" in admin.get(made).text
    assert admin.post("/settings/calendars", data={"owner": owner[1]}).status_code == 422
    assert admin.post(f"{made}/removals", data={"waiting": "keep"}).status_code == 303
    assert admin.get(made).status_code == 404
    assert admin.post(f"{FIRMS}/removals").status_code == 409


def test_two_admins_who_change_different_days_both_stand(app: Flask, clock: Clock) -> None:
    first, second = browser(app, "admin"), browser(app, "admin")
    shown = {"was.hours.0": "09:00–18:00", "was.hours.1": "09:00–18:00", "waiting": "keep"}
    first.post(FIRMS, data={**shown, "hours.0": "10-18", "hours.1": "09:00–18:00"})
    second.post(FIRMS, data={**shown, "hours.0": "09:00–18:00", "hours.1": "11-18"})
    with app.app_context():
        week = session().get_one(Calendar, 1).definition["weekly"]
    assert week[:2] == [[["10:00", "18:00"]], [["11:00", "18:00"]]]


def test_today_and_this_year_are_those_of_the_firm(app: Flask, clock: Clock) -> None:
    clock.at = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)  # half past one in Moscow, where it is the first of January
    admin = browser(app, "admin")
    assert re.findall(r'<a[^>]*aria-current="date"[^>]*>', admin.get(FIRMS).text) == [
        each for each in re.findall(r"<a[^>]*>", admin.get(FIRMS).text) if "?day=2027-01-01#day" in each
    ]
