"""Several at once."""

from __future__ import annotations

import threading
import time
from typing import Any

CLIENTS = 8


def together(work: list[tuple[Any, tuple[Any, ...]]]) -> float:
    """Run each in a thread of its own; the seconds until the last is done."""
    threads = [threading.Thread(target=act, args=arguments) for act, arguments in work]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started
