"""The whole of Dozor on one machine: `python -m webapp.box` starts it, says where to go, and stops it.

This process loads the product and forks its programs (webapp/box/programs.py). Whoever ends it ends all of it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

from webapp.box import banner, locks, nightly
from webapp.box.parent_death import adopt_orphans
from webapp.box.programs import REDIS, ROOT, SIGNALS, Became, Programs
from webapp.box.redis_watchdog import Watchdog
from webapp.config import ConfigError, Settings

LOOK_EVERY_SECONDS = 0.5
WELL_WITHIN_SECONDS = 60.0
NIGHTLY_LOOK_SECONDS = 30.0
ANSWER_WITHIN_SECONDS = 60.0
REFUSED = 2


def main() -> int:
    """Start, wait, stop. 2: refused to start, for the reason on stderr."""
    os.umask(0o077)
    try:
        settings = Settings.from_env(os.environ)
        with locks.on_folder(settings.data):
            locks.port_must_be_free(settings.bind)
            return Box(settings).run()
    except ConfigError as error:
        print(f"dozor: {error}", file=sys.stderr)
        return REFUSED
    except Became as new:
        run = new.run
    run()
    return 0


class Box:
    """The programs of one data folder, from start to stop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_told_to_stop = False
        self.backup: subprocess.Popen[bytes] | None = None
        self.looked_at = 0.0
        self.pid = os.getpid()
        self.programs = Programs(settings)
        os.environ["DOZOR_DATA"] = str(settings.data)  # absolute: the programs run in another folder
        os.environ["PYTHONUNBUFFERED"] = "1"
        if not os.environ.get("DOZOR_FIRM") and sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
            os.environ["DOZOR_FIRM"] = "ask"

    def run(self) -> int:
        """Until a signal comes."""
        for each in SIGNALS:
            signal.signal(each, self._told_to_stop)
        adopt_orphans()
        try:
            found = self._prepare()
            if found and "must_ask" in found:
                os.environ["DOZOR_FIRM"] = self._ask()
                found = self._prepare() if not self.is_told_to_stop else {}
            if found is None or self.is_told_to_stop:
                return REFUSED if found is None else 0
            self._keep_running(found)
        finally:
            if os.getpid() == self.pid:  # not in what it has forked
                self._end()
        return 0

    def _told_to_stop(self, *_: object) -> None:
        """A mark, no more: whatever takes a lock here waits for itself for ever when two signals come at once, as from
        a terminal and from make."""
        self.is_told_to_stop = True

    def _ask(self) -> str:
        """Which firm an empty database gets. Nobody answers for a while: the lesson's, as where nobody sits."""
        print(banner.QUESTION, flush=True)
        until = time.monotonic() + ANSWER_WITHIN_SECONDS
        while not self.is_told_to_stop and time.monotonic() < until:
            if select.select([sys.stdin], [], [], LOOK_EVERY_SECONDS)[0]:
                return "own" if sys.stdin.readline().strip() == "2" else "lesson"
        return "lesson"

    def _prepare(self) -> dict[str, Any] | None:
        """Migrated and filled; None when that was refused, which has been said."""
        print("Dozor: preparing the database …", flush=True)
        child = self._start("-m", "webapp.box.first_start", stdout=subprocess.PIPE)
        self.programs.read()
        while not self.is_told_to_stop:  # it may wait long, for a PostgreSQL that is not up yet
            with contextlib.suppress(subprocess.TimeoutExpired):
                said, _ = child.communicate(timeout=LOOK_EVERY_SECONDS)
                return banner.findings(said) if child.returncode == 0 else None
        return {}

    def _keep_running(self, found: dict[str, Any]) -> None:
        self.programs.look()  # Redis is there when the others come
        self.programs.load()
        pulse, is_said = Watchdog(self.settings.redis_socket) if self.settings.owns_redis else None, False
        until = time.monotonic() + WELL_WITHIN_SECONDS
        while not self.is_told_to_stop:
            self.programs.look()
            time.sleep(LOOK_EVERY_SECONDS)
            if pulse is not None and pulse.look(self.programs.pid(REDIS)):
                print("Dozor: Redis did not answer and is started again.", flush=True)
            if is_said:
                self._back_up_nightly()
            else:
                is_said = self._say(found, is_time_over=time.monotonic() > until)

    def _back_up_nightly(self) -> None:
        """In a process of its own; one that failed is tried again after a while."""
        if time.monotonic() - self.looked_at < NIGHTLY_LOOK_SECONDS and self.looked_at:
            return
        self.looked_at = time.monotonic()
        if (self.backup is None or self.backup.poll() is not None) and nightly.is_due(
            self.settings.data, self.settings.timezone, datetime.now(UTC)
        ):
            self.backup = self._start("-m", "webapp.box.nightly")

    def _start(self, *words: str, stdout: int | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            start_new_session=True,
        )

    def _say(self, found: dict[str, Any], *, is_time_over: bool) -> bool:
        """Say where to go once all is well, or after a minute what is not. False: not yet."""
        ill = banner.ill(self.settings.bind)
        if ill and not is_time_over:
            return False
        print(banner.text(self.settings, found, ill), flush=True)
        return True

    def _end(self) -> None:
        print("Dozor: stopping …", flush=True)
        self.programs.end()
        self._empty_the_log()

    def _empty_the_log(self) -> None:
        """What SQLite has written beside its file comes into it, so that a copy of the file alone is whole."""
        file = self.settings.database_file
        if file is not None and file.is_file():
            with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file, timeout=5)) as last:
                last.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    sys.exit(main())
