"""The worker: RQ's SimpleWorker, JSON only, and a Job that runs nothing but our own function.

A planted job naming any other function is refused. It writes its heartbeat to the database.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import threading
import time
from typing import Any

from flask import Flask
from redis import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import InvalidJobOperation, StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import as_text
from sqlalchemy.exc import SQLAlchemyError

from jobs import runner
from webapp import log_lines
from webapp.app import create_app
from webapp.background import heartbeats, redis_client, scheduled_jobs
from webapp.changes import announcements
from webapp.config import ConfigError, Settings

log = logging.getLogger(__name__)
SILENT_SECONDS = 60.0  # RQ comes round every 15 s; a job ends within 120 or not at all
SOON_SECONDS = 0.5
# What our own jobs are made of, and what RQ notes of them while they wait and run. All else in a job is not ours.
OURS = {
    *("data", "created_at", "origin", "description", "timeout", "result_ttl", "failure_ttl", "ttl", "status"),
    *("enqueued_at", "started_at", "ended_at", "last_heartbeat", "worker_name"),
}


class OurJob(Job):
    """A job that may only be ours."""

    @property
    def func(self) -> Any:
        if self.func_name != scheduled_jobs.RUN:
            raise PermissionError(f"not one of our jobs: {self.func_name!r}")
        return runner.run

    def delete(self, *words: Any, **more: Any) -> None:
        """A row that came due twice within some seconds stands in the queue twice under one name: when the second of
        them ends, the first has taken the job away already, or takes away at this moment what RQ has just listed."""
        with contextlib.suppress(InvalidJobOperation):
            try:
                super().delete(*words, **more)
            except ValueError:  # an execution that RQ found in its list, and then no more
                self.connection.delete(self.execution_registry.key)
                super().delete(*words, **more)

    def restore(self, raw_data: Any) -> Any:
        """Whoever can write to Redis could add addresses to call, other jobs to wait for, tries without end."""
        return super().restore({key: value for key, value in raw_data.items() if as_text(key) in OURS})

    # A job carries names of functions to call afterwards too. Ours has none.
    success_callback = failure_callback = stopped_callback = None


class Worker(SimpleWorker):
    """RQ's own leaves when Redis vanishes in the middle of a job, and waits up to a minute for its return."""

    job_class = OurJob
    max_connection_wait_time = 2.0
    is_told_to_stop = False

    def _set_ip_address(self, connection: Any) -> None:
        """RQ would read it out of a list in which a space or "=" in the socket's path is taken for something else."""
        self.ip_address = "unknown"

    def dequeue_job_and_maintain_ttl(self, *words: Any, **more: Any) -> Any:
        turns.mark()
        return super().dequeue_job_and_maintain_ttl(*words, **more)

    def heartbeat(self, *words: Any, **more: Any) -> None:
        turns.mark(is_first=False)
        super().heartbeat(*words, **more)

    def procline(self, message: str) -> None:
        """RQ would put each job into the process's name."""

    def request_stop(self, signum: int, frame: Any) -> None:
        self.is_told_to_stop = True
        super().request_stop(signum, frame)

    def teardown(self) -> None:
        """Leave no thread behind, also when Redis is not there to be told."""
        try:
            super().teardown()
        finally:
            if self.pubsub_thread is not None:
                self.pubsub_thread.stop()


class Turns:
    """When the loop that works last came round. It counts from the moment that it asks for its first job: a worker
    that falls while it begins, again and again, is never seen alive."""

    def __init__(self) -> None:
        self.at: float | None = None

    def mark(self, *, is_first: bool = True) -> None:
        if is_first or self.at is not None:
            self.at = time.monotonic()

    @property
    def go_on(self) -> bool:
        return self.at is not None and time.monotonic() - self.at < SILENT_SECONDS


turns = Turns()


def main() -> None:
    """The worker by itself."""
    log_plainly()
    try:
        run(create_app(Settings.from_env(os.environ), doors=False))
    except ConfigError as error:
        sys.exit(f"dozor: {error}")


def log_plainly() -> None:
    log_lines.begin()
    logging.getLogger("rq").setLevel(logging.WARNING)


def run(mine: Flask) -> None:
    """Work until told to stop. Without Redis it waits: the ticker does what is due meanwhile."""
    threading.Thread(target=_beat, args=(mine,), daemon=True).start()
    with mine.app_context(), contextlib.suppress(StopRequested):  # jobs find their application by it
        while not _work(mine):
            time.sleep(1)


def _work(mine: Flask) -> bool:
    """Work until Redis is gone, or until told to stop: then True."""
    worker = None
    try:
        connection = redis_client.connect(mine.config["REDIS_URL"], timeout=45)
        worker = Worker(
            [Queue(scheduled_jobs.QUEUE, connection=connection, serializer=JSONSerializer, job_class=OurJob)],
            connection=connection,
            serializer=JSONSerializer,
            job_class=OurJob,
            name=f"{socket.gethostname()}-{os.getpid()}-{time.monotonic_ns()}",
            worker_ttl=30,
            maintenance_interval=20,
            default_result_ttl=0,
        )
        worker.work(logging_level="WARNING")
    except RedisError as error:
        log.warning("Redis is away (%s): trying again", error)
        turns.mark()  # it waits, and the ticker does what is due
    return worker is not None and worker.is_told_to_stop


def _beat(mine: Flask) -> None:
    """For as long as the loop goes on, in a thread of its own: a job that waits long, or a database that is away for a
    while, must not make a living worker look dead."""
    while True:
        try:
            with mine.app_context():
                announcements.publish_missed()
                if turns.go_on:
                    heartbeats.beat("worker")
        except SQLAlchemyError as error:
            log.warning("no heartbeat this time: %s", error)
        time.sleep(heartbeats.EVERY_SECONDS if turns.go_on else SOON_SECONDS)


if __name__ == "__main__":
    main()
