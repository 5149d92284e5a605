"""Each channel is sent by in a lane of its own, a thread: who says nothing for ten seconds holds up whoever is told by
the same channel, and nobody else. A lane ends when nothing of its channel is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.channels import guard, outward

log = logging.getLogger(__name__)
FAREWELL_SECONDS = outward.SECONDS + 5  # what is on its way is written down before the process ends, or it comes twice


class Lanes:
    """Those at work. For one thread, which begins them and looks after them."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._at_work: dict[str, threading.Thread] = {}
        self.is_over = threading.Event()  # each ends with the word that it is at

    def begin(self, name: str, work: Callable[[], object]) -> None:
        """In an app context of its own; nothing, where this lane is still at work."""
        if name in self.busy():
            return
        lane = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
        self._at_work[name] = lane
        lane.start()

    def busy(self) -> set[str]:
        self._at_work = {name: each for name, each in self._at_work.items() if each.is_alive()}
        return set(self._at_work)

    def wait(self, seconds: float) -> None:
        """Until one of them has ended, or so long."""
        for each in self._at_work.values():
            each.join(seconds / len(self._at_work))

    def end(self) -> None:
        """None is left in the middle of something."""
        self.is_over.set()
        for each in self._at_work.values():
            each.join(FAREWELL_SECONDS)

    def _run(self, name: str, work: Callable[[], object]) -> None:
        try:
            with guard.thread_within(), self._app.app_context():
                work()
        except SQLAlchemyError as error:
            log.warning("%s: the database did not answer: %s", name, error)
        except Exception:
            log.exception("the lane %s", name)
