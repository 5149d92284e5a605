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
    """All sockets in one loop, so that what is measured is the server and not hundreds of threads here."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.wires: list[websocket.WebSocket] = []
        self.heard: list[tuple[int, int, int, float]] = []
        self.is_over = False

    def open(self, cookie: str) -> None:
        wire = websocket.create_connection(
            f"ws://127.0.0.1:{self.port}/live", cookie=f"dozor={cookie}", origin=f"http://127.0.0.1:{self.port}", timeout=30
        )
        self.selector.register(wire.sock, selectors.EVENT_READ, (len(self.wires), wire))
        self.wires.append(wire)

    def listen(self) -> None:
        while not self.is_over:
            for key, _ in self.selector.select(timeout=0.2):
                number, wire = key.data
                self._read(number, wire)

    def _read(self, number: int, wire: websocket.WebSocket) -> None:
        """One frame at least: whatever is here in whole."""
        opcode, data = wire.recv_data(control_frame=True)
        at = time.monotonic()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            self.selector.unregister(wire.sock)
        elif opcode == websocket.ABNF.OPCODE_TEXT and data.startswith(b'{"kind": "card"'):
            found = CARD.search(data)
            if found:
                self.heard.append((number, int(found[1]), int(found[2]), at))


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
