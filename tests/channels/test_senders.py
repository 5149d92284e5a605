"""From whom a letter comes and to whom it can go: any name of a firm, any letters in an address, and whose fault it is
when the mail server takes only some."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from jobs import sender
from tests.channels import worlds
from tests.channels.test_evil import parcel
from tests.channels.test_letters import ANNA, deliveries, tell, told
from tests.channels.test_replies import own_firm, talk  # noqa: F401
from tests.channels.worlds import Post
from tests.conftest import Browser, Clock
from tests.services import acts
from webapp.channels import letters, mail, outward
from webapp.db import session, transaction
from webapp.models import Firm, Gateway, User
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
MARIA = "мария@client.example"


@pytest.fixture
def plain(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A mail server that takes addresses in ASCII alone, as many do."""
    post = Post()
    with worlds.mail_server(post, enable_SMTPUTF8=False) as port:
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        worlds.reaches(app, email=f"smtp://127.0.0.1:{port}")
        yield post


def comes_from(app: Flask, typed: str) -> None:
    with app.app_context(), transaction() as current:
        current.execute(update(Gateway).where(Gateway.kind == "email").values(sender=typed))


def from_of(post: Post) -> tuple[str, str]:
    """As programs of mail read it. Python's own puts a space between the parts of a long name."""
    raw = next(str(value) for name, value in post.letters[-1].raw_items() if name == "From")
    ((phrase, address),) = getaddresses([raw])
    return str(make_header(decode_header(phrase))), address


def responsible_has_any_letters(deal_id: int) -> None:
    rep = acts.deal_of(deal_id).responsible_id
    with transaction() as current:
        current.execute(update(User).where(User.id == rep).values(email="иван@acme.example"))
        setups.changed()


def failing(app: Flask) -> bool:
    with app.app_context():
        found = session().scalars(select(Gateway).where(Gateway.kind == "email")).one().failing_since is not None
        session().close()
    return found


LONG = "Acme, Inc., and many others, of whom the list goes on until the line is far too long for one"
NAMES = {
    "Acme, Inc. <sales@acme.example>": ("Acme, Inc.", "sales@acme.example"),
    '"Acme, Inc." <sales@acme.example>': ("Acme, Inc.", "sales@acme.example"),
    "ООО «Ромашка», отдел продаж <sales@acme.example>": ("ООО «Ромашка», отдел продаж", "sales@acme.example"),
    'ООО "Ромашка" <sales@acme.example>': ('ООО "Ромашка"', "sales@acme.example"),
    "株式会社、東京 (営業), 部 <sales@acme.example>": ("株式会社、東京 (営業), 部", "sales@acme.example"),
    "שלום, בע״מ <sales@acme.example>": ("שלום, בע״מ", "sales@acme.example"),
    "sales@acme.example": ("Acme", "sales@acme.example"),
    f"{LONG} <sales@acme.example>": (LONG, "sales@acme.example"),
    f"ООО «Ромашка», {'и сыновья, ' * 12} и дочь <sales@acme.example>": (
        f"ООО «Ромашка», {'и сыновья, ' * 12}и дочь",
        "sales@acme.example",
    ),
    f"Sales <{'s' * 60}@{'a' * 60}.example>": ("Sales", f"{'s' * 60}@{'a' * 60}.example"),
    "Почта <info@почта.рф>": ("Почта", "info@xn--80a1acny.xn--p1ai"),
}


@pytest.mark.parametrize("typed", NAMES)
def test_a_firm_of_any_name_writes_by_it(app: Flask, plain: Post, clock: Clock, sign_in: SignIn, typed: str) -> None:
    admin = sign_in("admin")
    with app.app_context():
        port = session().scalars(select(Gateway.url)).one().rpartition(":")[2]
        worlds.has_address("north", "email", ANNA, "urgent")
        with transaction() as current:
            current.execute(update(Firm).values(name="Acme"))
            setups.changed()
        session().close()
    sent = {"host": "127.0.0.1", "port": port, "user": "", "password": "", "from": typed}
    assert admin.post("/settings/channels/email", data=sent).status_code == 303
    with app.app_context():
        tell("north")
        sender.send_due()
        assert deliveries() == [("email", "sent", "")]
    assert from_of(plain) == NAMES[typed]
    assert plain.senders == [NAMES[typed][1]]


