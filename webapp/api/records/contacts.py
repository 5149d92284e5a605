"""A contact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from webapp.api.values import shown_fields
from webapp.db import session
from webapp.models import Company, Contact
from webapp.snapshots.setups import Setup, current


class ContactRecord(BaseModel):
    id: int
    name: str
    phone: str | None
    phone_extension: str | None
    email: str | None
    external_id: str | None
    company_id: int | None
    company: str | None
    responsible_id: int | None
    created_by_id: int | None
    created_at: datetime
    version: int
    fields: dict[str, Any]


def record(contact: Contact, setup: Setup | None = None) -> ContactRecord:
    company = session().get(Company, contact.company_id) if contact.company_id else None
    return ContactRecord(
        id=contact.id,
        name=contact.name,
        phone=contact.phone,
        phone_extension=contact.phone_extension,
        email=contact.email,
        external_id=contact.external_id,
        company_id=contact.company_id,
        company=company.name if company else None,
        responsible_id=contact.responsible_id,
        created_by_id=contact.created_by_id,
        created_at=contact.created_at,
        version=contact.version,
        fields=shown_fields("contact", contact.fields, setup or current()),
    )
