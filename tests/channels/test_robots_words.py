"""A robot writes to the client by the way of a reply: once, in the firm's language, and as no reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from jobs import sender
from tests import company
from tests.channels.test_letters import body
from tests.channels.worlds import Calls, Post
from tests.conftest import Browser, Clock
from tests.services import acts
from webapp.background import outbox
from webapp.db import session, transaction
from webapp.i18n import sentences
from webapp.models import Contact, Conversation, Delivery, Firm, Message, Robot, User
from webapp.services import conversations, firing, run_retries
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
TEXT = {
    "en": "{contact.name}, we have got “{deal.title}” for {deal.amount}.",
    "ru": "{contact.name}, мы получили «{deal.title}» на {deal.amount}.",
}


@pytest.fixture(autouse=True)
def own_firm(app: Flask) -> None:
    """A firm of its own, in which this is the only robot: the lesson's writes to nobody."""
    with app.app_context(), transaction() as current:
        current.execute(update(Firm).values(is_lesson=False, locale="ru"))
        current.execute(update(Robot).values(is_on=False))
        current.execute(update(User).values(locale="en"))
        current.add(
            Robot(
                key="mine",
                stage_id=company.stage("new").id,
                kind="write_to_client",
                name={"en": "Got it", "ru": "Получили"},
                starts=["entered"],
                timing={"at_once": True},
                settings={"text": TEXT},
            )
        )
        setups.changed()


def deal(app: Flask, email: str | None = "vera@client.example", phone: str | None = acts.PHONE) -> int:
    """A client's deal comes to the stage, and the client waits for an answer."""
    with app.app_context():
        contact_id = acts.contact(phone=phone)
        with transaction() as current:
            current.get_one(Contact, contact_id).email = email
        return acts.deal(of=contact_id, amount=150_000_00)


def fire(app: Flask) -> None:
    with app.app_context():
        acts.work()
        sender.send_due()


def written(app: Flask) -> int | None:
    with app.app_context():
        return session().scalar(select(func.count(Message.id)).where(Message.robot_name.is_not(None)))


def test_it_goes_out_in_the_firms_language_and_stands_in_the_conversation(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn
) -> None:
    deal_id, rep = deal(app), sign_in("rep1")
    fire(app)
    (letter,) = post.letters
    assert letter["To"] == "vera@client.example"
    assert " ".join(body(letter, "plain").split()) == "Vera Belova, мы получили «A press» на 150 000 ₽."
    assert letter["Reply-To"] == company.email("rep1")
    page = rep.get(f"/deals/{deal_id}").text
    assert "мы получили «A press»" in page
    assert "Robot “Got it”" in page
    assert 'data-delivery-state="sent"' in page
    assert " message went to the client" in page
    with app.app_context():
        talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
        assert talk.unanswered_since is not None, "what a robot wrote is no reply"
        assert talk.replied_at is None
        assert acts.journal(deal_id, "message.sent") == []
        assert acts.stage_of(deal_id) == "new", "it takes no dialogue"


def test_a_day_too_late_it_is_not_sent_until_somebody_says_so(app: Flask, post: Post, clock: Clock) -> None:
    deal_id = deal(app)
    clock.go_on(days=1, seconds=1)
    fire(app)
    assert post.letters == []
    with app.app_context():
        (run,) = acts.runs(deal_id, "mine")
        assert (run.state, run.reason["code"], len(acts.told("admin", "run.failed"))) == ("failed", "too_late", 1)
        with transaction():
            run_retries.retry(run.id, company.acting("admin"))
    fire(app)
    assert len(post.letters) == 1


def test_it_goes_by_sms_where_only_a_phone_is_known(app: Flask, calls: Calls, clock: Clock) -> None:
    deal(app, email=None)
    fire(app)
    (asked,) = calls.asked
    assert asked["to"] == acts.PHONE
    assert asked["message"].startswith("Vera Belova, мы")


