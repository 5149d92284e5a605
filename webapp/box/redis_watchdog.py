"""Dozor's own Redis is asked at its socket now and then. One that lives and is not heard there (somebody has deleted
the socket's file, or it hangs) is killed: the box starts it again, and it may lose everything."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

ASK_EVERY_SECONDS = 2.0
MOST_UNHEARD = 6  # counted by questions, and not by time: a box that stood still itself has heard nobody


class Watchdog:
    """How often a Redis has been asked in vain."""

    def __init__(self, address: Path) -> None:
        self.address = address
        self.asked_at, self.unheard = time.monotonic(), 0

    def look(self, server: int | None) -> bool:
        """Ask, when it is time; True when the process `server` was killed."""
        now = time.monotonic()
        if now - self.asked_at < ASK_EVERY_SECONDS:
            return False
        self.asked_at = now
        self.unheard = 0 if answers(self.address) else self.unheard + 1
        if self.unheard < MOST_UNHEARD or server is None:
            return False
        self.unheard = 0
        os.kill(server, signal.SIGKILL)  # not waited for yet, so the number is still its own
        return True


def answers(address: Path) -> bool:
    """Any word will do: one that is still reading its files says so."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(1.0)
            line.connect(str(address))
            line.sendall(b"PING\r\n")
            return bool(line.recv(64))
    except OSError:
        return False
