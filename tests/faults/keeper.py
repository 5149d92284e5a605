"""Who kills, and who starts again what was killed: the harness's own hand of fate, and its own supervisor."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import redis

from tests import servers
from tests.stack import Stack


class Keeper(threading.Thread):
    """Starts again whatever has ended, Redis too, as the supervisor of a box does."""

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
            if self.stack.redis.process is None or self.stack.redis.process.poll() is not None:
                with suppress(RuntimeError):  # it takes its time on a busy machine: looked at again
                    self.stack.redis.start()
            for name, process in list(self.stack.processes.items()):
                if process.poll() is not None:
                    self.stack.launch(name)

    def stop(self) -> None:
        self.is_over.set()
        self.join(15)
        self.look()


class Killer(threading.Thread):
    """Every now and then something dies, stops for a while, or forgets everything. `deeds` counts by kind."""

    def __init__(self, keeper: Keeper, postgres: servers.Postgres | None, *, every: float, seed: int) -> None:
        super().__init__(name="killer", daemon=True)
        self.keeper, self.stack, self.postgres, self.every = keeper, keeper.stack, postgres, every
        self.dice = random.Random(seed)
        self.deeds: Counter[str] = Counter()
        self.is_over = threading.Event()

    def run(self) -> None:
        acts = [
            self.kill,
            self.kill,
            self.kill,
            self.pause,
            self.flush,
            self.kill_redis,
            self.hang_redis,
            self.fill_disk,
        ]
        while not self.is_over.wait(self.every * (0.5 + self.dice.random())):
            self.dice.choice(acts)()

    def kill(self) -> None:
        name = self.dice.choice(list(self.stack.processes))
        with self.keeper.lock:
            self.stack.send(name, signal.SIGKILL)
        self.note("kill", name)

    def pause(self) -> None:
        """Asleep with whatever it holds: a lease, a lock, a half-sent answer."""
        name = self.dice.choice(list(self.stack.processes))
        self.stack.send(name, signal.SIGSTOP)
        time.sleep(0.5 + 2.5 * self.dice.random())
        self.stack.send(name, signal.SIGCONT)
        self.note("stop", name)

    def flush(self) -> None:
        with suppress(redis.RedisError):
            client = redis.Redis.from_url(self.stack.redis.url, socket_timeout=2)
            client.flushall()
            client.close()
            self.note("flushall", "redis")

    def kill_redis(self) -> None:
        with self.keeper.lock:
            self.stack.redis.kill(with_files=True)
        time.sleep(2 * self.dice.random())
        self.note("kill, files gone", "redis")

    def hang_redis(self) -> None:
        with self.keeper.lock, hanging(self.stack.redis):
            time.sleep(0.5 + 2.5 * self.dice.random())
        self.note("stop", "redis")

    def fill_disk(self) -> None:
        """No process of ours can write a byte to any file, for a while."""
        with self.keeper.lock:
            roots = [each.pid for each in self.stack.processes.values()]
            if self.stack.redis.process is not None:
                roots.append(self.stack.redis.process.pid)
            bound = [each for pid in roots if psutil.pid_exists(pid) for each in family(pid)]
            for each in bound:
                _limit(each, 0)
            time.sleep(0.5 + 2 * self.dice.random())
            for each in bound:
                _limit(each, psutil.RLIM_INFINITY)
        self.note("full", "disk")

    def crash_postgres(self) -> None:
        if self.postgres is not None:
            self.postgres.crash()
            self.note("crash", "postgresql")

    def note(self, deed: str, name: str) -> None:
        self.deeds[f"{name.partition('-')[0]}: {deed}"] += 1

    def stop(self) -> None:
        self.is_over.set()
        self.join(20)


def family(pid: int) -> list[psutil.Process]:
    """A process and its children."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


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
