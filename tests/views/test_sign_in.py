"""Coming in and going out: what is not said, what is limited, what ends a session, where one is led."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from rules import emails
from tests import company
from tests.rules.test_texts import CANONICAL
from tests.views.scenes import HTMX, Browser, browser, said, stranger, token_of
from webapp.access import passwords
from webapp.access.scopes import SYSTEM
from webapp.box import accounts as box
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import User, UserSession
from webapp.services import accounts

ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "///evil.example",
    "/\t/evil.example",
    " //evil.example",
    "evil.example",
    "/\\/evil.example",
)
OURS = ("/deals/1", "/?q=Пресс&mine=1", "/tasks?list=all")


@pytest.fixture(autouse=True)
def quick_passwords(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same passwords, hashed in no time: argon2 is slow on purpose, and these tests try it a hundred times."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", quick)
    passwords.no_one.cache_clear()
    with app.app_context(), transaction() as current:
        current.execute(update(User).values(password_hash=quick.hash("lesson")))


def enter(who: Browser, name: str = "rep1", password: str = "lesson", **more: Any) -> TestResponse:
    sent = {"email": company.email(name), "password": password, **more.pop("form", {})}
    return who.post("/sign-in", data=sent, **more)


def enter_again(who: Browser, name: str = "rep1", password: str = "lesson") -> TestResponse:
    """With the token of the page where this browser stands now."""
    who.token = token_of(who.get("/profile", follow_redirects=True))
    return enter(who, name, password)


def sessions(app: Flask) -> list[UserSession]:
    with app.app_context():
        return list(session().scalars(select(UserSession).order_by(UserSession.id)))


def test_a_right_password_makes_a_new_session_and_leads_to_the_board(app: Flask) -> None:
    who = stranger(app)
    answer = enter(who)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert who.get("/").status_code == 200
    assert [each.ended_at for each in sessions(app)] == [None]


def test_an_address_is_taken_as_people_type_it(app: Flask) -> None:
    assert (
        stranger(app).post("/sign-in", data={"email": " REP1@Dozor.Example ", "password": "lesson"}).status_code == 303
    )


@pytest.mark.parametrize(("typed", "kept"), [each for each in CANONICAL if each[1]])
def test_whoever_was_invited_by_an_address_signs_in_by_any_of_its_forms(app: Flask, typed: str, kept: str) -> None:
    """A browser sends the domain of a form's address in ASCII, whatever was typed; the account has it as it is read."""
    with app.app_context(), transaction():
        assert accounts.set_email(company.person("rep1"), typed, SYSTEM) == kept
    for form in (typed, kept, emails.wire(kept)):
        assert enter(stranger(app), form={"email": form}).status_code == 303, form
        assert enter(stranger(app), form={"email": form}, password="guess").status_code == 422
    with app.app_context():
        found = box.user_id(typed), box.user_id(emails.wire(kept)), box.user_id(f" {kept} ")
        assert set(found) == {session().scalar(select(User.id).where(User.email == kept))}


def test_tries_for_one_address_are_counted_together_in_whatever_form(app: Flask) -> None:
    forms = ("rep1@почта.рф", "Rep1@xn--80a1acny.xn--p1ai", "mailto:rep1@почта.рф", "Anna <rep1@почта.рф>")
    with app.app_context(), transaction():
        accounts.set_email(company.person("rep1"), forms[0], SYSTEM)
    home, attacker = stranger(app), stranger(app)
    assert enter(home, form={"email": forms[1]}).status_code == 303
    tries = [enter(attacker, password="guess", form={"email": forms[n % 4]}).status_code for n in range(17)]
    assert 8 <= tries.index(429) <= 16
    assert enter(attacker, form={"email": forms[0]}).status_code == 429
    for form in forms:  # the device is the account's, by whichever form
        home.token = token_of(home.get("/profile", follow_redirects=True))
        assert enter(home, form={"email": form}).status_code == 303


def test_an_address_kept_by_the_older_reading_of_domains_is_still_ones_own(app: Flask) -> None:
    """It was typed as straße.de and kept as strasse.de; whoever has the other one comes first by it."""
    with app.app_context(), transaction():
        old, new = company.person("rep1"), company.person("rep2")
        accounts.set_email(old, "ivan@strasse.de", SYSTEM)
    for form in ("ivan@straße.de", "ivan@xn--strae-oqa.de", "ivan@strasse.de"):
        assert enter(stranger(app), form={"email": form}).status_code == 303, form
    with app.app_context():
        assert box.user_id("ivan@straße.de") == old
        with transaction():
            accounts.set_email(new, "ivan@straße.de", SYSTEM)
        assert box.user_id("ivan@straße.de") == new
    enter(stranger(app), form={"email": "ivan@straße.de"})
    assert sessions(app)[-1].user_id == new
    attacker = stranger(app)
    forms = ("ivan@straße.de", "ivan@strasse.de")
    assert 429 in [enter(attacker, password="guess", form={"email": forms[n % 2]}).status_code for n in range(17)]


