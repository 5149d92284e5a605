"""What the other side says is kept with what became of a word, and stands on many pages: whatever characters it is made
of, it is kept, nothing is lost for it, and every page that shows it opens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobs import sender
from rules.reach import GAPS
from rules.texts import is_storable
from tests import company
from tests.channels import worlds
from tests.channels.test_letters import ANNA, tell
from tests.channels.test_push import pushed, subscribe  # noqa: F401
from tests.channels.test_webhooks import erp, hook  # noqa: F401
from tests.channels.test_webhooks import tell as robot_tells
from tests.channels.worlds import Calls, Post, Pushed
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views import provider
from webapp.db import session, transaction
from webapp.models import Delivery, JournalEntry, Trigger
from webapp.services import gateways, trigger_addresses
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
PHONE = "+79125550177"
BAD = {"a zero byte": "bad \x00 thing", "half an emoji": "bad \ud83d thing", "the other half": "bad \ude00 thing"}
SHOWN = "bad \ufffd thing"
PAGES = ("/inbox", "/settings/channels", "/api/v1/notifications", "/api/v1/deliveries")


def readable(sign_in: SignIn, token: Callable[[str], dict[str, str]], deal_id: int | None = None) -> str:
    """All that shows what became of a word, as an admin reads it."""
    admin, found = sign_in("admin"), list[str]()
    for path in (*PAGES, *([f"/deals/{deal_id}", f"/api/v1/deals/{deal_id}/journal"] if deal_id else [])):
        answer = admin.get(path, headers=token("admin") if path.startswith("/api/") else {})
        assert answer.status_code == 200, path
        found.append(answer.text)
    return "\n".join(found)


def reason(app: Flask) -> dict[str, Any]:
    with app.app_context():
        found = dict(session().scalars(select(Delivery).order_by(Delivery.id)).first().reason)  # type: ignore[union-attr]
        session().close()
    return found


@pytest.mark.both_databases
@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_receipt_says_what_it_says_in_any_characters(
    app: Flask,
    calls: Calls,
    clock: Clock,
    client: FlaskClient,
    sign_in: SignIn,
    token: Callable[[str], dict[str, str]],
    text: str,
) -> None:
    with app.app_context():
        worlds.has_address("north", "sms", PHONE, "urgent")
        deal_id = acts.deal(waits=False)
        with transaction():
            secret = gateways.new_receipt_secret(company.acting("admin"))
        tell("north", deal_id=deal_id)
        sender.send_due()
    said = {"id": calls.asked[0]["id"], "state": "failed", "text": text, "more": {text: [text]}}
    assert client.post(f"/hooks/receipts/{secret}", json=said).status_code == 204
    assert reason(app) == {"code": "gateway_said", "text": SHOWN}
    assert SHOWN in readable(sign_in, token, deal_id)


Body = dict[str, Any]
DOORS: dict[str, tuple[Body, int]] = {
    "/hooks/receipts/<secret>": ({"id": "x", "state": "failed", "text": "x"}, 404),
    "/hooks/triggers/<secret>": ({"external_id": "x", "text": "x"}, 202),
    "/hooks/twiml/<key>/calls": ({"CallSid": "C1", "From": PHONE, "To": provider.NORTH_LINE}, 200),
    "/hooks/twiml/<key>/legs/<int:leg_id>": ({"CallSid": "L1", "ParentCallSid": "C1", "CallStatus": "x"}, 404),
    "/hooks/twiml/<key>/rounds/<int:number>": (
        {"CallSid": "C1", "DialCallStatus": "x", "DialCallSid": "x", "CallStatus": "x"},
        200,
    ),
    "/hooks/twiml/<key>/ends": (
        {"CallSid": "C1", "CallStatus": "x", "From": PHONE, "To": "x", "Direction": "inbound"},
        200,
    ),
}


@pytest.fixture
def opened(app: Flask) -> dict[str, str]:
    """Each door by the address that a provider was given."""
    with app.app_context(), transaction() as current:
        row = Trigger(stage_id=company.stage("data_collection").id, event="webhook", name={"en": "Till"}, key="till")
        current.add(row)
        current.flush()
        setups.changed()
        secrets = {
            "receipts": gateways.new_receipt_secret(company.acting("admin")),
            "triggers": trigger_addresses.make(row.id, company.acting("admin")),
        }
    key = provider.set_up(app).rpartition("/")[2]
    made = {
        rule: rule.replace("<key>", key).replace("<int:leg_id>", "1").replace("<int:number>", "0") for rule in DOORS
    }
    return {rule: path.replace("<secret>", secrets.get(rule.split("/")[2], "")) for rule, path in made.items()}


def said_at(app: Flask, path: str, body: Body) -> int:
    """As a provider says it: JSON, or a form that is signed."""
    if "/twiml/" in path:
        return provider.Provider(app, path).post(f"http://localhost{path}", **body).status
    return app.test_client().post(path, data=json.dumps(body), content_type="application/json").status_code


@pytest.mark.both_databases
@pytest.mark.usefixtures("clock")
def test_no_door_for_providers_fails_by_what_it_is_told(
    app: Flask, opened: dict[str, str], sign_in: SignIn, token: Callable[[str], dict[str, str]]
) -> None:
    rules = {each.rule for each in app.url_map.iter_rules() if each.rule.startswith("/hooks/")}
    assert rules == set(DOORS), "each has its row here"
    for rule, (body, status) in DOORS.items():
        for name in body:
            for raw in BAD.values():
                told = raw if is_storable(raw) or "/twiml/" not in rule else raw.encode("utf-8", "replace").decode()
                answer = said_at(app, opened[rule], {**body, name: told})
                assert 200 <= answer < 500, (rule, name, raw)
        if not rule.endswith("/calls"):
            assert said_at(app, opened[rule], body) == status, rule
    with app.app_context():
        assert all(is_storable(json.dumps(each.new, ensure_ascii=False)) for each in session().query(JournalEntry))
    readable(sign_in, token)


def mail_fails(app: Flask, request: pytest.FixtureRequest) -> None:
    post: Post = request.getfixturevalue("post")
    post.fails = "451 bad \x00 thing"
    with app.app_context():
        worlds.has_address("north", "email", ANNA, "urgent")
        tell("north")


def mail_refuses_the_recipient(app: Flask, request: pytest.FixtureRequest) -> None:
    mail_fails(app, request)
    post: Post = request.getfixturevalue("post")
    post.refuses = "450 bad \x00 thing"


def sms_fails(app: Flask, request: pytest.FixtureRequest) -> None:
    calls: Calls = request.getfixturevalue("calls")
    calls.status, calls.answer = 500, "bad \x00 thing"
    with app.app_context():
        worlds.has_address("north", "sms", PHONE, "urgent")
        tell("north")


def messenger_fails(app: Flask, request: pytest.FixtureRequest) -> None:
    calls: Calls = request.getfixturevalue("calls")
    calls.status, calls.answer = 500, json.dumps({"error": "bad \ud83d thing", "code": 50001})
    with app.app_context():
        url = session().query(gateways.Gateway).filter_by(kind="sms").one().url
        worlds.reaches(app, ntfy=url.replace("json://", "ntfy://").removesuffix("/sms"))
        worlds.has_address("north", "ntfy", "anna-7f3k", "urgent")
        tell("north")


def push_fails(app: Flask, request: pytest.FixtureRequest) -> None:
    service: Pushed = request.getfixturevalue("pushed")
    service.status, service.answer = 500, "bad \x00 thing"
    sign_in: SignIn = request.getfixturevalue("sign_in")
    anna = sign_in("north")
    anna.get("/push/key")
    assert subscribe(anna, service).status_code == 204
    with app.app_context():
        tell("north")


def webhook_fails(app: Flask, request: pytest.FixtureRequest) -> None:
    system: Calls = request.getfixturevalue("erp")
    system.status, system.answer = 500, "bad \x00 thing"
    robot_tells(app)


CHANNELS = (mail_fails, mail_refuses_the_recipient, sms_fails, messenger_fails, push_fails, webhook_fails)


@pytest.mark.both_databases
@pytest.mark.parametrize("fails", CHANNELS)
def test_each_channel_keeps_what_it_was_answered_and_goes_by_its_schedule(
    app: Flask,
    clock: Clock,
    request: pytest.FixtureRequest,
    sign_in: SignIn,
    token: Callable[[str], dict[str, str]],
    fails: Callable[[Flask, pytest.FixtureRequest], None],
) -> None:
    fails(app, request)
    waits = list[timedelta]()
    for n in range(3):  # by then the admins are told of it, too
        clock.go_on(seconds=(waits[-1].total_seconds() + 15) if n else 0)
        with app.app_context():
            sender.send_due()
            row = session().scalars(select(Delivery).order_by(Delivery.id)).first()
            assert row is not None
            assert (row.state, row.error) == ("waiting", None)
            assert row.visible_at is not None
            waits.append(row.visible_at - clock.at)
            session().close()
    assert waits == list(GAPS[:3])
    kept = reason(app)
    assert is_storable(kept["text"])
    if fails is not messenger_fails:
        assert SHOWN in kept["text"]
    assert kept["text"] in readable(sign_in, token).replace("&#34;", '"').replace("&#39;", "'")


def test_what_was_kept_before_is_read_whole(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn, token: Callable[[str], dict[str, str]]
) -> None:
    """A database to which such a receipt has come already. PostgreSQL has taken none."""
    with app.app_context():
        worlds.has_address("north", "email", ANNA, "urgent")
        tell("north")
        with transaction() as current:
            row = current.scalars(select(Delivery)).one()
            row.state, row.reason = "failed", {"code": "gateway_said", "text": "bad \ud83d thing, good \U0001f600 one"}
    assert "bad \ufffd thing, good \U0001f600 one" in readable(sign_in, token)
