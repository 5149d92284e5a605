"""A browser as it stands on somebody's desk: kept connections, a page with its token, and that page's socket.

Going to another page closes the socket and opens a new one, as in life. The socket's thread does what live.js does.
"""

from __future__ import annotations

import html
import json
import random
import re
import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import websocket

from tests.bench.visitors import HTMX, Answer, Visitor
from tests.faults.watchers import TOAST, Shown, cards_in
from tests.soak.book import Book

IDLE_SECONDS = 60.0  # then a browser closes a kept connection itself; the server waits a little longer
SIGNED_OUT = 4401
OWNER = re.compile(r'data-deal="(\d+)".*?class="face hue-\d+"[^>]* title="([^"]+)"', re.S)
PROMPT = re.compile(r'data-approval="(\d+)"')
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
STORY_KEPT, STORY_TOLD = 200, 12  # what happened to a page last: for whoever asks why it lacks something
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Browser(Visitor):
    """Asks as htmx does; every answer is noted. `address` is what the proxy before Dozor says of it."""

    def __init__(self, port: int, book: Book, address: str, language: str, cookie: str = "") -> None:
        super().__init__(port, cookie, {"X-Forwarded-For": address, "Accept-Language": language})
        self.book, self.used_at = book, time.monotonic()

    def sibling(self) -> Browser:
        """Another connection of the same browser."""
        other = Browser(self.port, self.book, "", "", self.cookie)
        other.headers = dict(self.headers)
        return other

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        if time.monotonic() - self.used_at > IDLE_SECONDS:
            self.wire.close()
        self.used_at = time.monotonic()
        return super().ask(method, path, body, **headers)

    def open(self, path: str, deed: str = "page") -> str:
        """A whole page; its token is used from now on."""
        answer = self._noted(deed, self.get(path), is_page=True)
        if found := TOKEN.search(answer):
            self.headers["X-CSRFToken"] = found[1]
        return answer

    def part(self, path: str, deed: str, target: str = "") -> str:
        """A fragment that htmx asks for."""
        more = {"HX-Target": target} if target else {}
        return self._noted(deed, self.ask("GET", path, **HTMX, **more), is_page=True)

    def send(self, path: str, deed: str, pairs: Any = (), *, plain: bool = False) -> Answer:
        """A form, by htmx or plain. What it answered is what all pages must show."""
        answer = self.ask("POST", path, urlencode(pairs), **FORM, **({} if plain else HTMX))
        self._noted(deed, answer, is_page=False)
        return answer

    def _noted(self, deed: str, answer: Answer, *, is_page: bool) -> str:
        self.book.note(deed, answer, is_page=is_page)
        if not is_page and answer.status == 200:
            self.book.saw(cards_in(answer.text))
        return answer.text


