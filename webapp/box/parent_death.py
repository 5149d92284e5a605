"""Nothing outlives its parent, however that one ends: a child asks the kernel for a signal at its parent's death.

`python -m webapp.box.parent_death COMMAND…` does so and becomes COMMAND. Only Linux can; elsewhere it is harmless.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SET_DEATH_SIGNAL, SET_ADOPTER = 1, 36  # PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER


def die_with_parent(parent: int | None = None) -> None:
    """From now on this process is told to end when its parent dies; the wish survives exec, not fork. `parent` is who
    forked it, where that is known: it may be dead already."""
    parent = parent or os.getppid()
    _ask_kernel(SET_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:  # it died while we asked, and nothing is begun yet
        os._exit(1)


def adopt_orphans() -> None:
    """Grandchildren whose parent dies become children of this process, so that it can end them."""
    _ask_kernel(SET_ADOPTER, 1)


def children(parent: int | None = None) -> list[int]:
    """The ids of the children of this process or of `parent`, dead ones not yet waited for included."""
    mine = str(parent or os.getpid())
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = each.read_text().rpartition(")")[2].split()  # a name may hold anything, also spaces
        except OSError:
            continue
        if facts[1] == mine:
            found.append(int(each.parent.name))
    return found


def ended_children() -> Iterator[int]:
    """Children that have ended, orphans among them; each is waited for, so that it leaves the list of processes."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            yield ended


def end_children(patience: float, but: int | None = None) -> None:
    """Ask every child to end, orphans that come meanwhile too; after `patience` seconds kill what is left. `but` goes
    on."""
    deadline, told = time.monotonic() + patience, set[int]()
    while left := _living() - {but}:
        is_over = time.monotonic() > deadline
        for each in left if is_over else left - told:
            _send(each, signal.SIGKILL if is_over else signal.SIGTERM)
        told |= left
        time.sleep(0.05)


def kill_orphans() -> None:
    """Whatever a program of the box left behind: alone of all its children it leads no session."""
    for each in children():
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(each) != each:
                os.kill(each, signal.SIGKILL)


def _living() -> set[int]:
    """Children that still run; the dead are waited for."""
    left = set()
    for each in children():
        try:
            if os.waitpid(each, os.WNOHANG)[0] == 0:
                left.add(each)
        except ChildProcessError:
            continue
    return left


def _send(process: int, sent: signal.Signals) -> None:
    try:
        os.kill(process, sent)
    except ProcessLookupError:
        pass


def _ask_kernel(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    die_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])
