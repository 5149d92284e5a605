"""A deal's client is changed after words were said: each word still goes to whom the sheet says, and stands under
whoever said it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from jobs import sender
from tests import company
from tests.channels.test_webhooks import erp  # noqa: F401
from tests.channels.worlds import Calls, Post
from tests.conftest import Browser, Clock
from tests.services import acts
from webapp.access.scopes import Actor
from webapp.db import open_transaction, session, transaction
from webapp.models import ApiToken, Contact, Conversation, Delivery, Firm, Message, Robot
from webapp.services import contacts, conversations, inquiries, merging, previews
from webapp.services import webhooks as services
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
FIRST, SECOND = "first3@client.example", "second3@client.example"
WORDS = "How much is a press?"


@pytest.fixture(autouse=True)
def own_firm(app: Flask, clock: Clock) -> None:
    """A firm of its own, without robots: the lesson's writes to nobody."""
    with app.app_context(), transaction() as current:
        current.execute(update(Firm).values(is_lesson=False))
        current.execute(update(Robot).values(is_on=False))
        setups.changed()


def asks(email: str, name: str, text: str = WORDS) -> int:
    """An inquiry of a client by form. The deal."""
    with transaction():
        return inquiries.receive("form", {"name": name, "email": email}, text, acts.FORM)[0].id


def changed() -> tuple[int, int]:
    """A deal that First 3 has asked for and that is with Second 3 now; and Second 3."""
    deal_id = asks(FIRST, "First 3")
    with transaction():
        second = contacts.create({"name": "Second 3", "email": SECOND}, company.acting("rep1")).id
    acts.edit(deal_id, contact_id=second, by="head")
    return deal_id, second


def talks(deal_id: int) -> list[tuple[str, list[str]]]:
    """With whom, and what was said, in the order of conversations."""
    found = session().execute(
        select(Conversation.id, Contact.name)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Conversation.deal_id == deal_id)
        .order_by(Conversation.id)
    )
    return [
        (name, list(session().scalars(select(Message.text).where(Message.conversation_id == id_).order_by(Message.id))))
        for id_, name in found.all()
    ]


def sent(post: Post) -> list[str]:
    sender.send_due()
    return [str(each["To"]) for each in post.letters]


def ways(page: str) -> list[str]:
    """What the sheet says of where words go."""
    return [" ".join(re.sub("<[^>]+>", " ", each).split()) for each in re.findall(r"data-way>([^<]+)<", page)]


def test_what_the_sheet_says_is_where_the_word_goes(app: Flask, post: Post, sign_in: SignIn) -> None:
    with app.app_context():
        deal_id, second = changed()
        talk = session().scalars(select(Conversation.id).where(Conversation.deal_id == deal_id)).one()
    head, path = sign_in("head"), f"/deals/{deal_id}"
    page = head.get(path).text
    assert ways(page) == [f"Will be sent by e-mail to {each}." for each in (SECOND, FIRST)]
    assert "A reply here still goes to First 3." in re.sub("[\u2066-\u2069]", "", page)
    assert re.search(rf"{re.escape(WORDS)}\s*<small><bdi>First 3</bdi>", page), "whoever said it"
    assert "Send Second 3 the first message" in re.sub("[\u2066-\u2069]", "", page)
    assert head.post(f"/conversations/{talk}/messages", data={"text": "A hundred."}).status_code == 303
    assert head.post(f"{path}/messages", data={"text": "Two hundred.", "to": second}).status_code == 303
    with app.app_context():
        assert sent(post) == [FIRST, SECOND]
        assert talks(deal_id) == [("First 3", [WORDS, "A hundred."]), ("Second 3", ["Two hundred."])]
    page = head.get(path).text
    assert ways(page) == [f"Will be sent by e-mail to {each}." for each in (SECOND, FIRST)]
    assert 'name="to"' not in page, "it goes on as a conversation"
    assert page.count("data-former") == 1


