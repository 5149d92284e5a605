"""A place between two neighbours: cards are ordered by a fraction, so that a move writes one row."""

from __future__ import annotations

STEP = 1024.0
CROWDED = 1e-4  # twenty-three halvings of a step; after seven more there is no room
NARROWEST = 1e-6  # far above the spacing of doubles at the positions that a column usually reaches


def between(before: float | None, after: float | None, chance: float = 0.5) -> float:
    """A position after `before` and ahead of `after`; None is the column's end. By `chance` (0 to 1) it lies a little
    nearer to the one or the other, so that two cards put there in the same moment do not lie at one place."""
    aside = STEP * (0.75 + chance / 2)
    if before is None and after is None:
        return STEP * (chance - 0.5)
    if before is None:
        assert after is not None
        return after - aside
    if after is None:
        return before + aside
    return (before + after) / 2 + (after - before) * (chance - 0.5) / 4


def needs_rebalance(before: float | None, after: float | None) -> bool:
    """No room is left between the neighbours: the column must be spaced anew."""
    if before is None or after is None:
        return False
    return after - before < NARROWEST or not before < between(before, after) < after


def is_crowded(before: float, after: float) -> bool:
    """There is room between the neighbours, but it is time to make more."""
    return after - before < CROWDED


def spread(first: float | None, last: float | None, n: int) -> list[float]:
    """Positions for `n` cards between two that stay, far from each other; None is the column's end, beyond which there
    is room. Empty when the two are too near: ask for more of the column."""
    if first is None:
        end = STEP * (n + 1) if last is None else last
        return [end - STEP * (n - i) for i in range(n)]
    if last is None:
        return [first + STEP * (i + 1) for i in range(n)]
    step = (last - first) / (n + 1)
    return [first + step * (i + 1) for i in range(n)] if step >= 1 else []
