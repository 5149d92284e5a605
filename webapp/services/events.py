"""What services say has happened. Names in the past tense; `by` carries the cause and the depth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.facts import Snapshot
from webapp.access.scopes import Actor
from webapp.db import emit, open_transaction
from webapp.models import Contact, Deal


@dataclass(frozen=True, slots=True)
class DealEntered:
    """deal.entered: a visit of a stage began. `leaves_waiting`: runs of the visit that it ended. `entered_with` are the
    deal's facts at that moment."""

    deal: Deal
    visit_id: int
    stage_id: int
    at: datetime
    by: Actor
    left_visit_id: int | None
    leaves_waiting: bool
    entered_with: Snapshot


@dataclass(frozen=True, slots=True)
class DealChanged:
    """deal.changed: values of a deal or of its contact, by (entity, key). `now`: its facts, if they are at hand."""

    deal: Deal
    changed: frozenset[tuple[str, str]]
    by: Actor
    now: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class DealDeleted:
    deal_id: int
    by: Actor


@dataclass(frozen=True, slots=True)
class DealRestored:
    """deal.restored: it is back from where it went at `deleted_at`."""

    deal: Deal
    deleted_at: datetime
    by: Actor


@dataclass(frozen=True, slots=True)
class DealAssigned:
    """deal.assigned: another person is responsible now."""

    deal: Deal
    new_id: int
    by: Actor
    old_id: int | None = None  # None: it is new


@dataclass(frozen=True, slots=True)
class DealTakenAlong:
    """deal.taken_along: it is in another department, with the same person."""

    deal: Deal
    by: Actor


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """Who is here, who works where and over whom, who is away, what reps see: some of it is otherwise."""


@dataclass(frozen=True, slots=True)
class DealOpened:
    """deal.opened: a deal is with this contact from now on; `is_new`: it was just made."""

    deal: Deal
    contact: Contact
    by: Actor
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class ClientWrote:
    """message.received: `is_inquiry` when it is the first word of a conversation, `begins_wait` when no client of
    this deal waited for an answer before it."""

    deal_id: int
    conversation_id: int
    message_id: int
    at: datetime
    by: Actor
    is_inquiry: bool = False
    begins_wait: bool = False


@dataclass(frozen=True, slots=True)
class CallMissed:
    """call.missed: a client called, and nobody took it."""

    deal_id: int
    by: Actor


@dataclass(frozen=True, slots=True)
class TriggerCalled:
    """trigger.called: another system has called a trigger's own address."""

    deal_id: int
    trigger_id: int
    by: Actor


@dataclass(frozen=True, slots=True)
class EmployeeReplied:
    deal_id: int
    conversation_id: int
    message_id: int
    is_first: bool
    by: Actor


@dataclass(frozen=True, slots=True)
class InvoicePaid:
    """invoice.paid: `in_full` when nothing of the deal's invoices is open any more."""

    deal_id: int
    invoice_id: int
    in_full: bool
    by: Actor


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """invoice.issued"""

    deal_id: int
    invoice_id: int
    by: Actor


@dataclass(frozen=True, slots=True)
class TaskStepped:
    """A task went a step: created, started, submitted, accepted, returned, cancelled, or it or its acceptance was
    handed over: `was_id` had it. One without a deal has none."""

    deal_id: int | None
    task_id: int
    step: str
    by: Actor
    was_id: int | None = None


@dataclass(frozen=True, slots=True)
class NextStepChanged:
    """next_step.…: what comes next on a deal was agreed, changed, done, cancelled or taken back."""

    deal_id: int
    by: Actor


def people_changed() -> None:
    """Said once, however much of it is otherwise: whatever follows looks at all of them."""
    if PeopleChanged() not in open_transaction().events:
        emit(PeopleChanged())
