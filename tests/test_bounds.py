"""What one request may cost: the walk stops early, forms and bodies are refused in bounds, hashes take turns."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select, update

from tests import company
from tests.api.callers import V1, Caller
from tests.views.scenes import HTMX, browser, said, stranger
from webapp import bounds
from webapp.access import passwords
from webapp.app import create_app
from webapp.bounds import DEPTH, ENTRIES, NAME_LENGTH, PROBLEMS, Busy, OutOfBounds, Turns, Walk
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import User

ME = {"name": "Ivan", "locale": "en", "theme": "auto", "time_zone": "Europe/Moscow"}


def nested(levels: int) -> Any:
    """As many lists, one in another."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def wrong(value: Any) -> list[str]:
    return Walk(lambda each: each == "wrong").over(value)


# The walk ------------------------------------------------------------------------------------------------------------


def test_the_place_of_each_wrong_leaf_is_told() -> None:
    body = {"a": "wrong", "b": [1, {"c": "wrong"}, "wrong"], "d": {"e": {"f": "right"}}}
    assert wrong(body) == ["a", "b.1.c", "b.2"]
    assert wrong("wrong") == ["body"]


def test_as_many_problems_are_said_as_a_person_reads() -> None:
    assert wrong({"a": ["wrong"] * (PROBLEMS - 1)}) == [f"a.{n}" for n in range(PROBLEMS - 1)]
    assert wrong({"a": [["wrong"] * 40, ["wrong"] * 40], "b": "wrong"})[-1] == "a.1.9"


@pytest.mark.parametrize(
    ("largest", "larger", "code", "place"),
    [
        ({str(n): n for n in range(ENTRIES)}, {str(n): n for n in range(ENTRIES + 1)}, "too_many", "body"),
        ({"a": [0] * (ENTRIES - 1)}, {"a": [0] * ENTRIES}, "too_many", "a"),
        ({"a": [[0] * 9] * 99}, {"a": [[0] * 9] * 100}, "too_many", "a.99"),
        ({"a": nested(DEPTH - 1)}, {"a": nested(DEPTH)}, "nested_too_deep", "a" + ".0" * (DEPTH - 1)),
        ({"x" * NAME_LENGTH: 0}, {"x" * (NAME_LENGTH + 1): 0}, "too_long", "x" * NAME_LENGTH + "…"),
    ],
)
def test_each_bound_lets_the_largest_pass_and_stops_the_next(largest: Any, larger: Any, code: str, place: str) -> None:
    assert wrong(largest) == []
    with pytest.raises(OutOfBounds) as stopped:
        wrong(larger)
    assert (stopped.value.code, stopped.value.place) == (code, place)


def test_the_walk_looks_at_nothing_beyond_a_bound() -> None:
    seen: list[Any] = []
    with pytest.raises(OutOfBounds):
        Walk(lambda each: bool(seen.append(each))).over({"long": [1] * 200_000, "after": 1})
    assert seen == []
    Walk(lambda each: not seen.append(each)).over({"a": list(range(900))})
    assert len(seen) == PROBLEMS


# Bodies and forms ----------------------------------------------------------------------------------------------------

