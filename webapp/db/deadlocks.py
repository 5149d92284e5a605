"""What PostgreSQL ends so that others can go on is begun again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)

TRIES = 4  # each costs the second that PostgreSQL waits before it looks for a circle


def past_deadlocks(do: Callable[[], Answer], what: str) -> Answer:
    """What `do` answers, which makes transactions of its own; `what` names it in the log. Nothing of an ended one is
    written, so it may begin again; on a busy machine it can meet the next circle at once, so not only once."""
    for _ in range(TRIES - 1):
        try:
            return do()
        except OperationalError as error:
            if not _is_deadlock(error):
                raise
            log.warning("deadlock, tried once more: %s", what)
    return do()


def _is_deadlock(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "40P01"
