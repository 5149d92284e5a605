"""The worker runs our jobs out of a real Redis, and nothing else; without Redis a move still stands."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

import pytest
from flask import Flask
from rq import Callback, Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from jobs import worker
from tests import servers
from tests.conftest import Clock
from tests.services import acts
from webapp.background import redis_client, scheduled_jobs
from webapp.db import session
from webapp.models import AT_ONCE

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
Work = Callable[[], None]


@pytest.fixture
def jobs(inside: Flask) -> Queue:
    """The queue as an outsider with access to Redis sees it."""
    connection = inside.extensions["dozor.redis"]
    return Queue(scheduled_jobs.QUEUE, connection=connection, serializer=JSONSerializer)


@pytest.fixture
def work(inside: Flask) -> Iterator[Work]:
    """A worker of this application, until the queue is empty."""
    connection = redis_client.connect(inside.config["REDIS_URL"], timeout=10)

    def until_empty() -> None:
        mine = Queue(scheduled_jobs.QUEUE, connection=connection, serializer=JSONSerializer, job_class=worker.OurJob)
        worker.Worker(
            [mine],
            connection=connection,
            serializer=JSONSerializer,
            job_class=worker.OurJob,
            name=f"{socket.gethostname()}-{time.monotonic_ns()}",
            default_result_ttl=0,
        ).work(burst=True, logging_level="CRITICAL")
        session().rollback()  # what it wrote is to be seen here

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield until_empty
    finally:
        for number, action in before.items():
            signal.signal(number, action)
        connection.close()


def test_what_is_due_at_once_is_done_by_the_worker_through_redis(clock: Clock, jobs: Queue, work: Work) -> None:
    acts.contact(vip=True)
    deal_id = acts.inquiry()
    run = acts.run_of(deal_id, "vip_notification")
    assert run.visible_at == AT_ONCE
    assert f"run-{run.id}-{int(run.due_at.timestamp())}" in jobs.job_ids  # type: ignore[union-attr]
    work()
    assert acts.run_of(deal_id, "vip_notification").state == "fired"
    assert len(acts.told("north", "robot.notify")) == 1
    assert jobs.job_ids == []
    assert jobs.failed_job_registry.get_job_ids() == []


def test_one_job_drains_what_else_is_due(clock: Clock, jobs: Queue, work: Work) -> None:
    for n in range(5):
        acts.deal(title=str(n))
    clock.go_on(minutes=10)
    jobs.empty()
    scheduled_jobs.send([("run", acts.run_of(1, "reaction_control").id, clock.at)], clock.at)
    work()
    assert len(acts.told("north", "robot.control")) == 5


def test_a_job_whose_row_is_over_does_nothing(clock: Clock, jobs: Queue, work: Work) -> None:
    deal_id = acts.deal()
    run = acts.run_of(deal_id, "reaction_control")
    acts.move(deal_id, "data_collection")
    clock.go_on(minutes=10)
    scheduled_jobs.send([("run", run.id, clock.at), ("run", 10_000, clock.at)], clock.at)
    work()
    assert acts.told("north") == []
    assert jobs.failed_job_registry.get_job_ids() == []


def test_every_run_that_waits_has_its_alarm_in_redis_never_early(clock: Clock, jobs: Queue) -> None:
    clock.at = datetime.now(UTC) + timedelta(milliseconds=300)
    deal_id = acts.deal()
    run = acts.run_of(deal_id, "reaction_control")
    assert run.due_at is not None
    (job_id,) = [each for each in jobs.scheduled_job_registry.get_job_ids() if each.startswith(f"run-{run.id}-")]
    rings_at = jobs.scheduled_job_registry.get_scheduled_time(job_id)
    assert rings_at.timestamp() == ceil(run.due_at.timestamp())
    scheduled_jobs.send([("run", run.id, run.due_at)], clock.at)
    assert len(jobs.scheduled_job_registry.get_job_ids()) == 1  # the same alarm, set twice


def test_a_planted_job_is_refused_and_the_next_one_is_done(
    clock: Clock, jobs: Queue, work: Work, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="rq.worker")
    mark = tmp_path / "planted"
    planted = jobs.enqueue("os.system", f"touch {mark}")
    acts.contact(vip=True)
    deal_id = acts.inquiry()
    work()
    assert not mark.exists()
    assert jobs.failed_job_registry.get_job_ids() == [planted.id]
    assert "PermissionError" in (
        Job.fetch(planted.id, jobs.connection, JSONSerializer).latest_result().exc_string or ""
    )
    assert acts.run_of(deal_id, "vip_notification").state == "fired"


def touch(job: Job, *_: object) -> None:
    """What somebody would like to be called after a job."""
    Path(job.meta["mark"]).touch()


def test_nothing_planted_is_called_after_a_job_either(clock: Clock, jobs: Queue, work: Work, tmp_path: Path) -> None:
    mark = tmp_path / "planted"
    for after in ({"on_success": Callback(f"{__name__}.touch")}, {"on_failure": Callback(f"{__name__}.touch")}):
        for args in (["run", 10_000], ["no such kind", 1]):
            jobs.enqueue(scheduled_jobs.RUN, args=args, meta={"mark": str(mark)}, **after)
    work()
    assert jobs.job_ids == []
    assert not mark.exists()


# What an outsider may add to a job of ours, and what is left of it.
FOREIGN = {
    "webhooks": json.dumps([{"url": "http://127.0.0.1:1/", "job_status": "finished"}]),
    "dependency_ids": json.dumps(["another"]),
    "number_of_retries": "1000000",
    "retries_left": "1000000",
    "retry_intervals": json.dumps([0]),
    "repeats_left": "1000000",
    "repeat_intervals": json.dumps([0]),
    "meta": json.dumps({"mark": "planted"}),
    "group_id": "planted",
    "rate_limit_key": "planted",
    "rate_limit_concurrency": "1",
    "success_callback_name": "os.abort",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_of_a_job_only_what_is_ours_is_read(clock: Clock, jobs: Queue, work: Work, name: str) -> None:
    job = jobs.enqueue(scheduled_jobs.RUN, args=["run", 10_000])
    read = [Job.fetch(job.id, jobs.connection, JSONSerializer)]
    jobs.connection.hset(job.key, name, FOREIGN[name])
    read.append(Job.fetch(job.id, jobs.connection, JSONSerializer))
    assert told_by(read[0]) != told_by(read[1]), "an ordinary worker would obey it"
    mine = worker.OurJob.fetch(job.id, jobs.connection, JSONSerializer)
    assert told_by(mine) == told_by(read[0])
    work()
    assert jobs.job_ids == []


def told_by(job: Job) -> dict[str, str]:
    """What a job says of itself, besides its kind."""
    unlike = ("connection", "serializer", "log")
    return {key: str(value) for key, value in vars(job).items() if key not in unlike}


@pytest.fixture
def own_redis() -> Iterator[servers.RedisServer]:
    server = servers.RedisServer()
    server.start()
    yield server
    server.remove()


def moved_in(deal_id: int, stage: str) -> float:
    """How long a move took, in seconds."""
    started = time.monotonic()
    acts.move(deal_id, stage)
    return time.monotonic() - started


def test_with_redis_away_a_move_stands_and_redis_is_left_alone(inside: Flask, clock: Clock, tmp_path: Path) -> None:
    deal_id = acts.deal()
    inside.extensions["dozor.redis"] = redis_client.connect(f"unix://{tmp_path}/nobody.sock")
    assert not scheduled_jobs.send([("run", 1, clock.at)], clock.at)
    assert redis_client.breaker().is_open
    redis_client.breaker().until, redis_client.breaker().failures = 0.0, 0
    acts.move(deal_id, "data_collection")
    assert acts.stage_of(deal_id) == "data_collection"
    assert (redis_client.breaker().is_open, redis_client.breaker().failures) == (True, 1)
    acts.move(deal_id, "new")
    assert redis_client.breaker().failures == 1
    assert acts.runs(deal_id, "reaction_control")[-1].state == "waiting"


def test_with_redis_hanging_a_move_stands_within_a_second(
    inside: Flask, clock: Clock, own_redis: servers.RedisServer
) -> None:
    deal_id = acts.deal()
    inside.extensions["dozor.redis"] = redis_client.connect(own_redis.url)
    assert own_redis.process is not None
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    try:
        took = []
        for stage in ("data_collection", "new", "data_collection"):  # the best of three: these machines are shared
            redis_client.breaker().until = 0.0
            took.append(moved_in(deal_id, stage))
        assert min(took) < 1.0
        assert redis_client.breaker().failures == 3
        assert moved_in(deal_id, "new") < min(took)
        assert acts.stage_of(deal_id) == "new"
    finally:
        os.kill(own_redis.process.pid, signal.SIGCONT)
        inside.extensions["dozor.redis"].close()


def test_after_the_break_redis_is_asked_again(inside: Flask, clock: Clock, jobs: Queue) -> None:
    redis_client.breaker().trip(ConnectionError("away"))
    acts.deal()
    assert jobs.scheduled_job_registry.get_job_ids() + jobs.job_ids == []
    redis_client.breaker().until = time.monotonic()
    acts.deal()
    assert jobs.scheduled_job_registry.get_job_ids() + jobs.job_ids != []


def test_a_worker_that_has_not_come_to_its_first_job_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that falls while it begins, again and again, must not be taken for one that works."""
    turns = worker.Turns()
    turns.mark(is_first=False)
    assert not turns.go_on
    turns.mark()
    assert turns.go_on
    monkeypatch.setattr(worker, "SILENT_SECONDS", -1.0)
    assert not turns.go_on, "nor one that hangs"


