"""Where a person is told: confirmed by a code, chosen, tried; the admin's page of what is sent by. Nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import sender
from tests import company
from tests.channels import worlds
from tests.channels.worlds import Post
from tests.conftest import Browser, Clock
from webapp.db import session
from webapp.models import Address, Delivery, Gateway

SignIn = Callable[[str], Browser]


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    post = Post()
    with worlds.mail_server(post) as port:
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        worlds.reaches(app, email=f"smtp://127.0.0.1:{port}")
        yield post


def send(app: Flask) -> None:
    with app.app_context():
        sender.send_due()


def only(app: Flask) -> Address:
    with app.app_context():
        row = session().scalars(select(Address)).one()
        session().expunge(row)
        session().close()
    return row


def test_an_address_counts_once_the_code_that_went_there_is_typed(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn
) -> None:
    rep, other = sign_in("rep1"), sign_in("rep2")
    assert rep.post("/profile/addresses", data={"kind": "email", "address": "Ivan@Home.example"}).status_code == 303
    send(app)
    (letter,) = post.letters
    code = letter["Subject"].split()[0]
    row, here = only(app), f"/profile/addresses/{only(app).id}"
    assert row.confirmed_at is None
    assert rep.post(f"{here}/tests").status_code == 422, "not before it is confirmed"
    wrong = rep.post(f"{here}/confirmations", data={"code": "000000" if code != "000000" else "1"})
    assert (wrong.status_code, "The code is wrong" in wrong.text) == (422, True)
    assert other.post(f"{here}/confirmations", data={"code": code}).status_code == 404
    assert rep.post(f"{here}/confirmations", data={"code": code}).status_code == 303
    assert other.post(f"{here}/deletions").status_code == 404
    assert rep.post(here, data={"urgent": "on", "normal": "on"}).status_code == 303
    assert only(app).wanted_for == ["urgent", "normal"]
    assert rep.post(f"{here}/tests").status_code == 303
    send(app)
    assert post.letters[1]["Subject"] == "Dozor can reach you"
    assert "a test: sent" in rep.get("/profile/addresses").text
    assert rep.post(f"{here}/deletions").status_code == 303
    with app.app_context():
        assert session().scalars(select(Address)).all() == []
        codes = [each.facts for each in session().scalars(select(Delivery).where(Delivery.content == "code"))]
        assert codes == [{}], "a code is not kept"


def test_five_wrong_codes_end_it(app: Flask, post: Post, clock: Clock, sign_in: SignIn) -> None:
    rep = sign_in("rep1")
    rep.post("/profile/addresses", data={"kind": "email", "address": "ivan@home.example"})
    send(app)
    code, here = post.letters[0]["Subject"].split()[0], f"/profile/addresses/{only(app).id}"
    for _ in range(5):
        rep.post(f"{here}/confirmations", data={"code": "wrong"})
    assert rep.post(f"{here}/confirmations", data={"code": code}).status_code == 422
    soon = rep.post(f"{here}/codes")
    assert (soon.status_code, "How you are notified" in soon.text) == (422, True), "not so soon"
    assert "A code has just been sent" in soon.text
    clock.go_on(seconds=31)
    assert rep.post(f"{here}/codes").status_code == 303


def test_an_admin_vouches_and_what_cannot_be_reached_is_said_at_once(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn
) -> None:
    admin = sign_in("admin")
    with app.app_context():
        anna = company.person("north")
    page = f"/settings/people/{anna}/addresses"
    no_gateway = admin.post(page, data={"kind": "sms", "address": "+79120000001"})
    assert "No channel is set up for this yet" in no_gateway.text
    bad = admin.post(page, data={"kind": "email", "address": "at home"})
    assert "This is not an e-mail address, such as name@example.com." in bad.text
    assert admin.post(page, data={"kind": "email", "address": "anna@home.example"}).status_code == 303
    assert only(app).confirmed_at is not None
    assert "Vouched for by" in admin.get(page).text


def test_the_mail_server_is_set_tried_and_its_password_never_shown(
    app: Flask, monkeypatch: pytest.MonkeyPatch, clock: Clock, sign_in: SignIn
) -> None:
    admin, post = sign_in("admin"), Post()
    worlds.allows(app, monkeypatch, "127.0.0.0/8")
    with worlds.mail_server(post) as port:
        mail = {
            "host": "127.0.0.1",
            "port": str(port),
            "user": "crm",
            "password": "s3cret!",
            "from": "crm@firm.example",
        }
        wrong = admin.post("/settings/channels/email", data={**mail, "port": "many"})
        assert ("A port is a number" in wrong.text, "s3cret!" in wrong.text) == (True, False)
        wrong = admin.post("/settings/channels/email", data={**mail, "host": "["})
        assert "This is not the name of a server, such as mail.example.com." in wrong.text
        assert admin.post("/settings/channels/email", data=mail).status_code == 303
        admin.post("/settings/channels/email/tests", data={"address": "boss@firm.example"})
        send(app)
        page = admin.get("/settings/channels").text
        assert "The server offers no encryption" in page, "a password is not said aloud"
        assert "s3cret!" not in page
        assert 'value="boss@firm.example"' in page, "to be tried again"
        admin.post("/settings/channels/email", data={**mail, "user": "", "password": ""})
        tried = admin.post("/settings/channels/email/tests", data={"address": "boss@firm.example"})
        assert "The test is on its way" in admin.get(tried.location).text
        clock.go_on(seconds=60)
        send(app)
        assert [each["To"] for each in post.letters] == ["boss@firm.example"], "the first try is none any more"
        assert "The test to boss@firm.example went out." in admin.get("/settings/channels").text
        assert "The server offers no encryption" not in admin.get("/settings/channels").text
    admin.post("/settings/channels/email/deletions")
    with app.app_context():
        assert session().scalars(select(Gateway.url).where(Gateway.kind == "email")).one() == ""


def test_nobody_has_a_stranger_flooded_by_adding_and_taking_away(
    app: Flask, post: Post, clock: Clock, sign_in: SignIn
) -> None:
    """The firm pays for each word, and whoever gets them did not ask."""
    rep, statuses = sign_in("rep1"), []
    for n in range(14):
        answer = rep.post("/profile/addresses", data={"kind": "email", "address": f"stranger@{n % 2}.example"})
        statuses.append(answer.status_code)
        if answer.status_code == 303:
            assert rep.post(f"/profile/addresses/{only(app).id}/deletions").status_code == 303
    assert statuses == [303] * 10 + [422] * 4
    assert "an hour" in answer.text
    assert sign_in("rep2").post("/profile/addresses", data={"kind": "email", "address": "o@x.org"}).status_code == 303
    clock.go_on(hours=1, seconds=1)
    assert rep.post("/profile/addresses", data={"kind": "email", "address": "me@x.org"}).status_code == 303
