"""DOZOR_WEB_PROCESSES: several processes behind one address. Whichever answers, people see and hear the same; one that
hangs or dies takes nobody else with it, and another comes in its place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.watchers import Watcher
from tests.stack import Stack, standing
from webapp.changes import announcements


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with standing("sqlite", tmp_path_factory.mktemp("processes")) as (made, _):
        made.environment["DOZOR_WEB_PROCESSES"] = "2"
        yield made.start()


def until(holds: Callable[[], Any], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def webs(stack: Stack) -> list[int]:
    return [each.pid for each in psutil.Process(stack.processes["web"].pid).children()]


def listeners(stack: Stack) -> int:
    """Processes that hear what happens."""
    counted = stack.app.extensions["dozor.redis"].pubsub_numsub(announcements.channel(stack.app))
    return int(counted[0][1])


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def page(stack: Stack, name: str, *, while_stopped: int) -> Iterator[Watcher]:
    """A page at the other process."""
    watcher = Watcher(stack, name)
    with stopped(while_stopped):
        watcher.start()
        until(lambda: watcher.looks == 1)
    try:
        yield watcher
    finally:
        watcher.stop()


def test_pages_at_either_process_hear_of_it_and_one_that_dies_takes_nobody_with_it(stack: Stack) -> None:
    first, second = webs(stack)
    until(lambda: listeners(stack) == 2)
    with page(stack, "rep1", while_stopped=second) as one, page(stack, "north", while_stopped=first) as other:
        deal = stack.call("rep1", "POST", "/deals", {"title": "A press"})["id"]
        for each in (one, other):
            until(lambda: deal in each.cards)  # noqa: B023
        for stage, silent in (("data_collection", first), ("new", second)):
            with stopped(silent):
                stack.call("rep1", "POST", f"/deals/{deal}/moves", {"stage": stage})
            for each in (one, other):
                until(lambda: each.cards[deal][1] == stage)  # noqa: B023

        with stack.complaints.fault("killed"):
            os.kill(first, signal.SIGKILL)
            stack.call("rep1", "POST", f"/deals/{deal}/moves", {"stage": "data_collection"})
            until(lambda: other.cards[deal][1] == "data_collection")
            until(lambda: one.connections == 2 and one.cards[deal][1] == "data_collection")
            until(lambda: len(webs(stack)) == 2 and first not in webs(stack) and listeners(stack) == 2)
    assert other.connections == 1


def test_both_processes_serve(stack: Stack) -> None:
    for silent in webs(stack):
        with stopped(silent):
            for _ in range(5):
                assert stack.call("rep1", "GET", "/users/me")["name"]


FORKED = """
import sys
from types import SimpleNamespace
from webapp.box.gunicorn_conf import post_fork

post_fork(None, SimpleNamespace(ppid=int(sys.argv[1])))
print("serves")
"""


@pytest.mark.parametrize("is_there", [True, False])
def test_a_worker_whose_master_died_before_it_asked_for_its_signal_serves_nobody(
    tmp_path: Path, is_there: bool
) -> None:
    """Whoever has adopted it tells it of that death no more, and it would hold the port while it loads."""
    master = os.getpid() if is_there else os.getppid()
    words = [sys.executable, "-c", FORKED, str(master)]
    environ = os.environ | {"DOZOR_DATA": str(tmp_path)}
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == (("serves\n", 0) if is_there else ("", 1))
