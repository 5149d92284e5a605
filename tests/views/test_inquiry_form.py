"""The public web form: what a visitor writes becomes an inquiry, in their language, once, from any site's frame."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.conftest import Clock
from webapp.db import session
from webapp.models import Contact, Conversation, Deal, Message
from webapp.views import inquiry_form

FORM = "/form/sales"
TYPED = {"name": "Vera Orlova", "phone": "+7 912 555-01-77", "text": "A press for our workshop, please"}


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


@pytest.fixture
def write(client: FlaskClient, clock: Clock) -> Callable[..., TestResponse]:
    """Opens the form, takes some time over it and sends it; `seconds` how long it took."""

    def one(
        seconds: float = 20,
        address: str = FORM,
        headers: dict[str, str] | None = None,
        by: str = "127.0.0.1",
        **typed: str,
    ) -> TestResponse:
        token = token_of(client.get(address, headers=headers))
        clock.go_on(seconds=seconds)
        sends = {"token": token, **TYPED, **typed}
        return client.post(address, data=sends, headers=headers, environ_base={"REMOTE_ADDR": by})

    return one


def messages(app: Flask) -> int:
    with app.app_context():
        return session().scalar(select(func.count(Message.id))) or 0


@pytest.mark.both_databases
def test_what_a_visitor_writes_becomes_a_deal_on_the_first_stage(
    app: Flask, write: Callable[..., TestResponse], database: str
) -> None:
    answer = write(text="A press for our workshop,\r\nplease")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/form/sales?sent=1")
    with app.app_context():
        deal = session().scalars(select(Deal)).one()
        contact = session().get_one(Contact, deal.contact_id)
        conversation = session().scalars(select(Conversation)).one()
        assert (deal.title, deal.source) == ("A press for our workshop, please", "form")
        assert (contact.name, contact.phone) == ("Vera Orlova", "+79125550177")
        assert conversation.channel == "form"
        assert session().scalars(select(Message.text)).one() == "A press for our workshop,\nplease"


def test_the_same_words_sent_again_are_one_inquiry(
    app: Flask, write: Callable[..., TestResponse], clock: Clock
) -> None:
    assert [write().status_code for _ in range(2)] == [303, 303]
    assert messages(app) == 1
    assert write(text="And one more thing").status_code == 303
    assert messages(app) == 2
    clock.go_on(minutes=11)
    assert write().status_code == 303
    assert messages(app) == 3
    with app.app_context():
        assert session().scalar(select(func.count(Deal.id))) == 1


@pytest.mark.both_databases
def test_a_button_pressed_twice_at_once_makes_one_inquiry(app: Flask, clock: Clock, database: str) -> None:
    token = token_of(app.test_client().get(FORM))
    clock.go_on(seconds=20)
    start, seen = threading.Barrier(3), []

    def press() -> None:
        visitor = app.test_client()
        start.wait()
        seen.append(visitor.post(FORM, data={"token": token, **TYPED}).status_code)

    hands = [threading.Thread(target=press) for _ in range(3)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(20)
    assert seen == [303] * 3
    assert messages(app) == 1


@pytest.mark.parametrize("kept", ["phone", "email"])
def test_nobody_writes_often_in_one_clients_name_whatever_else_is_made_up(
    app: Flask, write: Callable[..., TestResponse], kept: str
) -> None:
    """From an address of its own each time: by the phone of a client and another e-mail, or the other way round."""
    seen = []
    for n in range(14):
        said = {"phone": f"+7 912 555-02-{n:02}", "email": f"v{n}@firm.example"}
        said[kept] = {"phone": "+7 912 555-01-77", "email": "vera@firm.example"}[kept]
        seen.append(write(text=f"Word {n}", by=f"192.0.2.{n + 1}", **said).status_code)
    assert seen == [303] * 12 + [429] * 2
    other = {"phone": "+7 912 555-03-00", "email": "boris@firm.example"}
    assert write(text="And I", by="198.51.100.1", **other).status_code == 303


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": " "}, "Fill this in."),
        ({"phone": ""}, "Leave a phone number or an e-mail, so that we can answer."),
        ({"phone": "call me"}, "There is no such phone number."),
        ({"email": "vera@"}, "This is not an e-mail address, such as name@example.com."),
        ({"text": "\n"}, "Write what it is about."),
        ({"text": "a" * 10_001}, "Too long: at most 10,000 characters."),
    ],
    ids=lambda given: str(given)[:30],
)
def test_refused_input_keeps_what_was_typed(
    app: Flask, write: Callable[..., TestResponse], typed: dict[str, str], said: str
) -> None:
    answer = write(**typed)
    assert answer.status_code == 422
    assert said in answer.text
    kept = {**TYPED, **typed}
    assert all(kept[name].strip() in answer.text for name in kept)
    assert answer.text.count('aria-invalid="true"') == answer.text.count('-wrong" role="alert"') == 1
    assert messages(app) == 0


def test_everything_wrong_is_said_at_once_in_the_language_of_the_visitor(write: Callable[..., TestResponse]) -> None:
    english = write(name="", phone="", text="")
    russian = write(name="", phone="", text="", address=f"{FORM}?lang=ru")
    browser = write(name="", phone="", text="", headers={"Accept-Language": "ru-RU,ru;q=0.9,de;q=0.5"})
    assert english.text.count('role="alert"') == russian.text.count('role="alert"') == 3
    assert '<html lang="en"' in english.text
    assert '<html lang="ru"' in russian.text
    assert '<html lang="ru"' in browser.text
    assert re.findall("[а-яё]{4,} [а-яё]+", russian.text, re.I)


@pytest.mark.locale("ru")
def test_a_visitor_of_another_language_reads_the_firm_s(client: FlaskClient) -> None:
    assert '<html lang="ru"' in client.get(FORM, headers={"Accept-Language": "de"}).text
    assert '<html lang="en"' in client.get(FORM, headers={"Accept-Language": "en-GB"}).text
    assert '<html lang="ru"' in client.get(f"{FORM}?lang=xx").text


def test_it_says_whose_form_it_is_and_thanks_in_the_same_look(
    client: FlaskClient, write: Callable[..., TestResponse]
) -> None:
    page = client.get(f"{FORM}?theme=dark&lang=en")
    assert 'data-theme="dark"' in page.text
    assert "Dozor" not in re.sub("<head>.*</head>", "", page.text, flags=re.S)
    sent = write(address=f"{FORM}?lang=en&theme=dark&next=//evil.example")
    assert sent.headers["Location"] == "/form/sales?lang=en&theme=dark&sent=1"
    thanks = client.get(sent.headers["Location"])
    assert thanks.status_code == 200
    assert "Thank you" in thanks.text
    assert "<form" not in thanks.text


def test_it_stands_in_any_frame_and_needs_no_cookie(client: FlaskClient, write: Callable[..., TestResponse]) -> None:
    answers = [client.get(FORM), write(), write(name=""), client.get("/form/elsewhere")]
    assert [each.status_code for each in answers] == [200, 303, 422, 404]
    for answer in answers:
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert "frame-ancestors 'none'" in client.get("/sign-in").headers["Content-Security-Policy"]


@pytest.mark.parametrize("seconds", [0.5, 25 * 3600], ids=["too quick", "a day later"])
def test_what_no_person_sends_is_asked_for_once_more(
    app: Flask, client: FlaskClient, clock: Clock, write: Callable[..., TestResponse], seconds: float
) -> None:
    doubted = write(seconds=seconds)
    assert doubted.status_code == 422
    assert TYPED["text"] in doubted.text
    assert messages(app) == 0
    clock.go_on(seconds=3)
    assert client.post(FORM, data={"token": token_of(doubted), **TYPED}).status_code == 303
    assert messages(app) == 1


@pytest.mark.parametrize("token", ["", "forged", "WyJvdGhlciIsMF0.x"])
def test_a_foreign_token_is_worth_nothing(app: Flask, client: FlaskClient, token: str) -> None:
    answer = client.post(FORM, data={"token": token, **TYPED})
    assert answer.status_code == 422
    assert token_of(answer) != token
    assert messages(app) == 0


def test_a_token_of_another_form_is_worth_nothing(app: Flask, client: FlaskClient, clock: Clock) -> None:
    from itsdangerous import URLSafeSerializer

    for key, salt in (("other", "inquiry form"), ("sales", "cookie-session")):
        token = URLSafeSerializer(app.config["SECRET_KEY"], salt=salt).dumps([key, clock.at.timestamp() - 20])
        assert client.post(FORM, data={"token": token, **TYPED}).status_code == 422
    assert messages(app) == 0


def test_who_fills_in_the_hidden_field_is_asked_once_more(app: Flask, write: Callable[..., TestResponse]) -> None:
    answer = write(website="https://spam.example")
    assert answer.status_code == 422
    assert "spam.example" not in answer.text
    assert messages(app) == 0


def test_a_flood_from_one_address_is_stopped_and_loses_nothing(app: Flask, write: Callable[..., TestResponse]) -> None:
    answers = [write(text=f"Offer {n}") for n in range(8)]
    assert [each.status_code for each in answers] == [303] * 6 + [429] * 2
    assert "Offer 7" in answers[7].text
    assert "Wait a minute" in answers[7].text
    assert messages(app) == 6


@pytest.mark.parametrize("one_client", [True, False])
def test_a_flood_from_many_addresses_is_stopped_too(
    app: Flask, write: Callable[..., TestResponse], clock: Clock, monkeypatch: pytest.MonkeyPatch, one_client: bool
) -> None:
    """In one client's name, however the number is written; or in everybody's."""
    monkeypatch.setattr(inquiry_form, "IN_ALL", "15 per minute")
    spellings = ["+7 916 000-00-01", "8 (916) 000 00 01", "79160000001"]
    statuses = []
    for n in range(17):
        phone = spellings[n % 3] if one_client else f"+7916000{n:04}"
        answer = write(text=f"Offer {n}", phone=phone, by=f"198.51.100.{n}")
        statuses.append(answer.status_code)
    most = 12 if one_client else 15
    assert statuses == [303] * most + [429] * (17 - most)


def test_nothing_but_the_five_fields_is_taken(app: Flask, write: Callable[..., TestResponse]) -> None:
    assert write(responsible_id="1", stage="won", amount="1", version="9", external_id="chat:1").status_code == 303
    with app.app_context():
        deal = session().scalars(select(Deal)).one()
        contact = session().scalars(select(Contact)).one()
        assert (deal.amount_minor, deal.version, contact.external_id) == (0, 1, None)


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_what_was_typed_comes_back_as_text(write: Callable[..., TestResponse], words: str) -> None:
    answer = write(name=words, text=words, phone="")
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert ">49<" not in answer.text


def test_the_script_for_other_sites_has_an_address_that_stays(client: FlaskClient) -> None:
    answer = client.get("/form.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert "Set-Cookie" not in answer.headers


def test_an_admin_finds_the_line_to_put_into_a_site(sign_in: Callable[[str], Any]) -> None:
    page = sign_in("admin").get("/form-setup")
    assert page.status_code == 200
    assert '&lt;script src="http://localhost/form.js" data-pipeline="sales" defer&gt;&lt;/script&gt;' in page.text
    assert 'href="/form-setup"' in sign_in("admin").get("/profile").text
    assert sign_in("head").get("/form-setup").status_code == 404
    assert 'href="/form-setup"' not in sign_in("head").get("/profile").text


def test_dozor_can_be_installed(client: FlaskClient) -> None:
    page = client.get("/sign-in").text
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = answer.get_json(force=True)
    assert manifest["start_url"] == "/"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    assert "maskable" in {icon["purpose"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).mimetype == icon["type"]
