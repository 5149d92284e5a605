"""A deal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app

from webapp import clock
from webapp.api.types import Record
from webapp.i18n import formats
from webapp.i18n.formats import decimal
from webapp.models import Deal
from webapp.queries.next_steps import NextStep, of_deals
from webapp.snapshots.json_values import shown_fields
from webapp.snapshots.setups import SetupSnapshot, current


class StepRecord(Record):
    """`version` is the step's own: it may be said with what is decided on it."""

    task_id: int
    title: str
    due_at: datetime
    assignee_id: int
    is_overdue: bool
    version: int


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
    next_step: StepRecord | None
    url: str


def record(deal: Deal) -> DealRecord:
    return records([deal])[0]


def records(deals: list[Deal]) -> list[DealRecord]:
    """Several, with one statement for all their next steps."""
    setup, steps = current(), of_deals([each.id for each in deals])
    return [_record(each, setup, steps.get(each.id)) for each in deals]


def _record(deal: Deal, setup: SetupSnapshot, step: NextStep | None) -> DealRecord:
    stage = setup.stage_by_id(deal.stage_id)
    return DealRecord.of(
        deal,
        amount=decimal(deal.amount_minor, deal.currency),
        pipeline=setup.all_pipelines[deal.pipeline_id].key,
        stage=stage.key if stage else None,
        fields=shown_fields("deal", deal.fields, setup),
        lost_reason=deal.lost_reason if stage and stage.kind == "lost" else None,
        next_step=_step(step) if step else None,
        url=f"{current_app.config['SETTINGS'].url}/deals/{deal.id}",
    )


def _step(step: NextStep) -> StepRecord:
    return StepRecord.of(step, title=formats.text(step.title), is_overdue=step.due_at <= clock.now())
