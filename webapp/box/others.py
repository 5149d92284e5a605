"""Whether others use a PostgreSQL that is about to be replaced or read as it stands."""

from __future__ import annotations

import time
from collections.abc import Callable

OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)
WAIT_SECONDS = 2.0  # a connection that was closed a moment ago is counted until its process has ended
AGAIN_SECONDS = 0.1


def who_stay(count: Callable[[], int]) -> int:
    """How many others are connected, once those who are just leaving have gone. Every look is a transaction of its own:
    within one PostgreSQL shows the same picture again."""
    until = time.monotonic() + WAIT_SECONDS
    while (others := count()) and time.monotonic() < until:
        time.sleep(AGAIN_SECONDS)
    return others
