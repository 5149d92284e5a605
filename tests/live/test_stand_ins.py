"""Whoever comes to stand in for an absent acceptor is prompted on their open pages, and no longer than they do."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select

from jobs.ticker import Ticker
from tests import company
from tests.conftest import Clock
from tests.live.conftest import LiveServer, Page
from tests.services import acts
from tests.views.scenes import browser
from webapp.db import session, transaction
from webapp.models import Absence
from webapp.services import tasks

TODAY = "2026-11-24"


def handed_in(app: Flask) -> int:
    """Work of no deal, which nobody sees who has nothing to do with it; by a rep of South."""
    with app.app_context():
        with transaction():
            to, by = company.person("rep3"), company.acting("head")
            task_id = tasks.create_by_hand("Count", "", to, by, acceptor_id=company.person("north")).id
        acts.submit(task_id, by="rep3")
    return task_id


def tick(app: Flask) -> None:
    Ticker(app).tick()


def frame_with(page: Page, task_id: int, *, asked: bool) -> dict[str, Any]:
    while (f'data-approval="{task_id}"' in (frame := page.until("frame"))["prompts"]) is not asked:
        pass
    return frame


def test_a_prompt_comes_with_an_absence_and_goes_with_it(live: LiveServer, clock: Clock) -> None:
    task_id = handed_in(live.app)
    tick(live.app)
    page, other = live.greeted("south-deputy"), live.greeted("rep2")
    with live.app.app_context():
        north = company.person("north")
    mine = browser(live.app, "north")
    mine.post(f"/people/{north}/absences", data={"from_on": TODAY, "until_on": TODAY, "cover_id": ""})
    tick(live.app)
    assert page.until("task")["task"] == task_id
    frame = frame_with(page, task_id, asked=True)
    assert (frame["tasks"], frame["important"]) == (1, 1)
    with live.app.app_context():
        absence = session().scalars(select(Absence.id)).one()
    mine.post(f"/absences/{absence}/deletions", data={"person": str(north)})
    tick(live.app)
    assert page.until("task_gone")["task"] == task_id, "a list that shows it is asked for anew"
    assert page.until("important")
    frame = frame_with(page, task_id, asked=False)
    assert (frame["tasks"], frame["important"]) == (0, 0)
    assert other.hears_nothing(), "nobody else is told of what they do not see"