def test_a_deal_with_nobody_any_more_still_says_who_has_written(app: Flask, post: Post, sign_in: SignIn) -> None:
    with app.app_context():
        deal_id = asks(FIRST, "First 3")
        acts.edit(deal_id, contact_id=None, by="head")
    page = sign_in("head").get(f"/deals/{deal_id}").text
    assert ways(page) == [f"Will be sent by e-mail to {FIRST}."]
    assert re.search(rf"{re.escape(WORDS)}\s*<small><bdi>First 3</bdi>", page)


def test_by_the_api_too(app: Flask, post: Post, token: Callable[[str], dict[str, str]]) -> None:
    with app.app_context():
        deal_id, second = changed()
    api, headers = app.test_client(), token("head")
    shown = api.get(f"/api/v1/conversations?deal_id={deal_id}", headers=headers).json["items"]
    for path in (f"/deals/{deal_id}/messages", f"/conversations/{shown[0]['id']}/messages"):
        assert api.post(f"/api/v1{path}", json={"text": f"To {path}"}, headers=headers).status_code == 201
    shown = api.get(f"/api/v1/conversations?deal_id={deal_id}", headers=headers).json["items"]
    assert shown[0]["contact_id"] == second
    with app.app_context():
        assert sent(post) == [SECOND, FIRST]


def test_a_robot_writes_to_the_client_of_today(app: Flask, post: Post) -> None:
    with app.app_context():
        deal_id, _ = changed()
        with transaction():
            deal = acts.locked(deal_id)
            assert previews.way(deal).address == SECOND
            written = conversations.write_by_robot(deal, "We have got it.", {"en": "Got it"}, Actor(via="robot"))
            assert isinstance(written, Message)
        assert sent(post) == [SECOND]
        assert talks(deal_id) == [("First 3", [WORDS]), ("Second 3", ["We have got it."])]


@pytest.mark.both_databases
def test_the_next_clients_words_begin_a_conversation_of_their_own(app: Flask) -> None:
    with app.app_context():
        deal_id, _ = changed()
        with transaction():
            given = {"name": "Second 3", "email": SECOND}
            assert inquiries.receive_once("form", given, WORDS, acts.FORM), "the same words of another client"
            assert not inquiries.receive_once("form", given, WORDS, acts.FORM)
            assert not inquiries.receive_once("form", {"name": "First 3", "email": FIRST}, WORDS, acts.FORM)
        assert talks(deal_id) == [("First 3", [WORDS]), ("Second 3", [WORDS])]
        session().close()


@pytest.mark.both_databases
def test_a_call_answers_what_this_client_waits_for_and_nothing_of_anothers(app: Flask) -> None:
    with app.app_context():
        deal_id, second = changed()
        asks(SECOND, "Second 3", "And when?")
        with transaction():
            deal = acts.locked(deal_id)
            conversations.talk(deal, session().get_one(Contact, second), "☎", company.acting("rep1"))
        waits = select(Conversation.unanswered_since).where(Conversation.deal_id == deal_id).order_by(Conversation.id)
        assert [each is not None for each in session().scalars(waits)] == [True, False]
        session().close()


def test_a_first_word_meant_for_one_client_does_not_go_to_the_next(app: Flask, post: Post, sign_in: SignIn) -> None:
    with app.app_context():
        deal_id = acts.deal(waits=False)
        with transaction():
            first, second = (
                contacts.create({"name": name, "email": email}, company.acting("rep1")).id
                for name, email in (("First 3", FIRST), ("Second 3", SECOND))
            )
        acts.edit(deal_id, contact_id=first)
    rep, path = sign_in("rep1"), f"/deals/{deal_id}"
    shown = re.search(r'name="to" value="(\d+)"', rep.get(path).text)
    assert shown is not None
    with app.app_context():
        acts.edit(deal_id, contact_id=second)
    word = {"text": "A hundred.", "to": shown[1]}
    late = rep.post(f"{path}/messages", data=word)
    assert late.status_code == 422
    assert "Second 3 now. If your message is for them, send it again." in re.sub("[\u2066-\u2069]", "", late.text)
    assert "A hundred.</textarea>" in late.text, "nothing typed is lost"
    with app.app_context():
        assert (sent(post), talks(deal_id)) == ([], [])
        with transaction():  # the two turn out to be one person
            goes, into = (session().get_one(Contact, each, with_for_update=True) for each in (first, second))
            merging.merge(goes, into, (), company.acting("head"))
    assert rep.post(f"{path}/messages", data=word).status_code == 303
    with app.app_context():
        assert sent(post) == [SECOND]


