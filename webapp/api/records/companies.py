"""A company."""

from __future__ import annotations

from typing import Any

from webapp.api.types import Record
from webapp.models import Company
from webapp.snapshots.json_values import shown_fields
from webapp.snapshots.setups import current


class CompanyRecord(Record):
    id: int
    name: str
    version: int
    fields: dict[str, Any]


def record(company: Company) -> CompanyRecord:
    return CompanyRecord.of(company, fields=shown_fields("company", company.fields, current()))
