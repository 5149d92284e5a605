"""What the processes hold, looked at every few seconds from outside."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import psutil
import redis
from sqlalchemy import func, select, text

from tests.bench.memory import MB
from tests.faults import invariants
from tests.faults.keeper import family
from tests.soak.firm import Firm
from tests.stack import Stack
from webapp import clock
from webapp.background import outbox
from webapp.background.scheduled_jobs import QUEUE
from webapp.db import session

SCHEDULED = f"rq:scheduled:{QUEUE}"
LATE = timedelta(seconds=5)
SESSIONS = """SELECT count(*), coalesce(max(extract(epoch from now() - xact_start)), 0)
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"""


class Sampler(threading.Thread):
    """`series` holds each figure's samples in their order, `rested` one more look once all has come to rest."""

    def __init__(self, stack: Stack, firm: Firm, *, every: float) -> None:
        super().__init__(name="sampler", daemon=True)
        self.stack, self.firm, self.every = stack, firm, every
        self.series: dict[str, list[float]] = defaultdict(list)
        self.redis = redis.Redis.from_url(stack.redis.url)
        self.spent_at = (time.monotonic(), self._spent())
        self.is_over = threading.Event()

    def run(self) -> None:
        due = time.monotonic()
        while not self.is_over.wait(max(0.0, due - time.monotonic())):
            for key, figure in self.look().items():
                self.series[key].append(figure)
            due += self.every

    def look(self) -> dict[str, float]:
        """Everything once."""
        found: dict[str, float] = {}
        for role, pid in self.roots().items():
            found |= {f"{role}.{name}": figure for name, figure in held(pid).items()}
        found |= self._redis()
        with self.stack.app.app_context():
            found |= self._database()
            found["late"] = invariants.overdue(clock.now() - LATE)
            found["deals"] = self._open_deals()
            session().close()
        return found

    def roots(self) -> dict[str, int]:
        assert self.stack.redis.process is not None
        return {
            "redis": self.stack.redis.process.pid,
            **{role: each.pid for role, each in self.stack.processes.items()},
        }

    def _redis(self) -> dict[str, float]:
        """Alarms that wait for their time are as many as rows that do, so they are counted apart."""
        alarms = int(self.redis.zcard(SCHEDULED))
        return {
            "redis.keys": int(self.redis.dbsize()) - alarms,
            "redis.alarms": alarms,
            "redis.memory": self.redis.info("memory")["used_memory"] / MB,
            "redis.clients": self.redis.info("clients")["connected_clients"],
        }

    def _database(self) -> dict[str, float]:
        url = self.stack.app.config["SQLALCHEMY_DATABASE_URI"]
        if url.startswith("sqlite"):
            file = Path(url.removeprefix("sqlite:///"))
            wal = Path(f"{file}-wal")
            return {"db.wal": wal.stat().st_size / MB if wal.exists() else 0, "db.size": file.stat().st_size / MB}
        count, oldest = session().execute(text(SESSIONS)).one()
        size = session().scalar(text("SELECT pg_database_size(current_database())")) or 0
        return {"db.sessions": count, "db.oldest": float(oldest), "db.size": size / MB}

    def _open_deals(self) -> int:
        self.firm.has_room()
        return self.firm.open_deals

    def _spent(self) -> float:
        """Seconds of processor time of all roles."""
        each = [member.cpu_times() for pid in self.roots().values() for member in family(pid)]
        return sum(times.user + times.system for times in each)

    def cores(self) -> float:
        """How much of one core the product has used since the start."""
        at, spent = self.spent_at
        return (self._spent() - spent) / (time.monotonic() - at)

    def stop(self) -> None:
        self.is_over.set()
        self.join(30)


def held(pid: int) -> dict[str, float]:
    """What a process and its children hold."""
    members = family(pid)
    return {
        "memory": sum(each.memory_full_info().pss for each in members) / MB,
        "threads": sum(each.num_threads() for each in members),
        "files": sum(each.num_fds() for each in members),
        "sockets": sum(
            1 for each in members for wire in each.net_connections("tcp") if wire.status == psutil.CONN_ESTABLISHED
        ),
    }


def future_rows(stack: Stack) -> int:
    """Rows, also called off ones, whose time is yet to come: there can be no more alarms in Redis than these."""
    with stack.app.app_context():
        counts = [
            session().scalar(select(func.count()).select_from(model).where(model.due_at > clock.now())) or 0
            for model in outbox.WORK_MODELS.values()
        ]
        session().close()
    return sum(counts)
