"""Starts the child that speaks to the world (jobs/sender.py): one on a machine, always a process of its own, so that
what is heavy to import is gone again when there is nothing to send."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
from pathlib import Path

from flask import current_app

from webapp.config import Settings

log = logging.getLogger(__name__)
MODULE = "jobs.sender"
ROOT = Path(__file__).resolve().parents[2]
_children: list[subprocess.Popen[bytes]] = []


def wake() -> bool:
    """Whether one was started. Where one is at work already, it will see what is due by itself.

    The lock is the child's from its first moment: it is taken here, and goes over with the open file.
    """
    _children[:] = [each for each in _children if each.poll() is None]  # those that have ended are waited for
    settings: Settings = current_app.config["SETTINGS"]
    with (settings.data / "sender.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            _start(settings, lock.fileno())
        except OSError as error:  # no memory, no processes: the ticker looks again
            log.warning("the sender did not start: %s", error)
            return False
    return True


def _start(settings: Settings, lock: int) -> None:
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
