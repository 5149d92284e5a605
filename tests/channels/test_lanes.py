"""Who says nothing holds up nobody who is told by another channel; and by the same, the urgent goes first and a place
that is silent is not asked for each word."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import sender
from jobs.lanes import SUSPECTS_AT_ONCE, Lane, Lanes
from rules.messengers import OWN
from tests.channels import worlds
from tests.channels.worlds import Calls, Post, Pushed
from tests.conftest import Clock
from webapp import clock
from webapp.access.scopes import SYSTEM
from webapp.background import push_keys
from webapp.channels import guard, outward, silences
from webapp.channels.apprised import SAYS, _heard
from webapp.db import session, transaction
from webapp.models import Address, Delivery, Gateway
from webapp.services import addresses, delivery_plans, webhooks

SILENT = 3  # places
SOON = 4.0  # seconds: less than one silence lasts
over = threading.Event()


@pytest.fixture(autouse=True)
def nothing_was_silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test is a child of its own."""
    monkeypatch.setattr(silences, "_silent", {})
    monkeypatch.setattr(outward, "SECONDS", 6.0)
    over.clear()
    yield
    over.set()


def says_nothing(caller: socket.socket) -> None:
    over.wait(60)


@pytest.fixture
def servers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Post, Calls, list[int]]]:
    """The firm's mail and SMS, which answer; and ports at which nobody says a word."""
    post, calls = Post(), Calls()
    with app.app_context():
        push_keys.kept(app.config["SETTINGS"].data)
    with ExitStack() as stack:
        mail = stack.enter_context(worlds.mail_server(post))
        sms = stack.enter_context(worlds.http_gateway(calls))
        silent = [stack.enter_context(worlds.talker(says_nothing)) for _ in range(SILENT)]
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        worlds.reaches(app, email=f"smtp://127.0.0.1:{mail}", sms=f"json://127.0.0.1:{sms}/sms")
        yield post, calls, silent


def by_push(port: int) -> None:
    try_out(worlds.has_address("rep1", "push", f"http://127.0.0.1:{port}/p/{port}"), Pushed().keys)


def by_own(port: int) -> None:
    try_out(worlds.has_address("rep1", OWN, f"key of {port}"), {"to": f"bark://127.0.0.1:{port}/ivan"})


def try_out(address_id: int, keys: dict[str, str]) -> None:
    with transaction() as current:
        row = current.get_one(Address, address_id)
        row.keys = keys
        addresses.test(row)


def by_webhook(port: int) -> None:
    with transaction():
        row, _ = webhooks.add(f"Silent {port}", f"http://127.0.0.1:{port}/in", SYSTEM)
        webhooks.test(row.id, SYSTEM)


def by_gateway(kind: str, url: str, to: str) -> Callable[[int], None]:
    def ask(port: int) -> None:
        with transaction() as current:
            if current.query(Gateway).filter_by(kind=kind).first() is None:
                current.add(Gateway(kind=kind, url=url.format(port)))
            asked(kind, f"{to}{port}")

    return ask


def asked(kind: str, to: str, *, is_urgent: bool = False) -> Delivery:
    facts = {"to": to} if kind == "gotify" else {}
    key = f"test-{kind}-{to}"
    return delivery_plans.add(key, kind, to, "test", due=clock.now(), is_urgent=is_urgent, facts=facts)


KINDS: dict[str, Callable[[int], None]] = {
    "push": by_push,
    OWN: by_own,
    "webhook": by_webhook,
    "ntfy": by_gateway("ntfy", "ntfy://127.0.0.1:{}", "anna-"),
    "gotify": by_gateway("gotify", "gotify://127.0.0.1:{}/", "TokenOfAnna"),
    "mattermost": by_gateway("mattermost", "mmost://127.0.0.1:{}/" + "a" * 26, "anna-"),
}


def at_work(app: Flask) -> threading.Thread:
    child = threading.Thread(target=sender._send_while_there_is_work, args=(app, os.getppid()), daemon=True)
    child.start()
    return child


