"""Whose request it is, by what comes with it, and in which order those of one caller are worked on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import company
from tests.conftest import Browser
from webapp import bounds
from webapp.access.askers import KEPT, Asker, known, remember
from webapp.box.shares import SOCKET, Shares, asker

ONE, OF_KEY = (Asker(1, is_program=False), bounds.AT_ONCE), (Asker(1, is_program=True), bounds.AT_ONCE_OF_KEY)
NOBODY = ("10.0.0.9", bounds.AT_ONCE_OF_ADDRESS)
PAYLOAD = "eyJfdXNlcl9pZCI6ImEifQ"
CAME = {
    "a person": (f"Cookie: dozor={PAYLOAD}.aScK.sIg1", ONE),
    "the same, signed anew": (f"Cookie: dozor={PAYLOAD}.bScK.sIg2", ONE),
    "the same, among others": (f"cookie: last=sales; dozor={PAYLOAD}.a.b; theme=dark", ONE),
    "the same, packed": ("Cookie: dozor=.eJxyz.a.b", ONE),
    "a cookie that was made up": ("Cookie: dozor=eyJfdXNlcl9pZCI6ImIifQ.a.b", NOBODY),
    "another cookie that ends alike": (f"Cookie: not_dozor={PAYLOAD}.a.b", NOBODY),
    "a program": ("Authorization: Bearer dz_k1", OF_KEY),
    "the same, written otherwise": ("authorization:bearer   dz_k1 ", OF_KEY),
    "a key that was made up": ("Authorization: Bearer dz_k2", NOBODY),
    "nobody": ("Accept: */*", NOBODY),
    "nobody, a header forged": ("X-Forwarded-For: 1.2.3.4", NOBODY),
}


@pytest.mark.parametrize(("header", "whose"), CAME.values(), ids=CAME)
def test_whose_it_is(header: str, whose: tuple[Asker | str, int]) -> None:
    for kept in (f"{PAYLOAD}.0.0", ".eJxyz.0.0"):
        remember(kept, ONE[0])
    remember("dz_k1", OF_KEY[0])
    assert asker(f"GET / HTTP/1.1\r\nHost: here\r\n{header}\r\n\r\n".encode(), "10.0.0.9", 0) == whose


def test_only_what_was_found_right_is_known(
    app: Flask, client: FlaskClient, sign_in: Callable[[str], Browser], token: Callable[[str], dict[str, str]]
) -> None:
    """All browsers of a person are one; before anybody has signed in there is a cookie too, and it is nobody's."""
    client.get("/sign-in")
    assert known(cookie_of(client)) is None
    with app.app_context():
        rep = company.person("rep1")
    for browser in (sign_in("rep1"), sign_in("rep1")):
        browser.get("/tasks")
        assert known(cookie_of(browser)) == Asker(rep, is_program=False)
    key, wrong = token("rep1")["Authorization"], "Bearer dz_wrong"
    assert [client.get("/api/v1/tasks", headers={"Authorization": each}).status_code for each in (key, wrong)] == [
        200,
        401,
    ]
    assert known(key.removeprefix("Bearer ")) == Asker(rep, is_program=True)
    assert known("dz_wrong") is None


def test_signing_in_gives_the_cookie_of_before_to_nobody(client: FlaskClient) -> None:
    """Strangers may have the same one."""
    page = client.get("/sign-in").text
    before = cookie_of(client)
    form = {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0], "password": "lesson"}
    assert client.post("/sign-in", data=form | {"email": company.email("rep1")}).status_code == 303
    assert known(before) is None


def cookie_of(browser: FlaskClient) -> str:
    kept = browser.get_cookie("dozor")
    assert kept is not None
    return kept.value


def test_who_has_not_been_here_for_longest_is_forgotten() -> None:
    for n in range(KEPT + 1):
        remember(f"cookie {n}", Asker(n, is_program=False))
    assert known("cookie 0") is None
    assert known("cookie 1") is not None


@pytest.mark.parametrize(("hops", "address"), [(1, "5.6.7.8"), (2, "1.2.3.4"), (5, "9.9.9.9")])
def test_behind_proxies_it_is_the_address_that_they_saw(hops: int, address: str) -> None:
    head = b"GET / HTTP/1.1\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n\r\n"
    assert asker(head, "127.0.0.1", hops) == (address, bounds.AT_ONCE_OF_ADDRESS)


def test_only_the_socket_is_one() -> None:
    assert SOCKET.match(b"GET /live?seq=3 HTTP/1.1")
    assert not SOCKET.match(b"GET /lively HTTP/1.1")
    assert not SOCKET.match(b"GET /figures HTTP/1.1\r\nUpgrade: websocket")


def test_those_of_one_caller_follow_each_other_and_no_other_waits_for_them() -> None:
    shares: Shares[str] = Shares()
    assert [shares.begin("a", 2, name) for name in "pqrs"] == [True, True, False, False]
    assert shares.begin("b", 2, "t") is True
    assert [shares.end("a") for _ in range(4)] == ["r", "s", None, None]
    assert [shares.begin("a", 2, name) for name in "uv"] == [True, True]


def test_of_too_many_the_last_is_refused() -> None:
    shares: Shares[int] = Shares()
    answers = [shares.begin("a", 1, n) for n in range(bounds.WAITING_OF_ASKER + 3)]
    assert answers == [True, *[False] * bounds.WAITING_OF_ASKER, None, None]


def test_nothing_is_kept_of_whoever_has_gone() -> None:
    shares: Shares[int] = Shares()
    for n in range(3):
        shares.begin("a", 1, n)
    for _ in range(3):
        shares.end("a")
    assert not shares._running
    assert not shares._waiting
