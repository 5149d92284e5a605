"""Two people with an open page: what they hear over the socket, and what they see after coming back (I9)."""

from __future__ import annotations

import json
import random
import re
import threading
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from typing import Any

import websocket
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tests import company
from tests.conftest import session_of
from tests.stack import Stack
from webapp.db import session
from webapp.models import Deal, Inbox

CARD = re.compile(r'data-deal="(\d+)" data-version="(\d+)" data-at="(\w+)"')
TOAST = re.compile(r'data-toast="(\d+)"')
Cards = dict[int, tuple[int, str]]  # version and stage, by deal


class Watcher(threading.Thread):
    """A page that somebody keeps open. It comes back as live.js does, with its seq as cursor."""

    def __init__(self, stack: Stack, name: str) -> None:
        super().__init__(name=f"watcher-{name}", daemon=True)
        self.stack, self.who = stack, name
        signed = stack.app.session_interface.get_signing_serializer(stack.app)  # type: ignore[attr-defined]
        self.cookie = "dozor=" + signed.dumps({"_user_id": session_of(stack.app, name), "_fresh": True})
        self.seq, self.connections, self.behind = 0, 0, 0
        self.heard: Counter[int] = Counter()
        self.cards: Cards = {}
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.is_over.is_set():
            with suppress(websocket.WebSocketException, OSError, ValueError):
                self._listen()
            time.sleep(0.2 + 0.8 * random.random())

    def _listen(self) -> None:
        address = self.stack.address()
        page = websocket.create_connection(
            f"{address.replace('http', 'ws')}/live?seq={self.seq}", cookie=self.cookie, origin=address, timeout=5
        )
        self.connections += 1
        try:
            self.look()
            page.settimeout(1)
            while not self.is_over.is_set():
                with suppress(websocket.WebSocketTimeoutException):
                    self._hear(json.loads(page.recv()))
        finally:
            page.close()

    def _hear(self, message: dict[str, Any]) -> None:
        kind = message["kind"]
        if kind == "frame":
            for toast in message["toasts"]:
                self.heard[int(TOAST.search(toast)[1])] += 1  # type: ignore[index]
            self.seq = max(self.seq, message["seq"])
        elif kind == "card":
            self.cards.update(_cards(message["html"]))
        elif kind == "gone":
            self.cards.pop(message["deal"], None)
        elif kind == "resync":
            self.look()

    def look(self) -> None:
        """Ask for the whole board, as after a reconnect."""
        self.cards = _cards(self.page("/"))

    def page(self, path: str) -> str:
        request = urllib.request.Request(self.stack.address() + path, headers={"Cookie": self.cookie})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())

    def stop(self) -> None:
        self.is_over.set()
        self.join(15)


def _cards(html: str) -> Cards:
    return {int(id_): (int(version), stage) for id_, version, stage in CARD.findall(html)}


def blind_spots(stack: Stack, watcher: Watcher) -> list[str]:
    """I9: what this person lacks or has twice, against the database; the board as it is after coming back."""
    stale = watcher.cards
    watcher.look()
    with stack.app.app_context():
        seq = session().scalar(select(Inbox.seq).where(Inbox.user_id == company.person(watcher.who))) or 0
        deals = {
            each.id: (each.version, each.stage.key)
            for each in session().scalars(
                select(Deal).where(Deal.id.in_(watcher.cards)).options(joinedload(Deal.stage))
            )
        }
        session().close()
    wrong = [f"{watcher.who} heard {n} {times} times" for n, times in watcher.heard.items() if times > 1]
    wrong += [f"{watcher.who} never heard {n}" for n in range(1, seq + 1) if not watcher.heard[n]]
    wrong += [f"{watcher.who} sees {id_} as {card}" for id_, card in watcher.cards.items() if deals.get(id_) != card]
    behind = [id_ for id_, card in stale.items() if id_ in deals and deals[id_] != card]
    watcher.behind = len(behind)
    return wrong
