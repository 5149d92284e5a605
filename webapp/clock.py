"""The only place that asks the time. Everything else is told `now`, or asks here.

Several machines over one PostgreSQL go by its clock: each adds by how much its own differs (webapp/db/one_clock.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic

TOGETHER = 1.0  # seconds between looking at one clock and at another, at most
HIDDEN = timedelta(milliseconds=50)  # a smaller difference is as likely the measurement's


def _machine() -> datetime:
    return datetime.now(UTC)


def _agreed() -> datetime:
    return _host() + _ahead


_host: Callable[[], datetime] = _machine
_ahead = timedelta(0)  # the database's clock of this machine's
_source: Callable[[], datetime] = _agreed


def now() -> datetime:
    """This instant, aware, in UTC."""
    return _source()


def both() -> tuple[datetime, float]:
    """This instant, and what a clock shows that cannot be set, in seconds. Whoever stands still between the two looks
    again: else it would seem that one of them had jumped."""
    while True:
        began, at, seen = monotonic(), now(), monotonic()
        if seen - began < TOGETHER:
            return at, seen


def agree(ask: Callable[[], datetime]) -> None:
    """Go by the clock that `ask` reads, from now on: half of the time that the answer takes is its way back. Whoever
    stands still meanwhile, wherever it is, counts that as its answer's way."""
    global _ahead
    began, sent = monotonic(), _host()
    told, took = ask(), timedelta(seconds=monotonic() - began)
    found = told - (sent + took / 2)
    if abs(found - _ahead) > HIDDEN + took / 2:
        _ahead = found


@contextmanager
def machine_clock(source: Callable[[], datetime]) -> Iterator[None]:
    """This machine's clock is `source` inside the block: for tests of a machine whose clock is wrong."""
    global _host
    before, _host = _host, source
    try:
        yield
    finally:
        _host = before


@contextmanager
def running_on(source: Callable[[], datetime]) -> Iterator[None]:
    """Tell the time from `source` inside the block, in every thread: for tests and the virtual clock."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
