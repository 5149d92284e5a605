"""Whose request it is, by what comes with it, and in which order those of one caller are worked on."""

from __future__ import annotations

import pytest

from webapp import bounds
from webapp.box.shares import SOCKET, Shares, asker

ONE, TWO = bounds.AT_ONCE, bounds.AT_ONCE_OF_ADDRESS
PAYLOAD = "eyJfdXNlcl9pZCI6ImEifQ"
CAME = {
    "a person": (f"Cookie: dozor={PAYLOAD}.aScK.sIg1", (PAYLOAD.encode(), ONE)),
    "the same, signed anew": (f"Cookie: dozor={PAYLOAD}.bScK.sIg2", (PAYLOAD.encode(), ONE)),
    "the same, among others": (f"cookie: last=sales; dozor={PAYLOAD}.a.b; theme=dark", (PAYLOAD.encode(), ONE)),
    "the same, packed": ("Cookie: dozor=.eJxyz.a.b", (b".eJxyz", ONE)),
    "another cookie that ends alike": ("Cookie: not_dozor=x.a.b", (b"10.0.0.9", TWO)),
    "a program": ("Authorization: Bearer k1", (b"Bearer k1", bounds.AT_ONCE_OF_KEY)),
    "nobody": ("Accept: */*", (b"10.0.0.9", TWO)),
    "nobody, a header forged": ("X-Forwarded-For: 1.2.3.4", (b"10.0.0.9", TWO)),
}


@pytest.mark.parametrize(("header", "whose"), CAME.values(), ids=CAME)
def test_whose_it_is(header: str, whose: tuple[bytes, int]) -> None:
    assert asker(f"GET / HTTP/1.1\r\nHost: here\r\n{header}\r\n\r\n".encode(), "10.0.0.9", 0) == whose


@pytest.mark.parametrize(("hops", "address"), [(1, "5.6.7.8"), (2, "1.2.3.4"), (5, "9.9.9.9")])
def test_behind_proxies_it_is_the_address_that_they_saw(hops: int, address: str) -> None:
    head = b"GET / HTTP/1.1\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n\r\n"
    assert asker(head, "127.0.0.1", hops) == (address.encode(), TWO)


def test_only_the_socket_is_one() -> None:
    assert SOCKET.match(b"GET /live?seq=3 HTTP/1.1")
    assert not SOCKET.match(b"GET /lively HTTP/1.1")
    assert not SOCKET.match(b"GET /figures HTTP/1.1\r\nUpgrade: websocket")


def test_those_of_one_caller_follow_each_other_and_no_other_waits_for_them() -> None:
    shares: Shares[str] = Shares()
    assert [shares.begin(b"a", 2, name) for name in "pqrs"] == [True, True, False, False]
    assert shares.begin(b"b", 2, "t") is True
    assert [shares.end(b"a") for _ in range(4)] == ["r", "s", None, None]
    assert [shares.begin(b"a", 2, name) for name in "uv"] == [True, True]


def test_of_too_many_the_last_is_refused() -> None:
    shares: Shares[int] = Shares()
    answers = [shares.begin(b"a", 1, n) for n in range(bounds.WAITING_OF_ASKER + 3)]
    assert answers == [True, *[False] * bounds.WAITING_OF_ASKER, None, None]


def test_nothing_is_kept_of_whoever_has_gone() -> None:
    shares: Shares[int] = Shares()
    for n in range(3):
        shares.begin(b"a", 1, n)
    for _ in range(3):
        shares.end(b"a")
    assert not shares._running
    assert not shares._waiting
