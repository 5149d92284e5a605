"""The next step as people meet it: on the card, in its menu, above the board, through the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.callers import Caller
from tests.conftest import Clock
from tests.views.drawn_forms import form_of
from tests.views.scenes import HTMX, browser
from tests.views.test_board_tools import made

SignIn = Callable[[str], Any]
FRIDAY = "2026-11-27T10:00"


def cards_on(page: str) -> set[int]:
    return {int(each) for each in re.findall(r'data-deal="(\d+)"', page)}


def numbers(panel: str) -> dict[str, int]:
    return {who: int(many) for who, many in re.findall(r'data-step-of="(\w+)">.*?class="num">(\d+)<', panel, re.S)}


def test_it_is_agreed_from_the_cards_menu_and_taken_back_by_the_toast(app: Flask, clock: Clock) -> None:
    deal, rep = made(app, "rep1", "A press"), browser(app, "rep1")
    assert "data-step-form" in rep.get(f"/deals/{deal}/moves/new", headers=HTMX).text
    sent = {"step": "Call <b>", "due": FRIDAY, "from": "board"}
    answer = rep.post(f"/deals/{deal}/next_steps", data=sent, headers=HTMX)
    assert 'data-next="agreed"' in answer.text
    assert "Call &lt;b&gt;" in answer.text
    assert "Fri 10:00" in answer.text
    assert f'hx-post="/deals/{deal}/next_steps/takebacks"' in answer.text
    menu = rep.get(f"/deals/{deal}/moves/new", headers=HTMX).text
    assert "data-step-done" in menu
    assert "data-step-cancel" in menu
    back = rep.post(f"/deals/{deal}/next_steps/takebacks", headers=HTMX)
    assert "data-next" not in back.text.partition('hx-target="#toasts"')[0]
    late = rep.post(f"/deals/{deal}/next_steps/completions", data={"from": "deal"}, headers=HTMX)
    assert late.status_code == 409
    assert "somebody was quicker" in late.text


def test_a_toast_takes_back_the_step_that_it_told_of_and_no_later_one(app: Flask, clock: Clock) -> None:
    """Of the same person, in another tab."""
    deal, rep = made(app, "rep1", "A press"), browser(app, "rep1")
    offers = []
    for step in ("Call", "Visit"):
        answer = rep.post(f"/deals/{deal}/next_steps", data={"step": step, "due": FRIDAY}, headers=HTMX)
        offers.append(form_of(answer.text, f"/deals/{deal}/next_steps/takebacks"))
    first, second = offers
    late = rep.post(first.action, data=first.data(), headers=HTMX)
    assert (late.status_code, step_of(app, deal)) == (409, "Visit")
    assert "can no longer be undone" in late.text
    assert rep.post(second.action, data=second.data(), headers=HTMX).status_code == 200
    assert step_of(app, deal) == "Call"


def step_of(app: Flask, deal: int) -> str:
    return str(Caller.of(app, "rep1").get(f"/deals/{deal}")["next_step"]["title"])


def test_a_moment_that_is_pressed_wins_over_the_one_in_the_control(app: Flask, clock: Clock) -> None:
    deal, rep = made(app, "rep1", "A press"), browser(app, "rep1")
    offered = re.findall(r'name="due" value="([^"]+)" title', rep.get(f"/deals/{deal}").text)
    assert len(offered) == 4
    rep.post(f"/deals/{deal}/next_steps", data={"step": "Call", "due": [FRIDAY, offered[0]], "from": "deal"})
    assert Caller.of(app, "rep1").get(f"/deals/{deal}")["next_step"]["due_at"].startswith("2026-11-24T")


def test_a_card_says_its_hour_where_its_reader_is(app: Flask, clock: Clock) -> None:
    deal, rep = made(app, "rep1", "A press"), browser(app, "rep1")
    rep.post(f"/deals/{deal}/next_steps", data={"step": "Call", "due": FRIDAY})
    assert "Fri 10:00" in rep.get("/").text
    head = browser(app, "north")
    head.post("/profile", data={"name": "Anna Krylova", "locale": "en", "theme": "auto", "time_zone": "Asia/Omsk"})
    assert "Fri 13:00" in head.get("/").text
    assert "Fri 10:00" in rep.get("/").text


@pytest.mark.parametrize("name", ["rep1", "north", "admin"])
def test_what_the_menu_counts_the_board_lists(app: Flask, clock: Clock, name: str) -> None:
    admin = browser(app, "admin")
    assert admin.post("/settings/next_steps", data={"marks": "missing"}).status_code == 303
    for rep in ("rep1", "rep1", "rep2", "rep3"):
        deal = made(app, rep, f"Of {rep}")
    agreed = made(app, "rep1", "Agreed")
    browser(app, "rep1").post(f"/deals/{agreed}/next_steps", data={"step": "Call", "due": FRIDAY})
    who = browser(app, name)
    counted = numbers(who.get("/pipelines/sales/next_steps", headers=HTMX).text)
    for whose, query in (("mine", "?mine=1&step=1"), ("all", "?step=1")):
        listed = who.get(f"/pipelines/sales{query}").text
        assert sum(map(int, re.findall(r"data-count>(\d+)<", listed))) == counted.get(whose, 0)
        assert agreed not in cards_on(listed)
    assert (deal in cards_on(who.get("/pipelines/sales?step=1").text)) == (name == "admin")
    badge = re.search(r"data-lacking>(\d+)<", who.get("/").text)
    assert int(badge[1] if badge else 0) == counted["mine"]


def test_the_api_carries_it_with_the_deal(app: Flask, clock: Clock) -> None:
    rep = Caller.of(app, "rep1")
    step = {"title": "Call", "due_at": "2026-11-27T10:00:00+03:00"}
    deal = rep.post("/deals", {"title": "A press", "next_step": step})
    kept = deal["next_step"]
    assert (kept["title"], kept["assignee_id"], kept["is_overdue"]) == ("Call", rep.id, False)
    assert rep.get(f"/tasks/{kept['task_id']}")["deal_id"] == deal["id"]
    assert rep.items("/deals")[0]["next_step"] == kept
    changed = rep.patch(f"/deals/{deal['id']}", {"next_step": {**step, "title": "Visit"}, "title": "A mill"})
    assert (changed["next_step"]["title"], changed["title"]) == ("Visit", "A mill")
    assert rep.patch(f"/deals/{deal['id']}", {"next_step": None})["next_step"] is None
    assert rep.patch(f"/deals/{deal['id']}", {"next_step": None})["next_step"] is None
    assert rep.post(f"/deals/{deal['id']}/next_steps", step)["next_step"]["title"] == "Call"
    assert rep.post(f"/deals/{deal['id']}/next_steps/completions", {})["next_step"] is None
    twice = rep.call("POST", f"/deals/{deal['id']}/next_steps/completions", {})
    assert (twice.status_code, twice.json and twice.json["error"]) == (409, "no_next_step")
    past = rep.call("PATCH", f"/deals/{deal['id']}", {"next_step": {**step, "due_at": "2026-11-20T10:00:00+03:00"}})
    assert (past.status_code, past.json and past.json["fields"][0]["field"]) == (422, "due_at")
