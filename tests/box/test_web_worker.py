"""What stands between the wire and a thread: slow senders hold none, and nobody says who they are by a header."""

from __future__ import annotations

import selectors
import socket
import sqlite3
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest

from tests import company
from tests.box.test_costs import FORM, Visitor, watched
from tests.stack import Stack, standing
from webapp import bounds

SENDERS = 330
HEAD = b"POST /sign-in HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SLOW = {
    "nothing at all": b"",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 100000\r\n\r\nemail=",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n40\r\nemail=",
    "half of a second request": b"GET /sign-in HTTP/1.1\r\nHost: here\r\n\r\nGET /si",
    "the head of a body that is too large": HEAD + b"Content-Length: 900000000\r\n\r\n",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with standing("sqlite", tmp_path_factory.mktemp("slow")) as (made, _):
        made.start()
        yield made


def line(port: int, sent: bytes, address: str = "127.0.0.1") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(address, 0))
    made.sendall(sent)
    return made


@contextmanager
def slow_senders(port: int, begun: bytes) -> Iterator[list[socket.socket]]:
    """They all begin; whoever is turned away begins again, for as long as the attack lasts."""
    lines = [line(port, begun) for _ in range(SENDERS)]
    try:
        yield lines
    finally:
        for each in lines:
            each.close()


def turned_away(lines: list[socket.socket]) -> list[socket.socket]:
    """Those lines at which something has come, be it the end."""
    with selectors.PollSelector() as poll:
        for each in lines:
            poll.register(each, selectors.EVENT_READ)
        return [key.fileobj for key, _ in poll.select(0)]  # type: ignore[misc]


def median(who: Visitor, times: int = 9) -> float:
    seen = []
    for _ in range(times):
        answer = who.ask("GET", "/")
        assert answer.status == 200
        seen.append(answer.seconds)
    return statistics.median(seen)


@pytest.mark.parametrize("kind", SLOW)
def test_slow_senders_keep_nobody_waiting(stack: Stack, kind: str) -> None:
    """Neither people elsewhere nor those behind the same address."""
    elsewhere, beside = Visitor(stack.port, "127.0.0.4"), Visitor(stack.port)
    for who, name in ((elsewhere, "rep1"), (beside, "rep2")):
        assert who.sign_in(who.token(), company.email(name), "lesson").status == 303
    usual = median(elsewhere)
    with watched(stack) as memory, slow_senders(stack.port, SLOW[kind]):
        meanwhile = median(elsewhere), median(beside)
        newcomer = Visitor(stack.port)
        began = time.monotonic()
        assert newcomer.sign_in(newcomer.token(), company.email("north"), "lesson").status == 303
        came_in_after = time.monotonic() - began
    print(f"{kind}: usually {usual:.3f} s, meanwhile {max(meanwhile):.3f}; signed in after {came_in_after:.2f} s")
    assert max(meanwhile) <= 3 * usual + 0.05
    assert came_in_after < 3
    assert memory.peak - memory.before <= 150


def test_one_address_has_a_few_unfinished_requests_and_the_oldest_make_room(stack: Stack) -> None:
    with slow_senders(stack.port, SLOW["half a body"]) as lines:
        beside = Visitor(stack.port)
        assert beside.ask("GET", "/sign-in").status == 200
        gone = turned_away(lines)
        assert len(lines) - len(gone) == bounds.UNFINISHED_PER_ADDRESS
        assert not {each.fileno() for each in gone} & {each.fileno() for each in lines[-10:]}
        assert gone[0].recv(100).startswith(b"HTTP/1.1 503 ")


def test_more_connections_than_there_is_room_for_lock_nobody_out(stack: Stack) -> None:
    """Silent ones of one address, half as many again as the server holds."""
    lines = [line(stack.port, b"", "127.0.0.5") for _ in range(1_700)]
    try:
        who = Visitor(stack.port, "127.0.0.6")
        assert who.sign_in(who.token(), company.email("rep3"), "lesson").status == 303
        assert len(turned_away(lines)) > 400
    finally:
        for each in lines:
            each.close()


def test_a_request_that_comes_byte_by_byte_is_answered_and_one_that_stops_is_told_so(stack: Stack) -> None:
    body = b"email=nobody%40dozor.example&password=x"
    forms = {
        "length": HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body),
        "chunks": HEAD
        + b"Transfer-Encoding: chunked\r\n\r\n5\r\nemail\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body) - 5, body[5:]),
        "expecting": HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),
    }
    for name, sent in forms.items():
        with line(stack.port, b"") as slow:
            slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(len(sent)):
                slow.sendall(sent[at : at + 1])
            said = slow.recv(200)
            assert (name == "expecting") == said.startswith(CONTINUE)
            while not said.removeprefix(CONTINUE):  # asked to go on once by us, and once by the server
                said = slow.recv(200)
            said = said.removeprefix(CONTINUE)
            assert said.startswith(b"HTTP/1.1 400 "), (name, said)  # no token in this form: read whole, and refused
    with line(stack.port, SLOW["half a head"]) as stopped:
        stopped.settimeout(bounds.HEAD_SECONDS + 10)
        assert stopped.recv(200).startswith(b"HTTP/1.1 408 ")


