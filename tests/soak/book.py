"""What came of everything that was done: answers with their times, refusals, errors, and what every page must show."""

from __future__ import annotations

import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterable

from tests.bench.units import MS, percentile
from tests.bench.visitors import Answer
from tests.faults.watchers import Cards

PUSHED_WITHIN = 5.0  # seconds; what took longer than this is as good as missed
REFUSALS = (409, 422)  # somebody was quicker, a field is missing: with a reason, as the game is played


class Book:
    """All people write in it at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.took: list[tuple[float, str, float]] = []  # when, "page" or "act", milliseconds
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.sockets: Counter[str] = Counter()
        self.versions: dict[int, tuple[int, float]] = {}  # of deals: as last answered, and when
        self.errors: list[str] = []

    def note(self, deed: str, answer: Answer, *, is_page: bool) -> None:
        """One answer. Whatever is neither an answer nor a refusal with a reason is an error."""
        with self.lock:
            self.took.append((time.monotonic(), "page" if is_page else "act", answer.seconds * MS))
            if answer.status in REFUSALS:
                self.refused[f"{deed} {answer.status}"] += 1
            elif answer.status < 400:
                self.done[deed] += 1
            else:
                self.errors.append(f"{deed}: {answer.status} {answer.text[:200]!r}")

    def wrong(self, what: str) -> None:
        with self.lock:
            self.errors.append(f"{time.strftime('%H:%M:%S')} {what}"[:600])

    def socket(self, what: str) -> None:
        with self.lock:
            self.sockets[what] += 1

    def saw(self, cards: Cards) -> None:
        """Somebody's own answer said so: every page must show it soon."""
        now = time.monotonic()
        with self.lock:
            for deal_id, (version, _) in cards.items():
                if version > self.versions.get(deal_id, (0, 0.0))[0]:
                    self.versions[deal_id] = (version, now)

    def missing(self, shown: Cards) -> dict[int, str]:
        """Cards of a page with an open socket that should long have been told of a change, and what each lacks."""
        since = time.monotonic() - PUSHED_WITHIN
        with self.lock:
            self.sockets["cards looked at"] += len(shown)
            known = [(each, *self.versions[each]) for each in shown if each in self.versions]
        return {
            deal_id: f"deal {deal_id} is version {version} since {time.monotonic() - at:.1f} s, "
            f"the page shows {shown[deal_id]}"
            for deal_id, version, at in known
            if at < since and shown[deal_id][0] < version
        }

    def spread(self, kind: str, since: float, until: float = float("inf")) -> tuple[float, float]:
        """Median and 95th percentile of the answers of a while, in milliseconds."""
        with self.lock:
            found = [took for at, which, took in self.took if which == kind and since <= at < until]
        return (statistics.median(found), percentile(found, 0.95)) if found else (0.0, 0.0)

    def count(self, since: float = 0.0) -> int:
        """How many answers there were."""
        with self.lock:
            return sum(1 for at, _, _ in self.took if at >= since)


def listed(counts: Counter[str] | Iterable[tuple[str, int]]) -> str:
    pairs = counts.items() if isinstance(counts, Counter) else counts
    return ", ".join(f"{n} {name}" for name, n in sorted(pairs))
