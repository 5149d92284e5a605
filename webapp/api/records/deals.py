"""A deal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from pydantic import BaseModel

from webapp.api.values import shown_fields
from webapp.i18n.formats import decimal
from webapp.models import Deal
from webapp.snapshots.setups import Setup, current


class DealRecord(BaseModel):
    id: int
    title: str
    amount: str
    currency: str
    contact_id: int | None
    responsible_id: int
    department_id: int | None
    created_by_id: int | None
    pipeline: str
    stage: str | None
    version: int
    fields: dict[str, Any]
    source: str
    lost_reason: str | None
    created_at: datetime
    entered_at: datetime
    closed_at: datetime | None
    url: str


def record(deal: Deal, setup: Setup | None = None) -> DealRecord:
    setup = setup or current()
    stage = setup.stage_by_id(deal.stage_id)
    return DealRecord(
        id=deal.id,
        title=deal.title,
        amount=decimal(deal.amount_minor, deal.currency),
        currency=deal.currency,
        contact_id=deal.contact_id,
        responsible_id=deal.responsible_id,
        department_id=deal.department_id,
        created_by_id=deal.created_by_id,
        pipeline=setup.pipelines[deal.pipeline_id].key,
        stage=stage.key if stage else None,
        version=deal.version,
        fields=shown_fields("deal", deal.fields, setup),
        source=deal.source,
        lost_reason=deal.lost_reason,
        created_at=deal.created_at,
        entered_at=deal.entered_at,
        closed_at=deal.closed_at,
        url=f"{current_app.config['SETTINGS'].url}/deals/{deal.id}",
    )
