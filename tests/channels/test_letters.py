"""What is told in Dozor goes out to where a person wants it: once inside, whatever a server does."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from email.message import Message
from typing import Any

import pytest
import trustme
from flask import Flask
from sqlalchemy import select

from jobs import sender
from tests import company
from tests.channels import worlds
from tests.channels.worlds import Post
from tests.conftest import Clock
from webapp.channels import outward
from webapp.db import session, transaction
from webapp.models import Delivery, Notification, User
from webapp.services import accounts, link_letters, notifications, sign_ins

pytestmark = pytest.mark.usefixtures("inside")
ANNA = "anna@north.example"


def tell(name: str, urgency: str = "urgent", key: str = "k", **more: Any) -> None:
    with transaction():
        facts = {"deal.title": "A <b>press</b> & more"}
        notifications.tell(
            [company.person(name)],
            "robot.control",
            key=key,
            facts=facts,
            text={"en": "{deal.title} waits\nIvan has not answered", "ru": "{deal.title} ждёт\nИван не ответил"},
            urgency=urgency,
            **more,
        )


def deliveries() -> list[tuple[str, str, str]]:
    """Channel, state and reason of each, in their order."""
    session().close()
    rows = session().scalars(select(Delivery).order_by(Delivery.id)).all()
    found = [(each.channel, each.state, each.reason.get("code", "")) for each in rows]
    session().close()
    return found


def told(name: str) -> list[str]:
    """The kinds of what stands in somebody's inbox."""
    kinds = select(Notification.kind).where(Notification.user_id == company.person(name)).order_by(Notification.seq)
    found = list(session().scalars(kinds))
    session().close()
    return found


def body(letter: Message, kind: str) -> str:
    part = letter.get_body((kind,))  # type: ignore[attr-defined]
    return str(part.get_content())


@pytest.mark.both_databases
def test_what_is_urgent_is_in_the_mail_at_once_in_its_readers_language(post: Post, clock: Clock) -> None:
    worlds.has_address("north", "email", ANNA, "urgent")
    tell("north")
    tell("rep1")  # who has no address is told in Dozor alone
    assert sender.send_due() == 1
    (letter,) = post.letters
    assert (letter["To"], letter["Subject"]) == (ANNA, "A <b>press</b> & more waits")
    assert "Ivan has not answered" in body(letter, "plain")
    assert "A &lt;b&gt;press&lt;/b&gt; &amp; more waits" in body(letter, "html")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] == "<http://localhost/profile/addresses>"
    assert letter["Message-ID"].startswith("<notification-")
    assert deliveries() == [("email", "sent", "")]
    assert sender.send_due() == 0, "once"


@pytest.mark.locale("ru")
def test_a_russian_reads_russian(post: Post, clock: Clock) -> None:
    worlds.has_address("north", "email", ANNA, "urgent")
    tell("north")
    sender.send_due()
    assert post.letters[0]["Subject"] == "A <b>press</b> & more ждёт"
    assert "Открыть в Dozor" in body(post.letters[0], "html")


def test_what_is_not_urgent_waits_for_the_working_hours_and_not_for_whom_it_is_not_wanted(
    post: Post, clock: Clock
) -> None:
    clock.go_on(hours=12)  # Tuesday, 22:00
    worlds.has_address("north", "email", ANNA, "urgent", "normal")
    worlds.has_address("rep1", "email", "ivan@north.example", "urgent")
    tell("north", "normal")
    tell("rep1", "normal")
    assert sender.send_due() == 0
    clock.go_on(hours=11)  # Wednesday, 09:00
    sender.send_due()
    assert [each["To"] for each in post.letters] == [ANNA]


def test_what_was_read_in_dozor_does_not_go_out(post: Post, clock: Clock) -> None:
    clock.go_on(hours=12)
    worlds.has_address("north", "email", ANNA, "normal")
    tell("north", "normal")
    with transaction():
        notifications.read_all(company.person("north"), company.acting("north"))
    clock.go_on(hours=11)
    sender.send_due()
    assert (deliveries(), post.letters) == ([("email", "cancelled", "read")], [])


def later(clock: Clock) -> None:
    """What was put off comes again, for as long as it is put off."""
    for _ in range(12):
        clock.go_on(hours=4)
        sender.send_due()


@pytest.mark.parametrize(
    ("fails", "state", "code"),
    [("554 spam", "failed", "gateway_said"), ("451 try later", "waiting", "gateway_said")],
)
def test_a_letter_that_is_refused_for_good_is_not_tried_again(
    post: Post, clock: Clock, fails: str, state: str, code: str
) -> None:
    worlds.has_address("north", "email", ANNA, "urgent")
    post.fails = fails
    tell("north")
    sender.send_due()
    assert deliveries() == [("email", state, code)]
    assert ("undelivered" in told("admin")) == (state == "failed"), "the admin knows at once"
    post.fails = ""
    later(clock)
    assert len(post.letters) == (0 if state == "failed" else 1)
    assert deliveries()[0][1] == ("failed" if state == "failed" else "sent")