@pytest.mark.parametrize("typed", ["Acme, Inc.", "Acme <sales>", "sales at acme.example", "a@x.example, b@x.example"])
def test_a_sender_without_an_address_is_refused_at_its_control(
    app: Flask, post: Post, sign_in: SignIn, token: Callable[[str], dict[str, str]], typed: str
) -> None:
    sent = {"host": "127.0.0.1", "port": "25", "from": typed}
    answer = sign_in("admin").post("/settings/channels/email", data=sent)
    assert answer.status_code == 422
    assert "Enter the address that mail comes from" in answer.text.partition('name="from"')[2][:400]
    body = {"url": "smtp://127.0.0.1:25", "sender": typed}
    said = app.test_client().put("/api/v1/gateways/email", json=body, headers=token("admin"))
    assert (said.status_code, said.json["fields"][0]["field"]) == (422, "sender")


def test_a_sender_that_was_kept_before_sends_as_it_did_or_says_why_not(app: Flask, post: Post, clock: Clock) -> None:
    with app.app_context():
        worlds.has_address("north", "email", ANNA, "urgent")
    comes_from(app, "Dozor <dozor@localhost>")
    with app.app_context():
        tell("north")
        sender.send_due()
    assert from_of(post) == ("Dozor", "dozor@localhost")
    for typed in ("@", ""):
        comes_from(app, typed)
        with app.app_context():
            tell("north", key=f"k{typed}")
            sender.send_due()
            assert deliveries()[1:] == [("email", "waiting", "bad_sender")]
            assert "gateway.failing" in told("admin"), "somebody has to put it right"
            clock.go_on(hours=1)


def test_what_was_tried_by_another_sender_says_nothing_of_this_one(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn
) -> None:
    admin, gone = sign_in("admin"), "The test to boss@firm.example went out."
    with app.app_context():
        port = session().scalars(select(Gateway.url)).one().rpartition(":")[2]
        session().close()
    sent = {"host": "127.0.0.1", "port": port, "user": "", "password": "", "from": "dozor@firm.example"}
    for typed in ("dozor@firm.example", "other@firm.example"):
        clock.go_on(minutes=1)
        assert admin.post("/settings/channels/email", data={**sent, "from": typed}).status_code == 303
        assert gone not in admin.get("/settings/channels").text
        admin.post("/settings/channels/email/tests", data={"address": "boss@firm.example"})
        with app.app_context():
            sender.send_due()
        assert gone in admin.get("/settings/channels").text


