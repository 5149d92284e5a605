"""What is done on a deal's sheet, or on a task's page: whatever its HTML offers this person."""

from __future__ import annotations

import random
import re
import secrets
from dataclasses import dataclass

from tests.soak.browsers import Browser

KINDS = ("standard", "large", "special")
VERBS = {
    "starts": {},
    "submissions": {"result": "Agreed by phone"},
    "acceptances": {},
    "returns": {"reason": "Ask once more"},
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One that somebody has open."""

    browser: Browser
    dice: random.Random
    deal_id: int
    page: str

    def something(self) -> None:
        """One thing, sometimes two."""
        for act in self.dice.sample(
            [self.reply, self.edit, self.bill, self.pay, self.task], self.dice.choice((1, 1, 2))
        ):
            act()

    def reply(self) -> None:
        for talk in set(re.findall(r'action="(/conversations/\d+/messages)"', self.page)):
            self.browser.send(talk, "reply", {"text": f"Good day! We can deliver in {self.dice.randint(2, 9)} weeks."})

    def edit(self) -> None:
        """A field in place, with the version seen."""
        version = re.search(r'data-version="(\d+)"', self.page)
        field = self.dice.choice(
            (
                {"amount": str(self.dice.randint(50, 4000) * 1000)},
                {"deal.equipment_type": self.dice.choice(KINDS)},
                {"title": f"Order {secrets.token_hex(3)}, press"},
            )
        )
        self.browser.send(f"/deals/{self.deal_id}", "edit", {"version": version[1] if version else "", **field})

    def bill(self) -> None:
        if f"/deals/{self.deal_id}/invoices" in self.page and self.dice.random() < 0.5:
            invoice = {"number": secrets.token_hex(5), "amount": "150000", "due_on": ""}
            self.browser.send(f"/deals/{self.deal_id}/invoices", "invoice", invoice)

    def pay(self) -> None:
        for path in re.findall(r'action="(/invoices/\d+/payments)"', self.page):
            self.browser.send(path, "payment", {} if self.dice.random() < 0.7 else {"amount": "1000"})

    def task(self) -> None:
        """One step of a task that is this person's to take."""
        found = re.findall(r'(?:form)?action="(/tasks/\d+/(\w+))"', self.page)
        found = [each for each in found if each[1] in VERBS]
        if found:
            path, verb = self.dice.choice(found)
            self.browser.send(path, verb, VERBS[verb])
