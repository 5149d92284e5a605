"""The clock of the machine, and one that cannot be set, as a process sees them that may stand still in between."""

from __future__ import annotations

from datetime import datetime, timedelta


class TwoClocks:
    """Of a process that stands still for half a minute when it has looked so often at one of them or the other."""

    def __init__(self, start: datetime, looks: int) -> None:
        self.start, self.gone, self.left = start, timedelta(0), looks

    def time(self) -> datetime:
        return self.start + self._looked_at()

    def monotonic(self) -> float:
        return self._looked_at().total_seconds()

    def _looked_at(self) -> timedelta:
        seen, self.left = self.gone, self.left - 1
        if self.left == 0:
            self.gone += timedelta(seconds=34)
        return seen
