"""Redis, the alarm clock and the loudspeaker: never the memory, so its failures are logged and passed over.

One string crosses to the jobs, `RUN`, with a kind of work and a row id. After a time-out a breaker
leaves Redis alone for ten seconds, so that a hung Redis costs a page half a second once, not each time.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

import redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from webapp.background.redis_client import breaker, client
from webapp.db import ScheduledJob

log = logging.getLogger(__name__)

RUN = "jobs.runner.run"
QUEUE = "dozor"
JOB_TTL_SECONDS = 600


def send(
    jobs: Iterable[ScheduledJob], now: datetime, *, tag: str = "", messages: Iterable[tuple[str, str]] = ()
) -> bool:
    """Arm jobs at their times and say messages (channel, text), all in one round trip. False when Redis could not be
    asked.

    Job ids hold kind, id and due time: arming the same row twice sets one alarm.
    """
    if breaker().is_open:
        return False
    try:
        connection = client()
        with connection.pipeline(transaction=False) as pipe:
            for kind, row_id, due in jobs:
                _arm(_queue(connection), pipe, kind, row_id, due, now, tag)
            for channel, text in messages:
                pipe.publish(channel, text)
            pipe.execute()
    except redis.RedisError as error:
        breaker().trip(error)
        return False
    return True


def queue_length() -> int | None:
    """How many jobs wait for a worker. None when Redis could not be asked."""
    if breaker().is_open:
        return None
    try:
        return int(_queue(client()).count)
    except redis.RedisError as error:
        breaker().trip(error)
        return None


@lru_cache(maxsize=1)
def _queue(connection: redis.Redis) -> Queue:
    """Of the one client that a process has: rq looks long at a serializer."""
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


def _arm(
    queue: Queue, pipe: redis.client.Pipeline, kind: str, row_id: int, due: datetime, now: datetime, tag: str
) -> None:
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
