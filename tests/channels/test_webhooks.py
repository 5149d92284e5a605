"""Another system is told what happens: signed, again until it takes it, and never inside somebody's own network."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme
from flask import Flask
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook as Library

from jobs import sender
from rules import webhooks as rules
from rules.reach import GAPS
from tests import company
from tests.channels import worlds
from tests.channels.worlds import Calls
from tests.conftest import Browser, Clock
from tests.services import acts
from webapp import clock as clocks
from webapp.channels import guard, outward, webhooks
from webapp.channels.webhooks import Envelope
from webapp.db import session, transaction
from webapp.models import Delivery, Notification, Webhook
from webapp.services import webhooks as services
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
# The example of the specification itself.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
INWARD = (
    *("http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/"),
    *("http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/"),
    *("http://localhost/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[fd00::1]/"),
    *("http://0/", "http://192.168.1.1:8080/x", "https://[fe80::1]/", "http://[2002:7f00:1::]/"),
)


@pytest.fixture
def erp(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Another system on this machine, which may be reached, and the firm's webhook to it."""
    calls = Calls()
    with worlds.http_gateway(calls) as port:
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        hook(app, f"http://127.0.0.1:{port}/in?k=1")
        yield calls


def hook(app: Flask, url: str, key: str = "erp") -> None:
    with app.app_context(), transaction() as current:
        made = Webhook(key=key, name="Accounts", url=url, secret=SECRET, created_at=clocks.now(), trouble={})
        current.add(made)
        setups.changed()


def tell(app: Flask) -> int:
    """A robot tells it of a deal that comes to a stage; the deal."""
    with app.app_context():
        acts.robot("vip_task", kind="webhook", settings={"to": "erp"}, condition=None, timing={"at_once": True})
        deal_id = acts.deal(of=acts.contact(), fields={"equipment_type": "large"}, amount=150_000_00)
        acts.move(deal_id, "processing")
        acts.work()
    return deal_id


def send(app: Flask) -> None:
    with app.app_context():
        sender.send_due()
        outward.hung.clear()  # the child ends beside what hangs, and the next one goes on


