"""A figure and its floor in turn. A machine that others share changes its speed by half from one minute to the next,
and so a ratio says something only where both were measured in the same seconds."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from tests.bench.crowds import CLIENTS, together
from tests.bench.places import Place
from tests.bench.units import MS
from tests.bench.visitors import Visitor, patient

AROUND = 200  # times it is asked before and after what leaves no turn
WARM, KEPT = 6, 24  # asked in each turn; after a board the first takes twice what it takes by itself, the seventh 1.05


def beside(key: str, floor: str) -> str:
    """The key of a floor that was measured in turn with the figure of `key`."""
    return f"{key}/{floor}"


class Hello:
    """What *hello* takes meanwhile, in milliseconds: asked for in each turn."""

    def __init__(self, place: Place) -> None:
        self._visitor = patient(place.hello())
        self._spent: list[float] = []
        self.ask()
        self._spent.clear()

    def ask(self, times: int = WARM + KEPT) -> None:
        self._visitor.wire.close()  # whoever has not asked for a minute is no longer connected
        spent = [self._visitor.get("/").seconds * MS for _ in range(times)]
        self._spent += spent[WARM:]

    def in_turn(self, n: int, every: int) -> None:
        """After each so many of what is measured, which comes in runs too: neither finds the processor's caches filled
        by the other."""
        if n % every == every - 1:
            self.ask()

    def figures(self, *keys: str) -> dict[str, float]:
        """The floor of each of those figures."""
        return {beside(key, "hello"): statistics.median(self._spent) for key in keys}


class Rate:
    """How many a second eight clients get: of the product, and of *hello* before each slice of it."""

    def __init__(self, place: Place) -> None:
        self._port = place.hello()
        self._seconds = self._hello_seconds = 0.0
        self._times = self._hello_times = 0

    def slice(self, times: int, act: Callable[[int], float]) -> None:
        """`act` does so many with eight clients and gives the seconds they took."""
        self._hello(times)
        self._seconds += act(times)
        self._times += times

    def figures(self, key: str) -> dict[str, float]:
        return {key: self._times / self._seconds, beside(key, "rate"): self._hello_times / self._hello_seconds}

    def _hello(self, times: int) -> None:
        def client(mine: Visitor) -> None:
            for _ in range(times // CLIENTS):
                mine.get("/")

        visitors = [patient(self._port) for _ in range(CLIENTS)]
        self._hello_seconds += together([(client, (each,)) for each in visitors])
        self._hello_times += times // CLIENTS * CLIENTS
        for each in visitors:
            each.wire.close()
