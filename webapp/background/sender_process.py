"""Starts the child that speaks to the world (jobs/sender.py): one on a machine, always a process of its own, so that
what is heavy to import is gone again when there is nothing to send. In a box it is the box that is asked for it."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from flask import current_app

from webapp.config import Settings

log = logging.getLogger(__name__)
MODULE = "jobs.sender"
ROOT = Path(__file__).resolve().parents[2]
_children: list[subprocess.Popen[bytes]] = []
_ask_box: list[Callable[[], object]] = []


def is_asked_for_by(ask: Callable[[], object]) -> None:
    """From now on, in this process and its forks, no sender is started but asked for. May raise OSError."""
    _ask_box[:] = [ask]


def wake() -> bool:
    """Whether one was started or asked for. Where one is at work already, it will see what is due by itself."""
    _children[:] = [each for each in _children if each.poll() is None]  # those that have ended are waited for
    settings: Settings = current_app.config["SETTINGS"]
    with alone(settings) as lock:
        if lock is None:
            return False
        try:
            if _ask_box:
                _ask_box[0]()
            else:
                _start(settings, lock.fileno())
        except OSError as error:  # no memory, no processes: the ticker looks again
            log.warning("the sender did not start: %s", error)
            return False
    return True


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[IO[bytes] | None]:
    """The lock of the machine's one sender, held by whoever has the file open; None: another has it."""
    with (settings.data / "sender.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield lock


def _start(settings: Settings, lock: int) -> None:
    """The lock is the child's from its first moment: it goes over with the open file."""
    _children.append(
        subprocess.Popen(
            [sys.executable, "-m", MODULE, str(os.getpid())],
            cwd=ROOT,
            env={**os.environ, **{key: value for key, value in settings.environ.items() if value}},
            pass_fds=[lock],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # by which a box knows it from what a killed program has left behind
        )
    )


def end() -> None:
    """For tests: whatever was started here ends."""
    for each in _children:
        with contextlib.suppress(ProcessLookupError):
            each.terminate()
        each.wait(10)
    _children.clear()
