"""Lists of records for the API: newest first, in pages, of what this viewer may see and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, select

from rules.rights import Scope
from webapp.access import filters as rights
from webapp.db import SqlSelect, session
from webapp.models import (
    Company,
    Contact,
    Conversation,
    Deal,
    Delivery,
    Department,
    Field,
    Invoice,
    JournalEntry,
    Message,
    Note,
    Notification,
    Payment,
    Robot,
    RobotRun,
    Task,
    TaskComment,
    Trigger,
)
from webapp.queries import mentions, run_journal
from webapp.queries.filters import of_what_is_there

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of a list: at most `limit` rows older than row `before`."""

    limit: int = 50
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
    """`next` is the row after which the list goes on; None at its end."""

    rows: list[Row]
    next: int | None


def _slice(query: SqlSelect, column: Any, place: Place) -> Slice[Any]:
    if place.before is not None:
        query = query.where(column < place.before)
    rows = list(session().scalars(query.order_by(column.desc()).limit(place.limit + 1)))
    shown = rows[: place.limit]
    return Slice(shown, getattr(shown[-1], column.key) if len(rows) > place.limit else None)


@dataclass(frozen=True, slots=True)
class DealFilters:
    """What narrows the list of deals; `text` is looked for as in the bar."""

    stage_ids: frozenset[int] | None = None
    responsible_id: int | None = None
    contact_id: int | None = None
    text: str = ""


def deals(scope: Scope, filters: DealFilters, place: Place) -> Slice[Deal]:
    tests: list[ColumnElement[bool]] = [rights.deals(scope), mentions.deal(filters.text)]
    if filters.stage_ids is not None:
        tests.append(Deal.stage_id.in_(filters.stage_ids))
    if filters.responsible_id is not None:
        tests.append(Deal.responsible_id == filters.responsible_id)
    if filters.contact_id is not None:
        tests.append(Deal.contact_id == filters.contact_id)
    return _slice(select(Deal).where(*tests), Deal.id, place)


def contacts(text: str, place: Place, external_id: str | None = None) -> Slice[Contact]:
    """Contacts are read by every employee; `external_id` is by what another system knows one, and nothing like it."""
    query = select(Contact).where(mentions.contact(text))
    return _slice(query if external_id is None else query.where(Contact.external_id == external_id), Contact.id, place)


def companies(text: str, place: Place) -> Slice[Company]:
    """Companies are read by every employee, as their people are."""
    return _slice(select(Company).where(mentions.company(text)), Company.id, place)


def notes(deal_id: int, place: Place) -> Slice[Note]:
    """Of a deal that the viewer was let in to."""
    return _slice(select(Note).where(Note.deal_id == deal_id), Note.id, place)


def runs(deal_id: int, place: Place) -> Slice[RobotRun]:
    """Of a deal that the viewer was let in to."""
    return _slice(select(RobotRun).where(RobotRun.deal_id == deal_id), RobotRun.id, place)


def all_runs(scope: Scope, wanted: run_journal.Wanted, place: Place) -> Slice[RobotRun]:
    """Ended runs over all deals that the viewer reads."""
    query = select(RobotRun).join(Deal, Deal.id == RobotRun.deal_id).where(*run_journal.tests(scope, wanted))
    return _slice(query, RobotRun.id, place)


def journal(deal_id: int, place: Place) -> Slice[JournalEntry]:
    """Of a deal that the viewer was let in to."""
    return _slice(select(JournalEntry).where(JournalEntry.deal_id == deal_id), JournalEntry.id, place)


def conversations(scope: Scope, deal_id: int | None, place: Place) -> Slice[Conversation]:
    return _slice(_of_deals(Conversation, scope, deal_id), Conversation.id, place)


def messages(conversation_id: int, place: Place) -> Slice[Message]:
    """Of a conversation that the viewer was let in to."""
    return _slice(select(Message).where(Message.conversation_id == conversation_id), Message.id, place)


def invoices(scope: Scope, deal_id: int | None, place: Place, number: str | None = None) -> Slice[Invoice]:
    query = _of_deals(Invoice, scope, deal_id)
    return _slice(query if number is None else query.where(Invoice.number == number), Invoice.id, place)


def payments(scope: Scope, deal_id: int | None, invoice_id: int | None, place: Place) -> Slice[Payment]:
    """Of the invoices of deals that the viewer reads."""
    query = select(Payment).join(Invoice, Invoice.id == Payment.invoice_id)
    query = query.join(Deal, Deal.id == Invoice.deal_id).where(rights.deals(scope))
    if deal_id is not None:
        query = query.where(Invoice.deal_id == deal_id)
    return _slice(query if invoice_id is None else query.where(Payment.invoice_id == invoice_id), Payment.id, place)


def invoices_of(payments: Sequence[Payment]) -> dict[int, Invoice]:
    """By id, in one statement."""
    ids = {each.invoice_id for each in payments}
    return {each.id: each for each in session().scalars(select(Invoice).where(Invoice.id.in_(ids)))} if ids else {}


def _of_deals(model: Any, scope: Scope, deal_id: int | None) -> SqlSelect:
    query = select(model).join(Deal, Deal.id == model.deal_id).where(rights.deals(scope))
    return query if deal_id is None else query.where(model.deal_id == deal_id)


def tasks(scope: Scope, state: str | None, deal_id: int | None, place: Place) -> Slice[Task]:
    """Those that the viewer may see."""
    query = select(Task).outerjoin(Deal, Deal.id == Task.deal_id).where(rights.tasks(scope))
    if state is not None:
        query = query.where(Task.state == state)
    if deal_id is not None:
        query = query.where(Task.deal_id == deal_id)
    return _slice(query, Task.id, place)


def task_comments(task_id: int, place: Place) -> Slice[TaskComment]:
    """Of a task that the viewer was let in to."""
    return _slice(select(TaskComment).where(TaskComment.task_id == task_id), TaskComment.id, place)


def notifications(user_id: int, unread: bool, place: Place) -> Slice[Notification]:
    """One's own, by their number."""
    query = select(Notification).where(Notification.user_id == user_id, of_what_is_there())
    if unread:
        query = query.where(Notification.read_at.is_(None))
    return _slice(query, Notification.seq, place)


def deliveries(place: Place) -> Slice[Delivery]:
    """All that went out."""
    return _slice(select(Delivery), Delivery.id, place)


def fields(*, archived: bool = False) -> Sequence[Field]:
    """The firm's own fields, in the order of its forms; archived ones too if these are asked for."""
    query = select(Field) if archived else select(Field).where(Field.archived_at.is_(None))
    return session().scalars(query.order_by(Field.position, Field.id)).all()


def triggers() -> Sequence[Trigger]:
    return session().scalars(select(Trigger).where(Trigger.archived_at.is_(None)).order_by(Trigger.id)).all()


def robots() -> Sequence[Robot]:
    """By stage, in their order."""
    query = select(Robot).where(Robot.archived_at.is_(None)).order_by(Robot.stage_id, Robot.position, Robot.id)
    return session().scalars(query).all()


def department_keys() -> dict[int, str]:
    return {each.id: each.key for each in session().scalars(select(Department).order_by(Department.id))}
