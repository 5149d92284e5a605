"""The org chart through the API: made, led, put elsewhere, archived; with the refusals of the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.api.callers import Caller
from tests.conftest import Browser
from webapp.db import session, transaction
from webapp.models import PhoneLine
from webapp.services import telephony

Calling = Callable[[str], Caller]


@pytest.fixture
def admin(calling: Calling, clock: Any) -> Caller:
    return calling("admin")


def ids(admin: Caller) -> dict[str, int]:
    return {each["key"]: each["id"] for each in admin.items("/departments")}


def test_a_department_is_made_led_renamed_put_elsewhere_and_archived(admin: Caller, calling: Calling) -> None:
    known, head, rep1 = ids(admin), calling("head"), calling("rep1")
    made = admin.post("/departments", {"name": "Service", "parent_id": known["sales_south"], "heads": [head.id]})
    assert (made["key"], made["name"], made["head_ids"]) == ("service", {"en": "Service"}, [head.id])
    assert made["member_ids"] == [head.id], "who leads it works there"
    path = f"/departments/{made['id']}"
    changed = admin.patch(path, {"name": {"ru": "Сервис"}, "heads": [], "deputies": [rep1.id, head.id]})
    assert changed["name"] == {"en": "Service", "ru": "Сервис"}
    assert (changed["head_ids"], changed["deputy_ids"]) == ([], [rep1.id, head.id])
    assert admin.patch(path, {"deputies": [head.id, rep1.id]})["deputy_ids"] == [head.id, rep1.id]
    assert admin.patch(path, {"parent_id": None})["parent_id"] is None
    refused = admin.call("DELETE", path)
    assert (refused.status_code, refused.json["error"]) == (422, "department_in_use")
    assert "Ivan Petrov" in refused.json["message"]
    for who in (rep1.id, head.id):
        homes = admin.get(f"/users/{who}")["department_ids"]
        admin.patch(f"/users/{who}", {"departments": [each for each in homes if each != made["id"]]})
    assert admin.call("DELETE", path).status_code == 204
    assert "service" not in ids(admin)
    refused = admin.call("PATCH", f"/users/{rep1.id}", {"departments": [made["id"]]})
    assert refused.json["fields"][0]["code"] == "no_such_department"


def test_a_department_that_takes_calls_is_refused_with_its_numbers_and_what_to_do(
    app: Flask, admin: Caller, sign_in: Callable[[str], Browser]
) -> None:
    made = admin.post("/departments", {"name": "Service"})
    with app.app_context():
        with transaction():
            telephony.add_line("+7 495 100-00-07", str(made["id"]), company.acting("admin"))
            line_id = session().scalars(select(PhoneLine.id)).one()
        session().close()
    refused, page = admin.call("DELETE", f"/departments/{made['id']}"), sign_in("admin")
    assert (refused.status_code, refused.json["error"]) == (422, "department_in_use")
    told = page.post(f"/settings/org/departments/{made['id']}/archivings")
    assert told.status_code == 422
    for words in (refused.json["message"], told.text):
        assert "+7 495 100-00-07" in words
        assert "given to another department, or removed, under Channels" in words
    assert "Service" in page.get("/settings/channels").text
    page.post(f"/settings/channels/lines/{line_id}/deletions")
    assert admin.call("DELETE", f"/departments/{made['id']}").status_code == 204


def test_a_number_of_a_department_that_was_archived_before_says_so(
    app: Flask, admin: Caller, sign_in: Callable[[str], Browser]
) -> None:
    made = admin.post("/departments", {"name": "Service"})
    admin.call("DELETE", f"/departments/{made['id']}")
    with app.app_context():
        with transaction() as current:  # telephony is not even set up: it can be removed all the same
            current.add(PhoneLine(number="+74951000007", department_id=made["id"]))
        session().close()
    assert "Service (archived)" in sign_in("admin").get("/settings/channels").text


def test_a_circle_is_refused_by_the_names_on_its_way(admin: Caller) -> None:
    known = ids(admin)
    under = admin.post("/departments", {"name": "Key clients", "parent_id": known["sales_north"]})
    refused = admin.call("PATCH", f"/departments/{known['sales']}", {"parent_id": under["id"]})
    assert (refused.status_code, refused.json["error"]) == (422, "circle")
    assert "Key clients → Sales North → Sales" in refused.json["message"]
    itself = admin.call("PATCH", f"/departments/{known['sales']}", {"parent_id": known["sales"]})
    assert itself.json["error"] == "circle"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"name": " "}, "name", "blank"),
        ({"name": {"en": "\u200b"}}, "name", "blank"),
        ({"name": "x" * 101}, "name", "too_long"),
        ({"name": "A", "parent_id": 999}, "parent_id", "no_such_department"),
        ({"name": "A", "heads": [999]}, "heads", "no_such_person"),
        ({"name": "A", "heads": [2, 2]}, "heads", "twice"),
        ({"name": "A", "heads": [2], "deputies": [2]}, "deputies", "twice"),
        ({"name": "A", "boss": 2}, "boss", "unknown_field"),
    ],
)
def test_a_wrong_department_is_refused_by_field(admin: Caller, body: dict[str, Any], field: str, code: str) -> None:
    before = admin.items("/departments")
    answer = admin.call("POST", "/departments", body)
    assert answer.status_code == 422
    assert (answer.json["fields"][0]["field"], answer.json["fields"][0]["code"]) == (field, code)
    assert admin.items("/departments") == before


def test_who_would_be_told_comes_with_the_path(admin: Caller, calling: Calling) -> None:
    known, deputy, rep3 = ids(admin), calling("south-deputy"), calling("rep3")
    found = admin.get(f"/departments/{known['sales_south']}/told?about={rep3.id}&on=2026-11-30")
    assert found["people"] == [deputy.id]
    assert [(each["post"], each["verdict"]) for each in found["path"]] == [("head", "vacant"), ("deputy", "chosen")]
    assert admin.call("GET", f"/departments/{known['sales_south']}/told?about=999").status_code == 422
    assert admin.call("GET", f"/departments/{known['sales_south']}/told?about={rep3.id}&on=soon").status_code == 422
    assert admin.call("GET", f"/departments/999/told?about={rep3.id}").status_code == 404
    assert calling("head").call("GET", f"/departments/{known['sales_south']}/told?about={rep3.id}").status_code == 404
