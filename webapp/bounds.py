"""How much one request may cost, in one place: sizes, keys, depth, problems said, costly work at the same moment.

Whoever reads input asks here; a bound stops the reading at once, before anything is built for what lies beyond it.
"""

from __future__ import annotations

import ipaddress
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

MAX_BODY = 2 * 1024 * 1024  # bytes
MAX_UPLOAD = 11 * 1024 * 1024  # bytes, where files are attached
_UPLOADS = re.compile(r"/tasks/[0-9]+/(files|submissions)|/api/v1/tasks/[0-9]+/files")
ENTRIES = 1_000  # keys and list items of a JSON body in all; as many fields of a form
ENTRIES_OF_SETUP = 100_000  # where an admin sends a whole set-up, a list or a calendar: as many as 2 MB of one have
NAME_LENGTH = 200  # of a key
DEPTH = 32  # objects and lists one in another
PROBLEMS = 50  # said in one answer
COME_BACK_SECONDS = 2  # what a 503 says in Retry-After
# A request that is under way, before a thread is taken:
MAX_HEAD = 64 * 1024  # bytes
SILENT_SECONDS = 30  # a new connection that says nothing
HEAD_SECONDS = 10  # from the first byte
BODY_SECONDS = 60  # from the end of the head
UPLOAD_SECONDS = 300
LEAVING_SECONDS = 2  # after the last answer
UNFINISHED_PER_ADDRESS = 40  # or person who has signed in
IN_MEMORY = 256 * 1024  # bytes of one: what comes behind goes to the disk
MEMORY_OF_ONE, MEMORY_OF_ALL = 24 * 1024 * 1024, 64 * 1024 * 1024
DISK_OF_ONE, DISK_OF_ALL = 80 * 1024 * 1024, 320 * 1024 * 1024  # one: seven of the largest uploads
# And once it is here:
AT_ONCE = 2  # of one person
AT_ONCE_OF_KEY = 4  # of a program, which may bring what many wrote
AT_ONCE_OF_ADDRESS = 8  # of whoever is not known yet, or does not say who they are
TURN_SECONDS = 2.0  # after which one that only waits has none of these; it is worked on further
WAITING_OF_ASKER = 60


def most_bytes(path: str) -> int:
    """How large a body may be that is sent to this address."""
    return MAX_UPLOAD if _UPLOADS.fullmatch(path) else MAX_BODY


def caller(address: str | None) -> str:
    """By whom things are counted: an address; in IPv6 the /64, of which everybody has a whole one to change within."""
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or "unknown"
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))


class OutOfBounds(Exception):
    """The body is larger in some way than any honest one; `code` and `limit` say in which."""

    def __init__(self, place: str, code: str, limit: int) -> None:
        super().__init__(code)
        self.place, self.code, self.limit = place, code, limit


class Busy(Exception):
    """Too much of the same costly work at this moment: come back in a few seconds."""


class Walk:
    """One walk over a JSON value: notes the place of each leaf that `is_wrong`, the first PROBLEMS of them. Only such a
    place costs a path. Raises OutOfBounds as soon as there is too much of anything."""

    def __init__(self, is_wrong: Callable[[Any], bool], most: int = ENTRIES) -> None:
        self.is_wrong, self.most = is_wrong, most
        self.steps: list[str | int] = []
        self.entries = 0
        self.wrong: list[str] = []

    def over(self, value: Any) -> list[str]:
        """The places of what is wrong."""
        if isinstance(value, dict | list):
            self._into(value)
        elif self.is_wrong(value):
            self.wrong.append(self.place)
        return self.wrong

    @property
    def place(self) -> str:
        """Where the walk stands: "contact.phones.0". No longer than a name may be: it is said in the answer."""
        whole = ".".join(map(str, self.steps)) or "body"
        return whole if len(whole) <= NAME_LENGTH else f"{whole[:NAME_LENGTH]}…"

    def _into(self, value: dict[str, Any] | list[Any]) -> None:
        self.entries += len(value)
        if self.entries > self.most:
            raise OutOfBounds(self.place, "too_many", self.most)
        if len(self.steps) >= DEPTH:
            raise OutOfBounds(self.place, "nested_too_deep", DEPTH)
        for step, each in value.items() if isinstance(value, dict) else enumerate(value):
            self.steps.append(step)
            if isinstance(step, str) and len(step) > NAME_LENGTH:
                raise OutOfBounds(self.place, "too_long", NAME_LENGTH)
            self.over(each)
            self.steps.pop()
            if len(self.wrong) >= PROBLEMS:
                return


class Turns:
    """Costly work, a few at the same moment in this process. A few more wait, for a limited time; one caller holds a
    part of the places only, so that others find one. Everybody beyond is told at once: Busy."""

    def __init__(self, at_once: int, waiting: int, seconds: float, per_caller: int) -> None:
        self._running = threading.Semaphore(at_once)
        self._places, self._per_caller, self._seconds = at_once + waiting, per_caller, seconds
        self._held: Counter[str | None] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, caller: str | None = None) -> Iterator[None]:
        """Work in here. Raises Busy."""
        self._come(caller)
        try:
            if not self._running.acquire(timeout=self._seconds):
                raise Busy
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._leave(caller)

    def _come(self, caller: str | None) -> None:
        with self._lock:
            if self._held.total() >= self._places or self._held[caller] >= self._per_caller:
                raise Busy
            self._held[caller] += 1

    def _leave(self, caller: str | None) -> None:
        with self._lock:
            self._held[caller] -= 1
            if not self._held[caller]:
                del self._held[caller]
