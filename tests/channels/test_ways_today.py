"""A word to a client that waits goes by the way that there is when it goes, or says why it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from jobs import sender
from tests import company
from tests.channels.test_changed_client import asks, own_firm, sent  # noqa: F401
from tests.channels.test_webhooks import erp  # noqa: F401
from tests.channels.worlds import Calls, Post
from tests.conftest import Browser, Clock
from tests.services import acts
from webapp.access import sessions
from webapp.db import session, transaction
from webapp.models import ApiToken, Contact, Conversation, Delivery, Gateway, Notification, Webhook
from webapp.services import contacts, conversations, inquiries

SignIn = Callable[[str], Browser]
CLIENT = "vera@client.example"
BUSY = "451 not now"


def forbid() -> None:
    with transaction() as current:
        current.execute(update(Gateway).where(Gateway.kind == "email").values(to_clients=False))


def take_away() -> None:
    with transaction() as current:
        contacts.edit(
            current.scalars(select(Contact).where(Contact.email == CLIENT)).one(), {"email": ""}, company.acting("rep1")
        )


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("change", "code"), [(forbid, "not_allowed"), (take_away, "no_address")], ids=["forbidden", "taken away"]
)
def test_what_will_not_be_sent_is_not_sent(
    app: Flask, post: Post, clock: Clock, change: Callable[[], None], code: str, sign_in: SignIn
) -> None:
    with app.app_context():
        deal_id = asks(CLIENT, "Vera")
        post.fails = BUSY
        say("A hundred.")
        assert sent(post) == []
        change()
        post.fails = ""
        clock.go_on(minutes=1)
        assert sent(post) == []
        word = session().scalars(select(Delivery).where(Delivery.content == "message")).one()
        assert (word.state, word.reason) == ("failed", {"code": code})
        told = session().scalars(select(Notification.user_id).where(Notification.kind == "message.undelivered"))
        assert company.person("rep1") in told.all(), "whoever wrote it"
    assert "Nothing will be sent" in sign_in("rep1").get(f"/deals/{deal_id}").text


def say(text: str) -> None:
    with transaction():
        conversations.reply(session().scalars(select(Conversation)).one(), text, company.acting("rep1"))


@pytest.fixture
def by_key(app: Flask, erp: Calls) -> int:  # noqa: F811
    """A conversation of a client of another system, to which replies go by a key; that key. It takes none for now."""
    erp.status = 500
    with app.app_context():
        with transaction():
            sessions.new_token(company.person("admin"), "chat")
        with transaction() as current:
            key = current.scalars(select(ApiToken.id).order_by(ApiToken.id.desc()).limit(1)).one()
            current.execute(update(Webhook).values(token_id=key))
            given = {"name": "First name", "email": CLIENT, "external_id": "7"}
            inquiries.receive("chat", given, "How much is it?", acts.FORM, token_id=key)
        say("A hundred.")
        sender.send_due()
    return key


def test_nothing_goes_to_a_key_that_has_ended(
    app: Flask,
    erp: Calls,  # noqa: F811
    post: Post,
    clock: Clock,
    by_key: int,
    token: Callable[[str], dict[str, str]],
) -> None:
    """The next way is by mail, as the page says from that moment on."""
    with app.app_context():
        hook_id = session().scalars(select(Webhook.id)).one()
        with transaction():
            assert sessions.end_tokens(company.person("admin"), ApiToken.id == by_key) == 1
        tried, erp.status = len(erp.asked), 200
        clock.go_on(minutes=1)
        assert sent(post) == [CLIENT]
        assert len(erp.asked) == tried == 1
        word = session().scalars(select(Delivery).where(Delivery.content == "message")).one()
        assert (word.state, word.channel, word.address, word.webhook_id) == ("sent", "email", CLIENT, None)
    renewed = app.test_client().post(f"/api/v1/webhooks/{hook_id}/secrets", json={}, headers=token("admin"))
    assert renewed.status_code == 404, "its list does not have it either"


def test_a_repeat_has_the_same_body_whatever_is_renamed_meanwhile(
    app: Flask,
    erp: Calls,  # noqa: F811
    clock: Clock,
    by_key: int,
) -> None:
    with app.app_context():
        for name in ("Second name", "Third name"):
            with transaction() as current:
                contact = current.scalars(select(Contact).where(Contact.email == CLIENT)).one()
                contacts.edit(contact, {"name": name}, company.acting("rep1"))
            erp.status = 200 if name == "Third name" else 500
            clock.go_on(minutes=1)
            sender.send_due()
        assert session().scalars(select(Delivery.state).where(Delivery.content == "message")).all() == ["sent"]
    assert len(erp.bodies) == 3
    assert len({*erp.bodies}) == len({each["webhook-id"] for each in erp.heads}) == 1
    assert erp.asked[0]["data"]["contact"]["name"] == "First name"