class Tab(Shown, threading.Thread):
    """One open page and its socket. `deal_id` is the deal whose sheet lies over the board."""

    def __init__(self, browser: Browser, page: str, *, is_board: bool) -> None:
        threading.Thread.__init__(self, name="tab", daemon=True)
        Shown.__init__(self)
        self.browser, self.book, self.is_board = browser.sibling(), browser.book, is_board
        self.seq = self.first = _number(page, "seq")
        self.rendered_at = _number(page, "now")
        self.owners: dict[int, str] = {}
        self.prompts: list[int] = [int(each) for each in PROMPT.findall(page)]
        self.deal_id, self.was_greeted = 0, False
        self.wire: websocket.WebSocket | None = None
        self.is_over, self.may_end = threading.Event(), False
        self.story: deque[tuple[float, str, int]] = deque([(time.monotonic(), "page", 0)], STORY_KEPT)
        self._show(page)

    def run(self) -> None:
        """Until the page is left. Whatever ends the socket otherwise is an error."""
        while not self.is_over.is_set():
            try:
                self._listen()
            except websocket.WebSocketBadStatusException as error:
                if error.status_code != 401 or not self.may_end:  # it was away, and came back signed out
                    self.book.wrong(f"socket: {error.status_code}")
                    time.sleep(1)
                else:
                    self.is_over.set()
            except Exception as error:  # a thread that dies in silence would look like success
                if not self.is_over.is_set():
                    self.book.wrong(f"socket: {error!r}")
                    time.sleep(1)
        self.browser.wire.close()

    def leave(self, *, politely: bool = True) -> None:
        """Another page, or the lid: what this page showed until now must have been true."""
        if self.was_greeted and not self.may_end:
            self.check()
        self.is_over.set()
        wire = self.wire
        with suppress(OSError, websocket.WebSocketException):
            if wire is not None and politely:
                wire.send_close(1001)
            elif wire is not None:
                _cut(wire)

    def check(self) -> None:
        """Nothing was missed so far."""
        for deal_id, lacks in self.book.missing(dict(self.cards)).items():
            story = [each for each in list(self.story) if each[2] in (0, deal_id)]
            told = ", ".join(f"{kind} {time.monotonic() - at:.1f} s ago" for at, kind, _ in story[-STORY_TOLD:])
            self.book.wrong(f"a push was missed: {lacks}; {'on' if self.wire else 'off'} line; {told}")

    def drop(self) -> None:
        """The network goes for a moment: the page comes back by itself, with its seq."""
        self.story.append((time.monotonic(), "cut", 0))
        wire = self.wire
        if wire is not None:
            self.wire = None
            with suppress(OSError):
                _cut(wire)

    def _listen(self) -> None:
        headers = {name: value for name, value in self.browser.headers.items() if name.startswith("X-Forwarded")}
        port = self.browser.port
        wire = websocket.create_connection(
            f"ws://127.0.0.1:{port}/live?seq={self.seq}", cookie=f"dozor={self.browser.cookie}",
            origin=f"http://127.0.0.1:{port}", header=headers, timeout=10,
        )  # fmt: skip
        self.wire = wire
        self.book.socket("opened")
        try:
            self._hear_all(wire)
        finally:
            wire.shutdown()

    def _hear_all(self, wire: websocket.WebSocket) -> None:
        wire.settimeout(1)
        while not self.is_over.is_set():
            try:
                kind, data = wire.recv_data()
            except websocket.WebSocketTimeoutException:
                continue
            except (OSError, websocket.WebSocketException):
                if self.wire is wire and not self.is_over.is_set():
                    raise
                time.sleep(0.2 + random.random())
                return
            if kind == websocket.ABNF.OPCODE_CLOSE:
                return self._closed(struct.unpack("!H", data[:2])[0] if len(data) > 1 else 1005)
            if kind == websocket.ABNF.OPCODE_TEXT:
                self.hear(json.loads(data))

    def _closed(self, code: int) -> None:
        if code == SIGNED_OUT and self.may_end:
            self.is_over.set()
        elif not self.is_over.is_set():
            self.book.wrong(f"the server closed a socket: {code}")
            time.sleep(1)

    def hear(self, message: dict[str, Any]) -> None:
        self.book.socket(message["kind"])
        if message["kind"] not in ("head", "total"):
            what = (
                f"{message['kind']} {cards_in(message.get('html', ''))}"
                if message["kind"] == "card"
                else message["kind"]
            )
            self.story.append((time.monotonic(), what, message.get("deal") or 0))
        match message["kind"]:
            case "since":
                if self.was_greeted or message["at"] >= self.rendered_at:
                    self.look()
                self.was_greeted = True
            case "frame":
                self._told(message)
            case "card":
                self.owners |= _owners(message["html"])
                self._refresh(message["deal"])
            case "task":
                self._refresh(message["deal"])
            case "trouble" if message["html"]:
                self.book.wrong(f"the page says: {message['html'][:200]}")
        super().hear(message)

    def _told(self, message: dict[str, Any]) -> None:
        """Every notice once, in their order, none left out."""
        told = [int(TOAST.search(each)[1]) for each in message["toasts"]]  # type: ignore[index]
        if told != list(range(self.seq + 1, self.seq + 1 + len(told))) or message["seq"] != self.seq + len(told):
            self.book.wrong(f"after notice {self.seq} came {told}, seq {message['seq']}")
        self.prompts = [int(each) for each in PROMPT.findall(message["prompts"])]

    def _refresh(self, deal_id: int) -> None:
        if deal_id and deal_id == self.deal_id:
            self.browser.part(f"/deals/{deal_id}", "sheet again")

    def look(self) -> None:
        """Ask for the columns anew, as after a reconnect. A page without columns forgets what it heard of cards: it
        shows none, so nothing that came while it was away is missing there."""
        if not self.is_board:
            self.cards, self.heads = {}, {}
        else:
            self.story.append((time.monotonic(), "looks", 0))
            self._show(self.browser.part("/", "board again", "main#board"))
            self.story.append((time.monotonic(), "looked", 0))

    def _show(self, page: str) -> None:
        if self.is_board:
            self.show(page)
            self.owners = _owners(page)


def _cut(wire: websocket.WebSocket) -> None:
    if wire.sock is not None:
        wire.sock.shutdown(socket.SHUT_RDWR)


def _number(page: str, name: str) -> int:
    found = re.search(rf'<body[^>]* data-{name}="(\d+)"', page)
    return int(found[1]) if found else 0


def _owners(page: str) -> dict[int, str]:
    return {int(deal_id): html.unescape(name) for deal_id, name in OWNER.findall(page)}
