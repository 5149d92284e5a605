"""Who kills, and who starts again what was killed: the harness's own hand of fate, and its own supervisor."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta

import psutil
import redis
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from tests import servers
from tests.stack import Stack
from webapp import clock
from webapp.background import outbox
from webapp.db import session
from webapp.models import Delivery

OVERSLEEP_SECONDS = outbox.LEASE.total_seconds() + 4
CATCH_SECONDS = 8.0
SILENCED = "sender: kill before the answer"


class Keeper(threading.Thread):
    """Starts again whatever has ended, Redis too, and Redis also when nobody can find it any more: as a box does."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(name="keeper", daemon=True)
        self.stack = stack
        self.lock = threading.Lock()  # held by whoever kills
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(0.2):
            self.look()

    def look(self) -> None:
        with self.lock:
            if self.stack.redis.is_running and not self.stack.redis.socket.exists():
                self.stack.redis.kill()
            if not self.stack.redis.is_running:
                # Away until it answers, which takes its time on a busy machine: then it is looked at again.
                with suppress(RuntimeError), self.stack.complaints.fault("redis"):
                    self.stack.redis.start()
            for name, process in list(self.stack.processes.items()):
                if process.poll() is not None:
                    self.stack.launch(name)

    def stop(self) -> None:
        self.is_over.set()
        self.join(15)
        self.look()


