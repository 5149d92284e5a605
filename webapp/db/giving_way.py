"""One work in several transactions: SQLite has one write lock for the whole firm, and it is not fair."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from webapp.db.session import is_writer_awaited

BREATH_SECONDS = 0.002  # without it a page waited seconds behind a burst, with it 10 ms
FEW = 20  # records in one transaction


def give_way() -> None:
    """Between two transactions: whoever waits to write goes first."""
    if is_writer_awaited():
        time.sleep(BREATH_SECONDS)


def in_turns(ids: Iterable[int]) -> Iterator[list[int]]:
    """What somebody asks for many records, a few for each transaction; others write between them. In the order of
    their ids, so that two who ask do not wait for each other in a circle."""
    waiting = sorted(set(ids))
    for first in range(0, len(waiting), FEW):
        if first:
            give_way()
        yield waiting[first : first + FEW]
