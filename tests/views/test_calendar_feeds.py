"""A person's deadlines at a secret address: theirs alone, in their language, until it is revoked."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta

import pytest
from flask import Flask
from icalendar import Calendar

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import Browser, browser
from webapp.db import transaction
from webapp.models import User
from webapp.services import tasks
from webapp.snapshots import setups


def task(app: Flask, clock: Clock, title: str, assignee: str = "rep1", hours: int = 24) -> int:
    with app.app_context():
        deal_id = acts.deal(rep=assignee, title=f"Press, {title}; a\\b")
        boss, doer = company.acting("head"), company.person(assignee)
        with transaction():
            held, due = acts.locked(deal_id), clock() + timedelta(hours=hours)
            return tasks.create_by_hand(title, "Look", doer, boss, deal=held, due_at=due, accept=True).id


def address(who: Browser) -> str:
    """A new one, as it is shown once."""
    page = who.post("/profile/calendar").text
    (found,) = re.findall(r"https?://[^/]+(/feeds/[\w-]{40,}/dozor\.ics)", page)
    return str(found)


def events(app: Flask, path: str) -> list[tuple[str, str]]:
    """What a program reads there: what, and when."""
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    read = Calendar.from_ical(answer.data)
    return [(str(each["summary"]), each.decoded("dtstart").isoformat()) for each in read.walk("VEVENT")]


def test_one_reads_ones_own_deadlines_and_nobody_elses(app: Flask, clock: Clock) -> None:
    at = (clock() + timedelta(hours=24)).isoformat()
    task(app, clock, "Visit")
    task(app, clock, "Of Maria", "rep2")
    rep, head = browser(app, "rep1"), browser(app, "head")
    mine = address(rep)
    assert events(app, mine) == [("Press, Visit; a\\b: Visit", at)]
    theirs = address(head)
    assert events(app, theirs) == []  # nothing waits for the head
    with app.app_context():
        acts.submit(1, "Visited")
    assert events(app, mine) == []
    ((said, _),) = events(app, theirs)
    assert said == "Accept the work: Press, Visit; a\\b: Visit"


def test_an_address_is_shown_once_and_a_new_one_ends_it(app: Flask, clock: Clock) -> None:
    rep = browser(app, "rep1")
    first = address(rep)
    assert first not in rep.get("/profile").text
    second = address(rep)
    assert app.test_client().get(first).status_code == 404
    assert app.test_client().get(second).status_code == 200
    rep.post("/profile/calendar/endings")
    assert app.test_client().get(second).status_code == 404


@pytest.mark.parametrize("change", ["is_active", "password"])
def test_who_has_left_or_has_a_new_password_has_no_address(app: Flask, clock: Clock, change: str) -> None:
    rep = browser(app, "rep1")
    path = address(rep)
    if change == "password":
        rep.post("/profile", data={**NAMES, "current": "lesson", "password": "another-lesson"})
    else:
        with app.app_context(), transaction() as current:
            current.get_one(User, company.person("rep1")).is_active = False
            setups.changed()
    assert app.test_client().get(path).status_code == 404


NAMES = {"name": "Ivan Petrov", "locale": "en", "time_zone": "Europe/Moscow", "theme": "auto"}


def test_it_is_in_its_persons_language_and_asked_for_again_costs_little(app: Flask, clock: Clock) -> None:
    task(app, clock, "Visit")
    path = address(browser(app, "rep1"))
    with app.app_context(), transaction() as current:
        current.get_one(User, company.person("rep1")).locale = "ru"
        setups.changed()
    answer = app.test_client().get(path)
    assert "Задачи в Dozor" in answer.text
    clock.go_on(minutes=30)
    again = app.test_client().get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_web_that_no_program_asks_does_not_read_the_library() -> None:
    said = "import sys, webapp.app, webapp.views; print('icalendar' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
