"""What is a leak and what is not.

A run is three thirds after a warm-up of a tenth, in which caches fill, pools open their connections and the board gets
as many deals as it is kept at. From third to third the same work is done, and only the database has more in it.

A figure *grows* when the median of the last third is above that of the middle third by more than its tolerance, and it
also rose by more than that within the last third (the slope of Theil and Sen, which a few wild samples do not bend).
A leak does both, for it goes on with the work. What does not: a cache that has reached its bound, a pool at its high
water, memory that was taken once for a burst and is not given back.

The tolerance is as wide as honest growth is, and no wider. In a third of half an hour there are some seven thousand
answers and thirteen hundred sockets; the web process may take 10 MB more in that time. Honest of it, as measured, are
about six: cards kept as HTML until there are 4000 of them (webapp/web/card_cache.py) take two, the pages of the
database that each connection keeps, up to 16 MB, one, and what malloc holds free between pieces that stay, three. So a
kilobyte lost with every answer, or ten with every socket, is noticed. Threads, sockets and connections may differ by as
many as happen to be busy when looked at.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

WARM_UP = 0.1
LEAST = 36  # samples after the warm-up, six minutes of them; with fewer nothing is said about growth


@dataclass(frozen=True, slots=True)
class Growth:
    """Medians: at the start, of the first, middle and last third, and how far it rose within the last one."""

    start: float
    first: float
    middle: float
    last: float
    rise: float

    @property
    def of_a_third(self) -> float:
        return self.last - self.middle


def of(samples: Sequence[float]) -> Growth | None:
    """How a figure went, from samples at even times; None when there are too few of them."""
    warm = samples[int(len(samples) * WARM_UP) :]
    size = len(warm) // 3
    if len(warm) < LEAST:
        return None
    first, middle, last = warm[:size], warm[size : 2 * size], warm[2 * size :]
    start = warm[: max(size // 4, 1)]
    median = statistics.median
    return Growth(median(start), median(first), median(middle), median(last), slope(last) * len(last))


def slope(samples: Sequence[float]) -> float:
    """A sample's step, by Theil and Sen: the median over all pairs."""
    pairs = combinations(enumerate(samples), 2)
    return statistics.median((b - a) / (j - i) for (i, a), (j, b) in pairs)


def is_leak(found: Growth, tolerance: float) -> bool:
    """From third to third, and still going on."""
    return found.of_a_third > tolerance and found.rise > tolerance
