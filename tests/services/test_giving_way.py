"""Who writes many transactions, one after another, gives way to whoever waits to write, and rests for nobody else."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from webapp.db import db, give_way, giving_way, saving, transaction, waiting

pytestmark = [pytest.mark.usefixtures("inside")]
IN_LINE = """
import sys, time
from pathlib import Path
from webapp.db import waiting
with waiting.in_line(Path(sys.argv[1])):
    print("in line", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def file(inside: Flask) -> Path:
    found = saving.file_of(db.engine)
    assert found is not None
    return found


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Whether giving way rests now: for so long that nobody could overlook it."""
    monkeypatch.setattr(giving_way, "BREATH_SECONDS", 2.0)

    def is_resting() -> bool:
        began = time.monotonic()
        give_way()
        return time.monotonic() - began >= 2.0

    return is_resting


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def writing(app: Flask) -> Iterator[threading.Thread]:
    """Somebody wants to write, in a thread of their own."""

    def write() -> None:
        with app.app_context(), transaction():
            pass

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(30)
        assert not thread.is_alive()


def test_whom_nobody_waits_for_does_not_rest(rests: Callable[[], bool]) -> None:
    assert not rests()


def test_who_waits_for_another_process_is_seen_as_long_as_they_wait(
    inside: Flask, file: Path, rests: Callable[[], bool]
) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with writing(inside):
        wait_until(lambda: waiting.is_anybody(file.parent))
        assert rests()
        other.execute("ROLLBACK")
    other.close()
    assert not waiting.is_anybody(file.parent)
    assert not rests()


def test_who_waits_for_another_thread_is_seen(inside: Flask, rests: Callable[[], bool]) -> None:
    with writing_until_told(inside) as let_go, writing(inside):
        wait_until(giving_way.is_writer_awaited)
        assert rests()
        let_go.set()
    assert not rests()


@contextmanager
def writing_until_told(app: Flask) -> Iterator[threading.Event]:
    let_go, has_begun = threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context(), transaction():
            has_begun.set()
            let_go.wait(30)

    thread = threading.Thread(target=write)
    thread.start()
    assert has_begun.wait(30)
    try:
        yield let_go
    finally:
        let_go.set()
        thread.join(30)


def test_who_was_killed_while_they_waited_waits_no_more(file: Path, rests: Callable[[], bool]) -> None:
    waits = subprocess.Popen([sys.executable, "-c", IN_LINE, str(file.parent)], stdout=subprocess.PIPE)
    assert waits.stdout is not None
    assert waits.stdout.readline() == b"in line\n"
    assert waiting.is_anybody(file.parent)
    waits.send_signal(signal.SIGKILL)
    waits.wait(10)
    waits.stdout.close()
    assert not rests()


def test_a_folder_that_was_taken_away_stops_nobody(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert waiting.is_anybody(gone)
    with waiting.in_line(gone):
        pass