def states(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        rows = session().scalars(select(Delivery).where(Delivery.channel == "webhook").order_by(Delivery.id)).all()
        found = [(each.state, str(each.reason.get("code", ""))) for each in rows]
        session().close()
    return found


def test_the_signature_is_that_of_the_specification() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    sent = webhooks.headers(Envelope("msg_p5jXN8AQM9LWM0D4loKWxJek", "", SECRET, '{"test": 2432232314}', at))
    assert sent["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sent["webhook-timestamp"] == "1614265330"


def test_a_robot_tells_another_system(app: Flask, erp: Calls, clock: Clock, sign_in: SignIn) -> None:
    deal_id = tell(app)
    send(app)
    (said,), (head,), (body,) = erp.asked, erp.heads, erp.bodies
    assert (said["type"], said["data"]["deal"]["id"]) == ("robot.fired", deal_id)
    assert said["data"]["deal"]["stage"] == "processing"
    assert said["data"]["deal"]["fields"]["equipment_type"] == "large"
    assert said["data"]["deal"]["amount"] == "150000.00"
    assert said["data"]["contact"]["phone"] == acts.PHONE
    assert said["data"]["robot"]["key"] == "vip_task"
    at = datetime.fromtimestamp(int(head["webhook-timestamp"]), UTC)
    assert head["webhook-signature"] == Library(SECRET).sign(head["webhook-id"], at, body)
    assert states(app) == [("sent", "")]
    page = sign_in("rep1").get(f"/deals/{deal_id}").text
    assert "Webhook to Accounts" in page
    assert "Sent to “Accounts”" in page


def untrusted() -> Callable[[Any], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return worlds.with_certificate(context)


def silent(caller: socket.socket) -> None:
    """Takes all that it is told, and says nothing."""
    caller.settimeout(30)
    while caller.recv(1000):
        pass


def drips(caller: socket.socket) -> None:
    """An answer that never ends."""
    caller.recv(10)
    worlds.byte_by_byte(caller)


@pytest.mark.parametrize(
    ("scheme", "say", "code"),
    [
        ("http", silent, "timed_out"),
        ("http", drips, "timed_out"),
        ("http", worlds.closes, "closed"),
        ("https", untrusted(), "certificate"),
        ("http", None, "nobody_listens"),
    ],
    ids=["hangs", "drips", "closes", "certificate", "off"],
)
def test_a_system_that_is_ill_loses_nothing(
    app: Flask,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    say: Callable[[Any], None] | None,
    code: str,
) -> None:
    if code == "timed_out":  # the others answer, however slow the machine
        monkeypatch.setattr(outward, "SECONDS", 0.3)
    worlds.allows(app, monkeypatch, "127.0.0.0/8")
    port = worlds.free_port()
    with worlds.talker(say or worlds.closes) as talking:
        hook(app, f"{scheme}://127.0.0.1:{talking if say else port}/")
        tell(app)
        for _ in range(3):
            send(app)
            clock.go_on(seconds=61)
    assert states(app) == [("waiting", code)]
    with app.app_context():
        told = session().scalars(select(Notification.kind).where(Notification.user_id == company.person("admin")))
        assert "gateway.failing" in list(told)
        with transaction() as current:
            for each in current.scalars(select(Webhook)):
                each.url = f"http://127.0.0.1:{port}/"
    calls = Calls()
    with worlds.http_gateway(calls, port=port):
        clock.go_on(hours=1)
        send(app)
    assert (len(calls.asked), states(app)) == (1, [("sent", "")])


def test_what_is_refused_comes_again_by_the_same_name_until_it_has_failed(
    app: Flask, erp: Calls, clock: Clock, sign_in: SignIn
) -> None:
    erp.status = 500
    tell(app)
    waits = []
    for gap in GAPS:
        send(app)
        with app.app_context():
            row = session().scalars(select(Delivery).where(Delivery.channel == "webhook")).one()
            waits.append(row.visible_at - clock.at if row.visible_at else None)
            session().close()
        clock.go_on(seconds=gap.total_seconds() + 1)
    assert waits == list(GAPS), "longer and longer"
    send(app)
    assert states(app) == [("failed", "gateway_said")]
    assert len({each["webhook-id"] for each in erp.heads}) == len(set(erp.bodies)) == 1
    admin = sign_in("admin")
    assert "500 taken" in (page := admin.get("/settings/channels").text)
    assert "Accounts" in page
    erp.status = 204
    with app.app_context():
        failed = session().scalars(select(Delivery.id).where(Delivery.state == "failed")).one()
        session().close()
    assert admin.post(f"/deliveries/{failed}/retries").status_code == 303
    clock.go_on(minutes=1)
    send(app)
    assert states(app) == [("failed", "gateway_said"), ("sent", "")]
    assert len({each["webhook-id"] for each in erp.heads}) == 1, "the other side knows the repeat"


def test_what_is_gone_for_good_is_not_asked_again(app: Flask, erp: Calls, clock: Clock) -> None:
    erp.status = 410
    tell(app)
    send(app)
    clock.go_on(hours=1)
    send(app)
    assert (len(erp.asked), states(app)) == (1, [("failed", "gateway_said")])


def test_a_redirect_is_not_followed(app: Flask, erp: Calls, clock: Clock) -> None:
    inside = Calls()
    with worlds.http_gateway(inside) as port:
        erp.goes_to = f"http://127.0.0.1:{port}/secret"
        tell(app)
        send(app)
    assert (inside.asked, states(app)) == ([], [("waiting", "redirects")])


@pytest.mark.parametrize("url", INWARD)
def test_an_inward_address_is_refused_however_it_is_spelled(url: str) -> None:
    assert rules.why_not(url, lambda host, port: False) == "private_address", "at set-up"
    with guard.watching(()):
        answer = webhooks.send(Envelope("key", url, SECRET, "{}", datetime.now(UTC)))
    assert answer.reason["code"] in ("private_address", "no_such_host"), "and when it is connected to"


def test_a_name_that_comes_to_lie_inside_is_refused(app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """It resolves otherwise the second time; what is connected to is what was looked at."""
    resolve, lies = socket.getaddrinfo, ["127.0.0.2", "127.0.0.1"]

    def resolver(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        return resolve(lies.pop(0) if host == "erp.example.com" else host, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    worlds.allows(app, monkeypatch, "127.0.0.2/32")
    outside, inside = Calls(), Calls()
    with worlds.http_gateway(outside, "127.0.0.2") as port, worlds.http_gateway(inside, "127.0.0.1", port):
        hook(app, f"http://erp.example.com:{port}/")
        tell(app)
        send(app)
        assert (len(outside.asked), states(app)) == (1, [("sent", "")])
        with app.app_context(), transaction():
            services.test(services.standing("erp").id, company.acting("admin"))  # type: ignore[union-attr]
        send(app)
    assert (inside.asked, states(app)[1]) == ([], ("waiting", "private_address"))


def test_what_is_too_large_loses_the_firms_fields_and_says_so() -> None:
    whole = {"type": "robot.fired", "data": {"deal": {"id": 1, "fields": {"x": "я" * rules.MOST_BYTES}}}}
    body = webhooks._bounded(whole)
    assert len(body.encode()) < rules.MOST_BYTES
    assert ('"is_cut": true' in body, "fields" in body) == (True, False)


def test_an_admin_adds_one_tries_it_and_cannot_take_it_from_a_robot(
    app: Flask, erp: Calls, clock: Clock, sign_in: SignIn
) -> None:
    admin = sign_in("admin")
    inward = admin.post("/settings/channels/webhooks", data={"name": "Till", "url": "https://10.0.0.1/x"})
    assert (inward.status_code, "This address is in a private network" in inward.text) == (422, True)
    plain = admin.post("/settings/channels/webhooks", data={"name": "Till", "url": "http://till.example.com/x"})
    assert (plain.status_code, "has to begin with https://" in plain.text) == (422, True)
    made = admin.post("/settings/channels/webhooks", data={"name": "Till", "url": "https://till.example.com/x?k=7"})
    assert "whsec_" in made.text
    page = admin.get("/settings/channels").text
    assert ("till.example.com" in page, "whsec_" in page, "k=7" in page) == (True, False, False)
    with app.app_context():
        known = services.standing("erp")
        assert known is not None
    assert admin.post(f"/settings/channels/webhooks/{known.id}/tests").status_code == 303
    send(app)
    assert [each["type"] for each in erp.asked] == ["test"]
    tell(app)
    held = admin.post(f"/settings/channels/webhooks/{known.id}/deletions")
    assert (held.status_code, "These robots still use the webhook" in held.text) == (422, True)


def test_replies_go_to_whatever_brought_the_inquiry(
    app: Flask, erp: Calls, clock: Clock, sign_in: SignIn, token: Callable[[str], dict[str, str]]
) -> None:
    admin, who = sign_in("admin"), app.test_client()
    with app.app_context():
        url = services.standing("erp").url  # type: ignore[union-attr]
    made = admin.post("/profile/tokens", data={"token": "The chat", "reply_url": url})
    secret = made.text.partition('aria-label="The new key">')[2].partition("<")[0]
    signing = made.text.partition('aria-label="The secret of the webhook">')[2].partition("<")[0]
    brought = {"Authorization": f"Bearer {secret}"}
    asks = {"channel": "chat", "contact": {"name": "Vera", "external_id": "7"}, "text": "How much is it?"}
    came = who.post("/api/v1/inquiries", json=asks, headers=brought).json
    with app.app_context():
        responsible = acts.deal_of(came["deal_id"]).responsible_id
        rep = next(each for each in company.PEOPLE if company.person(each) == responsible)
    page = sign_in(rep).get(f"/deals/{came['deal_id']}").text
    assert "Will be sent by webhook to 127.0.0.1." in page, "said before one types"
    path = f"/api/v1/conversations/{came['conversation_id']}"
    who.post(f"{path}/messages", json={"text": "A hundred."}, headers=token(rep))
    send(app)
    (said,), (head,), (body,) = erp.asked, erp.heads, erp.bodies
    assert (said["type"], said["data"]["text"]) == ("message.sent", "A hundred.")
    assert (said["data"]["contact"]["external_id"], said["data"]["conversation_id"]) == ("7", came["conversation_id"])
    at = datetime.fromtimestamp(int(head["webhook-timestamp"]), UTC)
    assert head["webhook-signature"] == Library(signing).sign(head["webhook-id"], at, body)
    assert 'data-delivery-state="sent"' in sign_in(rep).get(f"/deals/{came['deal_id']}").text
    polled = who.get(path, headers=brought).json["messages"]
    assert [each["text"] for each in polled] == ["How much is it?", "A hundred."]
    stranger = "rep3" if rep != "rep3" else "rep1"
    assert who.get(path, headers=token(stranger)).status_code == 404, "another department's"
    erp.status = 410
    who.post(f"{path}/messages", json={"text": "Are you there?"}, headers=token(rep))
    send(app)
    page = sign_in(rep).get(f"/deals/{came['deal_id']}").text
    assert ('data-delivery-state="failed"' in page, "410 taken" in page) == (True, True)


def test_only_an_admin_says_where_replies_go(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    rep = sign_in("rep1")
    assert "reply_url" not in rep.get("/profile").text
    wrong = rep.post("/profile/tokens", data={"token": "Mine", "reply_url": "https://chat.example.com/"})
    assert (wrong.status_code, "Only an admin" in wrong.text) == (422, True)
