"""Redis, the alarm clock and the loudspeaker: never the memory, so its failures are logged and passed over.

One string crosses to the jobs, `RUN`, with a kind of work and a row id. After a time-out a breaker
leaves Redis alone for ten seconds, so that a hung Redis costs a page half a second once, not each time.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import redis
from flask import current_app
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)

RUN = "jobs.runner.run"
QUEUE = "dozor"
BREAK_SECONDS = 10.0
JOB_TTL_SECONDS = 600
Wake = tuple[str, int, datetime]  # kind, row id, due


class Breaker:
    """Remembers until when Redis is to be left alone."""

    def __init__(self) -> None:
        self.until = 0.0
        self.failures = 0
        self.has_kept_silent = False  # something was to be said meanwhile

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.until

    def trip(self, error: Exception) -> None:
        self.until = time.monotonic() + BREAK_SECONDS
        self.failures += 1
        log.warning("Redis does not answer (%s): left alone for %d s", error, BREAK_SECONDS)


def connect(url: str, *, timeout: float = 0.5) -> redis.Redis:
    """A client that gives up quickly; redis-py's own defaults hold a page for a minute."""
    return redis.Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=None, health_check_interval=30
    )


def client() -> redis.Redis:
    found: redis.Redis = current_app.extensions["dozor.redis"]
    return found


def breaker() -> Breaker:
    found: Breaker = current_app.extensions["dozor.breaker"]
    return found


def tell(wakes: Iterable[Wake], now: datetime, *, tag: str = "", messages: Iterable[tuple[str, str]] = ()) -> bool:
    """Arm jobs at their times and say messages (channel, text), all in one round trip. False when Redis could not be
    asked.

    Job ids hold kind, id and due time: arming the same row twice sets one alarm.
    """
    if breaker().is_open:
        return False
    try:
        connection = client()
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        with connection.pipeline(transaction=False) as pipe:
            for kind, row_id, due in wakes:
                _arm(queue, pipe, kind, row_id, due, now, tag)
            for channel, text in messages:
                pipe.publish(channel, text)
            pipe.execute()
    except redis.RedisError as error:
        breaker().trip(error)
        return False
    return True


def _arm(queue: Queue, pipe: redis.client.Pipeline, kind: str, row_id: int, due: datetime, now: datetime, tag: str) -> None:
    at = max(math.ceil(due.timestamp()), 0)
    job = Job.create(
        RUN,
        args=(kind, row_id),
        id=f"{kind}-{row_id}-{at}{tag}",
        connection=queue.connection,
        serializer=JSONSerializer,
        result_ttl=0,
        failure_ttl=JOB_TTL_SECONDS,
        origin=queue.name,
        timeout=120,
    )
    if due <= now:
        queue._enqueue_job(job, pipeline=pipe)
    else:
        queue.schedule_job(job, datetime.fromtimestamp(at, UTC), pipeline=pipe)
