"""A Python that has the product's modules in memory and forks a process of the product in a moment, where a start from
nothing takes seconds of a busy machine: a test in a browser needs three. Each then runs the same module as `python -m`
would, with an environment of its own. Starts from nothing are proved in tests/box, tests/faults and tests/soak."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent
THE_PRODUCT = (
    "gunicorn.app.wsgiapp",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "jobs.ticker",
    "jobs.worker",
    "webapp.api",
    "webapp.box.web_worker",
    "webapp.cli",
    "webapp.live",
    "webapp.views",
)
LONGEST = 1 << 20  # of what is asked, in bytes: a command and an environment


class Forked:
    """A process of the product, with what the tests use of a Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process = psutil.Process(pid)

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, what: signal.Signals) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process.send_signal(what)

    def poll(self) -> int | None:
        """None while it runs; how it ended is not known here."""
        return None if self._process.is_running() else 0

    def wait(self, timeout: float | None = None) -> int:
        try:
            return self._process.wait(timeout) or 0
        except psutil.TimeoutExpired:
            raise subprocess.TimeoutExpired("a process of the product", timeout or 0) from None


class Warm:
    """The Python that forks. It ends with `close`, or when the tests do."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.warm", str(theirs.fileno())]
            self.process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])

    def start(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
        """`command` without its Python: -m MODULE ARGUMENT …; what it prints is added to `log`."""
        self.socket.send(json.dumps([list(command), dict(environment), str(log)]).encode())
        return Forked(int(self.socket.recv(32)))

    def close(self) -> None:
        self.socket.close()
        self.process.wait(30)


def main() -> None:
    _import_the_product()
    assert threading.active_count() == 1, "a fork would lose a thread that an import has started"
    asked = _asked(socket.socket(fileno=int(sys.argv[1])))
    if asked is not None:
        _become(*asked)


def _import_the_product() -> None:
    for each in THE_PRODUCT:
        importlib.import_module(each)
    gc.freeze()


def _asked(asking: socket.socket) -> Any:
    """In a child: what it is to be. None in the parent, when nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for a child
    with asking:
        while words := asking.recv(LONGEST):
            pid = os.fork()
            if not pid:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return json.loads(words)
            asking.send(str(pid).encode())
    return None


def _become(command: list[str], environment: dict[str, str], log: str) -> None:
    module = command[1]
    os.environ.clear()
    os.environ.update(environment)
    with open(log, "ab", buffering=0) as out:
        for number in (1, 2):
            os.dup2(out.fileno(), number)
    sys.argv = command[1:]
    sys.modules.pop(module, None)  # it runs anew, as the one that was started
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
