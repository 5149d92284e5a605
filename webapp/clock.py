"""The only place that asks the time. Everything else is told `now`, or asks here.

Several machines over one PostgreSQL go by its clock: each adds by how much its own differs (webapp/db/one_clock.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic

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


def agree(ask: Callable[[], datetime]) -> None:
    """Go by the clock that `ask` reads, from now on: half of the time that the answer takes is its way back."""
    global _ahead
    sent, began = _host(), monotonic()
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
