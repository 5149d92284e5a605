"""A box sends by a fork of itself: what sending needs is loaded there alone, and is gone again afterwards."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.box.test_box import Box, until
from tests.channels import everything
from tests.channels.everything import Outside
from webapp.app import create_app
from webapp.config import Settings

MORE_BUDGET = 90 * 2**20
SENDER = "jobs.sender"

pytestmark = pytest.mark.faults


@pytest.fixture
def outside() -> Iterator[Outside]:
    with everything.outside() as found:
        yield found


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path / "data", **everything.ALLOWED).wait()
    yield made
    made.end()


def test_sending_by_every_channel_takes_little_more_memory_and_a_killed_sender_is_asked_for_again(
    box: Box, outside: Outside
) -> None:
    firm = create_app(Settings.from_env(box.environ))
    at_rest = box.weigh()
    outside.ask_for_one_each(firm)
    until(lambda: set(outside.told().values()) == {1}, lambda: f"{outside.told()} {box.logs()}")
    sending = box.weigh()
    assert sum(sending.values()) - sum(at_rest.values()) < MORE_BUDGET, (at_rest, sending)
    (killed,) = box.pids(SENDER)
    assert psutil.Process(killed).ppid() == box.process.pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in box.running())
    outside.ask_for_one_each(firm, number=1)
    until(lambda: set(outside.told().values()) == {2}, lambda: f"{outside.told()} {box.logs()}")
    assert len(box.pids(SENDER)) == 1