class Killer(threading.Thread):
    """Every now and then something dies, stops for a while, or forgets everything: each kind of deed once in random
    order, then again. `deeds` counts by kind. `has_world`: somebody outside is spoken to, by a sender that may die."""

    def __init__(
        self, keeper: Keeper, postgres: servers.Postgres | None, *, every: float, seed: int, has_world: bool = False
    ) -> None:
        super().__init__(name="killer", daemon=True)
        self.keeper, self.stack, self.postgres, self.every = keeper, keeper.stack, postgres, every
        self.dice, self.has_world = random.Random(seed), has_world
        self.deeds: Counter[str] = Counter()
        self.is_over = threading.Event()
        self.sleepers: list[threading.Thread] = []
        self.broken: list[str] = []
        self.fault = self.stack.complaints.fault  # what each deed explains (I15)

    def run(self) -> None:
        kill, redis_acts = [self.kill] * 6, [self.flush, self.kill_redis, self.hang_redis, self.unlink_redis]
        acts = [*kill, *redis_acts, self.kill_at_work, self.kill_at_work, self.oversleep, self.pause, self.restart]
        acts += [self.power_cut, self.fill_disk]
        acts += [self.kill_sender] if self.has_world else []
        acts += [self.crash_postgres, self.restart_postgres] if self.postgres is not None else []
        hand: list[Callable[[], None]] = []
        while not self.is_over.wait(self.every * (0.5 + self.dice.random())):
            hand = hand or self.dice.sample(acts, len(acts))
            try:
                hand.pop()()
            except Exception as error:  # a killer that dies in silence would look like success
                self.broken.append(f"the killer: {error!r}")

    def kill(self) -> None:
        name = self.dice.choice(list(self.stack.processes))
        with self.keeper.lock, self.fault("killed"):
            self.stack.send(name, signal.SIGKILL)
        self.note("kill", name)

    def kill_at_work(self) -> None:
        """In the middle of a job: what it has claimed is free again only when its lease is over."""
        name = self._doer()
        if self._caught_at_work(name):
            with self.keeper.lock, self.fault("killed"):
                self.stack.send(name, signal.SIGKILL)
            self.note("kill at work", name)

    def kill_sender(self) -> None:
        """The child that speaks to the world: it stands in no list of ours, whoever found something due started it."""
        found = senders(self.stack)
        for each in found:
            with self.fault("killed"), suppress(psutil.NoSuchProcess):
                each.kill()
                self.note("kill", "sender")

    def silence_sender(self) -> bool:
        """The world has taken its word, and it never hears so. Called by the world outside. Whether one died."""
        with self.fault("killed"):
            for each in [] if self.is_over.is_set() else senders(self.stack):
                with suppress(psutil.NoSuchProcess):
                    each.kill()
                    self.deeds[SILENCED] += 1
        return self.deeds[SILENCED] > 0

    def pause(self) -> None:
        """Asleep with whatever it holds: a lease, a lock, a half-sent answer."""
        name = self.dice.choice(list(self.stack.processes))
        with self.fault("stopped"):
            self.stack.send(name, signal.SIGSTOP)
            time.sleep(0.5 + 2.5 * self.dice.random())
            self.stack.send(name, signal.SIGCONT)
        self.note("stop", name)

    def oversleep(self) -> None:
        """Longer than its lease: others take its work over, and then it wakes and goes on where it was."""
        name = self._doer()
        is_at_work = self._caught_at_work(name)
        if not is_at_work:
            self.stack.send(name, signal.SIGSTOP)
            if self._is_locked():  # on SQLite nobody could do anything for half a minute: `pause` does that for less
                return self.stack.send(name, signal.SIGCONT)
        pids = [each.pid for each in living(self.stack.processes[name].pid)]
        if not pids:  # it ended a moment ago
            return None
        self.note("oversleep at work" if is_at_work else "oversleep", name)
        sleeper = threading.Thread(target=self._wake_late, args=(pids,), daemon=True)
        self.sleepers.append(sleeper)
        return sleeper.start()

    def _wake_late(self, pids: list[int]) -> None:
        with self.fault("stopped"):
            self.is_over.wait(OVERSLEEP_SECONDS)
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _doer(self) -> str:
        """Whose work is claimed: a worker, now and then a ticker."""
        doers = [each for each in self.stack.processes if not each.startswith("web")]
        workers = [each for each in doers if each.startswith("worker")]
        return self.dice.choice(workers if self.dice.random() < 0.7 else doers)

    def _caught_at_work(self, name: str) -> bool:
        """Stop it again and again until it is stopped while a claim of its own is open; True: it stands so. On SQLite
        not inside a transaction, or all others would stand too."""
        end = time.monotonic() + CATCH_SECONDS
        while time.monotonic() < end and not self.is_over.is_set():
            with self.keeper.lock:
                if self.stack.processes[name].poll() is None:
                    self.stack.send(name, signal.SIGSTOP)
            time.sleep(0.15)
            if self._is_work_left_lying() and not self._is_locked():
                return True
            self.stack.send(name, signal.SIGCONT)
            time.sleep(0.03 * self.dice.random())
        return False

    def _is_work_left_lying(self) -> bool:
        """A row is claimed, and for longer than anybody who is awake takes."""
        now = clock.now()
        with self.stack.app.app_context():
            try:
                return any(
                    session().scalar(
                        select(model.id)
                        .where(
                            model.state == "waiting",
                            model.claimed_at < now - timedelta(seconds=0.1),
                            model.claimed_at > now - timedelta(seconds=3),
                            model.visible_at > now,
                        )
                        .limit(1)
                    )
                    for model in outbox.WORK_MODELS.values()
                    if model is not Delivery  # is the sender's, who dies by itself
                )
            except SQLAlchemyError:  # PostgreSQL is just being restarted
                return False
            finally:
                with suppress(SQLAlchemyError):
                    session().close()

    def _is_locked(self) -> bool:
        file = self.stack.environment["DATABASE_URL"].removeprefix("sqlite:///")
        if file.startswith("postgresql"):
            return False
        with closing(sqlite3.connect(file, timeout=0.3, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                return True
        return False

    def restart(self) -> None:
        """Asked to stop, as at an upgrade; the keeper starts it again."""
        name = self.dice.choice(list(self.stack.processes))
        with self.keeper.lock, self.fault("killed"):
            self.stack.processes[name].terminate()
        self.note("restart", name)

    def power_cut(self) -> None:
        """Everything at once."""
        with self.keeper.lock, self.fault("killed"), self.fault("redis"), self.fault("postgresql"):
            for name in self.stack.processes:
                self.stack.send(name, signal.SIGKILL)
            self.stack.redis.kill(with_files=self.dice.random() < 0.5)
            if self.postgres is not None:
                self.postgres.crash()
        self.note("killed", "everything at once")

    def flush(self) -> None:
        with suppress(redis.RedisError), self.fault("redis"):
            client = redis.Redis.from_url(self.stack.redis.url, socket_timeout=2)
            client.flushall()
            client.close()
            self.note("flushall", "redis")

    def kill_redis(self) -> None:
        """Without its files it has forgotten everything; with them it brings alarms that have long rung."""
        with_files = self.dice.random() < 0.5
        with self.keeper.lock, self.fault("redis"):
            self.stack.redis.kill(with_files=with_files)
        time.sleep(2 * self.dice.random())
        self.note("kill, files gone" if with_files else "kill", "redis")

    def hang_redis(self) -> None:
        with self.keeper.lock, self.fault("redis"), hanging(self.stack.redis):
            time.sleep(0.5 + 2.5 * self.dice.random())
        self.note("stop", "redis")

    def unlink_redis(self) -> None:
        """It lives and serves whoever is connected, and nobody else finds it."""
        with self.fault("redis"):
            self.stack.redis.socket.unlink(missing_ok=True)
        self.note("socket deleted", "redis")

    def fill_disk(self) -> None:
        """No process of ours can write a byte to any file, for a while."""
        with self.keeper.lock, self.fault("disk"):
            roots = [each.pid for each in self.stack.processes.values()]
            if self.stack.redis.process is not None:
                roots.append(self.stack.redis.process.pid)
            bound = [each for pid in roots for each in living(pid)]
            for each in bound:
                _limit(each, 0)
            time.sleep(0.5 + 2 * self.dice.random())
            for each in bound:
                _limit(each, psutil.RLIM_INFINITY)
        self.note("full", "disk")

    def crash_postgres(self) -> None:
        assert self.postgres is not None
        with self.fault("postgresql"):
            self.postgres.crash()
        self.note("crash", "postgresql")

    def restart_postgres(self) -> None:
        assert self.postgres is not None
        with self.fault("postgresql"):
            self.postgres.restart()
        self.note("restart", "postgresql")

    def note(self, deed: str, name: str) -> None:
        self.deeds[f"{name.partition('-')[0]}: {deed}"] += 1

    def stop(self) -> None:
        """No more deeds; whoever sleeps is woken."""
        self.is_over.set()
        self.join(30)
        for each in self.sleepers:
            each.join(5)


def family(pid: int) -> list[psutil.Process]:
    """A process and its children."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def senders(stack: Stack) -> list[psutil.Process]:
    """Of this stack, by the folder that each works in: one whose parent was killed goes on without it."""
    found = []
    for each in psutil.process_iter(["cmdline"]):
        with suppress(psutil.Error):
            if "jobs.sender" in (each.info["cmdline"] or ()) and each.environ().get("DOZOR_DATA") == str(stack.folder):
                found.append(each)
    return found


def living(pid: int) -> list[psutil.Process]:
    """The same; nobody when it has ended."""
    try:
        return family(pid)
    except psutil.NoSuchProcess:
        return []


def _limit(process: psutil.Process, size: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process.rlimit(psutil.RLIMIT_FSIZE, (size, psutil.RLIM_INFINITY))


@contextmanager
def hanging(server: servers.RedisServer) -> Iterator[None]:
    """A Redis that accepts and never answers, inside the block."""
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)
