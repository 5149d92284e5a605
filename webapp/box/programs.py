"""What a box runs: Redis, and web, worker and ticker as forks of the one process that has loaded the product, so that
in memory it is there once. Whatever ends is started again, for ever and at once; the sender when one of them asks.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import pkgutil
import select
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import setproctitle

from webapp import log_lines
from webapp.background import beginning, sender_process
from webapp.box import redis_server
from webapp.box.parent_death import die_with_parent, end_children, ended_children, kill_orphans
from webapp.config import Settings

ROOT = Path(__file__).resolve().parents[2]
REDIS = "redis"
# In the order of starting; by name, since nothing under webapp/ imports the jobs.
SERVER, SERVED = "gunicorn", "webapp.box.gunicorn_app:Served"
LOADED = {"jobs.worker": "jobs.worker:run", "jobs.ticker": "jobs.ticker:run"}
SENDER, SEND = sender_process.MODULE, f"{sender_process.MODULE}:run"
CREATE_APP = "webapp.app:create_app"
WARM_UP = "jobs.warm_up:warm_up"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_SECONDS, REDIS_PATIENCE_SECONDS = 6.0, 3.0
ORPHANS_SECONDS = 15.0
LOG_BYTES, OLD_LOGS = 5_000_000, 2
ARENAS = -8  # M_ARENA_MAX of glibc's malloc.h


class Became(BaseException):
    """Raised in a new fork: this process is a program of the box now, and unwinds to do that and nothing else."""

    def __init__(self, run: Callable[[], None]) -> None:
        self.run = run


class Programs:
    """From the first fork on this process opens no connection that it keeps, and starts no thread: a fork would have
    half of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.logs = settings, settings.data / "logs"
        setproctitle.getproctitle()  # it finds its place only before the environment grows
        self.pid_of_box, self.bereaved_at = os.getpid(), 0.0
        self.running: dict[int, str] = {}
        self.wanted: dict[str, Callable[[], None]] = {}
        self.send: Callable[[], None] = lambda: None
        self.asked, self.asks = os.pipe()
        for end in (self.asked, self.asks):
            os.set_blocking(end, False)
        if settings.owns_redis:
            self.wanted[REDIS] = lambda: redis_server.main(settings.redis_socket, settings.data / "redis")

    def read(self) -> None:
        """The modules of the product, while a child of the box prepares the database: both take as long."""
        one_arena()
        for place in (CREATE_APP, WARM_UP, SEND, SERVED, *LOADED.values()):
            pkgutil.resolve_name(place)

    def load(self) -> None:
        """The product, once for all. What is loaded stays shared for as long as nobody writes to it: so no collector
        moves it. Raises ConfigError."""
        log_lines.begin()
        logging.getLogger("rq").setLevel(logging.WARNING)
        app = pkgutil.resolve_name(CREATE_APP)(self.settings)
        self.send = partial(pkgutil.resolve_name(SEND), app)
        sender_process.is_asked_for_by(lambda: os.write(self.asks, b"."))
        pkgutil.resolve_name(WARM_UP)(app)
        self.wanted[SERVER] = pkgutil.resolve_name(SERVED)(app).run
        for name, place in LOADED.items():
            self.wanted[name] = partial(pkgutil.resolve_name(place), app)
        beginning.note()
        gc.collect()
        gc.freeze()

    def look(self) -> None:
        """Start whatever does not run. In the new process Became is raised."""
        for ended in ended_children():
            if self.running.pop(ended, None) and not self.bereaved_at:
                self.bereaved_at = time.monotonic()
        if self.bereaved_at and time.monotonic() - self.bereaved_at > ORPHANS_SECONDS:
            self.bereaved_at = 0.0
            kill_orphans()  # told to end at their parent's death; one that hangs holds what the next one needs
        wanted = {**self.wanted, SENDER: self.send} if self._is_sender_asked_for() else self.wanted
        for name, run in wanted.items():
            if name not in self.running.values():
                with suppress(OSError):  # no memory for one now: at the next look
                    self._fork(name, run)
        self._turn_logs()

    def wait(self, seconds: float) -> None:
        """So long, or until a program asks for the sender."""
        select.select([self.asked], [], [], seconds)

    def _is_sender_asked_for(self) -> bool:
        """Since the last look. Who has asked for one that does not start, no memory, asks again."""
        try:
            return bool(os.read(self.asked, select.PIPE_BUF))
        except BlockingIOError:
            return False

    def pid(self, name: str) -> int | None:
        return next((pid for pid, each in self.running.items() if each == name), None)

    def end(self) -> None:
        """In order: whoever works may still have something to say to Redis."""
        self.wanted.clear()
        redis = self.pid(REDIS)
        end_children(PATIENCE_SECONDS, but=redis)
        end_children(REDIS_PATIENCE_SECONDS)

    def _fork(self, name: str, run: Callable[[], None]) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # one that comes now is for one of the two, not for both
        try:
            child = os.fork()
            if child:
                self.running[child] = name
                return
            try:
                self._become(name)
            except Exception:  # whatever it was, there must be no second box
                traceback.print_exc()
                os._exit(1)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        raise Became(run)

    def _become(self, name: str) -> None:
        """A session of its own: Ctrl-C is for the box, which then stops its programs in order."""
        os.setsid()
        for each in SIGNALS:
            signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
        die_with_parent(self.pid_of_box)
        os.close(self.asked)
        os.chdir(ROOT)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        with suppress(OSError):  # where no log can be written, the box's own words go, these go too
            self.logs.mkdir(exist_ok=True)
            log = os.open(self._log(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
        setproctitle.setproctitle(f"{sys.executable} -m {name}")

    def _log(self, name: str) -> Path:
        return self.logs / ("redis.log" if name == REDIS else "dozor.log")

    def _turn_logs(self) -> None:
        """A program writes on at the end of the file that it has open, so that file is copied away and emptied."""
        for path in {self._log(name) for name in self.wanted}:
            with suppress(OSError):
                if path.stat().st_size > LOG_BYTES:
                    turn(path)


def turn(path: Path) -> None:
    """What was written last is in `path`.1, what before it in .2, and so on; what is older is gone."""
    names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, OLD_LOGS + 1))]
    for newer, older in reversed(list(pairwise(names[1:]))):
        if newer.exists():
            os.replace(newer, older)
    shutil.copyfile(path, names[1])
    os.truncate(path, 0)


def one_arena() -> None:
    """Hundreds of threads would have a heap of their own each, and what one gives back no other could use."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # a C library of another kind
            ctypes.CDLL(None).mallopt(ARENAS, 1)