BODIES = {
    "a long key over many items": ('{"' + "k" * 4_000 + '": [' + "1," * 190_000 + "1]}", "too_long"),
    "many items": ('{"fields": [' + "1," * 190_000 + "1]}", "too_many"),
    "many unknown keys": ("{" + ",".join(f'"k{n}": 1' for n in range(150_000)) + "}", "too_many"),
    "many wrong texts": ('{"title": ["' + '\\u0000","' * 900 + '"]}', "not_text"),
    "many unknown keys in bounds": ("{" + ",".join(f'"k{n}": 1' for n in range(ENTRIES)) + "}", "unknown_field"),
    "deep": ('{"fields": ' + "[" * 980 + "]" * 980 + "}", "nested_too_deep"),
    "deeper than Python reads": ('{"fields": ' + "[" * 90_000 + "]" * 90_000 + "}", "nested_too_deep"),
    "deep in a condition": ('{"condition": ' + '{"all": [' * 250 + "]}" * 250 + "}", "nested_too_deep"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_out_of_bounds_is_a_short_refusal(app: Flask, clock: Any, name: str) -> None:
    sent, code = BODIES[name]
    caller = Caller.of(app, "rep1")
    headers = {"Authorization": f"Bearer {caller.token}"}
    answer = app.test_client().post(f"{V1}/deals", data=sent, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json["error"]) == (422, "bad_fields"), answer.text[:300]
    assert {each["code"] for each in answer.json["fields"]} >= {code}
    assert len(answer.json["fields"]) <= PROBLEMS
    assert len(answer.data) < 20_000
    assert answer.json["message"]


def test_a_form_has_as_many_fields_as_a_person_fills_in(app: Flask) -> None:
    who = browser(app, "rep1")
    for count, status in ((ENTRIES, 303), (ENTRIES + 1, 413)):
        more = "&".join(f"x{n}=1" for n in range(count - len(ME)))
        form = f"{'&'.join(f'{key}={value}' for key, value in ME.items())}&{more}"
        kind = "application/x-www-form-urlencoded"
        answer = who.post("/profile", data=form, content_type=kind)
        assert answer.status_code == status, count
    assert "<h1>" in answer.text


def test_nobody_without_an_account_makes_a_form_of_many_fields_be_read(app: Flask) -> None:
    answer = app.test_client().post(
        "/sign-in", data="a&" * 690_000, content_type="application/x-www-form-urlencoded", headers=HTMX
    )
    assert answer.status_code == 413


# Callers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        (None, "", True),
    ],
)
def test_an_address_counts_by_itself_or_by_its_64(one: str | None, other: str | None, is_same: bool) -> None:
    assert (bounds.caller(one) == bounds.caller(other)) is is_same


def test_whoever_has_a_whole_network_is_one_caller_at_every_limit(app: Flask, quick: PasswordHasher) -> None:
    """The sign-in, a new password, the public form, and the places at the hashes."""
    seen = []
    for n in range(70):
        sent = {"email": f"nobody{n}@dozor.example", "password": "guess"}
        seen.append(stranger(app).post("/sign-in", data=sent, environ_base={"REMOTE_ADDR": f"2001:db8::{n:x}"}))
    assert 429 in {each.status_code for each in seen}
    sent = {"email": company.email("rep1"), "password": "lesson"}
    assert stranger(app).post("/sign-in", data=sent, environ_base={"REMOTE_ADDR": "2001:db8:0:1::1"}).status_code == 303


