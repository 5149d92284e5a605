"""Whoever asks to be left alone for a while is left alone for that while, by whatever it is sent: but no longer than
Dozor decides, and nobody who has another address waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from email.utils import formatdate

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import sender
from rules.messengers import MESSENGERS
from tests.channels import worlds
from tests.channels.test_letters import deliveries, tell
from tests.channels.test_messengers import chat
from tests.channels.test_push import pushed, subscribe
from tests.channels.test_sms import PHONE, both
from tests.channels.test_webhooks import erp
from tests.channels.test_webhooks import tell as tell_erp
from tests.channels.worlds import Calls, Post, Pushed
from tests.conftest import Browser, Clock
from webapp.channels import silences
from webapp.db import session
from webapp.models import Delivery

__all__ = ["both", "chat", "erp", "pushed"]
TEN_MINUTES = ("600", lambda: formatdate(time.time() + 600, usegmt=True))


@pytest.fixture(autouse=True)
def nothing_was_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a child of its own."""
    monkeypatch.setattr(silences, "_silent", {})


def asks(world: Calls | Pushed, for_how_long: str, status: int = 429) -> None:
    world.status, world.answer, world.says = status, "slowly", {"Retry-After": for_how_long}


def waits_for(clock: Clock) -> timedelta:
    """Until the newest delivery is tried again."""
    session().close()
    newest = session().scalars(select(Delivery).order_by(Delivery.id.desc())).first()
    assert newest is not None
    assert newest.state == "waiting", newest.reason
    found: timedelta = newest.visible_at - clock()
    session().close()
    return found


def is_tried_after_ten_minutes(world: Calls | Pushed, clock: Clock) -> None:
    """And not before."""
    assert len(world.heads) == 1
    assert waits_for(clock) == pytest.approx(timedelta(minutes=10), abs=timedelta(seconds=3))
    clock.go_on(minutes=9)
    sender.send_due()
    assert len(world.heads) == 1
    clock.go_on(seconds=70)
    sender.send_due()
    assert len(world.heads) == 2


@pytest.mark.parametrize("said", TEN_MINUTES, ids=["seconds", "a date"])
@pytest.mark.usefixtures("inside")
def test_a_gateway_of_sms_is_left_alone_as_long_as_it_asks(
    calls: Calls, clock: Clock, said: str | Callable[[], str]
) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    asks(calls, said if isinstance(said, str) else said(), 503)
    tell("north")
    sender.send_due()
    is_tried_after_ten_minutes(calls, clock)


@pytest.mark.usefixtures("inside")
def test_a_messenger_is_left_alone_as_long_as_it_asks(app: Flask, chat: tuple[Calls, int], clock: Clock) -> None:
    calls, port = chat
    assert "ntfy" in MESSENGERS
    worlds.reaches(app, ntfy=f"ntfy://127.0.0.1:{port}")
    worlds.has_address("north", "ntfy", "anna-7f3k", "urgent")
    asks(calls, "600")
    tell("north")
    sender.send_due()
    is_tried_after_ten_minutes(calls, clock)


def test_a_push_service_is_left_alone_as_long_as_it_asks(
    app: Flask, pushed: Pushed, clock: Clock, sign_in: Callable[[str], Browser]
) -> None:
    subscribe(sign_in("north"), pushed)
    asks(pushed, "600")
    with app.app_context():
        tell("north")
        sender.send_due()
        is_tried_after_ten_minutes(pushed, clock)


def test_another_system_is_left_alone_as_long_as_it_asks(app: Flask, erp: Calls, clock: Clock) -> None:
    asks(erp, "600")
    tell_erp(app)
    with app.app_context():
        sender.send_due()
        is_tried_after_ten_minutes(erp, clock)


@pytest.mark.parametrize("said", ["604800", "9" * 400, formatdate(4e9, usegmt=True)], ids=["a week", "digits", "2096"])
@pytest.mark.usefixtures("inside")
def test_nobody_makes_what_is_urgent_wait_for_longer_than_dozor_decides(calls: Calls, clock: Clock, said: str) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    asks(calls, said)
    tell("north")
    sender.send_due()
    assert waits_for(clock) <= timedelta(minutes=15)
    calls.status, calls.says = 200, {}
    clock.go_on(minutes=15, seconds=1)
    sender.send_due()
    assert deliveries() == [("sms", "sent", "")]


@pytest.mark.parametrize("said", ["", "-5", "soon", "1.5", "Sun, 99 Nov 2026 99:99:99 GMT", "0", formatdate(0)])
@pytest.mark.usefixtures("inside")
def test_what_says_no_time_changes_nothing(calls: Calls, clock: Clock, said: str) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    asks(calls, said)
    tell("north")
    sender.send_due()
    assert waits_for(clock) == timedelta(seconds=5)


@pytest.mark.usefixtures("inside")
def test_whoever_has_another_address_is_told_there_at_once(both: tuple[Calls, Post], clock: Clock) -> None:
    """Also what comes while the gateway is left alone: nothing urgent stands behind its rest, and it is not asked."""
    calls, post = both
    asks(calls, "600")
    tell("north", key="one")
    sender.send_due()
    assert deliveries() == [("sms", "failed", "gateway_said"), ("email", "sent", "")]
    clock.go_on(minutes=2)
    tell("north", key="two")
    sender.send_due()
    assert (len(calls.keys), len(post.letters)) == (1, 2)
    calls.status, calls.says = 200, {}
    clock.go_on(minutes=9)
    tell("north", key="three")
    sender.send_due()
    assert (len(calls.keys), len(post.letters)) == (2, 2), "it is the first choice again"


@pytest.mark.usefixtures("inside")
def test_whoever_has_no_other_address_is_told_when_the_rest_is_over(calls: Calls, clock: Clock) -> None:
    worlds.has_address("north", "sms", PHONE, "urgent")
    asks(calls, "600")
    tell("north", key="one")
    sender.send_due()
    clock.go_on(minutes=2)
    tell("north", key="two")
    sender.send_due()
    sender.send_due()
    assert waits_for(clock) == pytest.approx(timedelta(minutes=8), abs=timedelta(seconds=1))
    calls.status, calls.says = 200, {}
    clock.go_on(minutes=9)
    sender.send_due()
    assert (len(calls.keys), [each[1] for each in deliveries()]) == (3, ["sent", "sent"])