@pytest.mark.both_databases
@pytest.mark.complains("failed, attempt")
def test_what_fails_in_dozor_itself_is_told_where_an_admin_looks_and_blames_no_gateway(
    app: Flask, post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch, sign_in: SignIn
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    admin = sign_in("admin")
    monkeypatch.setattr(mail, "send", broken)
    admin.post("/settings/channels/email/tests", data={"address": "boss@firm.example"})
    with app.app_context():
        sender.send_due()
        assert deliveries() == [("email", "waiting", "broken")]
    assert admin.get("/settings/channels").text.count("Something failed in Dozor itself.") == 2, "beside it, in the log"
    assert not failing(app)


def test_a_client_whose_address_the_server_cannot_take_is_no_fault_of_the_server(
    app: Flask, plain: Post, clock: Clock, sign_in: SignIn
) -> None:
    deal_id, rep, head = talk(app, MARIA), sign_in("rep1"), sign_in("head")
    with app.app_context():
        acts.reply(deal_id, text="Good day!")
        sender.send_due()
        assert deliveries() == [("email", "failed", "recipient_unsupported")]
        assert "message.undelivered" in told("rep1")
        assert "gateway.failing" not in told("admin")
        session().close()
    assert not failing(app)
    assert "accented or non-Latin letters before the @" in rep.get("/inbox").text
    assert "accented or non-Latin letters before the @" in head.get(f"/deals/{deal_id}").text
    other = talk(app, "vera@почта.рф")
    with app.app_context():
        acts.reply(other, text="Good day!")
        assert sender.send_due() == 1, "nobody waits for it"
        assert deliveries()[1] == ("email", "sent", "")
    assert plain.rcpts == ["vera@xn--80a1acny.xn--p1ai"], "a domain of any script is one for every server"


@pytest.mark.locale("ru")
def test_a_russian_reads_it_in_russian(app: Flask, plain: Post, clock: Clock, sign_in: SignIn) -> None:
    deal_id = talk(app, MARIA)
    with app.app_context():
        acts.reply(deal_id, text="Good day!")
        sender.send_due()
        session().close()
    page = sign_in("rep1").get("/inbox").text
    assert "где перед @ есть буквы кроме простых латинских" in page


def test_a_server_that_takes_all_letters_is_given_them(app: Flask, post: Post, clock: Clock) -> None:
    comes_from(app, "Фирма <фирма@acme.example>")
    deal_id = talk(app, MARIA)
    with app.app_context():
        acts.reply(deal_id, text="Good day!")
        responsible_has_any_letters(deal_id)
        sender.send_due()
        assert deliveries() == [("email", "sent", "")]
    assert (post.senders, post.rcpts) == (["фирма@acme.example"], [MARIA])
    assert post.letters[0]["Reply-To"] == "иван@acme.example"


@pytest.mark.parametrize("server", ["post", "plain"])
def test_a_reply_to_that_a_plain_letter_cannot_carry_is_left_out(
    app: Flask, clock: Clock, request: pytest.FixtureRequest, server: str
) -> None:
    post: Post = request.getfixturevalue(server)
    deal_id = talk(app)
    with app.app_context():
        acts.reply(deal_id, text="Good day!")
        responsible_has_any_letters(deal_id)
        sender.send_due()
        assert deliveries() == [("email", "sent", "")]
    assert post.letters[0]["Reply-To"] is None
    assert not failing(app)


def test_a_sender_that_the_server_cannot_take_is_the_firms_to_put_right(app: Flask, plain: Post, clock: Clock) -> None:
    comes_from(app, "фирма@acme.example")
    with app.app_context():
        worlds.has_address("north", "email", ANNA, "urgent")
        tell("north")
        sender.send_due()
        assert deliveries() == [("email", "waiting", "sender_refused")]
        assert "gateway.failing" in told("admin")


@pytest.mark.parametrize(
    ("refuses", "code", "is_failing"),
    [
        ("450 4.2.0 greylisted, come back", "recipient_refused", False),
        ("452 4.2.2 mailbox full", "recipient_refused", False),
        ("451 4.3.0 temporary lookup failure", "gateway_said", True),
        ("421 too many connections", "gateway_said", True),
    ],
)
def test_a_recipient_who_takes_nothing_for_now_holds_up_nobody_else(
    app: Flask, post: Post, clock: Clock, refuses: str, code: str, is_failing: bool
) -> None:
    post.refuses = refuses
    with app.app_context():
        worlds.has_address("north", "email", ANNA, "urgent")
        tell("north")
        for _ in range(3):
            sender.send_due()
            clock.go_on(seconds=61)
        assert deliveries() == [("email", "waiting", code)]
        assert ("gateway.failing" in told("admin")) is is_failing
    assert failing(app) is is_failing


@pytest.mark.parametrize("url", [f"twilio://AC{'a' * 32}:{'b' * 32}@+15550100123", "46elks://user:pass@+15550100123"])
def test_a_number_that_a_provider_cannot_take_is_not_sent_to_the_firms_own(url: str) -> None:
    """Apprise leaves out a number of nine digits, and these providers then write to whoever sends."""
    made = parcel("sms", "nowhere")
    assert isinstance(made, letters.Parcel)
    answer = outward.send(replace(made, to="+376312345", gateway=replace(made.gateway, url=url)), ())
    assert (answer.state, answer.reason) == ("refused", {"code": "recipient_refused"})


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("smtp://mail..firm.example:25", "no_such_host"),
        (f"smtp://{'m' * 64}.example:25", "no_such_host"),
    ],
)
def test_a_name_that_no_server_can_have_is_said_to_be_none(url: str, code: str) -> None:
    made: Any = parcel("email", "nowhere")
    answer = outward.send(replace(made, gateway=replace(made.gateway, url=url)), ())
    assert (answer.state, answer.reason["code"]) == ("later", code)