@pytest.mark.parametrize(
    ("email", "phone", "lesson", "text", "why"),
    [
        (None, None, False, TEXT, "the client has neither an e-mail address nor a phone number"),
        ("a@b.example", None, True, TEXT, "the lesson firm writes to nobody"),
        (None, acts.PHONE, False, TEXT, "an admin has to set up e-mail or SMS under Channels first"),
        ("a@b.example", None, False, {"ru": "{invoice.number}"}, "its text comes out empty for this deal"),
    ],
    ids=["no address", "lesson", "no gateway", "blank"],
)
def test_where_there_is_no_way_the_run_says_so_and_the_responsible_is_told(
    app: Flask,
    post: Post,
    clock: Clock,
    sign_in: SignIn,
    email: str | None,
    phone: str | None,
    lesson: bool,
    text: dict[str, str],
    why: str,
) -> None:
    with app.app_context():
        acts.robot("mine", settings={"text": text})
        with transaction() as current:
            current.execute(update(Firm).values(is_lesson=lesson))
            setups.changed()
    deal_id = deal(app, email, phone)
    fire(app)
    with app.app_context():
        run = acts.run_of(deal_id, "mine")
        assert (run.state, run.reason["code"]) == ("called_off", "no_way")
    rep = sign_in("rep1")
    assert why[1:] in rep.get(f"/deals/{deal_id}").text
    assert f"cannot reach them: {why}" in rep.get("/inbox").text
    assert (post.letters, written(app)) == ([], 0)


def test_whoever_is_killed_in_the_middle_writes_once(
    app: Flask, post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal_id = deal(app)
    with app.app_context():
        run_id = acts.run_of(deal_id, "mine").id
        whole = conversations.write_by_robot

        def dying(*given: Any) -> Any:
            whole(*given)
            raise MemoryError  # all of it is written, and nothing is committed

        slow = outbox.claim("run", run_id)
        assert slow is not None
        with monkeypatch.context() as patch:
            patch.setattr(conversations, "write_by_robot", dying)
            with pytest.raises(MemoryError), transaction():
                firing.fire(slow)
        clock.go_on(minutes=5)
        acts.work()
        with transaction():
            firing.fire(slow)  # it wakes up, and it is not its own any more
        sender.send_due()
        assert session().scalar(select(func.count(Delivery.id))) == 1
    assert (len(post.letters), written(app)) == (1, 1)


def test_its_sentence_says_what_it_writes_in_both_languages(app: Flask, clock: Clock) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        (spec,) = [each for each in setups.current().value.robots if each.kind == "write_to_client"]
        said = sentences.plain(sentences.robot(spec))
    assert said == (
        "As soon as a deal enters “New”, write to the client “[Client], we have got “[Deal]” for [Amount].”"
    )
    with app.test_request_context(headers={"Accept-Language": "ru"}):
        assert "написать клиенту «[Клиент], мы получили" in sentences.plain(sentences.robot(spec))


def test_the_editor_shows_a_real_deals_words_and_the_way_that_they_take(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn
) -> None:
    deal(app)
    page = sign_in("admin").get("/automation/sales/robots/mine").text
    assert "Vera Belova, мы получили «A press» на 150 000 ₽." in page
    assert "Will be sent by e-mail to vera@client.example." in page


def test_the_api_and_the_file_make_one(app: Flask, clock: Clock, token: Callable[[str], dict[str, str]]) -> None:
    who, headers = app.test_client(), token("admin")
    made = who.post(
        "/api/v1/robots",
        json={"kind": "write_to_client", "stage": "sales/payment", "settings": {"text": {"en": "Paid?"}}},
        headers=headers,
    )
    assert made.status_code == 201, made.text
    wrong = who.post("/api/v1/robots", json={"kind": "write_to_client", "settings": {"to": "head"}}, headers=headers)
    assert wrong.status_code == 422
    document = who.get("/api/v1/setup", headers=headers).json
    kept = [each for each in document["setup"]["robots"] if each["kind"] == "write_to_client"]
    assert {"text": {"en": "Paid?"}} in [each["settings"] for each in kept]
