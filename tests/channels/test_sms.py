"""SMS by a gateway; one address after the other; what the gateway says later; what a robot sends also by SMS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobs import sender
from tests import company
from tests.channels import worlds
from tests.channels.test_letters import ANNA, deliveries, tell, told
from tests.channels.worlds import Calls, Post
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.i18n import formats
from webapp.i18n.history_lines import Line
from webapp.models import Deal, Delivery, Notification
from webapp.queries import deals
from webapp.services import gateways, notifications

pytestmark = pytest.mark.usefixtures("inside")
PHONE = "+79125550177"


@pytest.fixture
def both(app: Flask, calls: Calls) -> Iterator[tuple[Calls, Post]]:
    """Anna is reached by SMS first, then by mail."""
    post = Post()
    with worlds.mail_server(post) as port:
        worlds.reaches(app, email=f"smtp://127.0.0.1:{port}")
        worlds.has_address("north", "sms", PHONE, "urgent", position=1)
        worlds.has_address("north", "email", ANNA, "urgent", position=2)
        yield calls, post


def test_a_text_goes_out_with_its_key(calls: Calls, clock: Clock) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    tell("north")
    sender.send_due()
    (asked,) = calls.asked
    assert (asked["to"], asked["id"], calls.keys) == (PHONE, calls.keys[0], [asked["id"]])
    assert asked["message"].startswith("A <b>press</b> & more waits: Ivan has not answered http://localhost/")


@pytest.mark.parametrize(("status", "code"), [(500, "gateway_said"), (503, "gateway_said")])
def test_a_gateway_that_is_ill_is_asked_again_by_the_same_key(
    calls: Calls, clock: Clock, status: int, code: str
) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    calls.status, calls.answer = status, "overloaded"
    tell("north")
    sender.send_due()
    assert deliveries() == [("sms", "waiting", code)]
    calls.status = 200
    clock.go_on(seconds=60)
    sender.send_due()
    assert (len(calls.keys), len(set(calls.keys)), deliveries()) == (2, 1, [("sms", "sent", "")])


def test_a_redirect_is_not_followed(calls: Calls, clock: Clock) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    calls.goes_to = "http://127.0.0.1:1/"
    tell("north")
    sender.send_due()
    assert (len(calls.asked), deliveries()) == (1, [("sms", "waiting", "gateway_said")])


def test_a_private_gateway_that_nobody_allowed_is_told_to_the_admin(
    app: Flask, calls: Calls, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.allows(app, monkeypatch)
    worlds.has_address("north", "sms", PHONE, "urgent")
    tell("north")
    sender.send_due()
    assert (calls.asked, deliveries()) == ([], [("sms", "waiting", "private_address")])
    assert "gateway.failing" in told("admin")


def test_what_is_refused_for_good_goes_to_the_next_address_at_once(both: tuple[Calls, Post], clock: Clock) -> None:
    calls, post = both
    calls.status, calls.answer = 422, "no such number"
    tell("north")
    sender.send_due()
    assert deliveries() == [("sms", "failed", "gateway_said"), ("email", "sent", "")]
    assert (len(post.letters), "undelivered" in told("admin")) == (1, True)


def test_what_nobody_reads_in_five_minutes_goes_to_the_next_address(both: tuple[Calls, Post], clock: Clock) -> None:
    _, post = both
    tell("north", key="seen")
    tell("north", key="unseen")
    sender.send_due()
    assert post.letters == []
    with transaction():
        seen = session().scalar(select(notifications.Notification).where(notifications.Notification.key == "seen"))
        notifications.read(seen, company.acting("north"))
    clock.go_on(minutes=6)
    sender.send_due()
    assert [each[1:] for each in deliveries()] == [
        ("sent", ""), ("sent", ""), ("cancelled", "read"), ("sent", ""),
    ]  # fmt: skip
    assert len(post.letters) == 1


def test_a_receipt_says_what_became_of_it_and_so_does_the_deals_history(
    both: tuple[Calls, Post], clock: Clock, client: FlaskClient
) -> None:
    calls, post = both
    deal_id = acts.deal(waits=False)
    with transaction():
        secret = gateways.new_receipt_secret(company.acting("admin"))
    tell("north", key="one", deal_id=deal_id)
    tell("north", key="two")
    sender.send_due()
    hook, (one, two) = f"/hooks/receipts/{secret}", [each["id"] for each in calls.asked]
    assert client.post("/hooks/receipts/wrong", json={"id": one, "state": "delivered"}).status_code == 404
    assert client.post(hook, json={"id": "another", "state": "delivered"}).status_code == 404
    assert client.post(hook, json={"id": one, "state": "eaten"}).status_code == 422
    deep = client.post(hook, data="[" * 10_000, content_type="application/json")
    assert deep.status_code == 422
    for _ in range(2):
        assert client.post(hook, json={"id": one, "state": "delivered"}).status_code == 204
    assert client.post(hook, json={"id": two, "state": "failed", "text": "switched off"}).status_code == 204
    sender.send_due()
    assert [each["To"] for each in post.letters] == [ANNA], "the next address at once"
    found = {each.key: (each.state, each.reason.get("text")) for each in session().scalars(select(Delivery))}
    assert (found[one], found[two]) == (("delivered", None), ("failed", "switched off"))
    clock.go_on(minutes=4)
    with transaction():
        seen = session().scalars(select(Notification).where(Notification.key == "one")).one()
        notifications.read(seen, company.acting("north"))
    scope = company.acting("north").scope
    assert scope is not None
    told_of = deals.sheet(session().get_one(Deal, deal_id), scope).story
    sms = [each.text for each in told_of if isinstance(each, Line) and each.lead == "SMS to Anna Krylova"]
    assert sms == [f"delivered, read {formats.when(clock.at)}", "sent"]


def test_a_robot_tells_also_by_sms_as_its_sentence_says(calls: Calls, clock: Clock) -> None:
    worlds.has_address("north", "sms", PHONE)  # wanted for nothing: the robot asks for it
    acts.robot("reaction_control", settings={**company.robot("reaction_control").settings, "sms": True})
    acts.inquiry()
    clock.go_on(minutes=11)
    acts.work()
    sender.send_due()
    assert [each["to"] for each in calls.asked] == [PHONE]
    assert deliveries() == [("sms", "sent", "")]


def receipts_of(app: Flask, calls: Calls, *states: str) -> None:
    """The gateway says these before it answers."""
    with transaction():
        secret = gateways.new_receipt_secret(company.acting("admin"))

    def say() -> None:
        for state in states:
            said = {"id": calls.asked[-1]["id"], "state": state, "text": "No such number"}
            assert app.test_client().post(f"/hooks/receipts/{secret}", json=said).status_code == 204

    calls.then = say


@pytest.mark.parametrize(
    ("states", "came"),
    [
        (["delivered"], ("delivered", "")),
        (["delivered", "failed"], ("delivered", "")),
        (["failed"], ("failed", "gateway_said")),
    ],
)
def test_what_a_gateway_says_before_its_own_answer_is_not_lost(
    app: Flask, both: tuple[Calls, Post], clock: Clock, states: list[str], came: tuple[str, str]
) -> None:
    receipts_of(app, both[0], *states)
    tell("north")
    sender.send_due()
    assert deliveries()[0] == ("sms", *came)
    assert len(both[1].letters) == (came[0] == "failed"), "and the next address is asked at once"
    assert all("receipt" not in row.facts for row in session().scalars(select(Delivery)))


def test_what_a_gateway_has_delivered_is_not_sent_again_for_want_of_its_answer(
    app: Flask, calls: Calls, clock: Clock
) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    receipts_of(app, calls, "delivered")
    calls.status = 503
    tell("north")
    for _ in range(2):
        sender.send_due()
        clock.go_on(seconds=60)
    assert (len(calls.asked), deliveries()) == (1, [("sms", "delivered", "")])


def test_that_an_earlier_try_failed_is_no_word_of_the_next(app: Flask, calls: Calls, clock: Clock) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    receipts_of(app, calls, "failed")
    calls.status = 503
    tell("north")
    sender.send_due()
    calls.status, calls.then = 200, lambda: None
    clock.go_on(seconds=60)
    sender.send_due()
    assert (len(calls.asked), deliveries()) == (2, [("sms", "sent", "")])
