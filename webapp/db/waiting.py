"""Whether anybody waits for SQLite's one write lock, in whichever process.

Who waits holds a shared lock on the folder of the database, and who asks tries for it alone. The system takes it back
from a process that dies. Not on the file itself: to close that a second time would let go of SQLite's own locks on it.
What the file system cannot tell is said as if somebody waited.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TRIES = 10


@contextmanager
def in_line(folder: Path) -> Iterator[None]:
    """For as long as one waits. Whoever asks holds the lock for a moment; one that is stopped in that very moment is
    not waited for."""
    with _opened(folder) as mine:
        for _ in range(TRIES):
            if mine is None or _is_locked(mine, fcntl.LOCK_SH):
                break
            time.sleep(0)
        yield


def is_anybody(folder: Path) -> bool:
    """Whether somebody waits now, or asks the same at this moment."""
    with _opened(folder) as mine:
        return mine is None or not _is_locked(mine, fcntl.LOCK_EX)


def _is_locked(mine: int, how: int) -> bool:
    try:
        fcntl.flock(mine, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    """Each time anew: a fork would share what its parent has opened, and its lock. None: the folder is not there."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield opened
    finally:
        os.close(opened)
