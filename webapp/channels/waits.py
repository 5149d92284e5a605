"""How long the other side has asked, in its answer to one word, to be left alone. It is heard beneath the libraries, of
which none passes it on, so that all channels that speak HTTP hear it alike. SMTP has no such word."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from rules import retry_after
from rules.reach import Answer
from webapp import clock

TAKEN = range(200, 300)


class Headers(Protocol):
    """Of any library, by their names in any case."""

    def get(self, name: str, default: str, /) -> str | None: ...


@dataclass
class Heard:
    """What was asked while one word was sent."""

    wait: timedelta = retry_after.NOTHING

    def of(self, answer: Answer) -> Answer:
        """Whoever took it, or refused it for good, has not asked for another try."""
        return replace(answer, wait=self.wait) if answer.state == "later" and self.wait else answer


class _Mine(threading.local):
    heard: Heard | None = None  # None: this thread sends nothing


_mine = _Mine()


@contextmanager
def listened() -> Iterator[Heard]:
    """What answers to this thread say in here."""
    _mine.heard = heard = Heard()
    try:
        yield heard
    finally:
        _mine.heard = None


def note(status: int, headers: Headers) -> None:
    """One answer has come."""
    said = headers.get("Retry-After", "") or ""
    if _mine.heard is not None and said and status not in TAKEN:
        asked = retry_after.wait(said, clock.now(), headers.get("Date", "") or "")
        _mine.heard.wait = max(_mine.heard.wait, asked)
