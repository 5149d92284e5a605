"""How the firm is set up: pipelines, stages, fields, triggers, robots. The firm's texts come in all their languages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from rules.facts import FieldSpec
from rules.robot_kinds import kind_of
from rules.setup import Pipeline, Stage
from webapp.api.types import Record
from webapp.api.values import shown_condition, shown_settings
from webapp.models import Field, Robot, Trigger
from webapp.snapshots.setups import current


class OptionRecord(Record):
    key: str
    label: dict[str, str]
    is_archived: bool


class PipelineRecord(Record):
    id: int
    key: str
    name: dict[str, str]
    department_id: int | None
    stages: list[str]
    lost_reasons: list[OptionRecord]
    is_archived: bool


class StageRecord(Record):
    """`kind`: open, won or lost; `hue` is the number of its colour."""

    id: int
    pipeline_id: int
    pipeline: str
    key: str
    name: dict[str, str]
    position: int
    kind: str
    hue: int
    is_archived: bool


class FieldRecord(Record):
    id: int
    entity: str
    key: str
    kind: str
    label: dict[str, str]
    help: dict[str, str] | None
    options: list[OptionRecord]
    required_from: str | list[str] | None
    required_if: dict[str, Any] | None
    shown_as: str
    position: int
    is_archived: bool


class TriggerRecord(Record):
    id: int
    key: str | None
    name: dict[str, str]
    event: str
    stage: str | None
    is_on: bool
    condition: dict[str, Any] | None
    may_go_back: bool
    has_address: bool


class AddressRecord(Record):
    """A secret: whoever knows it moves deals."""

    address: str | None

    def kept(self) -> Self:
        return self.model_copy(update={"address": None})


class TriggerCallRecord(Record):
    """A call of a trigger's own address; `outcome`: taken, unknown (no such deal of its pipeline), off."""

    at: datetime
    outcome: str
    deal_id: int | None
    named: str
    text: str


class RobotRecord(Record):
    id: int
    key: str | None
    pipeline: str | None
    stage: str | None
    kind: str
    name: dict[str, str]
    position: int
    is_on: bool
    starts: list[str]
    timing: dict[str, Any]
    when: str
    condition: dict[str, Any] | None
    settings: dict[str, Any]
    channels: list[str]
    once_per_deal: bool
    also_later: bool
    version: int


def pipeline(card: Pipeline) -> PipelineRecord:
    return PipelineRecord.of(card, stages=[each.key for each in current().stages_of(card.id)])


def stage(card: Stage) -> StageRecord:
    return StageRecord.of(card, pipeline=current().all_pipelines[card.pipeline_id].key)


def field(row: Field) -> FieldRecord:
    spec: FieldSpec | None = current().field_of(row.entity, row.key)
    assert spec is not None
    return FieldRecord.of(
        row,
        options=spec.options,
        required_from=_required_from(spec),
        required_if=shown_condition(row.required_if),
        is_archived=row.archived_at is not None,
    )


def _required_from(spec: FieldSpec) -> str | list[str] | None:
    """The stage, or the stages of several pipelines."""
    names = [
        name for each in spec.required_from if each in current().stages and (name := current().name_of_stage(each))
    ]
    return names if len(names) > 1 else next(iter(names), None)


def trigger(row: Trigger) -> TriggerRecord:
    stage = current().name_of_stage(row.stage_id)
    return TriggerRecord.of(
        row, stage=stage, condition=shown_condition(row.condition), has_address=row.secret_hash is not None
    )


def robot(row: Robot) -> RobotRecord:
    on = current().stages.get(row.stage_id) if row.stage_id else None
    return RobotRecord.of(
        row,
        pipeline=current().all_pipelines[on.pipeline_id].key if on else None,
        stage=current().name_of_stage(row.stage_id),
        when=row.fires_when,
        condition=shown_condition(row.condition),
        settings=shown_settings(kind_of(row.kind), row.settings),
        channels=["sms"] if row.settings.get("sms") else [],
    )
