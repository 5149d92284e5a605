"""Each channel is sent by in a lane of its own, a thread; one in which each address has a service of its own, in a lane
for each of these, a few at once: who says nothing for ten seconds holds up whoever is told by the same service, and
nobody else. Those that were silent before have half of the places, so that the others always find one. A lane ends when
nothing of it is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.channels import guard, outward

log = logging.getLogger(__name__)
AT_ONCE, SUSPECTS_AT_ONCE = 8, 4  # lanes of one channel
FAREWELL_SECONDS = outward.SECONDS + 5  # what is on its way is written down before the process ends, or it comes twice


@dataclass(frozen=True, slots=True)
class Lane:
    """What is sent one after another: by a channel, to one `place` where it is one of many."""

    channel: str
    place: str = ""
    is_suspect: bool = False

    @property
    def name(self) -> str:
        return f"{self.channel} {self.place}".rstrip()


class Lanes:
    """Those at work. For one thread, which begins them and looks after them."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._at_work: dict[Lane, threading.Thread] = {}
        self.is_over = threading.Event()  # each ends with the word that it is at

    def begin(self, lane: Lane, work: Callable[[], object]) -> None:
        """In an app context of its own; nothing, where this lane is still at work, or its channel has no room."""
        if any(each.name == lane.name for each in self.busy()) or not self._has_room(lane):
            return
        thread = threading.Thread(target=self._run, args=(lane.name, work), name=lane.name, daemon=True)
        self._at_work[lane] = thread
        thread.start()

    def _has_room(self, lane: Lane) -> bool:
        beside = [each for each in self._at_work if each.channel == lane.channel]
        suspects = sum(each.is_suspect for each in beside)
        return len(beside) < AT_ONCE and not (lane.is_suspect and suspects >= SUSPECTS_AT_ONCE)

    def busy(self) -> set[Lane]:
        self._at_work = {lane: each for lane, each in self._at_work.items() if each.is_alive()}
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
