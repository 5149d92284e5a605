"""Whoever kills for the harness kills the whole of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

import psutil

from tests.stack import Stack

PARENT = """
import os, time
for _ in range(400):
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    time.sleep(0.004)
"""


def test_whatever_a_process_forks_while_it_is_killed_dies_with_it() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], start_new_session=True)
    stack = cast(Stack, SimpleNamespace(processes={"web": parent}))
    try:
        until = time.monotonic() + 20
        while not living(parent.pid) - {parent.pid} and time.monotonic() < until:
            time.sleep(0.01)
        Stack.send(stack, "web", signal.SIGKILL)
        assert parent.wait(10) == -signal.SIGKILL
        until = time.monotonic() + 5
        while (left := living(parent.pid)) and time.monotonic() < until:
            time.sleep(0.05)
        assert left == set()
    finally:
        for each in living(parent.pid):
            os.kill(each, signal.SIGKILL)


def living(session: int) -> set[int]:
    """Who of this session of processes is not dead."""
    found = set()
    for each in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if os.getsid(each.pid) == session and each.info["status"] != psutil.STATUS_ZOMBIE:
                found.add(each.pid)
    return found
