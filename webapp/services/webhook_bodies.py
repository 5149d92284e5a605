"""What another system is told of a deal: stable keys and plain values, as docs/webhooks.md has them."""

from __future__ import annotations

from typing import Any

from rules import amounts
from rules.facts import Text, say
from webapp.db import session
from webapp.models import Company, Contact, Deal, Message
from webapp.snapshots.json_values import shown_fields
from webapp.snapshots.setups import current


def fired(deal: Deal, robot_key: str, robot_name: Text, run_id: int) -> dict[str, Any]:
    """A robot has fired on this deal."""
    setup = current()
    contact = session().get(Contact, deal.contact_id) if deal.contact_id else None
    return {
        "robot": {"key": robot_key, "name": say(robot_name, setup.firm.locale), "run_id": run_id},
        "deal": _deal(deal),
        "contact": _contact(contact) if contact else None,
    }


def _deal(deal: Deal) -> dict[str, Any]:
    setup = current()
    stage, person = setup.stage_by_id(deal.stage_id), setup.people.get(deal.responsible_id)
    return {
        "id": deal.id,
        "title": deal.title,
        "amount": amounts.decimal(deal.amount_minor, setup.firm.digits),
        "currency": deal.currency,
        "pipeline": setup.all_pipelines[deal.pipeline_id].key,
        "stage": stage.key,
        "responsible": {"id": person.id, "name": person.name, "email": person.email} if person else None,
        "fields": shown_fields("deal", deal.fields, setup),
    }


def _contact(contact: Contact) -> dict[str, Any]:
    company = session().get(Company, contact.company_id) if contact.company_id else None
    return {
        "id": contact.id,
        "external_id": contact.external_id,
        "name": contact.name,
        "phone": contact.phone,
        "phone_extension": contact.phone_extension,
        "email": contact.email,
        "company": company.name if company else None,
        "fields": shown_fields("contact", contact.fields, current()),
    }


def replied(message: Message, deal_id: int | None, client: Contact) -> dict[str, Any]:
    """Somebody of the firm has said this to a client of that system."""
    return {
        "conversation_id": message.conversation_id,
        "deal_id": deal_id,
        "message_id": message.id,
        "text": message.text,
        "by": current().name_of(message.by_id),
        "contact": {"id": client.id, "name": client.name, "external_id": client.external_id},
    }
