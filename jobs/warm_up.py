"""What web, worker and ticker do in their first seconds, done once before a box forks them.

What is compiled, filled in and imported at that is then theirs in common. Done by each, it would be written to pages of
memory that they share, and each would have a copy of its own.
"""

from __future__ import annotations

import importlib
import logging
import math
from contextlib import suppress

from flask import Flask

from jobs.registry import WORK
from webapp import clock
from webapp.background import future_instants, heartbeats, lateness, outbox
from webapp.changes import announcements
from webapp.db import db, session, transaction
from webapp.services import housekeeping, pings, silence, silent_people, stand_ins

log = logging.getLogger(__name__)
LATER = ("holidays", "gunicorn.arbiter", "gunicorn.glogging", "webapp.box.web_worker")


class _UndoneError(Exception):
    """Ends a transaction of which nothing stays."""


def warm_up(app: Flask) -> None:
    """Nothing stays of it, no connection is left open; whatever stops it is said, and stops nothing else. Redis does
    not run yet."""
    for each in LATER:
        importlib.import_module(each)
    breaker = app.extensions["dozor.breaker"]
    breaker.until = math.inf
    try:
        for _ in range(2):  # from the second execution on a statement is asked of the driver (webapp/db/ready.py)
            _tick(app)
            app.test_client().get("/health", base_url=app.config["SETTINGS"].url)
    except Exception:
        log.exception("the box starts without warming up")
    finally:
        breaker.until = 0.0
        with app.app_context():
            db.engine.dispose()


def _tick(app: Flask) -> None:
    """A tick that finds nothing due, and a sign of life that nobody gets."""
    with app.app_context():
        now = clock.now()
        future_instants.mend()
        for kind in WORK:
            outbox.due(kind, now, 0)
            outbox.exhausted(kind, now)
        session().close()
        announcements.publish_missed()
        housekeeping.tidy(now)
        for watch in (stand_ins.Watch(), silent_people.Watch(), silence.Watch()):
            watch.look(now)
        lateness.lag(now)
        pings.is_due()
        session().close()
        with suppress(_UndoneError), transaction():
            for _ in range(2):
                heartbeats.note("", 0.0)
            raise _UndoneError