def until(true: Callable[[], Any], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(true())


def tries(app: Flask, channel: str) -> list[int]:
    with app.app_context():
        found = list(session().scalars(select(Delivery.attempts).where(Delivery.channel == channel)))
        session().close()
    return found


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", KINDS)
def test_silent_places_hold_up_no_other_channel_and_nothing_goes_twice(
    app: Flask, servers: tuple[Post, Calls, list[int]], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    post, calls, silent = servers
    with app.app_context():
        for port in silent:
            KINDS[kind](port)
        session().close()
    child = at_work(app)
    assert until(lambda: sum(tries(app, kind)) >= 1, 20), "it waits for the first of them"
    began = time.monotonic()
    with app.app_context():
        with transaction():
            asked("sms", "+79125550177", is_urgent=True)
            asked("email", "anna@firm.example")
        session().close()
    assert until(lambda: calls.asked and post.letters, SOON), f"not after {time.monotonic() - began:.1f} s"
    monkeypatch.setattr(sender, "IDLE_SECONDS", 0.0)
    child.join(60)
    assert not child.is_alive()
    assert (len(calls.asked), len(post.letters)) == (1, 1)
    assert max(tries(app, kind)) <= 2


def test_the_urgent_goes_first_and_a_silent_service_is_left_alone_for_a_moment(
    app: Flask, servers: tuple[Post, Calls, list[int]], monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Three words to one silent service are one wait, and not three; others of its channel go on meanwhile."""
    pushed, (silent, *_) = Pushed(), servers[2]
    with worlds.push_service(pushed) as port, app.app_context():
        for n, host in enumerate((silent, silent, port, silent)):
            address_id = worlds.has_address("rep1", "push", f"http://127.0.0.1:{host}/p/{n}")
            try_out(address_id, pushed.keys)
        sender.send_due()
        assert (tries(app, "push"), len(pushed.said)) == ([1, 0, 1, 0], 1)
        clock.go_on(seconds=16)
        sender.send_due()
        assert sum(tries(app, "push")) == 3, "one of them is asked once more"


@pytest.mark.parametrize("kind", ["push", OWN, "webhook"])
def test_a_place_that_answers_waits_for_none_of_the_silent_ones_of_its_channel(
    app: Flask, servers: tuple[Post, Calls, list[int]], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """However many of these there are, and though all of them are due before it."""
    pushed, calls = Pushed(), Calls()
    with worlds.push_service(pushed) as push, worlds.http_gateway(calls) as other:
        with app.app_context():
            for port in servers[2]:
                KINDS[kind](port)
            if kind == "push":
                try_out(worlds.has_address("rep1", "push", f"http://127.0.0.1:{push}/p/good"), pushed.keys)
            else:
                KINDS[kind](other)
            session().close()
        child, began = at_work(app), time.monotonic()
        assert until(lambda: pushed.said or calls.asked or calls.heads, SOON), f"not after {time.monotonic() - began} s"
        monkeypatch.setattr(sender, "IDLE_SECONDS", 0.0)
        child.join(60)
    assert max(tries(app, kind)) <= 2


def test_those_that_were_silent_leave_room_for_the_others(app: Flask) -> None:
    lanes, at_work, end = Lanes(app), list[str](), threading.Event()

    def begin(lane: Lane) -> None:
        lanes.begin(lane, lambda: (at_work.append(lane.name), end.wait(30)))

    for number in range(SUSPECTS_AT_ONCE + 3):
        begin(Lane("push", f"https://silent{number}/", is_suspect=True))
    begin(Lane("push", "https://good/"))
    begin(Lane("push", "https://silent0/"))  # at work already, by another word of it
    assert until(lambda: "push https://good/" in at_work, 10)
    assert len(at_work) == SUSPECTS_AT_ONCE + 1
    end.set()
    lanes.end()


def test_what_is_said_in_one_lane_is_not_heard_in_another() -> None:
    """By another key perhaps, which would be told to whoever reads this one's reason."""
    with _heard() as said:
        elsewhere = threading.Thread(target=SAYS.warning, args=("the key of somebody else",))
        elsewhere.start()
        elsewhere.join()
        SAYS.warning("mine: %s", 1)
    assert said == ["WARNING mine: 1"]


def test_our_own_redis_is_reached_while_others_send(app: Flask) -> None:
    """By a socket of this machine, which nothing that is sent may open."""
    came, seen = threading.Event(), list[str]()

    def announces() -> None:
        try:
            guard._look("socket.connect", (None, "/run/redis.sock"))
            seen.append("reached")
        finally:
            came.set()

    lanes = Lanes(app)
    with guard.watching(()):
        lanes.begin(Lane("email"), announces)
        assert came.wait(10)
        with pytest.raises(guard.NotPublic):
            guard._look("socket.connect", (None, "/run/redis.sock"))
    lanes.end()
    assert seen == ["reached"]
