"""A place between two neighbours: cards are ordered by a fraction, so that a move writes one row."""

from __future__ import annotations

STEP = 1024.0
NARROWEST = 1e-6  # far above the spacing of doubles at the positions that a column usually reaches


def between(before: float | None, after: float | None) -> float:
    """A position after `before` and ahead of `after`; None is the column's end."""
    if before is None and after is None:
        return 0.0
    if before is None:
        assert after is not None
        return after - STEP
    if after is None:
        return before + STEP
    return (before + after) / 2


def needs_rebalance(before: float | None, after: float | None) -> bool:
    """No room is left between the neighbours: the column must be spaced anew."""
    if before is None or after is None:
        return False
    return after - before < NARROWEST or not before < between(before, after) < after
