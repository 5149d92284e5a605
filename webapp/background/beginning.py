"""Since when the programs run, all of them. Whoever starts them notes it before there are several, so that it is the
same in each, and one that is started again later is not new.

It imports next to nothing: the process that only starts web processes notes it too.
"""

from __future__ import annotations

import time

_noted: list[float] = []


def note() -> None:
    """They begin now, unless that is noted already."""
    if not _noted:
        _noted.append(time.monotonic())


def is_within(seconds: float) -> bool:
    """Whether they began so lately, as far as anybody has noted it."""
    return bool(_noted) and time.monotonic() - _noted[0] < seconds
