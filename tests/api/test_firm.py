"""The firm's defaults by page and API: one service, one refusal, and what they say is what happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.api.callers import Caller
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import browser
from webapp.db import transaction
from webapp.models import RobotRun

Calling = Callable[[str], Caller]
KEEPS = {"waiting": "keep"}
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": " "}, "name", "blank"),
    ({"name": "x" * 101}, "name", "too_long"),
    ({"locale": "xx"}, "locale", "not_an_option"),
    ({"time_zone": "Mars"}, "time_zone", "unknown_zone"),
    ({"country": "XX"}, "country", "no_such_country"),
    ({"currency": "XXX"}, "currency", "no_such_currency"),
    ({"rep_sees": None}, "rep_sees", "not_an_option"),
    ({"take_within": 7}, "take_within", "not_an_option"),
    ({"take_within": None}, "take_within", "not_a_number"),
    ({"accept_within": 7}, "accept_within", "not_an_option"),
    ({"accept_within": "60"}, "accept_within", "not_a_number"),
    ({"is_lesson": True}, "is_lesson", "unknown_field"),
]


def test_what_the_api_sets_the_page_shows_and_the_other_way_round(app: Flask, clock: Clock, calling: Calling) -> None:
    api, page = calling("admin"), browser(app, "admin")
    wanted = {"name": "Arsenal", "locale": "ru", "currency": "EUR", "country": None, "rep_sees": "own"}
    wanted |= {"time_zone": "Asia/Omsk", "accept_within": 480, "take_within": 60}
    set_ = api.patch("/firm", {**wanted, **KEEPS})
    assert {name: set_[name] for name in wanted} == wanted
    assert (set_["has_money"], set_) == (False, api.get("/firm"))
    shown = page.get("/settings/firm").text
    for control in ('value="Arsenal"', '<option value="480" selected', '<option value="EUR" selected'):
        assert control in shown, control
    page.post("/settings/firm", data={"firm": "Arsenal 2", "accept_within": "", "was.accept_within": "480"})
    assert (api.get("/firm")["name"], api.get("/firm")["accept_within"]) == ("Arsenal 2", None)


def test_what_cannot_be_is_named_and_changes_nothing(app: Flask, clock: Clock, calling: Calling) -> None:
    api = calling("admin")
    before = api.get("/firm")
    for body, name, code in WRONG:
        answer = api.call("PATCH", "/firm", {"rep_sees": "own", **body})
        assert (answer.status_code, answer.json["fields"][0]["field"]) == (422, name), body
        assert answer.json["fields"][0]["code"] == code, body
    with app.app_context():
        acts.invoice(acts.deal())
    assert api.call("PATCH", "/firm", {"currency": "EUR"}).json["fields"][0]["code"] == "money_exists"
    assert api.get("/firm") == {**before, "has_money": True}


@pytest.mark.parametrize(("minutes", "robots", "lasts"), [(None, None, 24), (120, None, 2), (120, 3, 3), (None, 3, 3)])
def test_work_is_to_be_accepted_when_the_robot_says_else_the_firm(
    inside: None, clock: Clock, calling: Calling, minutes: int | None, robots: int | None, lasts: int
) -> None:
    """On a Tuesday at ten, in Moscow."""
    calling("admin").patch("/firm", {"accept_within": minutes})
    task_id = acts.vip_task()
    if robots:
        with transaction() as current:
            run = current.get_one(RobotRun, acts.task_of_id(task_id).run_id)
            own = {**run.definition["settings"], "accept_within": {"amount": robots, "unit": "working_hours"}}
            acts.redefine(run, settings=own)
    acts.submit(task_id)
    handed_in = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert acts.task_of_id(task_id).acceptance_due_at == handed_in + timedelta(hours=lasts)


def test_a_threshold_or_a_budget_keeps_the_currency(app: Flask, clock: Clock, calling: Calling) -> None:
    api = calling("admin")
    field = api.post("/fields", {"entity": "deal", "kind": "money", "label": {"en": "Budget"}})
    deal = api.post("/deals", {"title": "A press", "fields": {field["key"]: "1500.50"}})
    assert api.get("/firm")["has_money"] is True
    assert api.call("PATCH", "/firm", {"currency": "JPY"}).json["fields"][0]["code"] == "money_exists"
    assert "disabled" in browser(app, "admin").get("/settings/firm").text.partition('name="currency"')[2][:60]
    assert api.get(f"/deals/{deal['id']}")["fields"][field["key"]] == "1500.50"


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [("JPY", "150000", "¥150,000"), ("EUR", "150000.50", "€150,000.50"), ("KWD", "150000.125", "150,000.125")],
)
def test_the_first_amount_after_a_change_is_of_the_new_currency(
    app: Flask, clock: Clock, calling: Calling, currency: str, amount: str, shown: str
) -> None:
    api = calling("admin")
    old = api.post("/deals", {"title": "A press"})["id"]
    api.patch("/firm", {"currency": currency})
    deal = api.patch(f"/deals/{old}", {"amount": amount})
    assert (deal["amount"], deal["currency"]) == (amount, currency)
    sent_back = api.patch(f"/deals/{old}", {"amount": deal["amount"], "currency": deal["currency"]})
    assert sent_back["version"] == deal["version"]
    invoice = api.post("/invoices", {"deal_id": old, "number": "I-1", "amount": amount})
    assert (invoice["amount"], invoice["currency"]) == (amount, currency)
    made = api.post("/deals", {"title": "New", "amount": amount})
    assert (made["amount"], made["currency"]) == (amount, currency)
    assert browser(app, "admin").get("/pipelines/sales").text.count(shown) == 2, "on both cards"
    assert api.call("PATCH", "/firm", {"currency": "RUB"}).json["fields"][0]["code"] == "money_exists"