@pytest.mark.both_databases
def test_a_merge_takes_the_conversation_along_and_open_pages_are_told(app: Flask) -> None:
    with app.app_context():
        deal_id, second = changed()
        talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
        with transaction():
            third = contacts.create({"name": "Third 3", "phone": acts.PHONE}, company.acting("rep1")).id
        with transaction():
            contacts.edit(session().get_one(Contact, talk.contact_id), {"name": "First"}, company.acting("head"))
            assert deal_id in open_transaction().changes.deals, "the name stands on that sheet too"
        goes = talk.contact_id
        for into in (third, second):
            with transaction():
                both = [session().get_one(Contact, each, with_for_update=True) for each in (goes, into)]
                merging.merge(both[0], both[1], (), company.acting("head"))
                assert deal_id in open_transaction().changes.deals
            session().close()
            goes = session().get_one(Conversation, talk.id).contact_id
            assert goes == into
        session().close()


def test_another_system_is_told_whom_the_reply_is_for(
    app: Flask,
    erp: Calls,  # noqa: F811
    token: Callable[[str], dict[str, str]],
) -> None:
    with app.app_context():
        deal_id, _ = changed()
        row: Any = services.standing("erp")
        talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
        talk_id = talk.id
    headers = token("admin")
    with app.app_context(), transaction() as current:
        key = current.scalars(select(ApiToken.id).order_by(ApiToken.id.desc())).first()
        current.get_one(Conversation, talk_id).token_id = key
        current.get_one(type(row), row.id).token_id = key
    answer = app.test_client().post(f"/api/v1/conversations/{talk_id}/messages", json={"text": "Yes."}, headers=headers)
    assert answer.status_code == 201
    with app.app_context():
        sender.send_due()
        assert session().scalars(select(Delivery.state).where(Delivery.channel == "webhook")).all() == ["sent"]
    assert [each["data"]["contact"]["name"] for each in erp.asked] == ["First 3"]


@pytest.mark.both_databases
def test_what_bounced_or_still_waits_goes_to_the_address_that_was_corrected(
    app: Flask, post: Post, sign_in: SignIn
) -> None:
    with app.app_context():
        deal_id = asks(FIRST, "First 3")
        talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
        for text in ("It bounces", "It waits"):
            with transaction():
                conversations.reply(session().get_one(Conversation, talk.id), text, company.acting("rep1"))
        bounced = session().scalars(select(Delivery).where(Delivery.content == "message").order_by(Delivery.id)).first()
        assert bounced is not None
        with transaction() as current:
            row = current.get_one(Delivery, bounced.id)
            row.state, row.ended_at = "failed", row.created_at
        with transaction() as current:
            contact = current.get_one(Contact, talk.contact_id)
            contacts.edit(contact, {"email": SECOND}, company.acting("rep1"))
        assert sent(post) == [SECOND], "what still waited"
        assert sign_in("admin").post(f"/deliveries/{bounced.id}/retries").status_code == 303
        assert sent(post) == [SECOND, SECOND]
        with transaction() as current:
            contacts.edit(current.get_one(Contact, talk.contact_id), {"email": ""}, company.acting("rep1"))
            newest = current.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
            newest.state = "failed"
            newest_id = newest.id
    refused = sign_in("admin").post(f"/deliveries/{newest_id}/retries")
    assert (refused.status_code, "There is no way to this client now" in refused.text) == (422, True)