def test_a_job_that_its_twin_has_taken_away_ends_quietly(clock: Clock, jobs: Queue) -> None:
    """Two executions under one name: what the first one deletes, the second one looks for as it ends."""
    acts.inquiry()
    (job_id, *_) = jobs.job_ids
    mine = worker.OurJob.fetch(job_id, connection=jobs.connection, serializer=JSONSerializer)
    jobs.connection.delete(mine.key)
    with jobs.connection.pipeline() as pipeline:
        mine.cleanup(0, pipeline=pipeline, remove_from_queue=False)
        pipeline.execute()
    assert not Job.exists(job_id, connection=jobs.connection)


def test_an_execution_that_its_twin_ends_at_this_moment_ends_quietly_and_leaves_nothing(
    clock: Clock, jobs: Queue
) -> None:
    """RQ lists the executions of a name, and one of them is gone when it looks at it."""
    acts.inquiry()
    (job_id, *_) = jobs.job_ids
    mine = worker.OurJob.fetch(job_id, connection=jobs.connection, serializer=JSONSerializer)
    jobs.connection.zadd(mine.execution_registry.key, {"gone": time.time() + 60})
    with jobs.connection.pipeline() as pipeline:
        mine.cleanup(0, pipeline=pipeline, remove_from_queue=False)
        pipeline.execute()
    assert not Job.exists(job_id, connection=jobs.connection)
    assert not jobs.connection.exists(mine.execution_registry.key)
