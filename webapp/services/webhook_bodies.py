"""What another system is told of a deal: stable keys and plain values, as docs/webhooks.md has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules import amounts
from rules.facts import Text, say
from webapp.db import session
from webapp.models import Company, Contact, Deal
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
        "fields": _own("deal", deal.fields),
    }


def _contact(contact: Contact) -> dict[str, Any]:
    company = session().get(Company, contact.company_id) if contact.company_id else None
    return {
        "id": contact.id,
        "external_id": contact.external_id,
        "name": contact.name,
        "phone": contact.phone,
        "email": contact.email,
        "company": company.name if company else None,
        "fields": _own("contact", contact.fields),
    }


def _own(entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The firm's own fields that stand, as they are kept."""
    return {each.key: values.get(each.key) for each in current().catalogue.of(entity) if not each.is_built_in}
