"""A person's addresses through the API: listed, replaced, confirmed by a code; and a robot that tells also by SMS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import sender
from rules.messengers import OWN
from tests.api.callers import Caller
from tests.channels import worlds
from tests.channels.test_letters import tell
from tests.channels.worlds import Calls
from tests.conftest import Clock
from webapp.db import session
from webapp.models import Delivery, Gateway

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


def test_an_address_is_named_as_it_could_have_been_added(firm: Flask, calling: Calling) -> None:
    admin = calling("admin")
    theirs = f"/users/{calling('rep1').id}/channels"
    added = [{**MAIL, "address": "ivan@почта.рф"}, SMS]
    assert [each[1] for each in shown(admin.call("PUT", theirs, added).json)] == ["ivan@почта.рф", "+79125550177"]
    for n, named in enumerate(("Ivan@xn--80a1acny.xn--p1ai", "8 (912) 555-01-77")):
        vouched = admin.post(f"{theirs}/confirmations", {"vouched": True, "address": named})
        assert [each[3] for each in shown(vouched)] == [True, n == 1], named


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


@pytest.fixture
def gotify(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a messenger's server on this machine, which may be reached."""
    with worlds.http_gateway(Calls(answer="{}")) as port:
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        yield port


def test_messengers_are_set_up_and_chosen_and_a_whole_address_is_an_admins(
    app: Flask, gotify: int, clock: Clock, calling: Calling
) -> None:
    port = gotify
    admin, rep = calling("admin"), calling("rep1")
    ours = f"/users/{rep.id}/channels"
    assert admin.call("PUT", "/gateways/ntfy", {"url": "ntfy"}).status_code == 422
    made = admin.call("PUT", "/gateways/ntfy", {"url": f"ntfy://tk_secret@127.0.0.1:{port}"})
    assert (made.status_code, made.json["host"], "secret" in made.text) == (200, "127.0.0.1", False)
    assert [each["kind"] for each in admin.get("/gateways")["items"]] == ["ntfy"]
    assert admin.post("/gateways/ntfy/tests", {"address": "somewhere"})["state"] == "waiting"
    own = {"kind": OWN, "address": f"gotify://127.0.0.1:{port}/AbCdEfGhIjKlMnO", "for": ["urgent"]}
    ntfy = {"kind": "ntfy", "address": "ivan-7f3k", "for": ["normal"]}
    refused = rep.call("PUT", ours, [own])
    assert (refused.status_code, refused.json["fields"][0]["code"]) == (422, "only_admins_apprise")
    given = admin.call("PUT", ours, [own, ntfy]).json["items"]
    assert [each["kind"] for each in given] == [OWN, "ntfy"]
    assert "AbCdEf" not in str(given)
    kept = rep.call("PUT", ours, [ntfy, {**own, "address": given[0]["address"]}])
    assert [each["id"] for each in kept.json["items"]] == [given[1]["id"], given[0]["id"]], "what is shown names it"
    admin.post(f"{ours}/confirmations", {"vouched": True})
    with app.app_context():
        tell("rep1")
        sender.send_due()
        states = sorted((each.channel, each.content, each.state) for each in session().scalars(select(Delivery)))
    assert (OWN, "notification", "sent") in states
    assert admin.call("DELETE", "/gateways/ntfy").status_code == 204
    with app.app_context():
        assert session().scalar(select(Gateway.url).where(Gateway.kind == "ntfy")) == ""