def test_requests_one_behind_another_are_each_answered(stack: Stack) -> None:
    many = b"GET /sign-in HTTP/1.1\r\nHost: here\r\n\r\n" * 30
    with line(stack.port, many + b"GET /sign-in HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n") as piped:
        said = b""
        while more := piped.recv(65_536):
            said += more
    assert said.count(b"HTTP/1.1 200 OK") == 31


def test_a_body_that_is_too_large_is_refused_with_words_and_its_rest_is_no_request(stack: Stack) -> None:
    with line(stack.port, SLOW["the head of a body that is too large"]) as large:
        large.sendall(b"GET /sign-in HTTP/1.1\r\nHost: here\r\n\r\n" * 100)
        said = b""
        while more := large.recv(65_536):
            said += more
    assert said.startswith(b"HTTP/1.1 413 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_many_who_do_not_hang_up_hold_up_nobody(stack: Stack) -> None:
    """After the last answer the server hangs up by itself, and waits for none of them meanwhile."""
    sent = b"GET /sign-in HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    lines = [line(stack.port, sent) for _ in range(30)]
    began = time.monotonic()
    for _ in range(5):
        assert Visitor(stack.port).ask("GET", "/sign-in").status == 200
    assert time.monotonic() - began < 10
    for each in lines:
        each.close()


def test_strangers_who_wait_for_the_database_keep_no_other_waiting(stack: Stack) -> None:
    """Nobody is known after a start, and a firm has one address: eight of them wait for a lock, and a ninth comes."""
    crowd = [Visitor(stack.port) for _ in range(bounds.AT_ONCE_OF_ADDRESS)]
    tokens = [each.token() for each in crowd]
    held = sqlite3.connect(stack.folder / "dozor.db", isolation_level=None)
    with ThreadPoolExecutor(len(crowd)) as at_once:
        held.execute("BEGIN IMMEDIATE")
        came = [
            at_once.submit(each.sign_in, token, company.email("rep1"), "lesson")
            for each, token in zip(crowd, tokens, strict=True)
        ]
        time.sleep(1)
        ninth = Visitor(stack.port).ask("GET", "/sign-in")
        is_held = [each.done() for each in came]
        held.execute("ROLLBACK")
        held.close()
    assert (ninth.status, ninth.seconds < 6, False in is_held) == (200, True, True)
    assert {each.result().status for each in came} <= {303, 503}


@pytest.mark.parametrize(
    "forged",
    [
        {"X_Forwarded_Proto": "https"},
        {"X_Forwarded_Ssl": "on"},
        {"X_Forwarded_Protocol": "ssl"},
        {"X_Forwarded_Host": "evil"},
    ],
    ids=str,
)
def test_no_header_says_how_the_caller_came(stack: Stack, forged: dict[str, str]) -> None:
    """By TLS the form would be refused here: it has no Referer."""
    who = Visitor(stack.port)
    form = urlencode({"csrf_token": who.token(), "email": company.email("rep1"), "password": "lesson"})
    answer = who.ask("POST", "/sign-in", form, Content_Type=FORM, **forged)
    assert (answer.status, answer.headers["Location"]) == (303, "/")


def test_no_header_says_under_which_path_dozor_stands(stack: Stack) -> None:
    with line(
        stack.port, b"GET /sign-in HTTP/1.1\r\nHost: here\r\nSCRIPT_NAME: /sign-in\r\nPATH_INFO: /x\r\n\r\n"
    ) as asked:
        assert asked.recv(200).startswith(b"HTTP/1.1 200 ")


def test_a_forged_address_does_not_begin_another_count(stack: Stack) -> None:
    """At 0 hops, and from this machine: what X-Forwarded-For says is nobody's address."""
    who = Visitor(stack.port, "127.0.0.8")
    token, seen = who.token(), Counter[int]()
    for n in range(70):  # more than two minutes' worth
        form = urlencode({"csrf_token": token, "email": f"nobody{n}@dozor.example", "password": "guess"})
        forged = {"X_Forwarded_For": f"10.0.0.{n}", "X_Real_Ip": f"10.0.0.{n}", "Forwarded": f"for=10.0.0.{n}"}
        seen[who.ask("POST", "/sign-in", form, Content_Type=FORM, **forged).status] += 1
    assert set(seen) == {422, 429}
    assert seen[429] >= 8
