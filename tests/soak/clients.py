"""The world outside: clients write by the web form and through the API, new ones and those who have written before."""

from __future__ import annotations

import json
import random
import re
import secrets
import threading

from tests.soak.book import Book
from tests.soak.browsers import Browser
from tests.soak.firm import Firm
from tests.stack import Stack

ADDRESSES = 40  # the web form is counted by address, so each must write seldom enough
READS_FOR = 2.2  # seconds; who is quicker than two is taken for a machine
KNOWN = 200
TEXTS = ("We need a press, please call", "When will it be delivered?", "Нужен станок, перезвоните")


class Outside(threading.Thread):
    """One stream of inquiries. `pace` is the mean time between two, in seconds."""

    def __init__(self, firm: Firm, book: Book, n: int, token: str, *, pace: float) -> None:
        super().__init__(name=f"outside-{n}", daemon=True)
        self.firm, self.book, self.n, self.pace = firm, book, n, pace
        self.dice = random.Random(n)
        self.token = token
        self.known: list[dict[str, str]] = []
        self.program = Browser(firm.port, book, "10.0.2.1", "en")
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(self.dice.expovariate(1 / self.pace)):
            try:
                who = self.somebody()
                if who is not None:
                    self.by_form(who) if self.dice.random() < 0.5 else self.by_program(who)
            except Exception as error:  # a thread that dies in silence would look like success
                self.book.wrong(f"{self.name}: {error!r}")
        self.program.wire.close()

    def somebody(self) -> dict[str, str] | None:
        """A new client while the board has room, else one who is known, else nobody."""
        if self.firm.has_room():
            number = f"+7 9{self.n:02d} {self.dice.randrange(10**7):07d}"
            self.known.append({"name": f"Client {secrets.token_hex(3)}", "phone": number})
            del self.known[:-KNOWN]
            return self.known[-1]
        return self.dice.choice(self.known) if self.known and self.dice.random() < 0.3 else None

    def by_form(self, who: dict[str, str]) -> None:
        visitor = Browser(
            self.firm.port, self.book, f"10.0.3.{self.dice.randint(1, ADDRESSES)}", self.dice.choice(("en", "ru"))
        )
        page = visitor.open("/form/sales", "form page")
        token = re.search(r'name="token" value="([^"]+)"', page)
        assert token, page[:300]
        self.is_over.wait(READS_FOR + self.dice.random())
        pairs = {**who, "email": "", "text": self.text(), "token": token[1], "website": ""}
        visitor.send("/form/sales", "form sent", pairs, plain=True)
        visitor.wire.close()

    def by_program(self, who: dict[str, str]) -> None:
        body = json.dumps({"channel": "chat", "contact": who, "text": self.text()})
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(8),
        }
        for _ in range(self.dice.choice((1, 1, 1, 2))):  # some send it again, to be sure
            self.book.note("inquiry", self.program.ask("POST", "/api/v1/inquiries", body, **headers), is_page=False)

    def text(self) -> str:
        return f"{self.dice.choice(TEXTS)} {secrets.token_hex(3)}"


def token_of(stack: Stack) -> str:
    """A key to the API for the programs outside."""
    stack.call("admin", "GET", "/users/me")
    return stack.tokens["admin"]
