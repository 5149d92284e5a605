"""The rows of the set-up as what rules read of it: fields, stages, robots, triggers, and all of them as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select

from rules import conditions, robots
from rules.facts import FieldSpec, Option
from rules.robots import RobotSpec
from rules.setup import Pipeline, Setup, Stage
from rules.triggers import TriggerSpec
from webapp import models
from webapp.db import session


def load_value() -> Setup:
    """The set-up as the rows of this transaction have it."""
    standing, archived = _fields()
    return Setup(
        pipelines=tuple(
            pipeline(row, is_archived=row.archived_at is not None)
            for row in session().scalars(select(models.Pipeline).order_by(models.Pipeline.position, models.Pipeline.id))
        ),
        stages=_stages(),
        fields=standing,
        archived_fields=archived,
        robots=tuple(robot_spec(row) for row in session().scalars(_robot_rows())),
        triggers=_triggers(),
    )


def pipeline(row: models.Pipeline, *, is_archived: bool) -> Pipeline:
    reasons, form = _options(row.lost_reasons), row.form_goes_to_id
    return Pipeline(row.id, row.key, row.name, row.department_id, is_archived, reasons, form)


def _options(kept: Iterable[Any]) -> tuple[Option, ...]:
    return tuple(Option(each["key"], each["label"], each.get("is_archived", False)) for each in kept)


def _fields() -> tuple[tuple[FieldSpec, ...], tuple[FieldSpec, ...]]:
    """Those that stand, and those that are archived."""
    required: dict[int, list[int]] = {}
    for each in session().scalars(select(models.FieldRequirement).order_by(models.FieldRequirement.stage_id)):
        required.setdefault(each.field_id, []).append(each.stage_id)
    found: tuple[list[FieldSpec], list[FieldSpec]] = ([], [])
    for row in session().scalars(select(models.Field).order_by(models.Field.position, models.Field.id)):
        spec = replace(field_spec(row, required.get(row.id, ())), required_if=conditions.load(row.required_if))
        found[row.archived_at is not None].append(spec)
    return tuple(found[0]), tuple(found[1])


def field_spec(row: models.Field, required_from: Sequence[int] = ()) -> FieldSpec:
    return FieldSpec(
        entity=row.entity,
        key=row.key,
        kind=row.kind,
        label=row.label,
        options=_options(row.options),
        required_from=tuple(required_from),
        shown_as=row.shown_as,
        help=row.help,
    )


def _stages() -> tuple[Stage, ...]:
    gone = set(session().scalars(select(models.Pipeline.id).where(models.Pipeline.archived_at.is_not(None))))
    rows = session().scalars(select(models.Stage).order_by(models.Stage.pipeline_id, models.Stage.position))
    return tuple(
        Stage(
            row.id,
            row.pipeline_id,
            row.key,
            row.name,
            row.position,
            row.kind,
            row.hue,
            row.archived_at is not None or row.pipeline_id in gone,
        )
        for row in rows
    )


def robot_spec(row: models.Robot) -> RobotSpec:
    return RobotSpec(
        id=row.id,
        kind=row.kind,
        name=row.name,
        position=row.position,
        is_on=row.is_on,
        starts=tuple(row.starts),
        timing=robots.load_timing(row.timing),
        when=row.fires_when,
        condition=conditions.load(row.condition),
        settings=row.settings,
        once_per_deal=row.once_per_deal,
        also_later=row.also_later,
        stage_id=row.stage_id,
        key=row.key,
    )


def definition(row: models.Robot) -> dict[str, Any]:
    """A robot as a run freezes it: text, timing, condition, settings."""
    return {
        "kind": row.kind,
        "name": row.name,
        "timing": row.timing,
        "when": row.fires_when,
        "condition": row.condition,
        "settings": row.settings,
        "stage_id": row.stage_id,
    }


def frozen(definition: Mapping[str, Any], robot_id: int) -> RobotSpec:
    """A robot as a run has frozen it."""
    return RobotSpec(
        id=robot_id,
        kind=definition["kind"],
        name=definition["name"],
        position=0,
        is_on=True,
        starts=(),
        timing=robots.load_timing(definition["timing"]),
        when=definition["when"],
        condition=conditions.load(definition["condition"]),
        settings=definition["settings"],
        stage_id=definition["stage_id"],
    )


def _robot_rows() -> Select[models.Robot]:
    order = (models.Robot.stage_id, models.Robot.position, models.Robot.id)
    return select(models.Robot).where(models.Robot.archived_at.is_(None)).order_by(*order)


def _triggers() -> tuple[TriggerSpec, ...]:
    rows = session().scalars(
        select(models.Trigger)
        .where(models.Trigger.archived_at.is_(None))
        .order_by(models.Trigger.position, models.Trigger.id)
    )
    return tuple(trigger_spec(row) for row in rows)


def trigger_spec(row: models.Trigger) -> TriggerSpec:
    return TriggerSpec(
        id=row.id,
        key=row.key,
        event=row.event,
        stage_id=row.stage_id,
        is_on=row.is_on,
        condition=conditions.load(row.condition),
        name=row.name,
        may_go_back=row.may_go_back,
    )
