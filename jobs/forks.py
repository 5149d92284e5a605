"""Web, worker and ticker of one box as forks of one process that has loaded the product: in memory it is there once.

`python -m jobs.forks` starts again whichever ends. On machines of their own each is started by itself.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module

import setproctitle
from flask import Flask

from jobs import ticker, worker
from webapp.app import create_app
from webapp.box import gunicorn_app
from webapp.box.parent_death import die_with_parent
from webapp.config import ConfigError, Settings

PROGRAMS: dict[str, Callable[[Flask], None]] = {
    "gunicorn": gunicorn_app.serve,
    "jobs.worker": worker.run,
    "jobs.ticker": ticker.run,
}
AGAIN_SECONDS = 0.5  # whatever ends at once must not be started a thousand times a second


class Forks:
    """From the first fork on this process does nothing but wait: it opens no connection and starts no thread."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.running: dict[int, str] = {}
        self.is_told_to_stop = False

    def run(self) -> None:
        """Until a signal comes, which the forks get too."""
        signal.signal(signal.SIGTERM, self._stop)
        for name in PROGRAMS:
            self._fork(name)
        while self.running:
            started = time.monotonic()
            ended, _ = os.wait()
            name = self.running.pop(ended, "")
            if not name or self.is_told_to_stop:
                continue
            time.sleep(max(0.0, AGAIN_SECONDS - (time.monotonic() - started)))
            self._fork(name)

    def _stop(self, *_: object) -> None:
        self.is_told_to_stop = True
        for each in self.running:
            os.kill(each, signal.SIGTERM)

    def _fork(self, name: str) -> None:
        if self.is_told_to_stop:
            return
        if child := os.fork():
            self.running[child] = name
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent()
        setproctitle.setproctitle(f"{sys.executable} -m {name}")
        PROGRAMS[name](self.app)
        sys.exit()


def main() -> None:
    """Load, then fork. What is loaded stays shared for as long as nobody writes to it: so no collector moves it."""
    worker.log_plainly()
    try:
        app = create_app(Settings.from_env(os.environ))
    except ConfigError as error:
        sys.exit(f"dozor: {error}")
    import_module("holidays.countries")  # fifteen MB that each process would come to need for its calendars
    gc.collect()
    gc.freeze()
    Forks(app).run()


if __name__ == "__main__":
    main()
