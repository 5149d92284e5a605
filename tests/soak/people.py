"""Employees at work: each signs in, keeps a page open, does now this and now that, and now and then goes home."""

from __future__ import annotations

import random
import re
import secrets
import threading
import time
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import quote

from tests.bench.visitors import Answer
from tests.soak.book import Book
from tests.soak.browsers import Browser, Tab
from tests.soak.firm import PASSWORD, Colleague, Firm
from tests.soak.sheets import KINDS, Sheet

ROAD = ("new", "data_collection", "processing", "payment", "won")
FILTERS = (
    "/?mine=1",
    "/?mark=contact.vip",
    "/?burning=1",
    "/?tag=deal.equipment_type%3Aspecial",
    "/?least=10000000",
    "/?q=press",
)
ELSEWHERE = ("/inbox", "/tasks", "/tasks?list=all", "/contacts", "/deals", "/profile", "/search?q=press")
WORDS = ("press", "lathe", "crane", "urgent", "delivery", "price", "станок", "доставка")
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
FIELD = re.compile(r'<input class="input" id="contact-(\w+)" name="\w+" type="\w+" value="([^"]*)"')


class Person(threading.Thread):
    """`pace` is the mean time between two acts, in seconds; `stays` how long until they go home for a moment."""

    def __init__(self, firm: Firm, book: Book, who: Colleague, *, pace: float, stays: float) -> None:
        super().__init__(name=who.email, daemon=True)
        self.firm, self.book, self.who, self.pace, self.stays = firm, book, who, pace, stays
        self.dice = random.Random(who.email)
        self.browser = Browser(firm.port, book, who.address, who.locale)
        self.tab: Tab | None = None
        self.is_over = threading.Event()
        self.acts: list[Callable[[], None]] = [
            *[self.move] * 8, *[self.sheet] * 8, *[self.prompt] * 3, *[self.task] * 2, *[self.filter] * 2,
            *[self.search] * 2,
            self.elsewhere, self.elsewhere, self.read, self.contact, self.many, self.quick, self.network, self.reload,
        ]  # fmt: skip

    def run(self) -> None:
        self.is_over.wait(self.pace * self.dice.random())
        while not self.is_over.is_set():
            self._safely(self.sign_in)
            until = time.monotonic() + self.stays * (0.5 + self.dice.random())
            while time.monotonic() < until and not self.is_over.wait(self.dice.expovariate(1 / self.pace)):
                self._safely(self.dice.choice(self.acts))
            if not self.is_over.is_set():
                self._safely(self.sign_out)
                self.is_over.wait(self.pace)

    def _safely(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # a thread that dies in silence would look like success
            self.book.wrong(f"{self.who.email}, {act.__name__}: {error!r}")

    def sign_in(self) -> None:
        page = self.browser.open("/sign-in", "sign-in page")
        token = CSRF.search(page)
        assert token, page[:300]
        pairs = {"csrf_token": token[1], "email": self.who.email, "password": PASSWORD}
        self.browser.send("/sign-in", "sign in", pairs, plain=True)
        self.go("/")

    def sign_out(self) -> None:
        """The page's socket must end by itself."""
        tab = self.tab
        if tab is not None:
            tab.check()
            tab.may_end = True
        self.browser.send("/sign-out", "sign out", {}, plain=True)
        if tab is not None:
            tab.join(20)
            if tab.is_alive():
                self.book.wrong(f"{self.who.email}: a socket outlived its session")
            tab.leave()
        self.tab = None

    def go(self, path: str) -> str:
        """To another page: this one's socket closes, the next one opens its own."""
        if self.tab is not None:
            self.tab.leave(politely=self.chance(0.8))
        page = self.browser.open(path)
        self.tab = Tab(self.browser, page, is_board=path == "/")
        self.tab.start()
        return page

    def board(self) -> Tab:
        if self.tab is None or not self.tab.is_board:
            self.go("/")
        assert self.tab is not None
        return self.tab

    def reload(self) -> None:
        self.go("/")

    def network(self) -> None:
        if self.tab is not None:
            self.tab.drop()

    def elsewhere(self) -> None:
        page = self.go(self.dice.choice(ELSEWHERE))
        if (found := re.findall(r'href="(/contacts/\d+)"', page)) and self.chance(0.3):
            self.go(self.dice.choice(found))

    def read(self) -> None:
        """The bell, and one notice or all of them marked as read."""
        bell = self.browser.part("/bell", "bell")
        if self.chance(0.3):
            self.browser.send("/inbox/readings", "read all")
        elif found := re.findall(r"/notifications/(\d+)/readings", bell):
            self.browser.send(f"/notifications/{self.dice.choice(found)}/readings", "read")

    def search(self) -> None:
        """As the field asks while one types."""
        word = self.dice.choice(WORDS)
        for typed in (word[:2], word):
            self.browser.part(f"/search?q={quote(typed)}", "search")

    def filter(self) -> None:
        self.board()
        page = self.browser.part(self.dice.choice(FILTERS), "filtered board", "main#board")
        if found := re.findall(r'hx-get="(/pipelines/[^"]+/stages/[^"]+)"', page):
            self.browser.part(unescape(self.dice.choice(found)), "more cards")

    def mine(self) -> list[int]:
        """Deals on the board that this person may change, and that are open."""
        tab = self.board()
        shown, owners = dict(tab.cards), dict(tab.owners)
        return [
            deal_id
            for deal_id, (_, stage) in shown.items()
            if stage in ROAD[:4] and (self.who.leads or owners.get(deal_id) == self.who.name)
        ]

    def move(self) -> None:
        """Mostly onwards. A drop names the version seen and a neighbour; what a stage asks for is filled in."""
        if not (mine := self.mine()):
            return
        deal_id = self.dice.choice(mine)
        version, at = self.board().cards[deal_id]
        to = self._next(at)
        if self.chance(0.5):
            self.browser.part(f"/deals/{deal_id}/needs", "needs")
        pairs: dict[str, Any] = {"stage": to, "version": version}
        there = [each for each, (_, stage) in dict(self.board().cards).items() if stage == to and each != deal_id]
        if there and self.chance(0.6):
            pairs[self.dice.choice(("before", "after"))] = self.dice.choice(there)
        answer = self.browser.send(f"/deals/{deal_id}/moves", "move", pairs)
        if answer.status == 422 and self.chance(0.9):
            self._fill_in(deal_id, to, answer)
        elif "data-undo" in answer.text and self.chance(0.1):
            shown = re.findall(r'name="visit" value="(\d+)"', answer.text)
            self.browser.send(f"/deals/{deal_id}/takebacks", "undo", {"visit": shown[0]})

    def _next(self, at: str) -> str:
        if self.chance(0.06):
            return "lost"
        if self.chance(0.12):
            return self.dice.choice([each for each in ROAD[:4] if each != at])
        return ROAD[ROAD.index(at) + 1]

    def _fill_in(self, deal_id: int, to: str, answer: Answer) -> None:
        """The small form, with exactly what it asks for."""
        asked = set(re.findall(r'name="((?:deal|contact)\.\w+)"', answer.text))
        values = {"deal.equipment_type": self.dice.choice(KINDS), "deal.lost_reason": "Too dear"}
        pairs = {"stage": to, **{name: values.get(name, "yes") for name in asked}}
        self.browser.send(f"/deals/{deal_id}/moves", "move with values", pairs)

    def sheet(self) -> None:
        """Open a deal over the board, read, do something, close it."""
        if not (mine := self.mine()):
            return
        tab, deal_id = self.board(), self.dice.choice(mine)
        sheet = Sheet(self.browser, self.dice, deal_id, self.browser.part(f"/deals/{deal_id}", "sheet"))
        tab.deal_id = deal_id
        self.is_over.wait(self.pace * 0.1 * self.dice.random())
        sheet.something()
        tab.deal_id = 0

    def task(self) -> None:
        """One's own list, then one of them."""
        page = self.go("/tasks")
        if found := re.findall(r'<li data-task="(\d+)"', page):
            Sheet(self.browser, self.dice, 0, self.go(f"/tasks/{self.dice.choice(found)}")).task()

    def prompt(self) -> None:
        """Work handed in stands as a prompt on every page of the head's: accepted, or returned with a reason."""
        if self.tab is None or not self.tab.prompts:
            return
        task_id = self.dice.choice(self.tab.prompts)
        if self.chance(0.75):
            self.browser.send(f"/tasks/{task_id}/acceptances", "accept", {"prompt": "1"})
        else:
            self.browser.send(f"/tasks/{task_id}/returns", "return", {"prompt": "1", "reason": "The price is missing"})

    def contact(self) -> None:
        """A client becomes a VIP, or is one no longer."""
        if not (mine := self.mine()):
            return
        found = re.search(r'href="(/contacts/\d+)"', self.browser.part(f"/deals/{self.dice.choice(mine)}", "sheet"))
        if not found:
            return
        page = self.go(found[1])
        version = re.search(r'name="version" value="(\d+)"', page)
        pairs = [(name, unescape(value)) for name, value in FIELD.findall(page)]
        pairs += [("contact.vip", "off"), *([("contact.vip", "on")] if self.chance(0.5) else [])]
        self.browser.send(found[1], "contact", [*pairs, ("version", version[1] if version else "")], plain=True)

    def many(self) -> None:
        """Some selected cards at once."""
        mine = self.mine()
        if len(mine) >= 3 and self.chance(0.5):
            pairs = [("deal", each) for each in self.dice.sample(mine, 3)]
            self.browser.send("/moves", "many moves", [*pairs, ("stage", self.dice.choice(ROAD[1:4]))])

    def quick(self) -> None:
        """A deal by its title alone, where there is room for one."""
        if self.firm.has_room():
            self.board()
            self.browser.send(
                "/deals", "quick add", {"stage": "new", "quick": "1", "title": f"Order {secrets.token_hex(3)}, lathe"}
            )

    def chance(self, share: float) -> bool:
        return self.dice.random() < share
