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
from functools import partial
from typing import Any

from webapp.box import banner, locks, nightly
from webapp.box.parent_death import adopt_orphans, die_with_parent
from webapp.box.programs import REDIS, ROOT, SIGNALS, Became, Programs
from webapp.box.redis_watchdog import Watchdog
from webapp.config import ConfigError, Settings

LOOK_EVERY_SECONDS = 0.5
WELL_WITHIN_SECONDS = 60.0
ANSWER_WITHIN_SECONDS = 60.0
REFUSED = 2


def main() -> int:
    """Start, wait, stop. 2: refused to start, for the reason on stderr."""
    os.umask(0o077)
    try:
        settings = Settings.from_env(os.environ)
        locks.files_must_be_ours(settings)
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


class _StoppedError(BaseException):
    """Told to stop while loading, of which nothing need come to its end."""


class Box:
    """The programs of one data folder, from start to stop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_told_to_stop = self.is_loading = False
        self.nights = nightly.Nights(settings.data, settings.timezone, lambda: self._start("-m", "webapp.box.nightly"))
        self.pid = os.getpid()
        self.programs = Programs(settings)
        os.environ["DOZOR_DATA"] = str(settings.data)  # absolute: the programs run in another folder
        if os.environ.get("DATABASE_URL"):
            os.environ["DATABASE_URL"] = settings.database_url
        os.environ["PYTHONUNBUFFERED"] = "1"
        os.chdir(ROOT)  # where it was started may be gone when gunicorn, which notes that, begins again
        if not os.environ.get("DOZOR_FIRM") and sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
            os.environ["DOZOR_FIRM"] = "ask"

    def run(self) -> int:
        """Until a signal comes."""
        for each in SIGNALS:
            if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:  # nohup
                signal.signal(each, self._told_to_stop)
        adopt_orphans()
        try:
            found = self._prepare()
            if found and "must_ask" in found:
                os.environ["DOZOR_FIRM"] = self._ask()
                found = self._prepare() if not self.is_told_to_stop else {}
            if found is None or self.is_told_to_stop:
                return REFUSED if found is None else 0
            with contextlib.suppress(_StoppedError):
                self._keep_running(found)
        finally:
            if os.getpid() == self.pid:  # not in what it has forked
                self._end()
        return 0

    def _told_to_stop(self, *_: object) -> None:
        """A mark, no more: whatever takes a lock here waits for itself for ever when two signals come at once, as from
        a terminal and from make."""
        self.is_told_to_stop = True
        if self.is_loading:  # it may wait for a database for as long as that likes
            self.is_loading = False
            raise _StoppedError

    def _ask(self) -> str:
        """Which firm an empty database gets. Nobody answers for a while: the lesson's, as where nobody sits."""
        banner.say(banner.QUESTION)
        until = time.monotonic() + ANSWER_WITHIN_SECONDS
        while not self.is_told_to_stop and time.monotonic() < until:
            if select.select([sys.stdin], [], [], LOOK_EVERY_SECONDS)[0]:
                return "own" if sys.stdin.readline().strip() == "2" else "lesson"
        return "lesson"

    def _prepare(self) -> dict[str, Any] | None:
        """Migrated and filled; None when that was refused, which has been said."""
        banner.say("Dozor: preparing the database …")
        child = self._start("-m", "webapp.box.first_start", stdout=subprocess.PIPE)
        self.programs.read()
        while not self.is_told_to_stop:  # it may wait long, for a PostgreSQL that is not up yet
            with contextlib.suppress(subprocess.TimeoutExpired):
                said, _ = child.communicate(timeout=LOOK_EVERY_SECONDS)
                if child.returncode < 0:  # no refusal: whoever watches over the box may start it again
                    sys.exit(
                        f"dozor: signal {-child.returncode} ended the preparation of the database. "
                        "If the machine has too little memory, free some; then start Dozor again."
                    )
                return banner.findings(said) if child.returncode == 0 else None
        return {}

    def _keep_running(self, found: dict[str, Any]) -> None:
        self.programs.look()  # Redis is there when the others come
        self._load()
        pulse, is_said = Watchdog(self.settings.redis_socket) if self.settings.owns_redis else None, False
        until = time.monotonic() + WELL_WITHIN_SECONDS
        while not self.is_told_to_stop:
            self.programs.look()
            self.programs.wait(LOOK_EVERY_SECONDS)
            if pulse is not None and pulse.look(self.programs.pid(REDIS)):
                banner.say("Dozor: Redis did not answer and is started again.")
            if is_said:
                with contextlib.suppress(OSError):  # no memory for a process now: at the next look
                    self.nights.look(datetime.now(UTC), time.monotonic())
            else:
                is_said = self._say(found, is_time_over=time.monotonic() > until)

    def _load(self) -> None:
        self.is_loading = True
        try:
            if not self.is_told_to_stop:
                self.programs.load()
        finally:
            self.is_loading = False

    def _start(self, *words: str, stdout: int | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, self.pid),
        )

    def _say(self, found: dict[str, Any], *, is_time_over: bool) -> bool:
        """Say where to go once all is well, or after a minute what is not. False: not yet."""
        ill = banner.ill(self.settings.bind)
        if ill and not is_time_over:
            return False
        banner.say(banner.text(self.settings, found, ill))
        return True

    def _end(self) -> None:
        banner.say("Dozor: stopping …")
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