def test_one_network_leaves_places_at_the_hashes_for_others(inside: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(at_once=9, waiting=9, seconds=0.01, per_caller=1)
    monkeypatch.setattr(passwords, "turns", turns)
    with turns.taken(bounds.caller("2001:db8::1")):
        with pytest.raises(Refused, match="busy"):
            passwords.hashed("lesson", "2001:db8::2")
        assert passwords.hashed("lesson", "2001:db8:0:1::1")


@pytest.mark.parametrize("hops", [0, 1])
def test_a_proxys_word_counts_only_where_one_was_named(app: Flask, quick: PasswordHasher, hops: int) -> None:
    settings = replace(app.config["SETTINGS"], proxy_hops=hops)
    behind = create_app(settings)
    behind.config["WTF_CSRF_ENABLED"] = False
    codes = []
    for n in range(70):
        sent = {"email": f"nobody{n}@dozor.example", "password": "guess"}
        forged = {"X-Forwarded-For": f"198.51.100.{n}"}
        codes.append(stranger(behind).post("/sign-in", data=sent, headers=forged).status_code)
    assert (429 in codes) == (hops == 0)


# Passwords -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PasswordHasher]:
    """Hashes that cost nothing."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", hasher)
    passwords.no_one.cache_clear()
    with app.app_context(), transaction() as current:
        current.execute(update(User).values(password_hash=hasher.hash("lesson")))
    yield hasher
    passwords.no_one.cache_clear()


@contextmanager
def all_taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every place at the hashes is held by others."""
    turns = Turns(at_once=2, waiting=1, seconds=0.01, per_caller=9)
    monkeypatch.setattr(passwords, "turns", turns)
    with turns.taken("a"), turns.taken("b"):
        yield


def test_a_few_take_their_turn_at_once_and_few_wait() -> None:
    turns = Turns(at_once=2, waiting=1, seconds=0.01, per_caller=9)
    with turns.taken("a"), turns.taken("b"), pytest.raises(Busy), turns.taken("c"):
        raise AssertionError("nobody came out in time")
    with turns.taken("a"), turns.taken("b"):
        pass


def test_who_waits_comes_in_when_another_leaves() -> None:
    turns = Turns(at_once=1, waiting=1, seconds=20, per_caller=9)
    came: list[str] = []

    def wait() -> None:
        with turns.taken("b"):
            came.append("b")

    with turns.taken("a"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert came == []
    waiting.join(20)
    assert came == ["b"]


def test_one_caller_leaves_places_for_others() -> None:
    turns = Turns(at_once=9, waiting=9, seconds=0.01, per_caller=2)
    with ExitStack() as held:
        held.enter_context(turns.taken("a"))
        held.enter_context(turns.taken("a"))
        with pytest.raises(Busy):
            held.enter_context(turns.taken("a"))
        held.enter_context(turns.taken("b"))
    with turns.taken("a"):
        pass


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_a_sign_in_that_finds_no_turn_keeps_the_form(
    app: Flask, quick: PasswordHasher, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    who = stranger(app)
    sent = {"email": company.email("rep1"), "password": "lesson", "next": "/tasks"}
    with all_taken(monkeypatch):
        answer = who.post("/sign-in", data=sent, headers={"Accept-Language": locale})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(bounds.COME_BACK_SECONDS))
    page = html.unescape(answer.text)
    assert said(app, locale, Refused("busy")) in page
    assert f'value="{company.email("rep1")}"' in page
    assert 'name="next" value="/tasks"' in page
    assert "lesson" not in page.partition("<form")[2].partition("</form>")[0]
    assert who.post("/sign-in", data=sent).status_code == 303


def test_a_new_password_that_finds_no_turn_keeps_the_form(
    app: Flask, quick: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = browser(app, "rep1")
    sent = {**ME, "name": "Kept", "current": "lesson", "password": "a new password"}
    with all_taken(monkeypatch):
        answer = who.post("/profile", data=sent)
        assert who.post("/profile", data={**ME, "name": "Other"}).status_code == 303  # no password, no hash
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(bounds.COME_BACK_SECONDS))
    assert 'value="Kept"' in answer.text
    assert said(app, "en", Refused("busy")) in answer.text
    assert who.post("/profile", data=sent).status_code == 303


def test_guessing_the_current_password_is_limited_as_at_the_sign_in(app: Flask, quick: PasswordHasher) -> None:
    who = browser(app, "rep1")
    guess = {**ME, "current": "guess", "password": "a new password"}
    seen = [who.post("/profile", data=guess) for _ in range(17)]  # more than two minutes' worth
    codes = [each.status_code for each in seen]
    assert set(codes) == {422, 429}
    assert codes.index(429) >= 8
    assert said(app, "en", Refused("too_many")) in html.unescape(seen[codes.index(429)].text)
    assert who.post("/profile", data=ME).status_code == 303
    other = browser(app, "rep2").post("/profile", data={**guess, "current": "lesson"})
    assert other.status_code == 303


@pytest.mark.parametrize("work", [passwords.hashed, lambda word: passwords.checked(None, word)])
def test_nothing_is_hashed_while_others_wait_for_the_write_lock(inside: Flask, work: Callable[[str], Any]) -> None:
    with pytest.raises(RuntimeError, match="before the transaction"), transaction():
        work("lesson")


def test_an_older_hash_keeps_its_worth_and_is_renewed(app: Flask) -> None:
    older = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
    with app.app_context(), transaction() as current:
        current.execute(update(User).values(password_hash=older.hash("lesson")))
    sent = {"email": company.email("rep1"), "password": "lesson"}
    assert stranger(app).post("/sign-in", data={**sent, "password": "guess"}).status_code == 422
    assert _hash_of(app).startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # a wrong password renews nothing
    assert stranger(app).post("/sign-in", data=sent).status_code == 303
    assert _hash_of(app).startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert stranger(app).post("/sign-in", data=sent).status_code == 303


def _hash_of(app: Flask, name: str = "rep1") -> str:
    with app.app_context():
        return str(session().scalar(select(User.password_hash).where(User.email == company.email(name))))
