"""How the firm is set up, for admins: to others the set-up does not exist."""

from __future__ import annotations

from webapp.access.records import require_admin
from webapp.api.records import setup as records
from webapp.api.records.setup import FieldRecord, PipelineRecord, StageRecord, TriggerRecord
from webapp.api.routes import reads
from webapp.api.types import Page
from webapp.queries import listings as found
from webapp.snapshots.setups import current


@reads("/pipelines", Page[PipelineRecord])
def pipelines() -> Page[PipelineRecord]:
    """Pipelines, with their stages in order."""
    require_admin()
    return Page[PipelineRecord](items=[records.pipeline(each) for each in current().pipelines.values()])


@reads("/stages", Page[StageRecord])
def stages() -> Page[StageRecord]:
    """Stages, in board order."""
    require_admin()
    return Page[StageRecord](items=[records.stage(each) for each in current().stages.values()])


@reads("/fields", Page[FieldRecord])
def fields() -> Page[FieldRecord]:
    """The firm's own fields."""
    require_admin()
    return Page[FieldRecord](items=[records.field(each) for each in found.fields()])


@reads("/triggers", Page[TriggerRecord])
def triggers() -> Page[TriggerRecord]:
    """Events that lead a deal to a stage."""
    require_admin()
    return Page[TriggerRecord](items=[records.trigger(each) for each in found.triggers()])
