"""The firm's own fields through the API, with the same refusals as by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import runner
from tests.api.callers import Caller
from webapp.db import session
from webapp.models import SetupWork

EXTRAS = {
    "entity": "deal",
    "kind": "multi_select",
    "label": {"en": "Extras", "ru": "Опции"},
    "options": [{"label": {"en": "Lamp"}}, {"key": "pump", "label": {"en": "Pump"}}],
    "shown_as": "tag",
}


@pytest.fixture
def admin(calling: Callable[[str], Caller]) -> Caller:
    return calling("admin")


def deal(admin: Caller, **fields: Any) -> int:
    return int(admin.post("/deals", {"title": "A press", "stage": "data_collection", "fields": fields})["id"])


def asked_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Without the word that programs call, of which each test here is one."""
    return [each for each in plan["consequences"] if each["kind"] != "tokens_used"]


def test_a_field_is_made_changed_put_elsewhere_and_put_away(admin: Caller) -> None:
    made = admin.post("/fields", EXTRAS)
    assert [each["key"] for each in made["options"]] == ["lamp", "pump"]
    number = deal(admin, extras=["pump", "lamp"])
    assert admin.get(f"/deals/{number}")["fields"]["extras"] == ["lamp", "pump"]
    changed = admin.patch(f"/fields/{made['id']}", {"label": {"ru": "Оснащение"}, "after": None})
    assert changed["label"] == {"en": "Extras", "ru": "Оснащение"}
    assert next(each["key"] for each in admin.items("/fields") if each["entity"] == "deal") == "extras"
    assert admin.call("DELETE", f"/fields/{made['id']}").status_code == 204
    assert "extras" not in {each["key"] for each in admin.items("/fields")}
    assert "extras" in {each["key"] for each in admin.items("/fields?archived=true")}
    assert admin.patch(f"/fields/{made['id']}", {"is_archived": False})["is_archived"] is False
    assert admin.get(f"/deals/{number}")["fields"]["extras"] == ["lamp", "pump"], "what stood in it was kept"


def test_a_requirement_that_deals_do_not_meet_is_asked_about(admin: Caller) -> None:
    made, number = admin.post("/fields", EXTRAS), deal(admin)
    refused = admin.call("PATCH", f"/fields/{made['id']}", {"required_from": "data_collection"})
    assert (refused.status_code, refused.json["error"]) == (409, "has_consequences")
    (asked,) = asked_of(refused.json["plan"])
    assert (asked["kind"], asked["count"] >= 1, asked["chosen"]) == ("deals_lack", True, "let")
    admin.post(f"/setup/plans/{refused.json['plan']['id']}/application", {"remedies": {}}, 200)
    assert admin.get(f"/fields/{made['id']}")["required_from"] == "data_collection"
    missing = admin.call("POST", f"/deals/{number}/moves", {"stage": "processing"})
    assert missing.status_code == 422
    assert "extras" in {each["key"] for each in missing.json["fields"]}


@pytest.mark.parametrize(
    ("remedy", "left"), [("keep_chosen", ["lamp", "pump"]), ("put:pump", ["pump"]), ("empty", ["pump"])]
)
def test_an_option_in_use_asks_what_becomes_of_it(app: Flask, admin: Caller, remedy: str, left: list[str]) -> None:
    made = admin.post("/fields", EXTRAS)
    number, other = deal(admin, extras=["lamp", "pump"]), deal(admin, extras=["pump"])
    refused = admin.call("PATCH", f"/fields/{made['id']}", {"options": [EXTRAS["options"][1]]})  # type: ignore[index]
    assert (refused.status_code, refused.json["error"]) == (409, "has_consequences")
    (asked,) = asked_of(refused.json["plan"])
    assert (asked["kind"], asked["count"]) == ("option_chosen", 1)
    assert [each["key"] for each in asked["remedies"]] == ["keep_chosen", "put:pump", "empty"]
    admin.post(f"/setup/plans/{refused.json['plan']['id']}/application", {"remedies": {asked["id"]: remedy}}, 200)
    with app.app_context():
        for work in session().scalars(select(SetupWork.id)).all():
            runner.run("setup", work)
    assert admin.get(f"/deals/{number}")["fields"]["extras"] == left
    assert admin.get(f"/deals/{other}")["fields"]["extras"] == ["pump"]
    told = {each["key"]: each["is_archived"] for each in admin.get(f"/fields/{made['id']}")["options"]}
    assert told == {"pump": False, "lamp": True}, "what went is still read"
    assert admin.call("PATCH", f"/deals/{other}", {"fields": {"extras": ["lamp"]}}).status_code == 422


def test_what_names_an_option_that_goes_is_asked_about(admin: Caller) -> None:
    made = admin.post("/fields", {**EXTRAS, "kind": "select"})
    one = {"entity": "deal", "field": "extras", "operator": "in", "value": ["lamp", "pump"]}
    robot = {"kind": "notify", "stage": "payment", "name": {"en": "Told"}, "condition": {"all": [one]}}
    number = admin.post("/robots", {**robot, "settings": {"to": "head", "text": {"en": "Look"}}})["id"]
    refused = admin.call("PATCH", f"/fields/{made['id']}", {"options": [{"key": "pump", "label": {"en": "Pump"}}]})
    (asked,) = asked_of(refused.json["plan"])
    assert (refused.status_code, asked["kind"]) == (409, "robot_uses")
    admin.post(f"/setup/plans/{refused.json['plan']['id']}/application", {"remedies": {asked["id"]: "drop"}}, 200)
    assert admin.get(f"/robots/{number}")["condition"] == {"all": [{**one, "value": ["pump"]}]}


def test_a_file_that_leaves_an_option_out_archives_it(admin: Caller) -> None:
    admin.post("/fields", EXTRAS)
    wanted = admin.get("/setup")["setup"]
    field = next(each for each in wanted["fields"] if each["key"] == "extras")
    field["options"] = field["options"][:1]
    plan = admin.post("/setup/plans", {"setup": wanted})
    admin.post(f"/setup/plans/{plan['id']}/application", {"remedies": {}}, 200)
    kept = next(each for each in admin.items("/fields") if each["key"] == "extras")
    assert [(each["key"], each["is_archived"]) for each in kept["options"]] == [("lamp", False), ("pump", True)]


def test_kinds_and_places_that_are_none_are_refused(admin: Caller) -> None:
    assert admin.call("POST", "/fields", {**EXTRAS, "kind": "stage"}).status_code == 422
    assert admin.call("POST", "/fields", {**EXTRAS, "entity": "invoice"}).status_code == 422
    assert admin.call("POST", "/fields", {**EXTRAS, "required_from": "nowhere"}).status_code == 422
    assert admin.call("POST", "/fields", {**EXTRAS, "key": "equipment_type"}).status_code == 422
    assert admin.call("PATCH", "/fields/99999", {"shown_as": "tag"}).status_code == 404
