"""The worker: RQ's SimpleWorker, JSON only, and a Job that runs nothing but our own function.

A planted job naming any other function is refused (promise.md, RQ so). It writes its heartbeat to the database.
"""

from __future__ import annotations

import functools
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
from rq.job import Job
from rq.serializers import JSONSerializer

from webapp import heartbeats, queue
from webapp.app import create_app
from webapp.config import ConfigError, Settings

log = logging.getLogger(__name__)


@functools.cache
def app() -> Flask:
    """The application of this process."""
    return create_app(Settings.from_env(os.environ), doors=False)


class OurJob(Job):
    """A job that may only be ours."""

    @property
    def func(self) -> Any:
        if self.func_name != queue.RUN:
            raise PermissionError(f"not one of our jobs: {self.func_name!r}")
        from jobs.runner import run

        return run

    # A job carries names of functions to call afterwards too. Ours has none.
    success_callback = failure_callback = stopped_callback = None


class Worker(SimpleWorker):
    job_class = OurJob


def main() -> None:
    """Work until told to stop. Without Redis it waits: the ticker does what is due meanwhile."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("rq").setLevel(logging.WARNING)
    try:
        mine = app()
    except ConfigError as error:
        sys.exit(f"dozor: {error}")
    threading.Thread(target=_beat, args=(mine,), daemon=True).start()
    while True:
        try:
            connection = queue.connect(mine.config["REDIS_URL"], timeout=45)
            Worker(
                [Queue(queue.QUEUE, connection=connection, serializer=JSONSerializer, job_class=OurJob)],
                connection=connection,
                serializer=JSONSerializer,
                job_class=OurJob,
                name=f"{socket.gethostname()}-{os.getpid()}-{time.monotonic_ns()}",
                worker_ttl=30,
                maintenance_interval=20,
                default_result_ttl=0,
            ).work(logging_level="WARNING")
            return
        except RedisError as error:
            log.warning("Redis is away (%s): trying again", error)
            time.sleep(1)


def _beat(mine: Flask) -> None:
    while True:
        with mine.app_context():
            heartbeats.beat("worker")
        time.sleep(heartbeats.EVERY_SECONDS)


if __name__ == "__main__":
    from jobs import worker  # not this copy, which is called __main__: there must be one `app` in the process

    worker.main()
