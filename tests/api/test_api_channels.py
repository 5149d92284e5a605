"""A person's addresses through the API: listed, replaced, confirmed by a code; and a robot that tells also by SMS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.api.callers import Caller
from tests.channels import worlds
from webapp.db import session
from webapp.models import Delivery

Calling = Callable[[str], Caller]
MAIL = {"kind": "email", "address": "Rep1@Firm.example", "for": ["urgent", "normal"]}
SMS = {"kind": "sms", "address": "8 912 555-01-77", "for": ["urgent"]}


@pytest.fixture
def firm(app: Flask) -> Flask:
    """It sends by mail and SMS."""
    worlds.reaches(app, email="smtp://127.0.0.1:1", sms="json://127.0.0.1:1/sms")
    return app


def last_code(app: Flask) -> str:
    with app.app_context():
        sent = select(Delivery).where(Delivery.content == "code").order_by(Delivery.id.desc())
        delivery = session().scalars(sent).first()
        assert delivery is not None
        return str(delivery.facts["code"])


def shown(answer: Any) -> list[tuple[str, str, list[str], bool]]:
    items = answer["items"]
    return [(each["kind"], each["address"], each["for"], each["confirmed_at"] is not None) for each in items]


def test_addresses_are_put_in_order_confirmed_and_taken_away(firm: Flask, calling: Calling) -> None:
    rep1 = calling("rep1")
    ours = f"/users/{rep1.id}/channels"
    rep1.call("PUT", ours, [MAIL])
    code = last_code(firm)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    refused = rep1.call("POST", f"{ours}/confirmations", {"code": wrong}, **{"Idempotency-Key": "one"})
    assert (refused.status_code, refused.json["fields"][0]["code"]) == (422, "not_the_code")
    assert shown(rep1.post(f"{ours}/confirmations", {"code": code})) == [
        ("email", "rep1@firm.example", ["urgent", "normal"], True)
    ]
    both = rep1.call("PUT", ours, {"items": [SMS, {**MAIL, "for": []}]})
    assert shown(both.json) == [
        ("sms", "+79125550177", ["urgent"], False),
        ("email", "rep1@firm.example", [], True),
    ]
    assert shown(rep1.get(ours)) == shown(both.json)
    assert shown(rep1.call("PUT", ours, {"items": []}).json) == []


def test_wrong_codes_count_although_they_are_refused(firm: Flask, calling: Calling) -> None:
    rep1 = calling("rep1")
    ours = f"/users/{rep1.id}/channels"
    rep1.call("PUT", ours, [MAIL])
    code = last_code(firm)
    for n in range(5):
        wrong = f"{(int(code) + 1 + n) % 10**6:06d}"
        assert rep1.call("POST", f"{ours}/confirmations", {"code": wrong}).status_code == 422
    assert rep1.call("POST", f"{ours}/confirmations", {"code": code}).status_code == 422


def test_an_admin_vouches_and_nobody_else(firm: Flask, calling: Calling) -> None:
    admin, rep1, rep2 = calling("admin"), calling("rep1"), calling("rep2")
    theirs = f"/users/{rep1.id}/channels"
    assert admin.call("PUT", theirs, [MAIL, SMS]).status_code == 200
    refused = rep1.call("POST", f"{theirs}/confirmations", {"vouched": True})
    assert (refused.status_code, refused.json["fields"][0]["code"]) == (422, "only_admins")
    vouched = admin.post(f"{theirs}/confirmations", {"vouched": True, "address": "+79125550177"})
    assert [each[3] for each in shown(vouched)] == [False, True]
    for method, path in (("GET", theirs), ("PUT", theirs), ("POST", f"{theirs}/confirmations")):
        assert rep2.call(method, path, {"items": []} if method == "PUT" else {"code": "1"}).status_code == 404
    assert admin.call("POST", f"{theirs}/confirmations", {"code": "1", "address": "nobody"}).status_code == 404


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ([{**MAIL, "kind": "pigeon"}], "items.0.kind", "not_an_option"),
        ([MAIL, {**SMS, "address": "call me"}], "items.1.address", "not_a_phone"),
        ([MAIL, {**MAIL, "address": "rep1@firm.EXAMPLE "}], "items.1.address", "listed_twice"),
        ([{**MAIL, "for": ["lunch"]}], "items.0.for", "not_an_option"),
        ([{**MAIL, "address": f"rep{n}@firm.example"} for n in range(6)], "items.5.address", "too_many"),
        ([{**MAIL, "confirmed_at": "2026-01-01T00:00:00Z"}], "items.0.confirmed_at", "unknown_field"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    firm: Flask, calling: Calling, sent: list[Any], field: str, code: str
) -> None:
    rep1 = calling("rep1")
    refused = rep1.call("PUT", f"/users/{rep1.id}/channels", sent)
    assert (refused.status_code, [(each["field"], each["code"]) for each in refused.json["fields"]]) == (
        422,
        [(field, code)],
    )
    assert rep1.items(f"/users/{rep1.id}/channels") == []


def test_a_robot_has_its_channels(app: Flask, calling: Calling) -> None:
    admin = calling("admin")
    robot = next(each for each in admin.items("/robots") if each["kind"] == "control")
    assert robot["channels"] == []
    also = admin.patch(f"/robots/{robot['id']}", {"channels": ["sms"]})
    assert (also["channels"], also["settings"]["sms"]) == (["sms"], True)
    assert admin.patch(f"/robots/{robot['id']}", {"channels": []})["channels"] == []
    refused = admin.call("PATCH", f"/robots/{robot['id']}", {"channels": ["pigeon"]})
    assert refused.status_code == 422
    task = next(each for each in admin.items("/robots") if each["kind"] not in ("control", "notify"))
    assert admin.call("PATCH", f"/robots/{task['id']}", {"channels": ["sms"]}).status_code == 422
