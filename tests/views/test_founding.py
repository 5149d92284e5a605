"""A firm of one's own in the browser: begun once, by whoever has read the code; and in the place of the lesson's firm,
of which nothing is left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import company, servers
from tests.conftest import Browser, application, settings_for
from tests.views.scenes import browser, said, scene, token_of
from webapp.access import sessions
from webapp.box import first_start
from webapp.changes import announcements
from webapp.config import LOCALES
from webapp.db import Base, session, transaction
from webapp.errors import Refused, invalid, not_an_option
from webapp.migrations import upgrades
from webapp.models import Department, Firm, FoundingCode, Heartbeat, Pipeline, Stage, User, UserSession
from webapp.services import founding_codes, starting_over
from webapp.services.founding import AdminDraft, FirmDraft

OWN = {
    "firm": "Vera & Co",
    "locale": "ru",
    "time_zone": "Europe/Berlin",
    "country": "DE",
    "currency": "EUR",
    "admin": "Vera Orlova",
    "email": "Vera@Firm.example",
    "password": "a long password",
}
pytestmark = pytest.mark.both_databases


@pytest.fixture
def bare(empty_url: str, redis_server: servers.RedisServer, tmp_path: Path) -> Iterator[Flask]:
    """Dozor as `make run FIRM=own` starts it on an empty database."""
    settings = replace(settings_for(tmp_path, empty_url, redis_server.url), first_firm="own")
    with application(settings) as app:
        redis_server.empty()
        app.test_client_class = Browser
        yield app


def stranger(app: Flask) -> Browser:
    who = app.test_client()
    assert isinstance(who, Browser)
    who.token = token_of(who.get("/founding"))
    return who


def test_a_firm_is_begun_by_its_code_once(bare: Flask, clock: Any) -> None:
    code = first_start.prepare(bare)
    who, other = stranger(bare), stranger(bare)
    assert who.get("/").headers["Location"] == "/founding"
    assert who.get("/sign-in").headers["Location"] == "/founding"
    assert who.get("/form/sales").headers["Location"] == "/founding"
    assert who.get("/api/v1/users").status_code == 401
    assert who.get("/static/0/css/app.css").status_code == 200
    done = who.post("/founding", data={**OWN, "code": code.lower().replace("-", " ")})
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    page = who.get("/")
    assert page.status_code == 200
    assert all(words in page.text for words in ("Новая", "В работе", "Успех", "Провал", "Vera Orlova"))
    assert other.post("/founding", data={**OWN, "code": code}).status_code == 404
    assert other.get("/founding").status_code == 404
    with bare.app_context():
        firm = session().scalars(select(Firm)).one()
        assert (firm.name, firm.currency, firm.country, firm.is_lesson) == ("Vera & Co", "EUR", "DE", False)
        assert session().scalars(select(User.email)).all() == ["vera@firm.example"]
        assert session().scalars(select(FoundingCode.id)).all() == []
        assert session().scalars(select(Stage.key).order_by(Stage.position)).all() == ["new", "in_work", "won", "lost"]


def test_a_start_between_keeps_the_choice_and_makes_a_new_code(bare: Flask, clock: Any) -> None:
    old = first_start.prepare(bare)
    bare.config["SETTINGS"] = replace(bare.config["SETTINGS"], first_firm="lesson")
    (bare.config["SETTINGS"].data / "logs").mkdir()
    new = first_start.prepare(bare)
    assert new not in ("", old), "killed before it was begun: no lesson's firm comes instead"
    who = stranger(bare)
    refused = who.post("/founding", data={**OWN, "code": old})
    assert refused.status_code == 422
    assert said(bare, "en", invalid("code", "wrong_code")) in refused.text
    assert who.post("/founding", data={**OWN, "code": new}).status_code == 303
    with bare.app_context():
        assert new.replace("-", "") not in str([list(row) for row in session().execute(select(Firm))])


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ({"firm": " "}, invalid("firm", "blank")),
        ({"locale": "xx"}, not_an_option("locale", LOCALES)),
        ({"time_zone": "Mars/Base"}, invalid("time_zone", "unknown_zone")),
        ({"country": "XX"}, invalid("country", "no_such_country")),
        ({"currency": "XXX"}, invalid("currency", "no_such_currency")),
        ({"admin": ""}, invalid("admin", "blank")),
        ({"email": "at home"}, invalid("email", "not_an_email")),
        ({"password": "short"}, invalid("password", "too_short", limit=8)),
        ({"code": ""}, invalid("code", "wrong_code")),
    ],
    ids=lambda each: next(iter(each), "") if isinstance(each, dict) else "",
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(
    bare: Flask, clock: Any, wrong: dict[str, str], refused: Refused
) -> None:
    code = first_start.prepare(bare)
    answer = stranger(bare).post("/founding", data={**OWN, "code": code, **wrong})
    assert answer.status_code == 422
    assert said(bare, "en", refused) in answer.text
    assert OWN["password"] not in answer.text
    assert "firm" in wrong or "Vera &amp; Co" in answer.text
    assert upgrades.is_empty(bare)


def test_codes_are_not_guessed_for_long(bare: Flask, clock: Any) -> None:
    code = first_start.prepare(bare)
    who = stranger(bare)
    guesses = [who.post("/founding", data={**OWN, "code": f"AAAA-AAAA-AAA{n}"}).status_code for n in range(10)]
    assert set(guesses) == {422}
    assert who.post("/founding", data={**OWN, "code": code}).status_code == 429


def test_two_people_at_once_make_one_firm(bare: Flask, clock: Any) -> None:
    code, start = first_start.prepare(bare), threading.Barrier(2)
    people = [stranger(bare) for _ in range(2)]

    def begin(who: Browser) -> int:
        start.wait(10)
        sent = {**OWN, "code": code, "email": f"p{people.index(who)}@firm.example"}
        return int(who.post("/founding", data=sent).status_code)

    with ThreadPoolExecutor(2) as crowd:
        assert sorted(crowd.map(begin, people)) in ([303, 404], [303, 422])
    with bare.app_context():
        assert len(session().scalars(select(Firm.id)).all()) == len(session().scalars(select(User.id)).all()) == 1


def everything(app: Flask) -> dict[str, list[Any]]:
    with app.app_context():
        return {each.name: list(session().execute(select(each))) for each in Base.metadata.sorted_tables}


def test_nothing_of_the_lesson_is_left(app: Flask, clock: Any) -> None:
    scene(app)
    rep, admin = browser(app, "rep1"), browser(app, "admin")
    key = {"Authorization": f"Bearer {token(app)}"}
    with app.app_context(), transaction() as current:
        current.add(Heartbeat(name="ticker:here:1", role="ticker", at=clock()))
        current.add(FoundingCode(code_hash="of no use", created_at=clock()))
        for each in (Department, Pipeline, Stage):  # else they are called as those of the new firm
            current.execute(update(each).values(name={"en": "Of the lesson"}))
    before = everything(app)
    with app.app_context():
        old = set(session().scalars(select(UserSession.id)))
        person = company.person("admin")
    sent = {**OWN, "current": "lesson"}
    assert admin.post("/settings/start-over", data={**sent, "current": "wrong"}).status_code == 422
    assert everything(app) == before
    done = admin.post("/settings/start-over", data=sent)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    after = everything(app)
    for name, rows in before.items():
        kept = [row for row in rows if row in after[name]]
        assert kept == (rows if name == "heartbeat" else []), name
    assert after["column_total"] == after["column_change"] == []
    assert after["user_session"]
    assert len(after["app_user"]) == 1
    page = admin.get("/")
    assert page.status_code == 200
    assert "Vera Orlova" in page.text
    assert rep.get("/").status_code == 303
    assert rep.get("/api/v1/users/me", headers=key).status_code == 401
    assert admin.get("/settings/start-over").status_code == 404, "there is no lesson's firm any more"
    with app.app_context():
        assert sessions.alive(old) == set(), "no page that is still open is taken for one of the new firm"
        assert session().scalars(select(User.id)).one() > person
    (kept_in,) = (app.config["SETTINGS"].data / "backups").glob("before-own-firm-*")
    assert kept_in.stat().st_size > 10_000


def token(app: Flask) -> str:
    with app.app_context(), transaction():
        return sessions.new_token(company.person("rep1"), "tests")


@pytest.mark.complains("no backup")
def test_without_a_backup_nothing_is_changed(app: Flask, clock: Any) -> None:
    admin = browser(app, "admin")
    (app.config["SETTINGS"].data / "backups").write_text("no folder")
    before = everything(app)
    answer = admin.post("/settings/start-over", data={**OWN, "current": "lesson"})
    assert answer.status_code == 422
    assert said(app, "en", Refused("no_backup")) in answer.text
    assert everything(app) == before


def test_open_pages_are_told(app: Flask, clock: Any) -> None:
    heard = []
    with app.app_context(), app.extensions["dozor.redis"].pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(announcements.channel(app))
        with transaction():
            firm = FirmDraft("Mine", "en", "Europe/Berlin", "EUR", "DE")
            starting_over.start_over(firm, AdminDraft("Vera", "vera@firm.example", "hash"))
        for _ in range(20):
            message = channel.get_message(timeout=0.1)
            heard += [message["data"]] if message else []
    assert any(b'"rights":[null]' in each for each in heard)


def test_the_code_is_kept_as_a_hash_and_read_however_it_is_spaced(app: Flask, clock: Any) -> None:
    with app.app_context():
        with transaction():
            code = founding_codes.new_code()
        assert founding_codes.is_code(f" {code.lower()} ")
        assert not founding_codes.is_code(code[:-1])
        assert code.replace("-", "") not in session().scalars(select(FoundingCode.code_hash)).one()
