"""How the firm is set up: pipelines, stages, fields, triggers, robots. The firm's texts come in all their languages."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from rules.facts import FieldSpec
from webapp.api.values import shown_condition
from webapp.models import Field, Robot, Trigger
from webapp.snapshots.setups import PipelineCard, StageCard, current


class PipelineRecord(BaseModel):
    id: int
    key: str
    name: dict[str, str]
    department_id: int | None
    stages: list[str]


class StageRecord(BaseModel):
    """`kind`: open, won or lost."""

    id: int
    pipeline_id: int
    pipeline: str
    key: str
    name: dict[str, str]
    position: int
    kind: str


class OptionRecord(BaseModel):
    key: str
    label: dict[str, str]


class FieldRecord(BaseModel):
    id: int
    entity: str
    key: str
    kind: str
    label: dict[str, str]
    options: list[OptionRecord]
    required_from: str | list[str] | None
    required_if: dict[str, Any] | None
    shown_as: str


class TriggerRecord(BaseModel):
    id: int
    key: str | None
    name: dict[str, str]
    event: str
    stage: str | None
    is_on: bool
    condition: dict[str, Any] | None


class RobotRecord(BaseModel):
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
    once_per_deal: bool
    also_later: bool
    version: int


def pipeline(card: PipelineCard) -> PipelineRecord:
    stages = [each.key for each in current().stages_of(card.id)]
    return PipelineRecord(
        id=card.id, key=card.key, name=dict(card.name), department_id=card.department_id, stages=stages
    )


def stage(card: StageCard) -> StageRecord:
    return StageRecord(
        id=card.id,
        pipeline_id=card.pipeline_id,
        pipeline=current().pipelines[card.pipeline_id].key,
        key=card.key,
        name=dict(card.name),
        position=card.position,
        kind=card.kind,
    )


def field(row: Field) -> FieldRecord:
    spec: FieldSpec | None = current().catalogue.get(row.entity, row.key)
    assert spec is not None
    return FieldRecord(
        id=row.id,
        entity=row.entity,
        key=row.key,
        kind=row.kind,
        label=dict(row.label),
        options=[OptionRecord(key=each.key, label=dict(each.label)) for each in spec.options],
        required_from=_required_from(spec),
        required_if=shown_condition(row.required_if),
        shown_as=row.shown_as,
    )


def _required_from(spec: FieldSpec) -> str | list[str] | None:
    """The stage, or the stages of several pipelines."""
    names = [
        name for each in spec.required_from if each in current().stages and (name := current().name_of_stage(each))
    ]
    return names if len(names) > 1 else next(iter(names), None)


def trigger(row: Trigger) -> TriggerRecord:
    return TriggerRecord(
        id=row.id,
        key=row.key,
        name=dict(row.name),
        event=row.event,
        stage=current().name_of_stage(row.stage_id),
        is_on=row.is_on,
        condition=shown_condition(row.condition),
    )


def robot(row: Robot) -> RobotRecord:
    on = current().stages.get(row.stage_id)
    return RobotRecord(
        id=row.id,
        key=row.key,
        pipeline=current().pipelines[on.pipeline_id].key if on else None,
        stage=current().name_of_stage(row.stage_id),
        kind=row.kind,
        name=dict(row.name),
        position=row.position,
        is_on=row.is_on,
        starts=list(row.starts),
        timing=row.timing,
        when=row.fires_when,
        condition=shown_condition(row.condition),
        settings=row.settings,
        once_per_deal=row.once_per_deal,
        also_later=row.also_later,
        version=row.version,
    )
