"""Every channel against answers that do not end: memory and time stay bounded, whatever the other side says."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from rules.reach import Answer
from tests.channels import worlds
from tests.channels.test_evil import ALLOWED, CHANNELS, OWN_SERVERS, parcel
from webapp.channels import limits, outward

MB = 1024 * 1024
SECONDS = 2.0
MOST_MB = 60  # what a word may cost; a bomb is of 200
over = threading.Event()
Say = Callable[[socket.socket], None]


def asked(caller: socket.socket) -> None:
    caller.recv(100_000)


@cache
def packed(times: int) -> bytes:
    """200 MB of nothing, which is 200 kB on the wire, or less."""
    made = b""
    for n in range(times):
        pack = zlib.compressobj(9, zlib.DEFLATED, 31)
        pieces = [pack.compress(each) for each in ([bytes(MB)] * 200 if n == 0 else [made])]
        made = b"".join((*pieces, pack.flush()))
    return made


def goes_on(caller: socket.socket, piece: bytes, mb: int = 400) -> None:
    """So much of it that nobody could take it, and then no more: this is a test."""
    for _ in range(mb * MB // len(piece)):
        if over.is_set():
            return
        caller.sendall(piece)


def body(status: int) -> Say:
    def say(caller: socket.socket) -> None:
        asked(caller)
        caller.sendall(b"HTTP/1.1 %d So\r\nContent-Type: text/plain\r\n\r\n" % status)
        goes_on(caller, b"z" * 60_000)

    return say


def bomb(status: int, times: int = 1) -> Say:
    def say(caller: socket.socket) -> None:
        asked(caller)
        made, coding = packed(times), ", ".join(["gzip"] * times).encode()
        head = b"HTTP/1.1 %d So\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (status, coding, len(made))
        caller.sendall(head + made)

    return say


def drip(caller: socket.socket) -> None:
    asked(caller)
    caller.sendall(b"HTTP/1.1 200 So\r\nContent-Length: 100000\r\n\r\n")
    while not over.wait(0.02):
        caller.send(b"z")


def headers(caller: socket.socket) -> None:
    asked(caller)
    caller.sendall(b"HTTP/1.1 200 So\r\n")
    goes_on(caller, b"X-More: %b\r\n" % (b"z" * 60_000))


def interim(caller: socket.socket) -> None:
    asked(caller)
    goes_on(caller, b"HTTP/1.1 100 Continue\r\nX-More: %b\r\n\r\n" % (b"z" * 60_000))


def redirects(caller: socket.socket) -> None:
    host = b"%b:%d" % (b"127.0.0.1", caller.getsockname()[1])
    asked(caller)
    caller.sendall(b"HTTP/1.1 307 On\r\nLocation: http://%b/more\r\n\r\n" % host)
    goes_on(caller, b"z" * 60_000)


def greeting(caller: socket.socket) -> None:
    goes_on(caller, b"220-more\r\n" * 6_000)


def one_line(caller: socket.socket) -> None:
    goes_on(caller, b"220 " + b"z" * 60_000)


def extensions(caller: socket.socket) -> None:
    caller.sendall(b"220 hello\r\n")
    asked(caller)
    goes_on(caller, b"250-MORE\r\n" * 6_000)


def slow_reply(caller: socket.socket) -> None:
    caller.sendall(b"220 hello\r\n")
    asked(caller)
    while not over.wait(0.02):
        caller.send(b"250-A\r\n")


WEB: dict[str, Say] = {
    "a body": body(200),
    "a refusal": body(400),
    "packed": bomb(200),
    "a refusal, packed": bomb(500),
    "packed twice": bomb(200, 2),
    "a drip": drip,
    "headers": headers,
    "interim answers": interim,
    "redirects": redirects,
}
MAIL: dict[str, Say] = {
    "a greeting": greeting,
    "a line": one_line,
    "extensions": extensions,
    "a slow reply": slow_reply,
}
WAYS = [
    (channel, evil) for channel in (*CHANNELS, *OWN_SERVERS, "ping") for evil in (MAIL if channel == "email" else WEB)
]
if "EVERY_WAY" not in os.environ:
    # Nine ways each: the channels take turns, and none is left out. A mail server has ways of its own.
    WAYS = [each for n, each in enumerate(WAYS) if n % 5 == 0 or each[0] == "email"]


def memory() -> tuple[float, float]:
    """Of this process, in MB: now, and at its highest since `clear_refs`."""
    said = Path("/proc/self/status").read_text()
    now, most = (int(re.findall(rf"{name}:\s+(\d+) kB", said)[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for times in (1, 2):  # packed before the time of an answer runs
        packed(times)
    monkeypatch.setattr(outward, "SECONDS", SECONDS)
    over.clear()
    yield
    over.set()


def sent(channel: str, port: int) -> Answer:
    if channel == "ping":
        return outward.ping(f"http://127.0.0.1:{port}/ping", ALLOWED)
    return outward.send(parcel(channel, f"127.0.0.1:{port}"), ALLOWED)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("channel", "evil"), WAYS, ids=str)
def test_no_answer_costs_more_than_its_share(channel: str, evil: str) -> None:
    say = (MAIL if channel == "email" else WEB)[evil]
    sent(channel, worlds.free_port())  # whatever is to be imported
    with worlds.talker(say) as port:
        Path("/proc/self/clear_refs").write_text("5")
        before, began = memory()[0], time.monotonic()
        answer = sent(channel, port)
        took, most = time.monotonic() - began, memory()[1]
        over.set()
    assert outward.hung == [], "it came back by itself"
    assert took < SECONDS
    assert most - before < MOST_MB
    assert answer.state in ("sent", "later", "refused")
    assert all(len(str(each)) <= 2 * limits.SHOWN for each in answer.reason.values())


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("evil", ["a body", "packed", "a drip"])
@pytest.mark.parametrize("channel", ["push", "sms", "webhook", "gotify"])
def test_what_was_taken_is_not_sent_again_for_the_words_that_come_with_it(channel: str, evil: str) -> None:
    sent(channel, worlds.free_port())  # whatever is to be imported
    with worlds.talker(WEB[evil]) as port:
        assert sent(channel, port).state == "sent"
        over.set()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("channel", "evil"), [("sms", "headers"), ("push", "headers"), ("email", "a greeting")])
def test_who_says_too_much_is_told_so(channel: str, evil: str) -> None:
    with worlds.talker((MAIL if channel == "email" else WEB)[evil]) as port:
        answer = sent(channel, port)
        over.set()
    assert (answer.state, answer.reason["code"]) == ("later", "said_too_much")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("channel", "evil"), [("sms", "a drip"), ("email", "a slow reply")])
def test_nothing_hangs_on_a_drip_and_what_it_says_so_far_counts(channel: str, evil: str) -> None:
    with worlds.talker((MAIL if channel == "email" else WEB)[evil]) as port:
        answer = sent(channel, port)
        over.set()
    assert (answer.state, answer.reason.get("code")) == (("sent", None) if channel == "sms" else ("later", "timed_out"))
