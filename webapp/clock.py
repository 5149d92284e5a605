"""The only place that asks the time. Everything else is told `now`, or asks here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """This instant, aware, in UTC."""
    return _source()


@contextmanager
def running_on(source: Callable[[], datetime]) -> Iterator[None]:
    """Tell the time from `source` inside the block, in every thread: for tests and the virtual clock."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
