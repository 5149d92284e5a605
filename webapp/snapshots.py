"""From rows to the facts that rules read: one deal with its contact, company, invoices and conversation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, bindparam, func, select

from rules.facts import Snapshot
from webapp.db import session
from webapp.models import Company, Contact, Conversation, Deal, Invoice, Message
from webapp.setups import current

_DEAL_ID = bindparam("deal_id", type_=Integer)
_OPEN = Invoice.amount_minor > Invoice.paid_minor
_OWED = (
    select(
        func.count(Invoice.id).label("invoices"),
        func.coalesce(func.sum(Invoice.amount_minor - Invoice.paid_minor), 0).label("balance"),
        func.min(Invoice.due_on).filter(_OPEN).label("nearest"),
        func.max(Invoice.number).filter(_OPEN).label("number"),
    )
    .where(Invoice.deal_id == _DEAL_ID)
    .subquery()
)
_LATEST = select(func.max(Conversation.id)).where(Conversation.deal_id == _DEAL_ID).scalar_subquery()
_LAST = (
    select(func.max(Message.id))
    .where(Message.conversation_id == Conversation.id, Message.direction == "in")
    .correlate(Conversation)
    .scalar_subquery()
)
# A deal's invoices, its latest conversation and what the client last said there: asked for at every move, so in one go.
_AROUND = (
    select(
        *_OWED.c, Conversation.id.label("conversation_id"), Conversation.replied_at, Conversation.channel, Message.at, Message.text
    )
    .select_from(_OWED)
    .outerjoin(Conversation, Conversation.id == _LATEST)
    .outerjoin(Message, Message.id == _LAST)
)


def of_deal(deal: Deal, contact: Contact | None = None) -> Snapshot:
    """The deal as it stands in this transaction. `contact`, when given, is one that the caller holds already."""
    if contact is None and deal.contact_id is not None:
        contact = session().get(Contact, deal.contact_id)
    stage = current().stages.get(deal.stage_id)
    around = session().execute(_AROUND, {"deal_id": deal.id}).one()
    return Snapshot(
        {
            "deal": {
                **deal.fields,
                "title": deal.title,
                "amount": deal.amount_minor,
                "responsible": deal.responsible_id,
                "stage": stage.key if stage else None,
                "source": deal.source,
                "created_at": deal.created_at.isoformat(),
                "has_contact": contact is not None,
            },
            "contact": of_contact(contact),
            "company": _company(contact),
            "invoices": _invoices(around),
            "conversation": _conversation(around),
        }
    )


def of_contact(contact: Contact | None) -> dict[str, Any]:
    if contact is None:
        return {}
    return {**contact.fields, "name": contact.name, "phone": contact.phone, "email": contact.email}


def _company(contact: Contact | None) -> dict[str, Any]:
    if contact is None or contact.company_id is None:
        return {}
    company = session().get(Company, contact.company_id)
    return {"name": company.name} if company else {}


def _invoices(around: Any) -> dict[str, Any]:
    """Sums of a deal's invoices; unpaid is any open balance."""
    return {
        "count": around.invoices,
        "balance": int(around.balance),
        "unpaid": around.balance > 0,
        "number": around.number,
        "nearest_due_on": around.nearest.isoformat() if around.nearest else None,
    }


def _conversation(around: Any) -> dict[str, Any]:
    """The deal's latest conversation. Replied: an employee has answered there at least once."""
    if around.conversation_id is None:
        return {"replied": False}
    return {
        "replied": around.replied_at is not None,
        "channel": around.channel,
        "last_client_message_at": around.at.isoformat() if around.at else None,
        "last_text": around.text,
    }