def test_no_spelling_that_signs_in_is_counted_by_itself(app: Flask) -> None:
    """What is too long for an address finds nobody, wherever it would be cut."""
    attacker, address = stranger(app), company.email("rep1")

    def padded(n: int) -> str:
        return address + format(n, "08b").translate({48: " ", 49: "\t"}) + " " * 230 + "x"

    tries = [enter(attacker, password="guess", form={"email": padded(n)}).status_code for n in range(17)]
    assert enter(stranger(app), form={"email": padded(0)}).status_code != 303
    assert 429 in tries


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_a_wrong_password_and_an_unknown_address_are_told_alike(app: Flask, locale: str) -> None:
    who = stranger(app)
    wrong = enter(who, password="lessons", headers={"Accept-Language": locale})
    unknown = enter(who, "nobody", headers={"Accept-Language": locale})
    for answer, name in ((wrong, "rep1"), (unknown, "nobody")):
        assert answer.status_code == 422
        assert said(app, locale, Refused("wrong_sign_in")) in html.unescape(answer.text)
        assert f'value="{company.email(name)}"' in answer.text  # what was typed stays, the password does not
        assert "lesson&" not in answer.text
        assert 'value="lesson' not in answer.text
    assert sessions(app) == []


def test_somebody_who_left_does_not_come_in(app: Flask) -> None:
    with app.app_context(), transaction() as current:
        current.scalars(select(User).where(User.email == company.email("rep1"))).one().is_active = False
    assert enter(stranger(app)).status_code == 422


def test_too_many_tries_for_one_account_are_put_off_also_with_the_right_password(app: Flask) -> None:
    who = stranger(app)
    seen = [enter(who, password="guess").status_code for _ in range(17)]  # more than two minutes' worth
    assert set(seen) == {422, 429}
    assert seen.index(429) >= 8
    put_off = enter(who)
    assert put_off.status_code == 429
    assert "<h1>" in put_off.text
    assert enter(who, "rep2").status_code == 303  # another account is not held up


def test_one_address_cannot_try_many_accounts(app: Flask) -> None:
    who = stranger(app)
    tries = (who.post("/sign-in", data={"email": f"{n}@x", "password": ""}).status_code for n in range(61))
    assert next(n for n, status in enumerate(tries) if status == 429) >= 30


def test_right_passwords_are_not_counted(app: Flask) -> None:
    who = stranger(app)
    assert {enter_again(who, company.PEOPLE[n % 2]).status_code for n in range(50)} == {303}


def test_nobody_elsewhere_locks_out_a_device_where_one_has_signed_in(app: Flask) -> None:
    home, attacker = stranger(app), stranger(app)
    assert enter(home).status_code == 303
    while enter(attacker, password="guess").status_code != 429:
        pass
    assert enter(attacker).status_code == 429
    for n in range(40):  # by the same address, too
        attacker.post("/sign-in", data={"email": f"{n}@x", "password": ""})
    assert enter(attacker, "rep3").status_code == 429
    assert enter_again(home).status_code == 303
    assert enter_again(home, "rep2").status_code == 429  # for another account it is as good as unknown


def test_a_known_device_guesses_no_more_than_others(app: Flask) -> None:
    home, elsewhere = stranger(app), stranger(app)
    enter(home)
    seen = [enter_again(home, password="guess").status_code for _ in range(17)]
    assert 8 <= seen.index(429) <= 16
    assert enter_again(home).status_code == 429
    assert enter(elsewhere).status_code == 303  # and its guesses lock out nobody elsewhere


