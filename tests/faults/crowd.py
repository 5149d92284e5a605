"""Clients and employees who work while everything is being killed. They are patient: what was not answered is asked
again with the same key. What was acknowledged is written down, and must be found in the database at the end."""

from __future__ import annotations

import http.client
import random
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tests import company
from tests.faults.callers import Caller
from tests.stack import NotDone, Stack

PATIENCE_SECONDS = 90.0


class Ledger:
    """What was acknowledged, by all of a crowd."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.deals: list[int] = []
        self.texts: list[str] = []  # of messages, each of its own kind
        self.versions: list[tuple[int, int, str]] = []  # deal, version and stage, as moves were answered with
        self.stood: list[tuple[int, str]] = []  # deals, and the stages that they came to
        self.bills: list[str] = []  # numbers of invoices
        self.paid: list[int] = []  # invoices
        self.accepted: list[int] = []  # tasks
        self.calls = self.refusals = self.retries = 0
        self.broken: list[str] = []


class Enough(Exception):
    """Nothing more is to be begun."""


class Worker(threading.Thread):
    """Somebody who plays the lesson's road again and again with clients of their own."""

    def __init__(
        self,
        stack: Stack,
        ledger: Ledger,
        n: int,
        *,
        pause: float,
        names: Mapping[int, str] | None = None,
        hooks: str = "",
    ) -> None:
        super().__init__(name=f"worker-{n}", daemon=True)
        self.stack, self.ledger, self.pause, self.names = stack, ledger, pause, names or {}
        self.dice = random.Random(n)
        self.caller = Caller(stack, hooks, random.Random(n)) if hooks else None
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.is_over.is_set():
            try:
                self.road()
            except Enough:
                return
            except NotDone as refusal:
                with self.ledger.lock:
                    self.ledger.broken.append(str(refusal)[:300])
            except Exception as error:  # a thread that dies in silence would look like success
                with self.ledger.lock:
                    self.ledger.broken.append(repr(error)[:300])
            time.sleep(self.pause * self.dice.random())

    def road(self) -> None:
        """A client writes; then it goes this way or that."""
        who = f"client {secrets.token_hex(4)}"
        deal, talk, contact = self.inquiry(who)
        if is_vip := self.chance(0.4):
            self.ask("PATCH", f"/contacts/{contact}", {"fields": {"vip": True}})
        if self.chance(0.3):
            self.inquiry(who)
        if self.chance(0.6):
            self.reply(talk)
        elif self.chance(0.5):
            self.move(deal, "data_collection")
        if self.chance(0.6):
            kind = self.dice.choice(("standard", "special"))
            self.move(deal, "processing", {"fields": {"equipment_type": kind}})
            if is_vip and kind == "special":
                self.delicate(deal)
            self.race(deal)
        if self.chance(0.4):
            self.bill(deal)
        if self.chance(0.3):
            self.move(deal, "new")
        if self.caller is not None and self.chance(0.5):
            self.caller.call()

    def bill(self, deal: int) -> None:
        body = {"deal_id": deal, "number": secrets.token_hex(6), "amount": "1000.00"}
        invoice = self.ask("POST", "/invoices", body)
        self.move(deal, "payment", {"fields": {"equipment_type": "standard"}})
        if invoice:
            paid = self.ask("POST", f"/invoices/{invoice['id']}/payments", {}) if self.chance(0.5) else None
            with self.ledger.lock:
                self.ledger.bills.append(body["number"])
                self.ledger.paid += [invoice["id"]] if paid else []

    def delicate(self, deal: int) -> None:
        """The robot's task: reported on, at times after its deadline, sent back or accepted."""
        end = time.monotonic() + 4
        while not (found := self.ask("GET", f"/tasks?deal_id={deal}")["items"]):
            if time.monotonic() > end:
                return  # its robot may well be late among faults
            time.sleep(0.3)
        task, path = found[0], f"/tasks/{found[0]['id']}"
        time.sleep(self.dice.choice((0, 0, 6)))
        rep, head = self.names[task["assignee_id"]], self.names[task["creator_id"]]
        self.ask("POST", f"{path}/submissions", {"result": "Agreed."}, by=rep)
        if self.chance(0.4):
            self.ask("POST", f"{path}/returns", {"reason": "When?"}, by=head)
            self.ask("POST", f"{path}/submissions", {"result": "Today."}, by=rep)
        if self.ask("POST", f"{path}/acceptances", {}, by=head):
            with self.ledger.lock:
                self.ledger.accepted.append(task["id"])

    def race(self, deal: int) -> None:
        """Two at the same moment: one blanks what a stage requires, the other moves the deal there."""
        self.move(deal, "data_collection")
        other = threading.Thread(target=self._blank, args=(deal,), daemon=True)
        other.start()
        self.move(deal, self.dice.choice(("processing", "payment", "won")))
        other.join(PATIENCE_SECONDS)
        with self.ledger.lock:
            stranger = self.dice.choice(self.ledger.deals)
        self.move(stranger, self.dice.choice(("data_collection", "processing", "payment", "won")))

    def _blank(self, deal: int) -> None:
        with suppress(NotDone, Enough):
            self.ask("PATCH", f"/deals/{deal}", {"fields": {"equipment_type": None}})

    def inquiry(self, who: str) -> tuple[int, int, int]:
        text = f"asks {secrets.token_hex(8)}"
        made = self.ask(
            "POST", "/inquiries", {"channel": "api", "contact": {"name": who, "external_id": who}, "text": text}
        )
        assert made is not None
        with self.ledger.lock:
            self.ledger.texts.append(text)
            self.ledger.deals.append(made["deal_id"])
        return made["deal_id"], made["conversation_id"], made["contact_id"]

    def reply(self, talk: int) -> None:
        text = f"says {secrets.token_hex(8)}"
        if self.ask("POST", f"/conversations/{talk}/messages", {"text": text}):
            with self.ledger.lock:
                self.ledger.texts.append(text)

    def move(self, deal: int, stage: str, more: dict[str, Any] | None = None) -> None:
        moved = self.ask("POST", f"/deals/{deal}/moves", {"stage": stage, **(more or {})})
        if moved:
            with self.ledger.lock:
                self.ledger.versions.append((deal, moved["version"], stage))
                self.ledger.stood.append((deal, stage))

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, by: str = "admin") -> Any:
        """Until there is an answer; None when it was a refusal. Raises Enough once it is over."""
        if self.is_over.is_set():
            raise Enough
        key, end = secrets.token_hex(12) if body is not None else None, time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.stack.call(by, method, path, body, key)
                self.ledger.calls += 1
                return answer
            except NotDone as refusal:
                if refusal.status in (403, 409, 422) and "idempotency" not in str(refusal):
                    self.ledger.refusals += 1
                    return None
                trouble: Exception = refusal
            except (OSError, http.client.HTTPException) as error:
                trouble = error
            if time.monotonic() > end:
                raise TimeoutError(f"{method} {path}: no answer within {PATIENCE_SECONDS} s: {trouble!r}")
            self.ledger.retries += 1
            time.sleep(0.1 + 0.3 * self.dice.random())

    def chance(self, share: float) -> bool:
        return self.dice.random() < share


