"""A contact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from webapp.api.types import Record
from webapp.db import session
from webapp.models import Company, Contact
from webapp.snapshots import contact_ways
from webapp.snapshots.contact_ways import Ways
from webapp.snapshots.json_values import shown_fields
from webapp.snapshots.setups import SetupSnapshot, current


class ContactRecord(Record):
    id: int
    name: str
    phone: str | None
    phone_extension: str | None
    email: str | None
    more_phones: list[str]
    more_emails: list[str]
    external_id: str | None
    company_id: int | None
    company: str | None
    responsible_id: int | None
    created_by_id: int | None
    created_at: datetime
    version: int
    merged_into_id: int | None  # it turned out to be that contact, and is kept empty
    fields: dict[str, Any]
    company_fields: dict[str, Any]


def records(contacts: Sequence[Contact]) -> list[ContactRecord]:
    """A page of them; what further phones and e-mails they have is asked for once."""
    ways, setup = contact_ways.of([each.id for each in contacts]), current()
    return [record(each, setup, ways[each.id]) for each in contacts]


def record(contact: Contact, setup: SetupSnapshot | None = None, ways: Ways | None = None) -> ContactRecord:
    company = session().get(Company, contact.company_id) if contact.company_id else None
    return ContactRecord.of(
        contact,
        **(ways or contact_ways.of([contact.id])[contact.id]),
        company=company.name if company else None,
        fields=shown_fields("contact", contact.fields, setup or current()),
        company_fields=shown_fields("company", company.fields, setup or current()) if company else {},
    )
