"""I15: what processes complain of in their logs and clients are answered with, and which fault explains it.

A fault explains only complaints of its own kind, while it lasts and for as long after as its wake takes. All else is
a violation: a RuntimeError in a move is never the doing of a Redis that was killed a second ago.
"""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TRACEBACK = "Traceback (most recent call last):"
LOUD = re.compile(r"^(?:ERROR|CRITICAL)\b|^\[.*\[(?:ERROR|CRITICAL)\]|^\[[^]]*\] (?:ERROR|CRITICAL) in ")
RAISED = re.compile(r"^[A-Za-z_][\w.]*(?::|$)")  # the last line of a traceback names what was raised
BETWEEN = ("During handling of the above exception", "The above exception was the direct cause")
AUTOFLUSHED = "(raised as a result of Query-invoked autoflush"
SHOWN = 300


@dataclass(frozen=True)
class Complaint:
    """Something loud in a process's log, or an answer of 5xx. `at`: seen when, by the monotonic clock; None: some time
    before now. `since`: a log that is written all the time is read late, and it was said between the two."""

    who: str
    said: str
    at: float | None = None
    since: float | None = None

    def __str__(self) -> str:
        return f"{self.who}: {self.said[:SHOWN]}"


@dataclass(frozen=True)
class Wake:
    """What a kind of fault explains, and for how many seconds after its end."""

    said: re.Pattern[str]
    seconds: float


# Each row is a promise given up for a while: keep them few, and their words narrow.
WAKES: Mapping[str, Wake] = {
    "redis": Wake(
        re.compile(
            r"^redis\.exceptions\.(?:Connection|Timeout|BusyLoading)"
            r"|could not connect to Redis"
            r"|^rq\.exceptions\.(?:InvalidJobOperation|NoSuchJobError)"  # its job was flushed while it was at work
        ),
        15,
    ),
    "disk": Wake(re.compile(r"cannot_save|nothing was saved|CannotSave|disk I/O error|File too large"), 5),
    "postgresql": Wake(
        re.compile(
            r"psycopg\..*(?:closed the connection|connection failed|connection is bad|terminating connection"
            r"|connection is lost|connection is closed|the database system is)"
            r"|the database does not answer|^503 .*(?:database_away|does not answer right now)"
        ),
        15,
    ),
    "stopped": Wake(  # PostgreSQL ends what sleeps in a transaction, and cannot always say so any more
        re.compile(
            r"WORKER TIMEOUT|database is locked|idle-in-transaction timeout|psycopg\..*server closed the connection"
        ),
        40,
    ),
    "killed": Wake(re.compile(r"was sent SIG(?:KILL|TERM)"), 15),
}


@dataclass
class Fault:
    """Something that was done to the product, of one of the kinds of WAKES."""

    kind: str
    began: float
    ended: float | None = None

    def explains(self, complaint: Complaint, wakes_at: float = 0.0) -> bool:
        """`wakes_at`: when the last process that slept meanwhile woke up, which only then finds what was done."""
        wake = WAKES[self.kind]
        if wake.said.search(complaint.said) is None:
            return False
        since = complaint.at if complaint.since is None else complaint.since
        is_after = complaint.at is None or complaint.at >= self.began
        return is_after and (since is None or self.ended is None or since <= max(self.ended, wakes_at) + wake.seconds)