class Crowd:
    """Several of them at once, over one ledger. `hooks`: where the firm's provider of telephony tells of calls."""

    def __init__(self, stack: Stack, size: int, *, pause: float = 0.2, hooks: str = "") -> None:
        self.ledger = Ledger()
        # Their tokens are made before anything is killed.
        names = {stack.call(each, "GET", "/users/me")["id"]: each for each in company.PEOPLE}
        self.people = [Worker(stack, self.ledger, n, pause=pause, names=names, hooks=hooks) for n in range(size)]

    @property
    def calls(self) -> dict[str, str]:
        """Of clients, as the provider has them: how each should have ended."""
        return {sid: end for each in self.people if each.caller for sid, end in each.caller.ended.items()}

    def start(self) -> None:
        for each in self.people:
            each.start()

    def stop(self) -> None:
        """Let each end what it is doing."""
        for each in self.people:
            each.is_over.set()
        for each in self.people:
            each.join(PATIENCE_SECONDS + 10)


def shorten(stack: Stack, seconds: int = 2) -> None:
    """The robots' times in seconds, and the deadline of their task."""
    for key in ("reaction_control", "unpaid_vip", "unpaid_other"):
        timing = {"after": {"amount": seconds, "unit": "seconds"}}
        stack.call("admin", "PATCH", f"/robots/{stack.robot_id(key)}", {"timing": timing})
    due = {"due": {"amount": 2 * seconds, "unit": "seconds"}}
    stack.call("admin", "PATCH", f"/robots/{stack.robot_id('vip_task')}", {"settings": due})
