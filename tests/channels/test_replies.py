"""A reply reaches the client by the way that there is; where there is none, the form says so before one types."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from jobs import sender
from rules.reach import Way, way_to_client
from tests import company
from tests.channels.test_letters import body
from tests.channels.worlds import Calls, Post
from tests.conftest import Browser, Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Contact, Conversation, Deal, Delivery, Firm, Gateway
from webapp.services import contacts, conversations, inquiries, merging
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def own_firm(app: Flask) -> None:
    """A firm of its own: the lesson's writes to nobody."""
    with app.app_context(), transaction() as current:
        current.execute(update(Firm).values(is_lesson=False))
        setups.changed()


def talk(app: Flask, email: str | None = "vera@client.example") -> int:
    """A client has written; the deal."""
    with app.app_context():
        deal_id = acts.inquiry()
        with transaction() as current:
            deal = current.get_one(Deal, deal_id)
            current.get_one(Contact, deal.contact_id).email = email
    return deal_id


def reply(app: Flask, deal_id: int, text: str = "Good day!\nWe have <two> presses.") -> None:
    with app.app_context():
        acts.reply(deal_id, text=text)
        sender.send_due()


def state(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        found = [(each.channel, each.state) for each in session().scalars(select(Delivery).order_by(Delivery.id))]
        session().close()
    return found


def test_a_reply_goes_to_the_client_by_mail_and_the_answer_to_the_responsible(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn
) -> None:
    deal_id, rep = talk(app), sign_in("rep1")
    assert "Will be sent by e-mail to vera@client.example." in rep.get(f"/deals/{deal_id}").text
    reply(app, deal_id)
    reply(app, deal_id, "And one more.")
    first, second = post.letters
    assert (first["To"], first["Reply-To"]) == ("vera@client.example", company.email("rep1"))
    assert body(first, "plain").splitlines() == ["Good day!", "We have <two> presses."]
    assert (first["Auto-Submitted"], first["List-Unsubscribe"]) == (None, None), "a person wrote it"
    assert first["References"] == second["References"], "one thread"
    assert first["Message-ID"] != second["Message-ID"]
    page = rep.get(f"/deals/{deal_id}").text
    assert page.count('data-delivery-state="sent"') == 2


def test_what_the_client_did_not_get_is_told_to_who_wrote_it(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn
) -> None:
    deal_id, rep = talk(app), sign_in("rep1")
    post.refuses = "550 no such user"
    reply(app, deal_id)
    page = rep.get(f"/deals/{deal_id}").text
    assert 'data-delivery-state="failed"' in page
    assert "no such user" in page
    assert "Your message did not reach the client" in rep.get("/inbox").text


def test_who_has_left_a_phone_alone_gets_an_sms_where_the_firm_allows_it(
    app: Flask, calls: Calls, clock: Clock, sign_in: SignIn
) -> None:
    deal_id, rep = talk(app, email=None), sign_in("rep1")
    assert "Will be sent by SMS to" in rep.get(f"/deals/{deal_id}").text
    reply(app, deal_id, "We call you at ten.")
    assert [each["message"] for each in calls.asked] == ["We call you at ten."]
    with app.app_context(), transaction() as current:
        current.execute(update(Gateway).values(to_clients=False))
    assert "the firm does not write to clients" in rep.get(f"/deals/{deal_id}").text
    reply(app, deal_id, "This stays here.")
    assert (len(calls.asked), state(app)) == (1, [("sms", "sent")])


def test_an_sms_goes_to_the_number_that_the_client_wrote_from(
    app: Flask, calls: Calls, clock: Clock, sign_in: SignIn
) -> None:
    second = "+79005550099"
    deal_id = talk(app, email=None)

    def says(phone: str) -> None:
        with app.app_context(), transaction():
            inquiries.receive("api", {"name": "Vera Belova", "phone": phone}, "And by when?", acts.FORM)

    def has(*further: str) -> None:
        with app.app_context(), transaction() as current:
            own = current.scalars(select(Contact).with_for_update()).one()
            contacts.edit(own, {"more_phones": list(further)}, company.acting("admin"))

    def answer(text: str) -> None:
        with app.app_context():
            with transaction() as current:
                acts.locked(deal_id)
                last = current.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
                assert last is not None
                conversations.reply(last, text, company.acting("rep1"))
            sender.send_due()

    has(second)
    says(second)
    answer("At the second.")
    says(acts.PHONE)
    answer("At the main one.")
    says(second)
    has()
    answer("That number is theirs no more.")
    assert [each["to"] for each in calls.asked] == [second, acts.PHONE, acts.PHONE]


def test_the_lessons_firm_writes_to_nobody_and_says_so(app: Flask, post: Post, clock: Clock, sign_in: SignIn) -> None:
    deal_id = talk(app)
    with app.app_context(), transaction() as current:
        current.execute(update(Firm).values(is_lesson=True))
        setups.changed()
    assert "nothing is sent to its clients" in sign_in("rep1").get(f"/deals/{deal_id}").text
    reply(app, deal_id)
    assert (post.letters, state(app)) == ([], [])


@pytest.mark.parametrize(
    ("email", "phone", "allowed", "way"),
    [
        ("a@b.example", "+7912", {"email": True, "sms": True}, Way("email", "a@b.example")),
        ("a@b.example", "+7912", {"sms": True}, Way("sms", "+7912")),
        (None, "+7912", {"email": True}, Way(why_not="no_gateway")),
        (None, None, {"email": True, "sms": True}, Way(why_not="no_address")),
        ("a@b.example", None, {"email": False}, Way(why_not="not_allowed")),
    ],
)
def test_the_way_to_a_client(email: str | None, phone: str | None, allowed: dict[str, bool], way: Way) -> None:
    assert way_to_client(email, phone, allowed, is_lesson=False) == way
    assert way_to_client(email, phone, allowed, is_lesson=True).why_not == "lesson"


def writes(email: str, text: str = "And by when?", phone: str = acts.PHONE) -> int:
    """By a program that reads the firm's mail."""
    with transaction():
        given = {"name": "Vera Belova", "phone": phone, "email": email}
        return inquiries.receive("email", given, text, acts.FORM)[0].id


def test_a_reply_goes_to_the_address_that_the_client_wrote_from(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn
) -> None:
    home = "vera@home.example"
    with app.app_context():
        deal_id = writes("vera@client.example")
        contact_id = session().scalars(select(Contact.id)).one()
        with transaction() as current:
            own = current.get_one(Contact, contact_id, with_for_update=True)
            contacts.edit(own, {"more_emails": [home]}, company.acting("admin"))
        writes(home)
    assert f"Will be sent by e-mail to {home}." in sign_in("rep1").get(f"/deals/{deal_id}").text
    reply(app, deal_id)
    with app.app_context():
        writes("somebody@else.example", "Tell me all!")
        with transaction():
            inquiries.receive("email", {"name": "Vera", "phone": acts.PHONE}, "Well?", acts.FORM)
    reply(app, deal_id, "To a stranger it is not told.")
    with app.app_context(), transaction() as current:
        own = current.get_one(Contact, contact_id, with_for_update=True)
        contacts.edit(own, {"more_emails": []}, company.acting("admin"))
    reply(app, deal_id, "That address is theirs no more.")
    assert [each["To"] for each in post.letters] == [home, home, "vera@client.example"]


def test_who_turned_out_to_be_another_is_answered_where_each_talk_was(app: Flask, post: Post, clock: Clock) -> None:
    with app.app_context():
        first = writes("vera@client.example")
        second = writes("vera@home.example", phone="+79005550002")
        with transaction() as current:
            stays, goes = current.scalars(select(Contact).order_by(Contact.id)).all()
            merging.merge(goes, stays, (), company.acting("admin"))
    for deal_id in (first, second):
        reply(app, deal_id)
    assert [each["To"] for each in post.letters] == ["vera@client.example", "vera@home.example"]


def test_who_turned_out_to_be_another_gets_each_sms_where_they_wrote_from(
    app: Flask, calls: Calls, clock: Clock
) -> None:
    numbers = [acts.PHONE, "+79005550002"]
    with app.app_context():
        deals = [acts.inquiry("How much?", phone=each, channel="api") for each in numbers]
        with transaction() as current:
            stays, goes = current.scalars(select(Contact).order_by(Contact.id)).all()
            merging.merge(goes, stays, (), company.acting("admin"))
    for deal_id in deals:
        reply(app, deal_id)
    assert [each["to"] for each in calls.asked] == numbers
