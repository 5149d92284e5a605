"""Two people with an open page: what they hear over the socket, and what they see after coming back (I9)."""

from __future__ import annotations

import json
import random
import re
import threading
import time
import urllib.request
from abc import ABC, abstractmethod
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import websocket
from sqlalchemy import select

from tests import company
from tests.conftest import session_of
from tests.stack import Stack
from webapp.db import session
from webapp.models import Deal, Inbox, Stage
from webapp.queries import board

CARD = re.compile(r'data-deal="(\d+)" data-version="(\d+)" data-at="(\w+)"')
TOAST = re.compile(r'data-toast="(\d+)"')
HEAD = re.compile(r'id="head-(\d+)".*?data-count>(\d+)<', re.DOTALL)
Cards = dict[int, tuple[int, str]]  # version and stage, by deal
Heads = dict[int, int]  # how many deals, by stage
BACK_WITHIN_SECONDS = 30.0


class Shown(ABC):
    """What an open board shows and was told; the messages of its socket change it as live.js does."""

    def __init__(self) -> None:
        self.seq = 0
        self.heard: Counter[int] = Counter()
        self.cards: Cards = {}
        self.heads: Heads = {}

    def show(self, page: str) -> None:
        """The whole board anew."""
        self.cards, self.heads = cards_in(page), _heads(page)

    def hear(self, message: dict[str, Any]) -> None:
        kind = message["kind"]
        if kind == "frame":
            for toast in message["toasts"]:
                self.heard[int(TOAST.search(toast)[1])] += 1  # type: ignore[index]
            self.seq = max(self.seq, message["seq"])
        elif kind == "card":
            self.cards.update(cards_in(message["html"]))
        elif kind == "gone":
            self.cards.pop(message["deal"], None)
        elif kind == "head":
            self.heads.update(_heads(message["html"]))
        elif kind == "resync":
            self.look()

    @abstractmethod
    def look(self) -> None:
        """Ask for the whole board."""


class Watcher(Shown, threading.Thread):
    """A page that somebody keeps open. It comes back as live.js does, with its seq as cursor, to the web `at` or to the
    one whose turn it is."""

    def __init__(self, stack: Stack, name: str, at: str = "") -> None:
        threading.Thread.__init__(self, name=f"watcher-{name}", daemon=True)
        Shown.__init__(self)
        self.stack, self.who, self.at = stack, name, at
        signed = stack.app.session_interface.get_signing_serializer(stack.app)  # type: ignore[attr-defined]
        self.cookie = "dozor=" + signed.dumps({"_user_id": session_of(stack.app, name), "_fresh": True})
        self.connections = self.behind = self.looks = 0
        self.is_over, self.is_away = threading.Event(), threading.Event()

    def run(self) -> None:
        while not self.is_over.is_set():
            with suppress(websocket.WebSocketException, OSError, ValueError):
                self._listen()
            time.sleep(0.2 + 0.8 * random.random())

    def _listen(self) -> None:
        address = self.stack.address(self.at)
        page = websocket.create_connection(
            f"{address.replace('http', 'ws')}/live?seq={self.seq}", cookie=self.cookie, origin=address, timeout=5
        )
        self.connections += 1
        try:
            page.settimeout(1)
            while not (self.is_over.is_set() or self.is_away.is_set()):
                with suppress(websocket.WebSocketTimeoutException):
                    self.hear(json.loads(page.recv()))
        finally:
            self.is_away.clear()
            page.close()

    def hear(self, message: dict[str, Any]) -> None:
        """The first word of a socket says that from now on nothing is missed: what was before is asked for."""
        if message["kind"] == "since":
            self.look()
        super().hear(message)

    def look(self) -> None:
        """Ask for the whole board, as after a reconnect."""
        self.show(self.page("/"))
        self.looks += 1

    def come_back(self) -> None:
        """Lose the connection, and be there again with the page as it is then."""
        known, end = self.looks, time.monotonic() + BACK_WITHIN_SECONDS
        self.is_away.set()
        while self.looks == known and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(2)  # what is pushed to whoever has just come

    def page(self, path: str) -> str:
        request = urllib.request.Request(self.stack.address(self.at) + path, headers={"Cookie": self.cookie})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())

    def blind_spots(self) -> list[str]:
        """I9: what this person lacks or has twice against the database, once they have come back. `behind` is what the
        page that stayed open had wrong: a word that nobody could say any more, since it was killed between commit and
        word."""
        stale = unlike(self.who, dict(self.cards), dict(self.heads), truth_of(self.stack, self.who))
        self.behind = len([each for each in stale if "lacks" not in each])
        self.come_back()
        truth = truth_of(self.stack, self.who)
        return unlike(self.who, self.cards, self.heads, truth) + unheard(self.who, self.heard, truth)

    def stop(self) -> None:
        self.is_over.set()
        self.join(15)


def cards_in(html: str) -> Cards:
    return {int(id_): (int(version), stage) for id_, version, stage in CARD.findall(html)}


def _heads(html: str) -> Heads:
    return {int(stage): int(count) for stage, count in HEAD.findall(html)}


@dataclass(frozen=True)
class Truth:
    """What the database holds for one person: deals that they may see, how many in each column, their last number."""

    seq: int
    deals: Cards
    heads: Heads


def truth_of(stack: Stack, name: str) -> Truth:
    with stack.app.app_context():
        seq = session().scalar(select(Inbox.seq).where(Inbox.user_id == company.person(name))) or 0
        scope = company.acting(name).scope
        assert scope is not None
        deals, heads = {}, Counter[int]()
        found = select(Deal, Stage.key).join(Stage, Stage.id == Deal.stage_id).where(Deal.deleted_at.is_(None))
        for each, stage in session().execute(found):
            if scope.may_read(each.responsible_id, each.department_id):
                deals[each.id] = (each.version, stage)
                heads[each.stage_id] += 1
        session().close()
    return Truth(seq, deals, dict(heads))


def unlike(name: str, cards: Cards, heads: Heads, truth: Truth) -> list[str]:
    """I9: cards and counts on a page that differ from the database, and cards that are nowhere to be seen."""
    wrong = [f"{name} sees {id_} as {card}" for id_, card in cards.items() if truth.deals.get(id_) != card]
    wrong += [f"{name} counts {n} on stage {id_}" for id_, n in heads.items() if truth.heads.get(id_, 0) != n]
    wrong += [f"{name} sees no column of stage {id_}" for id_ in truth.heads if id_ not in heads]
    shown, there = Counter(stage for _, stage in cards.values()), Counter(stage for _, stage in truth.deals.values())
    short = [stage for stage, n in there.items() if shown[stage] < min(n, board.PAGE)]
    return wrong + [f"{name} lacks cards of {stage}" for stage in short]


def unheard(name: str, heard: Counter[int], truth: Truth) -> list[str]:
    """I9: notifications that never came to this page, or came twice."""
    wrong = [f"{name} heard {n} {times} times" for n, times in heard.items() if times > 1]
    return wrong + [f"{name} never heard {n}" for n in range(1, truth.seq + 1) if not heard[n]]
