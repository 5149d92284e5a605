"""Clocks of a process that stands still when it has looked at them so often, and goes on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tests.conftest import Clock


class Standstill(Clock):
    """Goes on at `until`; `meanwhile`, of others, is done at that moment."""

    def __init__(self, clock: Clock, looks: int, until: datetime, meanwhile: Callable[[], None] = lambda: None) -> None:
        super().__init__(clock.at)
        self.looks, self.looked, self.until, self.meanwhile = looks, 0, until, meanwhile

    def __call__(self) -> datetime:
        now = super().__call__()
        self.looked += 1
        if self.looked == self.looks:
            self.at = self.until
            self.meanwhile()
        return now


class TwoClocks:
    """That of the machine, and one that cannot be set: it stands still for half a minute when it has looked so often at
    one of them or the other."""

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