def test_nobody_of_this_name_there(post: Post, clock: Clock) -> None:
    worlds.has_address("north", "email", ANNA, "urgent")
    post.refuses = "550 no such user"
    tell("north")
    sender.send_due()
    row = session().scalars(select(Delivery)).one()
    assert (row.state, row.reason) == ("failed", {"code": "recipient_refused", "text": "no such user"})


def untrusted() -> Callable[[Any], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return worlds.with_certificate(context)


@pytest.mark.parametrize(
    ("scheme", "say", "code"),
    [
        ("smtp", worlds.hangs, "timed_out"),
        ("smtp", worlds.byte_by_byte, "timed_out"),
        ("smtp", worlds.closes, "closed"),
        ("smtps", untrusted(), "certificate"),
        ("smtp", None, "nobody_listens"),
    ],
)
def test_a_server_that_is_ill_loses_nothing_and_the_admin_is_told_within_a_minute(
    app: Flask,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    say: Callable[[Any], None] | None,
    code: str,
) -> None:
    patience = outward.SECONDS
    if code == "timed_out":  # the others answer, however slow the machine
        monkeypatch.setattr(outward, "SECONDS", 0.5)
    worlds.allows(app, monkeypatch, "127.0.0.0/8")
    worlds.has_address("north", "email", ANNA, "urgent")
    port = worlds.free_port()
    with worlds.talker(say or worlds.closes) as talking:
        worlds.reaches(app, email=f"{scheme}://127.0.0.1:{talking if say else port}")
        began = clock.at
        tell("north")
        while "gateway.failing" not in told("admin"):
            sender.send_due()
            outward.hung.clear()  # the child ends beside what hangs, and the next one goes on
            clock.go_on(seconds=1)
            assert (clock.at - began).total_seconds() < 60
    assert deliveries() == [("email", "waiting", code)]
    post = Post()
    monkeypatch.setattr(outward, "SECONDS", patience)  # a machine that is busy is not ill
    with worlds.mail_server(post, port):
        worlds.reaches(app, email=f"smtp://127.0.0.1:{port}")
        later(clock)
    assert (len(post.letters), deliveries()[0][1]) == (1, "sent")


def test_who_is_killed_after_the_letter_was_taken_sends_it_again_by_the_same_name(post: Post, clock: Clock) -> None:
    """The server has it, and nobody wrote that down: at least once outside, exactly once inside."""
    from jobs.registry import WORK
    from webapp.background import outbox

    worlds.has_address("north", "email", ANNA, "urgent")
    tell("north")
    row_id = sender.next_due()
    assert row_id is not None
    mine = outbox.claim("delivery", row_id)
    assert mine is not None
    with transaction():
        parcel = WORK["delivery"].prepare(mine)
    assert WORK["delivery"].send is not None
    WORK["delivery"].send(parcel)
    session().close()
    assert sender.send_due() == 0, "the lease is good"
    clock.go_on(seconds=60)
    sender.send_due()
    assert (len(post.letters), len(set(post.ids)), deliveries()) == (2, 1, [("email", "sent", "")])


def test_a_link_to_come_in_by_goes_by_mail_too_and_works_once(app: Flask, post: Post, clock: Clock) -> None:
    user = company.person("rep1")
    address = session().get_one(User, user).email
    with transaction():
        secret = sign_ins.give_link(user, company.acting("admin"))
        assert link_letters.send(session().get_one(User, user), secret) is False, "the lesson's people have no mail"
    worlds.has_address("rep1", "email", address)
    with transaction():
        assert link_letters.send(session().get_one(User, user), secret) is True
    assert sender.send_due() == 1
    (letter,) = post.letters
    assert letter["To"] == address
    assert f"/links/{secret}" in body(letter, "plain")
    assert "code" not in session().scalars(select(Delivery.facts)).one(), "it is not kept once it has gone out"


def test_a_letter_with_a_link_that_has_ended_does_not_go_out(app: Flask, post: Post, clock: Clock) -> None:
    by, user = company.acting("admin"), company.person("rep1")
    for each in (company.email("rep1"), "ivan@firm.example"):
        worlds.has_address("rep1", "email", each)
    with transaction():
        assert link_letters.send(session().get_one(User, user), sign_ins.give_link(user, by))
        accounts.set_email(user, "ivan@firm.example", by)
    with transaction():
        assert link_letters.send(session().get_one(User, user), sign_ins.give_link(user, by))
    sender.send_due()
    assert deliveries() == [("email", "cancelled", "link_ended"), ("email", "sent", "")]
    assert [each["To"] for each in post.letters] == ["ivan@firm.example"]
    assert not any("code" in each for each in session().scalars(select(Delivery.facts)))
