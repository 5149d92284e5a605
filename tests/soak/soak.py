"""The run itself: everybody works, everything is watched; then all comes to rest and is looked over once more."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import redis
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer

from tests.faults import invariants
from tests.faults.harness import WHOLE_WITHIN_SECONDS
from tests.faults.watchers import truth_of, unlike
from tests.soak import table
from tests.soak.book import Book, listed
from tests.soak.clients import Outside, token_of
from tests.soak.firm import Firm
from tests.soak.people import Person
from tests.soak.samples import SCHEDULED, Sampler, future_rows
from tests.stack import Stack
from webapp import clock
from webapp.background.scheduled_jobs import QUEUE
from webapp.db import session

DONE_WITHIN_SECONDS = 10.0
PACE = 4.0  # seconds between two acts of a person: seven thousand in a working day
OUTSIDE_PACE = 2.5
STREAMS = 4
SHOWN = 12
TROUBLE = re.compile(r"^(?:ERROR|CRITICAL)\b.*|^\[.*\[(?:ERROR|CRITICAL)\].*|^Traceback .*", re.MULTILINE)
RAISED = re.compile(r"^Traceback .*\n(?:[ \t].*\n)+(\S.*)", re.MULTILINE)
WARNED = re.compile(r"^WARNING .*", re.MULTILINE)


@dataclass
class Report:
    """`wrong` is whatever does not hold."""

    lines: list[tuple[str, ...]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


class Soak:
    """`pace` is a person's; clients outside write a little more often than deals are closed."""

    def __init__(self, stack: Stack, people: int, seconds: float, *, pace: float = PACE, every: float = 10.0) -> None:
        self.stack, self.seconds, self.pace, self.every = stack, seconds, pace, every
        stack.environment |= {
            "MALLOC_ARENA_MAX": "2",
            "DOZOR_WEB_THREADS": "300",
            "DOZOR_PROXY_HOPS": "1",
        }  # as a box has it
        self.firm, self.book, self.report = Firm(stack, people), Book(), Report()
        self.people = [
            Person(self.firm, self.book, each, pace=pace, stays=0.2 * seconds) for each in self.firm.colleagues
        ]

    def run(self) -> Report:
        self.stack.start()
        self.firm.quicken()
        token = token_of(self.stack)
        outside = [
            Outside(self.firm, self.book, n, token, pace=self.pace * OUTSIDE_PACE / PACE) for n in range(STREAMS)
        ]
        sampler = Sampler(self.stack, self.firm, every=self.every)
        self.began = time.monotonic()
        workers: list[Any] = [*self.people, *outside]
        for each in (sampler, *workers):
            each.start()
        self._tell_each_minute(sampler)
        for each in workers:
            each.is_over.set()
        for each in workers:
            each.join(60)
        cores, seconds = sampler.cores(), time.monotonic() - self.began
        sampler.stop()
        self._come_to_rest(sampler)
        self._write_down(seconds, cores)
        return self.report

    def _tell_each_minute(self, sampler: Sampler) -> None:
        end, since = self.began + self.seconds, self.began
        while (now := time.monotonic()) < end:
            time.sleep(max(0.0, min(60.0, end - now)))
            (p50, p95), (a50, a95) = self.book.spread("page", since), self.book.spread("act", since)
            memory = sampler.series.get("web.memory", [0.0])[-1]
            print(
                f"{(time.monotonic() - self.began) / 60:5.1f} min  "
                f"{self.book.count(since) / (time.monotonic() - since):5.1f} answers/s"
                f"  pages {p50:4.0f} / {p95:4.0f} ms  acts {a50:4.0f} / {a95:4.0f} ms  web {memory:.0f} MB"
                f"  {self.firm.open_deals} open deals  {len(self.book.errors)} errors",
                file=sys.stderr, flush=True,
            )  # fmt: skip
            since = time.monotonic()

    def _come_to_rest(self, sampler: Sampler) -> None:
        """Nobody acts any more, pages stay open: robots finish, every page shows the truth. Then all pages are
        closed."""
        end = time.monotonic() + WHOLE_WITHIN_SECONDS
        while sampler.look()["late"] and time.monotonic() < end:
            time.sleep(0.5)
        time.sleep(4)
        for each in self.people:
            self._see(each)
        for each in self.people:
            if each.tab is not None:
                each.tab.leave()
        for each in self.people:
            if each.tab is not None:
                each.tab.join(10)
            each.browser.wire.close()
        time.sleep(5)
        rested = sampler.look()
        self.report.lines, self.report.wrong = table.rows(sampler.series, rested)
        self._look_over()

    def _see(self, person: Person) -> None:
        """Cards and counts of the page that is still open are what the database says."""
        tab, name = person.tab, person.who.email.partition("@")[0]
        if tab is not None and tab.is_board:
            for each in unlike(name, dict(tab.cards), dict(tab.heads), truth_of(self.stack, name)):
                if "lacks" not in each:  # what left a column makes room for more, which are asked for by scrolling
                    self.book.wrong(each)

    def _look_over(self) -> None:
        """What must hold after any work: the promise's invariants, and an empty queue."""
        with self.stack.app.app_context():
            found = invariants.violations()
            session().close()
        for name, broken in found.items():
            wrong = [each for each in broken if not self.firm.is_of_before(each)]
            self.report.wrong += [f"{name}: {each}" for each in wrong[:SHOWN]]
        by = time.monotonic() + DONE_WITHIN_SECONDS
        while (left := self._left()) and time.monotonic() < by:
            time.sleep(0.2)  # what comes due in the very moment of looking is at work, and not left behind
        self.report.wrong += [f"{count} {what}" for what, count in left.items()]

    def _left(self) -> dict[str, int]:
        """What stands in Redis and should not."""
        with redis.Redis.from_url(self.stack.redis.url) as client:
            facts = {"connection": client, "serializer": JSONSerializer}
            found = {
                "jobs in the queue": client.llen(f"rq:queue:{QUEUE}"),
                "jobs begun and never ended": len(StartedJobRegistry(QUEUE, **facts)),
                "jobs that failed": len(FailedJobRegistry(QUEUE, **facts)),
                "alarms for no row": max(0, int(client.zcard(SCHEDULED)) - future_rows(self.stack)),
            }
        return {what: count for what, count in found.items() if count}

    def _write_down(self, seconds: float, cores: float) -> None:
        book, third = self.book, seconds / 3
        spreads = [
            book.spread(kind, self.began + n * third, self.began + (n + 1) * third)
            for kind in ("page", "act")
            for n in (0, 2)
        ]
        pages, acts = spreads[:2], spreads[2:]
        answers = len(book.took)
        self.report.notes |= {
            "for": f"{seconds / 60:.1f} min, {len(self.people)} people, "
            f"{answers} answers ({answers / seconds:.1f}/s), {cores:.2f} cores",
            "done": listed(book.done),
            "refused": listed(book.refused) or "nothing",
            "sockets": listed(book.sockets),
            "pages, p50 / p95": f"{_pair(pages[0])} in the first third, {_pair(pages[1])} in the last",
            "acts, p50 / p95": f"{_pair(acts[0])} in the first third, {_pair(acts[1])} in the last",
            "at": f"{clock.now():%d %B %Y, %H:%M} UTC",
        }
        said = "\n".join(each.read_text(errors="replace") for each in sorted(self.stack.folder.glob("*.log")))
        troubles = Counter(RAISED.findall(said)) + Counter(
            each for each in TROUBLE.findall(said) if not each.startswith("Traceback")
        )
        self.report.notes["warnings in logs"] = _most(
            Counter(re.sub(r"\d+", "N", each) for each in WARNED.findall(said))
        )
        self.report.notes["tracebacks in logs"] = str(said.count("Traceback (most recent call last)"))
        self.report.wrong += [f"in a log, {n} times: {each[:300]}" for each, n in troubles.most_common(SHOWN)]
        self.report.wrong += book.errors[:SHOWN]
        self.report.notes["errors"] = str(len(book.errors))


def _pair(spread: tuple[float, float]) -> str:
    return f"{spread[0]:.0f} / {spread[1]:.0f} ms"


def _most(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{n} × {each[:120]}" for each, n in Counter(counts).most_common(5)) or "none"
