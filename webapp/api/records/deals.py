"""A deal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app

from webapp.api.types import Record
from webapp.api.values import shown_fields
from webapp.i18n.formats import decimal
from webapp.models import Deal
from webapp.snapshots.setups import SetupSnapshot, current


class DealRecord(Record):
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


def record(deal: Deal, setup: SetupSnapshot | None = None) -> DealRecord:
    setup = setup or current()
    stage = setup.stage_by_id(deal.stage_id)
    return DealRecord.of(
        deal,
        amount=decimal(deal.amount_minor, deal.currency),
        pipeline=setup.all_pipelines[deal.pipeline_id].key,
        stage=stage.key if stage else None,
        fields=shown_fields("deal", deal.fields, setup),
        url=f"{current_app.config['SETTINGS'].url}/deals/{deal.id}",
    )
