"""Colours of stages, as places in the palette: won is green and lost is grey, so that nobody wonders."""

from __future__ import annotations

from collections.abc import Collection

HUES = 8
OF_ENDS = {"won": 3, "lost": 5}


def hue_for(kind: str, taken: Collection[object]) -> int:
    """For a new stage beside those that have these: an open one gets the first that is free.

    >>> hue_for("open", (0, 1, 3, 5))
    2
    """
    if kind in OF_ENDS:
        return OF_ENDS[kind]
    free = [each for each in range(HUES) if each not in taken and each not in OF_ENDS.values()]
    return free[0] if free else len(taken) % HUES
