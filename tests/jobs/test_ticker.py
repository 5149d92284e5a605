"""The ticker arms again what is due and not done, and does it itself when nobody else does."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select

from jobs import runner
from jobs.ticker import Ticker
from rules.reach import REST
from tests.conftest import Clock
from tests.services import acts
from webapp.background import heartbeats, outbox, redis_client, scheduled_jobs
from webapp.db import session, transaction
from webapp.models import Gateway, Heartbeat, RobotRun, Webhook

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


@pytest.fixture
def ticker(inside: Flask) -> Ticker:
    return Ticker(inside)


@pytest.fixture
def jobs(inside: Flask) -> Queue:
    return Queue(scheduled_jobs.QUEUE, connection=inside.extensions["dozor.redis"], serializer=JSONSerializer)


def control(clock: Clock) -> RobotRun:
    """A reaction control that is due now, and nothing armed in Redis."""
    deal_id = acts.deal()
    acts.work()
    clock.go_on(minutes=10)
    redis_client.client().flushall()
    return acts.run_of(deal_id, "reaction_control")


def state(run: RobotRun) -> str:
    return session().get_one(RobotRun, run.id, populate_existing=True).state


def tick(ticker: Ticker) -> None:
    """One round, as in a process of its own: what it wrote is to be seen here."""
    session().rollback()
    ticker.tick()
    session().rollback()


@contextmanager
def asked_in_full() -> Iterator[set[str]]:
    """Who of us asks SQLAlchemy for more than a statement that stands ready takes."""
    found: set[str] = set()

    def look(frame: FrameType | None, event: str, _: object) -> None:
        if event == "call" and frame is not None and frame.f_code.co_name == "_execute_clauseelement":
            while frame is not None and not frame.f_globals["__name__"].startswith(("webapp.", "jobs.")):
                frame = frame.f_back
            found.add(f"{frame.f_globals['__name__']}:{frame.f_code.co_qualname}" if frame else "nobody of us")

    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)


def test_what_a_box_at_rest_asks_again_and_again_stands_ready(ticker: Ticker) -> None:
    """All that a process at rest does is memory that it does not share with the others of its box."""
    for _ in range(3):  # found, prepared, asked
        with asked_in_full() as found:
            ticker.beaten_at = 0.0
            ticker.tick()
            heartbeats.beat("worker")
            heartbeats.health()
    assert found - {"webapp.models.column_totals:fold"} == set(), "which has a connection of its own, on PostgreSQL"


def without_redis(app: Flask, folder: Path) -> None:
    app.config["REDIS_URL"] = f"unix://{folder}/nobody.sock"
    app.extensions["dozor.redis"] = redis_client.connect(app.config["REDIS_URL"])


def test_without_redis_the_ticker_does_what_is_due_itself(
    inside: Flask, clock: Clock, ticker: Ticker, tmp_path: Path
) -> None:
    run = control(clock)
    without_redis(inside, tmp_path)
    tick(ticker)
    assert state(run) == "fired"
    assert len(acts.told("north")) == 1
    tick(ticker)
    assert len(acts.told("north")) == 1


def test_with_redis_what_was_forgotten_is_armed_again_and_left_to_the_worker(
    clock: Clock, ticker: Ticker, jobs: Queue
) -> None:
    run = control(clock)
    tick(ticker)
    assert jobs.job_ids == []  # its own alarm may be about to ring
    clock.go_on(seconds=2)
    for _ in range(2):
        tick(ticker)
    assert {each.partition("-t")[0] for each in jobs.job_ids} == {f"run-{run.id}-{int(run.due_at.timestamp())}"}  # type: ignore[union-attr]
    assert state(run) == "waiting"


def test_while_jobs_wait_for_a_worker_none_are_added(clock: Clock, ticker: Ticker, jobs: Queue) -> None:
    """Each of them does all that is due: in a burst thousands were left in the queue, with nothing to do."""
    acts.deal()
    clock.go_on(seconds=3)
    acts.deal()
    acts.work()
    clock.go_on(minutes=9, seconds=59)
    redis_client.client().flushall()
    tick(ticker)
    first = jobs.job_ids
    assert len(first) == 1
    clock.go_on(seconds=2.5)  # the second is forgotten too, and neither for so long that it would be done here
    tick(ticker)
    assert jobs.job_ids == first
    jobs.empty()
    tick(ticker)
    assert len(jobs.job_ids) == 2


def test_what_nobody_did_for_five_seconds_the_ticker_does(clock: Clock, ticker: Ticker) -> None:
    run = control(clock)
    clock.go_on(seconds=5)
    tick(ticker)
    assert state(run) == "waiting"
    clock.go_on(seconds=1)
    tick(ticker)
    assert state(run) == "fired"


def test_nothing_is_armed_or_done_before_its_time(clock: Clock, ticker: Ticker, jobs: Queue) -> None:
    run = control(clock)
    clock.go_on(seconds=-1)
    tick(ticker)
    assert (state(run), jobs.job_ids) == ("waiting", [])


def test_jobs_that_rq_delayed_go_to_the_queue_when_their_time_comes(ticker: Ticker, jobs: Queue) -> None:
    """By the real clock, which RQ reads itself."""
    acts.robot("reaction_control", timing={"after": {"amount": 1, "unit": "seconds"}})
    run = acts.run_of(acts.inquiry(), "reaction_control")
    runner.do("run", acts.run_of(run.deal_id, "vip_notification").id)
    jobs.empty()
    (job_id,) = jobs.scheduled_job_registry.get_job_ids()
    assert job_id.startswith(f"run-{run.id}-")
    deadline = time.monotonic() + 10
    while not jobs.job_ids and time.monotonic() < deadline:
        tick(ticker)
        time.sleep(0.1)
    assert job_id in jobs.job_ids or state(run) == "fired"


def test_two_tickers_do_everything_once(app: Flask, clock: Clock, ticker: Ticker) -> None:
    for n in range(8):
        acts.deal(title=str(n))
    clock.go_on(minutes=11)
    other = Ticker(app)
    other.beaten_at = time.monotonic()  # two in one process would have one name
    assert acts.at_the_same_moment(app, ticker.tick, other.tick) == [None, None]
    assert [each.seq for each in acts.told("north")] == list(range(1, 9))


@pytest.mark.complains("run 1 gave up")
def test_a_row_whose_attempts_are_used_up_becomes_failed(clock: Clock, ticker: Ticker) -> None:
    run = control(clock)
    with transaction() as current:
        current.get_one(RobotRun, run.id).attempts = outbox.MAX_ATTEMPTS - 1
    assert outbox.claim("run", run.id) is not None
    tick(ticker)
    assert state(run) == "waiting"
    clock.go_on(seconds=60)
    tick(ticker)
    assert state(run) == "failed"
    assert [each.kind for each in acts.told("admin")] == ["run.failed"]


def test_after_the_clock_was_set_back_nothing_stays_stuck(clock: Clock, ticker: Ticker) -> None:
    run = control(clock)
    assert outbox.claim("run", run.id) is not None
    clock.go_on(minutes=-30)
    tick(ticker)
    assert state(run) == "waiting"
    clock.go_on(minutes=30, seconds=6)
    tick(ticker)
    assert state(run) == "fired"


def test_the_ticker_says_that_it_lives_and_how_late_the_oldest_work_is(clock: Clock, ticker: Ticker) -> None:
    control(clock)
    clock.go_on(seconds=4)
    tick(ticker)
    beat = session().scalars(select(Heartbeat).where(Heartbeat.role == "ticker")).one()
    assert (beat.at, beat.lag_seconds) == (clock.at, 4.0)


def test_when_redis_is_back_the_ticker_uses_it_again(
    inside: Flask, clock: Clock, ticker: Ticker, jobs: Queue, tmp_path: Path
) -> None:
    address, client = inside.config["REDIS_URL"], inside.extensions["dozor.redis"]
    without_redis(inside, tmp_path)
    tick(ticker)
    inside.config["REDIS_URL"], inside.extensions["dozor.redis"] = address, client
    redis_client.breaker().until = 0.0
    run = control(clock)
    clock.at += timedelta(seconds=2)
    tick(ticker)
    assert len([each for each in jobs.job_ids if each.startswith(f"run-{run.id}-")]) == 1
    assert state(run) == "waiting"


def test_what_a_clock_that_was_ahead_has_written_is_mended(
    inside: Flask, ticker: Ticker, clock: Clock, tmp_path: Path
) -> None:
    """The dead do not look alive, and what rested until a day that is far does not rest."""
    next_week = clock() + timedelta(days=7)
    with transaction() as current:
        current.add(Gateway(kind="email", url="smtp://there", rest_until=next_week))
        current.add(Gateway(kind="ping", url="https://there", rest_until=next_week))
        current.add(Gateway(kind="sms", url="there://", rest_until=clock() + REST))
        hook = Webhook(key="k", name="Hook", url="https://there", secret="s", created_at=clock(), rest_until=next_week)
        current.add(hook)
        current.add(Heartbeat(name="worker:dead", role="worker", at=next_week, lag_seconds=0.0))
        current.add(Heartbeat(name="ticker:dead", role="ticker", at=next_week, lag_seconds=0.0))
    seen = heartbeats.health()
    assert (seen.worker, seen.ticker) == (False, False), "nobody has been seen by a clock that is right"
    tick(ticker)
    rests = {row.kind: row.rest_until for row in session().scalars(select(Gateway))}
    assert rests["email"] is None
    assert rests["sms"] == clock() + REST, "one that has just begun goes on"
    assert rests["ping"] is None or rests["ping"] <= clock() + heartbeats.PING_EVERY
    assert session().get_one(Webhook, hook.id).rest_until is None
    assert list(session().scalars(select(Heartbeat.role))) == ["ticker"], "its own of now"
    assert heartbeats.health().ticker
