"""A Redis that is not heard is killed; one that could not be heard, since the box itself stood still, is not."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from webapp.box import redis_watchdog
from webapp.box.redis_watchdog import ASK_EVERY_SECONDS, MOST_UNHEARD, Watchdog


class Seconds:
    """A clock that cannot be set, and that goes on when it is told to."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    mine = Seconds()
    monkeypatch.setattr(redis_watchdog, "time", SimpleNamespace(monotonic=mine.monotonic))
    return mine


@pytest.fixture
def server() -> Iterator[subprocess.Popen[bytes]]:
    """Whoever is at that number."""
    process = subprocess.Popen(["sleep", "60"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def looked(watchdog: Watchdog, seconds: Seconds, server: int | None, times: int) -> list[bool]:
    said = []
    for _ in range(times):
        seconds.at += ASK_EVERY_SECONDS
        said.append(watchdog.look(server))
    return said


def answer_once(listening: socket.socket) -> None:
    line, _ = listening.accept()
    with line:
        line.recv(64)
        line.sendall(b"-LOADING\r\n")  # any word will do


def test_one_that_does_not_answer_is_killed_after_some_questions(
    seconds: Seconds, server: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    watchdog = Watchdog(tmp_path / "nobody.sock")
    assert looked(watchdog, seconds, server.pid, MOST_UNHEARD - 1) == [False] * (MOST_UNHEARD - 1)
    assert server.poll() is None
    assert looked(watchdog, seconds, server.pid, 1) == [True]
    assert server.wait(5) == -signal.SIGKILL
    assert looked(watchdog, seconds, None, MOST_UNHEARD + 1) == [False] * (MOST_UNHEARD + 1), "nobody is there to kill"
    assert ASK_EVERY_SECONDS * MOST_UNHEARD <= 15, "a quarter of a minute, as docs/faults.md says"


def test_a_box_that_stood_still_for_an_hour_asks_as_often_as_ever(
    seconds: Seconds, server: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    watchdog = Watchdog(tmp_path / "nobody.sock")
    seconds.at += 3600
    assert watchdog.look(server.pid) is False
    assert looked(watchdog, seconds, server.pid, MOST_UNHEARD - 2) == [False] * (MOST_UNHEARD - 2)
    assert looked(watchdog, seconds, server.pid, 1) == [True]


def test_one_that_answers_in_between_has_been_heard(
    seconds: Seconds, server: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    watchdog = Watchdog(tmp_path / "r.sock")
    looked(watchdog, seconds, server.pid, MOST_UNHEARD - 1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(watchdog.address))
        listening.listen()
        answering = threading.Thread(target=answer_once, args=(listening,))
        answering.start()
        assert looked(watchdog, seconds, server.pid, 1) == [False]
        answering.join(5)
    assert looked(watchdog, seconds, server.pid, MOST_UNHEARD - 1) == [False] * (MOST_UNHEARD - 1)
    assert server.poll() is None
