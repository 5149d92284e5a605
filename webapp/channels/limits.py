"""How much the world may answer to one word, and until when. Libraries read as they like (whole answers, headers and
replies without end, each byte with a patience of its own), so the bound lies beneath them, where Python reads sockets.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

MOST_BYTES = 1024 * 1024  # in all, of everything that is asked for one word: status lines, headers, replies, bodies
KEPT_BYTES = 64 * 1024  # of one body: what a library must understand of it
SHOWN = 300  # signs of what people are told of it


class SaidTooMuch(OSError):
    """The other side goes on and on."""

    def __init__(self) -> None:
        super().__init__("said too much")


class _Bounds(threading.local):
    ends_at: float | None = None  # None: this thread speaks to nobody outside
    left = 0


_mine = _Bounds()


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """What this thread opens in here is read until then, and no further than MOST_BYTES. Beyond, reading raises
    TimeoutError or SaidTooMuch."""
    _mine.ends_at, _mine.left = time.monotonic() + seconds, MOST_BYTES
    try:
        yield
    finally:
        _mine.ends_at = None


class _BoundedReader(socket.SocketIO):
    """What http.client and smtplib read from, by TLS too. Without bounds it is as Python's own."""

    def __init__(self, sock: socket.socket, mode: str) -> None:
        super().__init__(sock, mode)  # type: ignore[arg-type]
        self._from = sock

    def readinto(self, buffer: bytearray) -> int | None:  # type: ignore[override]
        if _mine.ends_at is None:
            return super().readinto(buffer)
        left, patience = _mine.ends_at - time.monotonic(), self._from.gettimeout()
        if left <= 0:
            raise TimeoutError("timed out")
        self._from.settimeout(left if patience is None else min(left, patience))
        count = super().readinto(buffer)
        self._from.settimeout(patience)
        _mine.left -= count or 0
        if _mine.left < 0:
            raise SaidTooMuch
        return count


socket.SocketIO = _BoundedReader  # type: ignore[misc]
