"""What figures are counted in."""

from __future__ import annotations

MS, KB = 1000, 1000


def percentile(figures: list[float], part: float) -> float:
    """The figure below which that part of all lies."""
    return sorted(figures)[min(int(len(figures) * part), len(figures) - 1)]
