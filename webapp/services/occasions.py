"""Occasions: what a robot can be started by, beside entering a stage.

Some happen at an instant: a field changes, an invoice is issued. Others stand for a while, from an instant on, and end
by their contrary: a client waits for an answer, an invoice is overdue. What stands now is read here from the rows, so
that a robot is armed for it, and called off when it is over, whichever way that came about.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from webapp.db import session
from webapp.models import Conversation, Deal, Invoice, JournalEntry, Message, Task
from webapp.snapshots.setups import current


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a robot is started. `cause` names it among those of its start on this deal, for ever; `since` is what a delay
    is counted from, which may be ahead."""

    start: str
    since: datetime
    cause: str = ""
    message_id: int | None = None


def standing(deal: Deal, starts: Collection[str]) -> list[Occasion]:
    """What stands on a deal now, of these starts."""
    return [found for start in starts if start in STANDING for found in STANDING[start](deal)]


def _unanswered(deal: Deal) -> list[Occasion]:
    """A conversation in which the client's last word waits, since the first word that does."""
    first = (
        select(func.min(Message.id))
        .where(Message.conversation_id == Conversation.id, Message.direction == "in")
        .where(Message.at >= Conversation.unanswered_since)
        .scalar_subquery()
    )
    waiting = select(Conversation.id, Conversation.unanswered_since, first.label("first")).where(
        Conversation.deal_id == deal.id, Conversation.unanswered_since.is_not(None)
    )
    return [
        Occasion("unanswered", row.unanswered_since, f"m{row.first}" if row.first else f"c{row.id}")
        for row in session().execute(waiting.order_by(Conversation.id))
    ]


def _client_silent(deal: Deal) -> list[Occasion]:
    """The last word is an employee's, since then. What a robot wrote is no word."""
    said = (
        select(Message.id, Message.at, Message.direction)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.deal_id == deal.id, or_(Message.direction == "in", Message.by_id.is_not(None)))
    )
    last = session().execute(said.order_by(Message.id.desc()).limit(1)).first()
    return [Occasion("client_silent", last.at, f"m{last.id}")] if last and last.direction == "out" else []


def _invoice_overdue(deal: Deal) -> list[Occasion]:
    """An open balance, from the end of the day on which it was due."""
    zone = ZoneInfo(current().firm.time_zone)
    owed = select(Invoice.id, Invoice.due_on).where(
        Invoice.deal_id == deal.id, Invoice.due_on.is_not(None), Invoice.amount_minor > Invoice.paid_minor
    )
    return [
        Occasion("invoice_overdue", datetime.combine(row.due_on + timedelta(days=1), time.min, zone), f"i{row.id}")
        for row in session().execute(owed.order_by(Invoice.id))
    ]


def _task_overdue(deal: Deal) -> list[Occasion]:
    """A task that is still to be done, from its deadline on."""
    open_tasks = select(Task.id, Task.due_at).where(
        Task.deal_id == deal.id, Task.state.in_(("new", "in_progress")), Task.due_at.is_not(None)
    )
    return [
        Occasion("task_overdue", row.due_at, f"t{row.id}-{int(row.due_at.timestamp())}")
        for row in session().execute(open_tasks.order_by(Task.id))
    ]


def _no_next_step(deal: Deal) -> list[Occasion]:
    """An open deal on which nobody has agreed what comes next, since its last step ended, or since it was made."""
    steps = select(Task.id, Task.ended_at).where(Task.deal_id == deal.id, Task.is_next_step)
    last = session().execute(steps.order_by(Task.ended_at.is_(None).desc(), Task.ended_at.desc()).limit(1)).first()
    if deal.closed_at is not None or (last is not None and last.ended_at is None):
        return []
    return [
        Occasion("no_next_step", last.ended_at, f"t{last.id}") if last else Occasion("no_next_step", deal.created_at)
    ]


STANDING: dict[str, Callable[[Deal], list[Occasion]]] = {
    "unanswered": _unanswered,
    "client_silent": _client_silent,
    "invoice_overdue": _invoice_overdue,
    "task_overdue": _task_overdue,
    "no_next_step": _no_next_step,
}


def last_change(deal: Deal) -> str:
    """The name of the change just made to a deal or its contact: its line in the journal."""
    own = JournalEntry.deal_id == deal.id
    its = (JournalEntry.entity == "contact") & (JournalEntry.entity_id == deal.contact_id)
    return f"j{session().scalar(select(func.max(JournalEntry.id)).where(or_(own, its))) or 0}"
