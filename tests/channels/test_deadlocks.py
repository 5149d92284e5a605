"""PostgreSQL ends one of two that wait for each other: what was sent is written down all the same, and sent once."""

from __future__ import annotations

import threading
import time

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from jobs import sender
from tests.channels import worlds
from tests.channels.test_letters import ANNA, deliveries, tell
from tests.channels.worlds import Post
from tests.conftest import Clock
from webapp.db import session, transaction
from webapp.models import Delivery, Gateway

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("inside")]
WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')")


class Beside(threading.Thread):
    """Holds the gateway, and wants the delivery once the sender, which has that, waits for the gateway."""

    def __init__(self, app: Flask) -> None:
        super().__init__(daemon=True)
        self.app, self.holds, self.had_both = app, threading.Event(), False

    def run(self) -> None:
        with self.app.app_context(), transaction() as current:
            current.execute(text("SET LOCAL deadlock_timeout = '60s'"))  # so that it is the sender who is ended
            current.scalars(select(Gateway).where(Gateway.kind == "email").with_for_update()).one()
            self.holds.set()
            end = time.monotonic() + 30
            while not current.execute(WAITS).scalar_one() and time.monotonic() < end:
                time.sleep(0.02)
            current.scalars(select(Delivery).with_for_update()).one()
            self.had_both = True


def test_a_word_that_was_sent_is_written_down_past_a_deadlock(
    app: Flask, post: Post, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    worlds.has_address("north", "email", ANNA, "urgent")
    tell("north")
    with transaction() as current:  # its first success has something to write there
        current.execute(update(Gateway).where(Gateway.kind == "email").values(failing_since=clock.at))
    session().close()
    beside = Beside(app)

    def meanwhile() -> None:
        beside.start()
        assert beside.holds.wait(10)

    post.then = meanwhile
    assert sender.send_due() == 1
    beside.join(30)
    assert "deadlock, tried once more: delivery 1" in caplog.text
    assert beside.had_both
    assert deliveries() == [("email", "sent", "")]
    assert len(post.letters) == 1
    assert sender.send_due() == 0
