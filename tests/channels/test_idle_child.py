"""What is heavy to import is not kept for nothing: the child ends half a minute after its last work."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from jobs import sender
from tests.channels import worlds
from tests.channels.worlds import Post
from webapp.db import session, transaction
from webapp.models import Address
from webapp.services import addresses

SECOND_WORD_AT = 20.0
GIVEN_UP_AT = 120.0


class Hours:
    """The child's own clock, which goes on only while it sleeps. `then` is called in each pause."""

    def __init__(self, then: Callable[[float], None]) -> None:
        self.seconds, self.then = 0.0, then

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        assert self.seconds < GIVEN_UP_AT, "it does not end"
        self.then(self.seconds)


@pytest.mark.parametrize(("parent", "ends_at"), [(os.getppid, SECOND_WORD_AT + 30), (os.getpid, 0.0)])
def test_it_ends_half_a_minute_after_its_last_work_and_at_once_without_whoever_started_it(
    app: Flask, post: Post, monkeypatch: pytest.MonkeyPatch, parent: Callable[[], int], ends_at: float
) -> None:
    def asks_at(seconds: float) -> None:
        if seconds == SECOND_WORD_AT:
            ask()

    def ask() -> None:
        with app.app_context(), transaction():
            addresses.test(session().get_one(Address, address_id))

    with app.app_context():
        address_id = worlds.has_address("north", "email", "anna@north.example")
    ask()
    hours: Any = Hours(asks_at)
    monkeypatch.setattr(sender, "time", hours)
    sender._send_while_there_is_work(app, parent())
    assert ends_at <= hours.seconds <= ends_at + 1
    assert len(post.letters) == (2 if ends_at else 0)
