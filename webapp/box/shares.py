"""Of one person, program or address a few requests are worked on at the same moment; the others wait for these, in
their order and without a thread. All that is worked on shares one processor's Python, so that thirty at once of one
caller would leave everybody else a thirtieth of it, and thirty answers' memory."""

from __future__ import annotations

import re
from collections import Counter, deque
from typing import Generic, TypeVar

from webapp import bounds
from webapp.access.askers import Asker, known

SOCKET = re.compile(rb"GET /live[? ]")  # held for hours, and counted by itself
_SIGNED_IN = re.compile(
    rb"\r\n(?:cookie:(?:[^\r\n]*[ ;])?dozor=([^;\r\n]+)|authorization:[ \t]*bearer[ \t]+([^\r\n]+))", re.I
)
_FORWARDED = re.compile(rb"\r\nx-forwarded-for:[ \t]*([^\r\n]*)", re.I)

T = TypeVar("T")


def asker(head: bytes, address: str, hops: int) -> tuple[Asker | str, int]:
    """Who sends a request, and how many of theirs may be worked on at once. By the cookie or key that comes with it, if
    it has been found right before; else, as whoever makes one up, by the address, `hops` proxies before it."""
    if (found := _SIGNED_IN.search(head)) and (whose := known(found[1] or found[2].strip())):
        return whose, bounds.AT_ONCE_OF_KEY if whose.is_program else bounds.AT_ONCE
    if hops and (forwarded := b",".join(_FORWARDED.findall(head))):
        address = forwarded.split(b",")[-hops:][0].strip().decode("latin-1")
    return bounds.caller(address), bounds.AT_ONCE_OF_ADDRESS


class Shares(Generic[T]):
    """What each asker has under way, and what of theirs waits for its turn. For one thread."""

    def __init__(self) -> None:
        self._running: Counter[Asker | str] = Counter()
        self._waiting: dict[Asker | str, deque[T]] = {}

    def begin(self, who: Asker | str, most: int, what: T) -> bool | None:
        """True: go on with it now. False: its turn comes by `end`. None: so many wait that this one is refused."""
        if self._running[who] < most:
            self._running[who] += 1
            return True
        waiting = self._waiting.setdefault(who, deque())
        if len(waiting) >= bounds.WAITING_OF_ASKER:
            return None
        waiting.append(what)
        return False

    def leave(self, who: Asker | str, what: T) -> None:
        """What waits is given up: its turn never comes."""
        waiting = self._waiting[who]
        waiting.remove(what)
        if not waiting:
            del self._waiting[who]

    def end(self, who: Asker | str) -> T | None:
        """One of theirs is done: the next, which is to be gone on with now."""
        if waiting := self._waiting.get(who):
            following = waiting.popleft()
            if not waiting:
                del self._waiting[who]
            return following
        self._running[who] -= 1
        if not self._running[who]:
            del self._running[who]
        return None
