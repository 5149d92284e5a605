"""What memory processes hold: their proportional share, so that what they have in common counts once."""

from __future__ import annotations

import psutil

from tests.stack import Stack

MB = 1024 * 1024


def pss_of(pids: list[int]) -> float:
    """Megabytes of these processes and all their children."""
    family = {
        each.pid: each for pid in pids for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))
    }
    return sum(float(each.memory_full_info().pss) for each in family.values()) / MB


def pss(stack: Stack) -> float:
    """Web, worker, ticker and Redis."""
    redis = stack.redis.process
    return pss_of([each.pid for each in stack.processes.values()] + ([redis.pid] if redis else []))
