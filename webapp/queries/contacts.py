"""Contacts: a list to search, and one with its deals and conversations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from rules.rights import Scope
from webapp.access import filters
from webapp.db import SqlRow, folding, session
from webapp.i18n.catalogue import language
from webapp.models import Company, Contact, Conversation, Deal, Message
from webapp.queries import mentions
from webapp.queries.cards import Card, cards, selection
from webapp.queries.paging import Key, Listed, Turn, rows_at

MOST_CHOICES = 8
LAST = "\U0010ffff"  # after every name
SORTS: dict[str, Callable[[], Key]] = {
    "name": lambda: Key(folding.alphabetical(Contact.name_folded, language())),
    "new": lambda: Key(_id(), falls=True),
    "company": lambda: Key(func.coalesce(folding.alphabetical(Company.name_folded, language()), LAST)),
}


def _id() -> ColumnElement[int]:
    return Contact.__table__.c.id


def listed(words: str, turn: Turn = Turn(), sort: str = "name") -> Listed[SqlRow]:  # noqa: B008
    """One page of the contacts whose name, phone, e-mail or company mention `words`, by one of SORTS."""
    query = selected().where(mentions.contact(words))
    total = session().scalar(select(func.count(Contact.id)).where(mentions.contact(words)))
    rows, onward, back = rows_at(query, (SORTS[sort](), Key(_id())), turn)
    return Listed(rows, total or 0, onward, back)


def choices(words: str, first: int | None = None) -> Sequence[SqlRow]:
    """Who could be meant by a name or a phone as far as it is typed, nobody for blank words; before them the contact
    that was chosen already, or has what was typed."""
    before = [each for each in (one(first),) if each is not None]
    return [*before, *(each for each in _meant(words) if each.id != first)]


def _meant(words: str) -> Sequence[SqlRow]:
    if not words.strip():
        return []
    in_alphabet = folding.alphabetical(Contact.name_folded, language())
    order = folding.equals(Contact.name_folded, words).desc(), in_alphabet, Contact.id
    return session().execute(selected().where(mentions.contact(words)).order_by(*order).limit(MOST_CHOICES)).all()


def selected() -> Select[Any]:
    """What a row of contacts shows."""
    columns = Contact.id, Contact.name, Contact.phone, Contact.phone_extension, Contact.email, Contact.fields
    company = Company.name.label("company")
    return select(*columns, Contact.created_at, company).outerjoin(Company, Company.id == Contact.company_id)


def one(contact_id: int | None) -> SqlRow | None:
    """The row of a contact that is there."""
    if contact_id is None:
        return None
    return session().execute(selected().where(Contact.id == contact_id, Contact.merged_into_id.is_(None))).first()


def company_of(contact: Contact) -> Company | None:
    """Where a contact works."""
    return session().get(Company, contact.company_id) if contact.company_id else None


def company_named(name: str) -> Company | None:
    """The company that a form means by this name, if there is one."""
    alike = select(Company).where(folding.equals(Company.name_folded, name.strip()))
    return session().scalars(alike.order_by(Company.id).limit(1)).first()


def deals_of(contact_id: int, scope: Scope, turn: Turn = Turn()) -> Listed[Card]:  # noqa: B008
    """A page of the contact's deals that this viewer may see, the newest first."""
    theirs = filters.deals(scope) & (Deal.contact_id == contact_id)
    rows, onward, back = rows_at(selection().where(theirs), (Key(Deal.__table__.c.id, falls=True),), turn)
    total = session().scalar(select(func.count(Deal.id)).where(theirs)) or 0
    return Listed(cards(rows), total, onward, back)


def talks_of(contact_id: int, scope: Scope, turn: Turn = Turn()) -> Listed[SqlRow]:  # noqa: B008
    """A page of its conversations about deals that this viewer may see, each with its last message, the latest
    first."""
    theirs = filters.deals(scope) & (Conversation.contact_id == contact_id)
    ids = select(func.max(Message.id)).where(Message.conversation_id == Conversation.id)
    query = (
        select(Conversation.channel, Conversation.unanswered_since, Deal.id.label("deal_id"), Deal.title)
        .add_columns(Message.text, Message.kind, Message.direction, Message.at)
        .select_from(Conversation)
        .join(Deal, Deal.id == Conversation.deal_id)
        .outerjoin(Message, Message.id == ids.correlate(Conversation).scalar_subquery())
        .where(theirs)
    )
    latest = Key(func.coalesce(Message.__table__.c.id, 0), falls=True)
    rows, onward, back = rows_at(query, (latest, Key(Conversation.__table__.c.id, falls=True)), turn)
    count = select(func.count(Conversation.id)).join(Deal, Deal.id == Conversation.deal_id).where(theirs)
    return Listed(rows, session().scalar(count) or 0, onward, back)
