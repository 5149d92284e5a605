"""One firm in this process with a clock that goes where it is told, for the machine and the broken variants:
a copy of the lesson's firm on SQLite, a real Redis that may be away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from jobs import runner
from jobs.ticker import Ticker
from tests.complaints import Ear
from tests.conftest import TUESDAY, settings_for
from tests.faults import invariants, norms, oracle
from webapp import clock
from webapp.app import create_app
from webapp.background import outbox, redis_client
from webapp.db import db, session
from webapp.models import RobotRun

AWAY = "unix:///nowhere/r.sock"


class Violation(AssertionError):
    """An invariant does not hold."""


class Scene:
    """`at` is what the clock says. It remembers how each run stood, so that no outcome changes unseen, and hears what
    the product complains of."""

    def __init__(self, app: Flask, template: Path, ear: Ear) -> None:
        self.app, self.template, self.ear = app, template, ear
        self.redis_url = app.config["REDIS_URL"]
        self.begin()

    def begin(self) -> None:
        """All anew: the firm without deals, the clock at its start, nothing in Redis."""
        session().close()
        db.engine.dispose()
        file = Path(str(db.engine.url.database))
        for left in (f"{file}-wal", f"{file}-shm"):
            Path(left).unlink(missing_ok=True)
        shutil.copyfile(self.template, file)
        self.at = TUESDAY
        self.ticker = Ticker(self.app)
        self.seen: dict[int, tuple[str, datetime | None]] = {}
        self.dues: dict[int, datetime | None] = {}
        self.reopened: set[int] = set()
        self.connect(self.redis_url)
        with redis_client.connect(self.redis_url, timeout=30) as patient:
            patient.flushall()

    def connect(self, url: str) -> None:
        """Redis is there from now on; at AWAY nobody answers."""
        self.app.config["REDIS_URL"] = url
        redis_client.client().close()
        self.app.extensions["dozor.redis"] = redis_client.connect(url)
        self.app.extensions["dozor.breaker"] = redis_client.Breaker()
        self.ticker.scheduler = None

    def go_on(self, **amount: float) -> None:
        self.at += timedelta(**amount)

    def tick(self) -> None:
        """A second passes, and the ticker does its round."""
        self.go_on(seconds=1)
        self.ticker.tick()

    def settle(self) -> None:
        """Within a minute whatever is due is done (I12), wherever the clock was before."""
        self.tick()
        self.at += outbox.LEASE
        for _ in range(2):
            self.tick()
            while runner.drain():
                pass
        late = invariants.overdue(self.at)
        if late:
            raise Violation(f"I12: {late} rows are due and not done")
        self.check()

    def check(self) -> None:
        """Raises Violation naming the invariants that do not hold now."""
        wrong = [f"{name}: {each}" for name, found in invariants.violations(forward=False).items() for each in found]
        wrong += self._steps() + self._armed() + [f"I15: {each}" for each in self.ear.heard]
        self.ear.heard.clear()
        if wrong:
            raise Violation("\n".join(wrong))

    def _steps(self) -> list[str]:
        """An end is an end (I2); a run ends by a claim only on a visit that is still open (I4); what has come up since
        the last look did what it should (I13: read at once, for afterwards the clock is no guide)."""
        wrong, came_up = [], []
        for id_, state, ended_at, left_at, error in session().execute(invariants.run_states()):
            known, now = self.seen.get(id_, ("waiting", None)), (state, ended_at)
            may_change = known[0] == "waiting" or (known[0] == "called_off" and id_ in self.reopened)
            if known != now and not may_change:
                wrong.append(f"I2: run {id_} was {known}, is {now}")
            if known != now and state in invariants.BY_CLAIM and left_at is not None:
                wrong.append(f"I4: run {id_} is {state}, its stage was left at {left_at}")
            if error and state != "failed":
                wrong.append(f"run {id_} broke: {error}")
            if known != now and state in invariants.BY_CLAIM:
                came_up.append(id_)
            self.seen[id_] = now
        if came_up:
            wrong += [f"I13: {each}" for each in oracle.fired_rightly(came_up, now=clock.now())]
        self.reopened.clear()
        session().close()
        return wrong

    def _armed(self) -> list[str]:
        """What has been armed since the last look, or counted anew, is due when it should be (I13)."""
        dues = {row.id: row.due_at for row in session().execute(select(RobotRun.id, RobotRun.due_at))}
        anew = [id_ for id_, due in dues.items() if id_ in self.dues and self.dues[id_] != due]
        armed = [id_ for id_ in dues if id_ not in self.dues]
        self.dues = dues
        wrong = (norms.due_rightly(armed) if armed else []) + (norms.due_rightly(anew, now=self.at) if anew else [])
        session().close()
        return [f"I13: {each}" for each in wrong]


@contextmanager
def opened(template: Path, redis_url: str, folder: Path) -> Iterator[Scene]:
    """A scene with its application context pushed and its clock running, on a copy of a database file."""
    app = create_app(settings_for(folder, f"sqlite:///{folder / 'scene.db'}", redis_url), doors=False)
    with app.app_context(), Ear().listening() as ear:
        scene = Scene(app, template, ear)
        with clock.running_on(lambda: scene.at):
            try:
                yield scene
            finally:
                session().close()
                db.engine.dispose()
                redis_client.client().close()
