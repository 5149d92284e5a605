"""From rows to the facts that rules read: one deal with its contact, company, invoices and conversation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from rules.facts import Snapshot
from webapp.db import session
from webapp.models import Company, Contact, Conversation, Deal, Invoice, Message
from webapp.setups import current


def of_deal(deal: Deal, contact: Contact | None = None) -> Snapshot:
    """The deal as it stands in this transaction. `contact`, when given, is one that the caller holds already."""
    if contact is None and deal.contact_id is not None:
        contact = session().get(Contact, deal.contact_id)
    stage = current().stages.get(deal.stage_id)
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
            "invoices": _invoices(deal.id),
            "conversation": _conversation(deal.id),
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


def _invoices(deal_id: int) -> dict[str, Any]:
    """Sums of a deal's invoices; unpaid is any open balance (settled.md)."""
    if deal_id is None:
        return {"count": 0, "balance": 0, "unpaid": False, "number": None, "nearest_due_on": None}
    open_ = Invoice.amount_minor > Invoice.paid_minor
    count, balance, nearest, number = (
        session()
        .execute(
            select(
                func.count(Invoice.id),
                func.coalesce(func.sum(Invoice.amount_minor - Invoice.paid_minor), 0),
                func.min(Invoice.due_on).filter(open_),
                func.max(Invoice.number).filter(open_),
            ).where(Invoice.deal_id == deal_id)
        )
        .one()
    )
    return {
        "count": count,
        "balance": int(balance),
        "unpaid": balance > 0,
        "number": number,
        "nearest_due_on": nearest.isoformat() if nearest else None,
    }


def _conversation(deal_id: int) -> dict[str, Any]:
    """The deal's latest conversation. Replied: an employee has answered there at least once."""
    conversation = session().scalar(
        select(Conversation).where(Conversation.deal_id == deal_id).order_by(Conversation.id.desc()).limit(1)
    )
    if conversation is None:
        return {"replied": False}
    last = session().scalar(
        select(Message)
        .where(Message.conversation_id == conversation.id, Message.direction == "in")
        .order_by(Message.id.desc())
        .limit(1)
    )
    return {
        "replied": conversation.replied_at is not None,
        "channel": conversation.channel,
        "last_client_message_at": last.at.isoformat() if last else None,
        "last_text": last.text if last else None,
    }