@dataclass
class Complaints:
    """All that was complained of, and all that was done to bring it about."""

    folder: Path
    faults: list[Fault] = field(default_factory=list)
    heard: list[Complaint] = field(default_factory=list)
    _read: dict[Path, int] = field(default_factory=dict)
    _sizes: dict[Path, int] = field(default_factory=dict)
    _grows_since: dict[Path, float] = field(default_factory=dict)  # what has not been read yet
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def fault(self, kind: str) -> Iterator[None]:
        """What is done in this block explains what WAKES says."""
        mine = Fault(kind, time.monotonic())
        self.faults.append(mine)
        try:
            yield
        finally:
            mine.ended = time.monotonic()

    def answered(self, asked: str, status: int, body: str = "") -> None:
        """A client was answered so."""
        if status >= 500:
            self.heard.append(Complaint("answer", f"{status} {asked} {body}", time.monotonic()))

    def listen(self, *, to_the_end: bool = False) -> None:
        """Read what logs have said, each once it has been silent since the last look: half a traceback says nothing.
        `to_the_end`: nobody writes any more."""
        now = time.monotonic()
        with self._lock:
            for log in sorted(self.folder.glob("*.log")):
                size, known = log.stat().st_size, self._sizes.get(log)
                self._sizes[log] = size
                if size != self._read.get(log, 0):
                    self._grows_since.setdefault(log, now)
                if size == known or to_the_end:
                    with log.open("rb") as file:
                        file.seek(self._read.get(log, 0))
                        text = file.read()
                    self._read[log] = self._read.get(log, 0) + len(text)
                    since, said = self._grows_since.pop(log, now), loud(text.decode(errors="replace"))
                    self.heard += [Complaint(log.stem, each, now, since) for each in said]

    def unexplained(self) -> list[str]:
        """What has been heard since this was asked last and no fault explains: each kind once, and how often."""
        heard, self.heard = self.heard, []
        faults = [(each, self._wakes_at(each)) for each in self.faults]
        left = [str(each) for each in heard if not any(fault.explains(each, wakes_at) for fault, wakes_at in faults)]
        counted, first = Counter(_kind(each) for each in left), {_kind(each): each for each in reversed(left)}
        return [f"{n} times: {first[kind]}" if n > 1 else first[kind] for kind, n in counted.items()]

    def _wakes_at(self, fault: Fault) -> float:
        """When the last of those woke that were stopped before the fault ended, and slept beyond that."""
        end = math.inf if fault.ended is None else fault.ended
        sleepers = [each for each in self.faults if each.kind == "stopped" and each.began <= end]
        return max((math.inf if each.ended is None else each.ended for each in sleepers), default=0.0)


def _kind(said: str) -> str:
    return re.sub(r"\d+", "N", said)


def loud(text: str) -> Iterable[str]:
    """Each traceback by what was raised last, with the line before it that says where; each other loud line."""
    lines, n, title = text.splitlines(), 0, ""
    while n < len(lines):
        line = lines[n]
        if line.startswith(TRACEBACK):
            raised, n = _raised(lines, n)
            yield f"{raised} ({title})" if title else raised
            title = ""
            continue
        if title:
            yield title
        title = line if LOUD.match(line) else ""
        n += 1
    if title:
        yield title


def _raised(lines: list[str], n: int) -> tuple[str, int]:
    """What a traceback ends with, following its chain, and the line after it."""
    while n < len(lines):
        n += 1
        while n < len(lines) and not RAISED.match(lines[n]):
            n += 1
        raised = lines[n] if n < len(lines) else "a traceback that breaks off"
        n += 1
        if AUTOFLUSHED in raised and n < len(lines):  # SQLAlchemy's advice stands before what the driver says
            raised = f"{raised[: raised.index(AUTOFLUSHED)]}{lines[n]}"
        ahead = n
        while ahead < len(lines) and ahead < n + 40 and not lines[ahead].startswith((TRACEBACK, *BETWEEN)):
            ahead += 1
        if ahead >= len(lines) or not lines[ahead].startswith(BETWEEN):
            return raised, n
        n = next((k for k in range(ahead, len(lines)) if lines[k].startswith(TRACEBACK)), len(lines))
    return "a traceback that breaks off", n


class Ear(logging.Handler):
    """Hears what is complained of in this process."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "asyncio":  # of the tools that drive a browser
            return
        raised = record.exc_info[1] if record.exc_info else None
        self.heard.append(f"{record.name}: {record.getMessage()}" + (f" ({raised!r})" if raised else ""))

    @contextmanager
    def listening(self) -> Iterator[Ear]:
        logging.getLogger().addHandler(self)
        try:
            yield self
        finally:
            logging.getLogger().removeHandler(self)
