"""A deal as it stood at an instant, for the oracle: the rows of now, with the journal read backwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.db import session
from webapp.models import Contact, Conversation, Deal, Invoice, JournalEntry, Message, Payment

AS_IT_STANDS = datetime(2200, 1, 1, tzinfo=UTC)  # nothing has happened after it
DOUBT = timedelta(milliseconds=100)  # two things so close may have happened in either order


@dataclass(frozen=True)
class Past:
    """A deal as it stood at an instant: what stands now, with the journal read backwards."""

    deal: Deal
    entries: list[JournalEntry]

    @classmethod
    def of(cls, deal: Deal) -> Past:
        own = (JournalEntry.entity == "deal") & (JournalEntry.entity_id == deal.id)
        its = (JournalEntry.entity == "contact") & (JournalEntry.entity_id == (deal.contact_id or 0))
        found = select(JournalEntry).where(own | its, JournalEntry.field.is_not(None))
        return cls(deal, list(session().scalars(found.order_by(JournalEntry.id.desc()))))

    def value(self, entity: str, key: str, at: datetime) -> Any:
        """Raises KeyError for what nobody taught the oracle to read."""
        readers: dict[tuple[str, str], Callable[[datetime], Any]] = {
            ("invoices", "unpaid"): lambda then: self._balance(then) > 0,
            ("conversation", "replied"): self._is_replied,
            ("conversation", "unanswered"): self._is_unanswered,
        }
        if reader := readers.get((entity, key)):
            return reader(at)
        if entity not in ("deal", "contact"):
            raise KeyError((entity, key))
        for each in self.entries:
            if each.entity == entity and each.field == key and each.at > at:
                found = [older for older in self.entries if older.id <= each.id and older.at > at]
                oldest = [older for older in found if (older.entity, older.field) == (entity, key)][-1]
                return oldest.old
        return self._now(entity, key)

    def _now(self, entity: str, key: str) -> Any:
        if entity == "contact":
            contact = session().get(Contact, self.deal.contact_id) if self.deal.contact_id else None
            return contact.fields.get(key) if contact else None
        return self.deal.responsible_id if key == "responsible" else self.deal.fields.get(key)

    def _balance(self, at: datetime) -> int:
        bills = select(Invoice).where(Invoice.deal_id == self.deal.id, Invoice.created_at <= at)
        return sum(
            bill.amount_minor
            - sum(
                each.amount_minor
                for each in session().scalars(select(Payment).where(Payment.invoice_id == bill.id, Payment.at <= at))
            )
            for bill in session().scalars(bills)
        )

    def _is_replied(self, at: datetime) -> bool:
        talks = select(Conversation.id).where(Conversation.deal_id == self.deal.id, Conversation.created_at <= at)
        last = session().scalar(talks.order_by(Conversation.id.desc()).limit(1))
        answers = select(Message.id).where(
            Message.conversation_id == last, Message.direction == "out", Message.by_id.is_not(None), Message.at <= at
        )
        return session().scalar(answers.limit(1)) is not None

    def _is_unanswered(self, at: datetime) -> bool:
        said = select(Message).join(Conversation, Conversation.id == Message.conversation_id)
        said = said.where(Conversation.deal_id == self.deal.id, Message.at <= at).order_by(Message.id)
        last = {each.conversation_id: each.direction for each in session().scalars(said)}
        return "in" in last.values()

    def holds(self, condition: Any, at: datetime) -> bool:
        """The lesson's conditions, read anew: groups of eq, ne, in, filled and empty."""
        if not condition:
            return True
        if "all" in condition:
            return all(self.holds(each, at) for each in condition["all"])
        if "any" in condition:
            return any(self.holds(each, at) for each in condition["any"])
        actual, wanted = self.value(condition["entity"], condition["field"], at), condition.get("value")
        if isinstance(wanted, bool):
            actual = bool(actual)
        tests = {
            "eq": actual == wanted,
            "ne": actual != wanted,
            "in": isinstance(wanted, list) and actual in wanted,
            "filled": bool(actual),
            "empty": not actual,
        }
        return tests[condition["operator"]]
