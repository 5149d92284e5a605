"""Open pages by the hundred: a process of its own that only reads sockets and notes when each card came.

`python -m tests.bench.sockets PORT` reads lines of COOKIE, opens a socket for each, says "open", and on a line "end"
says as JSON what came: [socket, deal, version, instant].
"""

from __future__ import annotations

import json
import re
import selectors
import sys
import threading
import time
from typing import Any

import websocket

CARD = re.compile(rb'\\"(\d+)\\" data-version=\\"(\d+)\\"')


class Listener:
    """All sockets in one loop, their frames read by hand: what is measured is the server, not its listeners."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.wires: list[websocket.WebSocket] = []
        self.rest: list[bytes] = []
        self.heard: list[tuple[int, int, int, float]] = []
        self.is_over = False

    def open(self, cookie: str) -> None:
        wire = websocket.create_connection(
            f"ws://127.0.0.1:{self.port}/live",
            cookie=f"dozor={cookie}",
            origin=f"http://127.0.0.1:{self.port}",
            timeout=30,
        )
        self.selector.register(wire.sock, selectors.EVENT_READ, len(self.wires))
        self.wires.append(wire)
        self.rest.append(b"")

    def listen(self) -> None:
        while not self.is_over:
            for key, _ in self.selector.select(timeout=0.2):
                self._read(key.fileobj, key.data)

    def _read(self, wire: Any, number: int) -> None:
        came = wire.recv(65536)
        at = time.monotonic()
        if not came:
            self.selector.unregister(wire)
        self.rest[number] += came
        while (found := self._frame(number)) is not None:
            kind, frame = found
            if kind == websocket.ABNF.OPCODE_PING:
                self.wires[number].pong(frame)  # a page that does not answer is taken for dead
            elif frame.startswith(b'{"kind": "card"') and (card := CARD.search(frame)):
                self.heard.append((number, int(card[1]), int(card[2]), at))

    def _frame(self, number: int) -> tuple[int, bytes] | None:
        """The next whole frame's kind and body; None when it has not all come."""
        rest = self.rest[number]
        if len(rest) < 2:
            return None
        size, start = rest[1] & 0x7F, 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(rest[2:start]) if len(rest) >= start else len(rest)
        if len(rest) < start + size:
            return None
        self.rest[number] = rest[start + size :]
        return rest[0] & 0x0F, rest[start : start + size]


def main() -> None:
    """Open, listen, tell."""
    mine = Listener(int(sys.argv[1]))
    for line in sys.stdin:
        if line.strip() == "":
            break
        mine.open(line.strip())
    thread = threading.Thread(target=mine.listen, daemon=True)
    thread.start()
    say("open")
    for line in sys.stdin:
        if line.strip() == "end":
            break
    mine.is_over = True
    thread.join(5)
    say(mine.heard)


def say(what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