@pytest.mark.parametrize("value", ["", "x", "WyJ4IiwieSJd", "WyJ4IiwieSJd.AAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_a_device_cannot_be_made_up(app: Flask, value: str) -> None:
    who = stranger(app)
    while enter(who, password="guess").status_code != 429:
        pass
    who.set_cookie("dozor_device", value, path="/sign-in")
    assert enter(who).status_code == 429


def test_signing_in_needs_the_forms_own_token(app: Flask) -> None:
    assert (
        app.test_client().post("/sign-in", data={"email": company.email("rep1"), "password": "lesson"}).status_code
        == 400
    )
    assert sessions(app) == []


def test_nobody_is_led_elsewhere_after_signing_in(app: Flask) -> None:
    for n, target in enumerate(ELSEWHERE):
        name = company.PEOPLE[n % len(company.PEOPLE)]  # each account has its own limit
        who, other = stranger(app), stranger(app)
        plain = enter(who, name, form={"next": target})
        assert (plain.status_code, plain.headers["Location"]) == (303, "/"), target
        part = enter(other, name, form={"next": target}, headers=HTMX)
        assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/"), target
        again = who.get("/sign-in", query_string={"next": target})  # whoever is in already goes on
        assert (again.status_code, again.headers["Location"]) == (303, "/"), target
        asked = app.test_client().get("/sign-in", query_string={"next": target})
        assert 'name="next" value="/"' in asked.text, target


@pytest.mark.parametrize("target", OURS)
def test_after_signing_in_one_comes_to_what_was_asked_for(app: Flask, target: str) -> None:
    who = stranger(app)
    led = who.get(target)
    form = who.get(led.headers["Location"])
    assert f'name="next" value="{html.escape(target)}"' in form.text
    who.token = token_of(form)
    answer = enter(who, form={"next": target})
    assert answer.status_code == 303
    part = enter(stranger(app), form={"next": target}, headers=HTMX)
    assert part.headers["HX-Redirect"] == answer.headers["Location"]
    assert answer.headers["Location"].isascii()
    assert who.get(answer.headers["Location"]).status_code in (200, 404)


def test_an_old_session_does_not_become_the_new_persons(app: Flask) -> None:
    who = browser(app, "rep1")
    with who.session_transaction() as cookie:
        planted, cookie["planted"] = cookie["_user_id"], "by somebody"
    enter(who, "rep2")
    with who.session_transaction() as cookie:
        assert cookie["_user_id"] != planted
        assert "planted" not in cookie
    assert "rep2@" in who.get("/profile").text


@pytest.mark.parametrize("name", ["rep1", "rep2"])
def test_whoever_signs_in_anew_leaves_no_session_behind_in_that_browser(app: Flask, name: str) -> None:
    who, elsewhere = browser(app, "rep1"), browser(app, "rep1")
    with who.session_transaction() as cookie:
        kept = dict(cookie)
    assert enter(who, password="wrong").status_code == 422
    assert who.get("/profile").status_code == 200  # a wrong password ends nothing
    assert enter(who, name).status_code == 303
    assert who.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 200
    with who.session_transaction() as cookie:
        cookie.update(kept)  # a copy of the old cookie opens nothing any more
    assert who.get("/profile").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask) -> None:
    cookies = enter(stranger(app)).headers.getlist("Set-Cookie")
    for name, path in (("dozor", "/"), ("dozor_device", "/sign-in")):
        (found,) = ({part.strip() for part in each.split(";")} for each in cookies if each.startswith(f"{name}="))
        assert {"HttpOnly", "SameSite=Lax", f"Path={path}"} <= found


def test_signing_out_ends_the_session_in_the_database(app: Flask) -> None:
    who = browser(app, "rep1")
    with who.session_transaction() as cookie:
        kept = dict(cookie)
    assert who.post("/sign-out").headers["Location"] == "/sign-in"
    assert all(each.ended_at for each in sessions(app))
    with who.session_transaction() as cookie:
        cookie.update(kept)  # a copy of the cookie opens nothing any more
    assert who.get("/").status_code == 303


def test_a_session_is_over_after_thirty_days(app: Flask, clock: Any) -> None:
    who = browser(app, "rep1")
    clock.go_on(days=29)
    assert who.get("/profile").status_code == 200
    clock.go_on(days=2)
    assert who.get("/profile").status_code == 303


def test_a_new_password_ends_all_other_sessions_and_all_tokens_of_that_person(
    app: Flask, token: Callable[[str], dict[str, str]]
) -> None:
    mine, other, colleague = browser(app, "rep1"), browser(app, "rep1"), browser(app, "rep2")
    key, colleagues_key = token("rep1"), token("rep2")
    assert "your API keys end" in mine.get("/profile").text
    me = {"name": "Ivan", "locale": "en", "theme": "auto", "time_zone": "Europe/Moscow"}
    assert mine.post("/profile", data={**me, "current": "lesson", "password": "a new password"}).status_code == 303
    assert mine.get("/profile").status_code == 200
    assert other.get("/profile").status_code == 303
    assert colleague.get("/profile").status_code == 200
    assert app.test_client().get("/api/v1/users/me", headers=key).status_code == 401
    assert app.test_client().get("/api/v1/users/me", headers=colleagues_key).status_code == 200
    assert enter(stranger(app)).status_code == 422
    assert enter(stranger(app), password="a new password").status_code == 303


def test_a_wrong_current_password_changes_nothing_of_the_profile(app: Flask) -> None:
    mine, other = browser(app, "rep1"), browser(app, "rep1")
    sent = {"name": "New", "locale": "en", "theme": "auto", "time_zone": "Europe/Moscow", "current": "x"}
    assert mine.post("/profile", data={**sent, "password": "a new password"}).status_code == 422
    assert 'value="New"' not in other.get("/profile").text
    assert enter(stranger(app)).status_code == 303


def test_the_sign_in_page_names_the_lesson_only_while_it_is_the_lesson(app: Flask) -> None:
    assert "rep1@dozor.example" in app.test_client().get("/sign-in").text
