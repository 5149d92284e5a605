"""What was late, in the figures: it counts also what has gone to others since, and then names it no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from rules.worktime import Delay
from tests import company
from tests.api.callers import Caller
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.services.test_important import on
from webapp.db import session, transaction
from webapp.models import ImportantItem
from webapp.services import important, tasks
from webapp.services.important import Cause

SignIn = Callable[[str], Browser]
PATH = "/figures?from=2026-11-23&to=2026-11-29"
SOLD = "Sold to the South"


@pytest.fixture
def taken(app: Flask, clock: Clock) -> dict[str, int]:
    """The head of North took two things late, one on a deal and one on its task; then the deal went to South, where it
    has another title."""
    with app.app_context():
        deal_id = acts.deal(title="Of the North", waits=False)
        with transaction():
            by, me = company.acting("north"), company.person("rep1")
            task = tasks.create_by_hand("Get the stamp", "", me, company.acting("admin"), deal=acts.locked(deal_id))
            north, within = by.user_id or 0, Delay(5, "minutes")
            made = [
                Cause("control", "d", clock.at, me, deal_id, take_within=within),
                Cause("control", "t", clock.at, me, deal_id, task.id, take_within=within),
            ]
            found = {"deal": deal_id, "task": task.id}
            ids = [important.open_for([north], each, by).id for each in made]
        clock.go_on(hours=2)
        for each in ids:
            on(session().get_one(ImportantItem, each), important.take, "north")
        return found


def give_away(app: Flask, taken: dict[str, int]) -> None:
    with app.app_context():
        acts.edit(taken["deal"], by="admin", responsible_id=company.person("rep3"))
        acts.edit(taken["deal"], by="rep3", title=SOLD)
        with transaction():
            held = session().get_one(tasks.Task, taken["task"], with_for_update=True)
            if held.assignee_id != company.person("rep3"):
                tasks.hand_over(held, company.person("rep3"), company.acting("admin"))


def late_of(app: Flask, who: Browser, name: str) -> tuple[str, list[dict[str, Any]]]:
    page = who.get(PATH).text
    answer = Caller.of(app, name).get(PATH)["late"]
    return page.split("data-late")[1].split("</section>")[0], [each for each in answer if each["measure"] == "take"]


def test_whoever_sees_the_deal_is_led_to_it(app: Flask, taken: dict[str, int], sign_in: SignIn) -> None:
    listed, answer = late_of(app, sign_in("north"), "north")
    assert listed.count("Of the North") == 2
    assert {(each["deal_id"], each["task_id"]) for each in answer} == {
        (taken["deal"], None),
        (taken["deal"], taken["task"]),
    }
    give_away(app, taken)
    listed, answer = late_of(app, sign_in("admin"), "admin")
    assert (listed.count(SOLD), {each["deal_id"] for each in answer}) == (2, {taken["deal"]})


def test_whoever_sees_it_no_more_is_told_what_it_was_and_neither_its_name_nor_the_way(
    app: Flask, taken: dict[str, int], sign_in: SignIn
) -> None:
    north = sign_in("north")
    before = Caller.of(app, "north").get(PATH)
    give_away(app, taken)
    listed, answer = late_of(app, north, "north")
    assert north.get(f"/deals/{taken['deal']}").status_code == north.get(f"/tasks/{taken['task']}").status_code == 404
    assert (SOLD in listed, re.findall(r'href="(/(?:deals|tasks)/\d+)"', listed)) == (False, [])
    assert listed.count("<h3>Control</h3>") == 2
    assert [(each["deal_id"], each["task_id"]) for each in answer] == [(None, None), (None, None)]
    after = Caller.of(app, "north").get(PATH)
    assert after["total"]["take"] == before["total"]["take"], "it was waited for all the same"
    assert after["late_count"] == before["late_count"]


def test_whoever_has_to_do_with_the_work_alone_is_led_to_that(
    app: Flask, taken: dict[str, int], sign_in: SignIn
) -> None:
    """An acceptor sees the task and the title of its deal, and not the deal."""
    with app.app_context(), transaction():
        held = session().get_one(tasks.Task, taken["task"], with_for_update=True)
        held.accept, held.acceptor_id = True, company.person("north")
    give_away(app, taken)
    north = sign_in("north")
    listed, answer = late_of(app, north, "north")
    assert re.findall(r'href="(/(?:deals|tasks)/\d+)"', listed) == [f"/tasks/{taken['task']}"]
    assert (listed.count(SOLD), north.get(f"/tasks/{taken['task']}").status_code) == (1, 200)
    assert sorted((each["deal_id"], each["task_id"] or 0) for each in answer) == [(None, 0), (None, taken["task"])]
