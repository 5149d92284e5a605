"""The ticker: every second it arms again whatever is due and not done, and does it itself if nobody does.

More than one is safe: rows are claimed, RQ's scheduler has a lock that is refreshed every tick.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime

from flask import Flask
from redis import RedisError
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from jobs import runner
from jobs.registry import WORK
from webapp import clock, log_lines
from webapp.app import create_app
from webapp.background import (
    future_instants,
    heartbeats,
    lateness,
    outbox,
    redis_client,
    scheduled_jobs,
    sender_process,
)
from webapp.background.clock_jumps import ClockWatch
from webapp.background.outbox import DueRow
from webapp.changes import announcements
from webapp.config import ConfigError, Settings
from webapp.db import ScheduledJob, db, is_sqlite, session
from webapp.models import column_totals
from webapp.services import housekeeping, jumps, pings, silence, silent_people, stand_ins

log = logging.getLogger(__name__)
EVERY_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
BATCH = 200
REMINDERS = 10  # in a tick: each worker that wakes does a hundred rows
LOCK_SECONDS = 5


class Ticker:
    """One per process. `tick` may be called by hand in tests."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.scheduler: RQScheduler | None = None
        self.beaten_at = 0.0
        self.silence = silence.Watch()
        self.silent_people = silent_people.Watch()
        self.stand_ins = stand_ins.Watch()
        self.watch = ClockWatch(app.config["SETTINGS"].data)

    def tick(self) -> None:
        """One round. What fails is logged and tried again a second later."""
        with self.app.app_context():
            now = clock.now()
            is_redis_up = self._schedule()
            future_instants.mend()
            session().close()
            for kind in WORK:
                self._see_to(kind, now, is_redis_up)
            session().close()
            announcements.publish_missed()
            self.stand_ins.look(now)
            self.silent_people.look(now)
            if time.monotonic() - self.beaten_at >= heartbeats.EVERY_SECONDS:
                self._fold_counts()
                housekeeping.tidy(clock.now())
                heartbeats.beat("ticker", lag_seconds=lateness.lag(clock.now()))
                self.beaten_at = time.monotonic()
                self.silence.look(clock.now())
                self._ping()
                if (jump := self.watch.look(*clock.both())) is not None:
                    log.warning("the clock jumped by %d s; counted by the wrong one: runs %s", jump.by, jump.runs)
                    jumps.follow(jump)

    @staticmethod
    def _ping() -> None:
        """The child gives the sign of life: here it is only looked whether it is time."""
        is_due = pings.is_due()
        session().close()
        if is_due:
            sender_process.wake()

    @staticmethod
    def _fold_counts() -> None:
        if not is_sqlite():
            with db.engine.begin() as connection:
                column_totals.fold(connection)

    def _schedule(self) -> bool:
        """RQ's delayed jobs go to the queue when their time has come. False: Redis is away."""
        try:
            if self.scheduler is None:
                connection = redis_client.connect(self.app.config["REDIS_URL"], timeout=2)
                self.scheduler = RQScheduler(
                    [scheduled_jobs.QUEUE], connection=connection, interval=LOCK_SECONDS, serializer=JSONSerializer
                )
                self.scheduler.log.setLevel(logging.WARNING)
            self.scheduler.acquire_locks()
            self.scheduler.enqueue_scheduled_jobs()
        except RedisError as error:
            log.warning("Redis is away: %s", error)
            self.scheduler = None
            return False
        return True

    def _see_to(self, kind: str, now: datetime, is_redis_up: bool) -> None:
        rows = outbox.due(kind, now, BATCH)
        gone = outbox.exhausted(kind, now)
        session().close()
        for row_id in gone:
            runner.give_up(kind, row_id, "lease ended with attempts used up")
        if not rows:
            return
        late = [each for each in rows if self._is_late(now, each.since)]
        forgotten = [each for each in rows if (now - each.since).total_seconds() > 1.0]
        if is_redis_up and forgotten:
            is_redis_up = self._remind(kind, forgotten[:REMINDERS], now)
        overdue = rows if not is_redis_up else late
        if WORK[kind].outward:
            if overdue:
                sender_process.wake()
            return
        runner.do_all(kind, overdue)

    @staticmethod
    def _remind(kind: str, rows: Sequence[DueRow], now: datetime) -> bool:
        """Wake a worker for these once more. Jobs that wait already do so, for each does whatever is due here; of what
        is outward each only wakes the child. False: Redis is away."""
        waiting = scheduled_jobs.queue_length()
        if waiting is None:
            return False
        if waiting and not WORK[kind].outward:
            return True
        bucket = f"-t{int(now.timestamp()) // 10}"
        return scheduled_jobs.send([ScheduledJob(kind, each.row_id, each.since) for each in rows], now, tag=bucket)

    @staticmethod
    def _is_late(now: datetime, since: datetime) -> bool:
        return (now - since).total_seconds() > PATIENCE_SECONDS


def main() -> None:
    """The ticker by itself."""
    log_lines.begin()
    try:
        run(create_app(Settings.from_env(os.environ), doors=False))
    except ConfigError as error:
        sys.exit(f"dozor: {error}")


def run(app: Flask) -> None:
    """Tick until told to stop."""
    ticker, told = Ticker(app), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())  # a tick is brought to its end, not broken off in the middle
    try:
        _tick_until(told, ticker)
    finally:
        with ticker.app.app_context():  # the last one to look whether the database's file is still there
            heartbeats.health()


def _tick_until(told: threading.Event, ticker: Ticker) -> None:
    while not told.is_set():
        started = time.monotonic()
        try:
            ticker.tick()
        except Exception:  # the ticker is the last to fall: whatever it was, there is another second
            log.exception("a tick failed")
        told.wait(max(0.05, EVERY_SECONDS - (time.monotonic() - started)))


if __name__ == "__main__":
    main()
