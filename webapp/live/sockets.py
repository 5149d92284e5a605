"""One open page: who looks, what they may see, and what still has to be written to it."""

from __future__ import annotations

import json
import queue
import socket as network
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from rules.rights import Scope
from webapp.queries.inbox import Clients
from webapp.web.templating import Reader

QUEUE_LENGTH = 64
SEND_SECONDS = 10
TRY_LATER, RESTART, SIGNED_OUT = 1013, 1012, 4401


@dataclass(slots=True, eq=False)
class Socket:
    """One open page. `seq` is the last notification that it has been given; until it is greeted that is only what it
    says."""

    user_id: int
    session_id: int
    reader: Reader
    scope: Scope
    seq: int = 0
    is_greeted: bool = False
    clients: Clients | None = None  # who waits for an answer, as far as this page was told
    close_code: int = 0
    waiting: queue.Queue[bytes] = field(default_factory=lambda: queue.Queue(QUEUE_LENGTH))
    telling: threading.RLock = field(default_factory=threading.RLock)  # one at a time looks what it has not been told

    def push(self, kind: str, **facts: object) -> None:
        """Hand over a message; a reader too slow to keep up is closed and catches up on its return."""
        self.push_line(json.dumps({"kind": kind, **facts}, ensure_ascii=False, separators=(",", ":")))

    def push_line(self, line: str) -> None:
        self.push_lines([line])

    def push_lines(self, lines: Iterable[str]) -> None:
        """Several messages at once: the page's thread is woken for all of them only once."""
        try:
            self.waiting.put_nowait(b"".join(_framed(line) for line in lines))
        except queue.Full:
            self.close_code = TRY_LATER

    def end(self, code: int) -> None:
        """Close as soon as the writer looks."""
        self.close_code = code
        try:
            self.waiting.put_nowait(b"")
        except queue.Full:
            pass

    def next(self, timeout: float) -> bytes:
        """What to write next; nothing when there was nothing for a while."""
        try:
            return self.waiting.get(timeout=timeout)
        except queue.Empty:
            return b""

    @staticmethod
    def limit_sending(wire: network.socket) -> None:
        """A page that has stopped reading must not hold its thread for ever."""
        wire.setsockopt(network.SOL_SOCKET, network.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))


def _framed(line: str) -> bytes:
    """A text message as it goes over the wire (RFC 6455, 5.2). Never deflated: that would hold 300 kB for each page."""
    body = line.encode()
    size = len(body)
    if size < 126:
        return bytes((0x81, size)) + body
    return (b"\x81\x7e" + size.to_bytes(2) if size < 65536 else b"\x81\x7f" + size.to_bytes(8)) + body
