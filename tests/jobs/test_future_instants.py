"""What lies in the future was written by a clock that was ahead, and not by somebody at work while we stood still."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from jobs.ticker import Ticker
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from tests.standing_still import Standstill, TwoClocks
from webapp import clock as time_source
from webapp.background import clock_jumps, future_instants, heartbeats, outbox
from webapp.db import is_writing, session, transaction
from webapp.models import Gateway, Heartbeat, RobotRun

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
STANDS = timedelta(seconds=20)  # less than a lease


def rest() -> datetime | None:
    """Until when the only gateway rests."""
    return session().scalars(select(Gateway.rest_until)).one()


@pytest.mark.parametrize("looks", range(1, 9))
def test_wherever_a_ticker_stands_still_it_ends_nothing_that_was_begun_meanwhile(
    inside: Flask, clock: Clock, looks: int
) -> None:
    """A lease, a rest and a sign of life of an hour ago by a clock that is right."""
    run = acts.run_of(acts.deal(), "reaction_control").id
    clock.go_on(minutes=10)
    written: list[datetime] = []

    def begin() -> None:
        if is_writing():  # it holds the only right to write, so that nobody else does anything
            return
        with current_app.app_context():  # as another process has it: a session of its own
            assert outbox.claim("run", run) is not None
            with transaction() as current:
                rests = time_source.now() + future_instants.LONGEST_REST
                current.add(Gateway(kind="sms", url="there://", rest_until=rests))
            written.append(time_source.now())

    standing = Standstill(clock, looks, clock.at + STANDS, begin)
    with time_source.running_on(standing):
        Ticker(inside).tick()
    assert standing.looked > looks, "it stood still in the middle of its round"
    session().rollback()
    row = session().get_one(RobotRun, run)
    if written:
        assert (row.state, row.claimed_at) == ("waiting", written[0])
        assert rest() == written[0] + future_instants.LONGEST_REST
    assert written or looks > 2


def test_what_surely_lies_ahead_is_mended_wherever_it_is(clock: Clock) -> None:
    """One kind after the other, and each once."""
    run = acts.run_of(acts.deal(), "reaction_control").id
    clock.go_on(days=3)
    assert outbox.claim("run", run) is not None
    with transaction() as current:
        current.add(Gateway(kind="sms", url="there://", rest_until=clock() + future_instants.LONGEST_REST))
        current.add(Heartbeat(name="worker:here", role="worker", at=clock(), lag_seconds=0.0))
    assert future_instants.mend() == 0
    clock.go_on(days=-2)
    assert future_instants.mend() == 3
    assert future_instants.mend() == 0
    session().rollback()
    assert rest() is None
    assert session().get_one(RobotRun, run).claimed_at is None
    assert heartbeats.last_seen(("worker",), clock()) is None


def test_a_lease_that_another_has_ended_and_a_third_taken_is_left_to_them(clock: Clock) -> None:
    """Two tickers find the same one; the second writes only what it has read."""
    run = acts.run_of(acts.deal(), "reaction_control").id
    clock.go_on(hours=1)
    assert outbox.claim("run", run) is not None
    clock.go_on(minutes=-50)

    def be_quicker() -> None:
        with current_app.app_context():
            assert future_instants.mend() == 1
            assert outbox.claim("run", run) is not None

    standing = Standstill(clock, 2, clock.at + STANDS, be_quicker)
    with time_source.running_on(standing):
        assert future_instants.mend() == 0
    session().rollback()
    assert session().get_one(RobotRun, run).claimed_at == clock() + STANDS


def test_wherever_a_ticker_stands_still_no_clock_has_jumped(inside: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """For longer than what is called a jump, at each look at a clock in turn."""
    clocks, ticker = TwoClocks(TUESDAY, 0), Ticker(inside)
    monkeypatch.setattr("webapp.clock.monotonic", clocks.monotonic)
    monkeypatch.setattr("jobs.ticker.time", SimpleNamespace(monotonic=clocks.monotonic))
    with time_source.running_on(clocks.time):
        ticker.tick()
        for looks in range(1, 100):
            clocks.left = looks
            ticker.beaten_at = clocks.monotonic() - heartbeats.EVERY_SECONDS
            ticker.tick()
            if clocks.left > 0:
                break
    assert 10 < looks < 99, "each look of a whole round"
    assert clock_jumps.noted(ticker.watch.file) == []
