"""The firm's set-up as one value: pipelines, stages, fields with their options and requirements, robots, triggers.

What changes in it, whom that touches, its versions, its export and a rehearsal are functions of two such values.
People, departments, calendars and absences are not part of it. How it is loaded and kept is webapp/snapshots/setups.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from rules import conditions, robots
from rules.facts import Catalogue, FieldSpec, Option, StageFacts, Text
from rules.robots import RobotSpec
from rules.triggers import TriggerSpec


@dataclass(frozen=True, slots=True)
class Pipeline:
    id: int
    key: str
    name: Text
    department_id: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """`kind` is open, won or lost."""

    id: int
    pipeline_id: int
    key: str
    name: Text
    position: int
    kind: str = "open"
    hue: int = 0
    is_archived: bool = False

    @property
    def facts(self) -> StageFacts:
        return StageFacts(self.id, self.position, self.kind)


@dataclass(frozen=True, slots=True)
class Setup:
    """All in the order in which screens list them. Archived stages and fields are part of it, since the past names
    them; archived robots and triggers are not."""

    pipelines: tuple[Pipeline, ...] = ()
    stages: tuple[Stage, ...] = ()
    fields: tuple[FieldSpec, ...] = ()  # the firm's own
    archived_fields: tuple[FieldSpec, ...] = ()
    robots: tuple[RobotSpec, ...] = ()
    triggers: tuple[TriggerSpec, ...] = ()


def pipeline_named(setup: Setup, key: str) -> Pipeline | None:
    return next((each for each in setup.pipelines if each.key == key), None)


def stage_by_id(setup: Setup, stage_id: int) -> Stage | None:
    """A stage, an archived one too."""
    return next((each for each in setup.stages if each.id == stage_id), None)


def stages_of(setup: Setup, pipeline_id: int) -> tuple[Stage, ...]:
    """Those of a pipeline that are not archived."""
    return tuple(each for each in setup.stages if each.pipeline_id == pipeline_id and not each.is_archived)


def archived_stages(setup: Setup) -> tuple[Stage, ...]:
    return tuple(each for each in setup.stages if each.is_archived)


def catalogue(setup: Setup) -> Catalogue:
    """What conditions and forms may name."""
    return Catalogue.build(setup.fields)


def requirements_of(setup: Setup, stage_id: int) -> tuple[FieldSpec, ...]:
    """The fields that begin to be required at this very stage; what it asks for in all is `gates.asks_for`."""
    return tuple(each for each in setup.fields if stage_id in each.required_from)


def robots_of(setup: Setup, stage_id: int) -> tuple[RobotSpec, ...]:
    return tuple(each for each in setup.robots if each.stage_id == stage_id)


def triggers_on(setup: Setup, event: str) -> tuple[TriggerSpec, ...]:
    """Those that are on and listen to this event."""
    return tuple(each for each in setup.triggers if each.event == event and each.is_on)


def triggers_to(setup: Setup, stage_id: int) -> tuple[TriggerSpec, ...]:
    return tuple(each for each in setup.triggers if each.stage_id == stage_id)


# As JSON

Json = Mapping[str, object]


class PipelineJson(TypedDict):
    id: int
    key: str
    name: Text
    department_id: int | None


class StageJson(TypedDict):
    id: int
    pipeline_id: int
    key: str
    name: Text
    position: int
    kind: str
    hue: int
    is_archived: bool


class OptionJson(TypedDict):
    key: str
    label: Text


class FieldJson(TypedDict):
    entity: str
    key: str
    kind: str
    label: Text
    options: list[OptionJson]
    required_from: list[int]
    required_if: Json | None
    shown_as: str
    is_archived: bool


class RobotJson(TypedDict):
    id: int
    stage_id: int | None
    kind: str
    name: Text
    position: int
    is_on: bool
    starts: list[str]
    timing: Json
    when: str
    condition: Json | None
    settings: Json
    once_per_deal: bool
    also_later: bool


class TriggerJson(TypedDict):
    id: int
    event: str
    stage_id: int
    name: Text
    is_on: bool
    condition: Json | None


class SetupJson(TypedDict):
    pipelines: list[PipelineJson]
    stages: list[StageJson]
    fields: list[FieldJson]
    robots: list[RobotJson]
    triggers: list[TriggerJson]


def dump(setup: Setup) -> SetupJson:
    """The JSON form: load(dump(s)) == s."""
    return {
        "pipelines": [
            {"id": each.id, "key": each.key, "name": dict(each.name), "department_id": each.department_id}
            for each in setup.pipelines
        ],
        "stages": [_dump_stage(each) for each in setup.stages],
        "fields": [
            *(_dump_field(each, is_archived=False) for each in setup.fields),
            *(_dump_field(each, is_archived=True) for each in setup.archived_fields),
        ],
        "robots": [_dump_robot(each) for each in setup.robots],
        "triggers": [_dump_trigger(each) for each in setup.triggers],
    }


def load(raw: SetupJson) -> Setup:
    """A kept set-up, trusting its shape; a condition or a timing that cannot be read never holds, or never comes."""
    return Setup(
        pipelines=tuple(Pipeline(**each) for each in raw["pipelines"]),
        stages=tuple(Stage(**each) for each in raw["stages"]),
        fields=_load_fields(each for each in raw["fields"] if not each["is_archived"]),
        archived_fields=_load_fields(each for each in raw["fields"] if each["is_archived"]),
        robots=tuple(_load_robot(each) for each in raw["robots"]),
        triggers=tuple(_load_trigger(each) for each in raw["triggers"]),
    )


def _dump_stage(stage: Stage) -> StageJson:
    return {
        "id": stage.id,
        "pipeline_id": stage.pipeline_id,
        "key": stage.key,
        "name": dict(stage.name),
        "position": stage.position,
        "kind": stage.kind,
        "hue": stage.hue,
        "is_archived": stage.is_archived,
    }


def _dump_field(spec: FieldSpec, *, is_archived: bool) -> FieldJson:
    return {
        "entity": spec.entity,
        "key": spec.key,
        "kind": spec.kind,
        "label": dict(spec.label),
        "options": [{"key": each.key, "label": dict(each.label)} for each in spec.options],
        "required_from": list(spec.required_from),
        "required_if": conditions.dump(spec.required_if),
        "shown_as": spec.shown_as,
        "is_archived": is_archived,
    }


def _load_fields(raw: Iterable[FieldJson]) -> tuple[FieldSpec, ...]:
    return tuple(
        FieldSpec(
            entity=each["entity"],
            key=each["key"],
            kind=each["kind"],
            label=each["label"],
            options=tuple(Option(option["key"], option["label"]) for option in each["options"]),
            required_from=tuple(each["required_from"]),
            required_if=conditions.load(each["required_if"]),
            shown_as=each["shown_as"],
        )
        for each in raw
    )


def _dump_robot(robot: RobotSpec) -> RobotJson:
    return {
        "id": robot.id,
        "stage_id": robot.stage_id,
        "kind": robot.kind,
        "name": dict(robot.name),
        "position": robot.position,
        "is_on": robot.is_on,
        "starts": list(robot.starts),
        "timing": robots.dump_timing(robot.timing),
        "when": robot.when,
        "condition": conditions.dump(robot.condition),
        "settings": dict(robot.settings),
        "once_per_deal": robot.once_per_deal,
        "also_later": robot.also_later,
    }


def _load_robot(raw: RobotJson) -> RobotSpec:
    return RobotSpec(
        id=raw["id"],
        stage_id=raw["stage_id"],
        kind=raw["kind"],
        name=raw["name"],
        position=raw["position"],
        is_on=raw["is_on"],
        starts=tuple(raw["starts"]),
        timing=robots.load_timing(raw["timing"]),
        when=raw["when"],
        condition=conditions.load(raw["condition"]),
        settings=raw["settings"],
        once_per_deal=raw["once_per_deal"],
        also_later=raw["also_later"],
    )


def _dump_trigger(trigger: TriggerSpec) -> TriggerJson:
    return {
        "id": trigger.id,
        "event": trigger.event,
        "stage_id": trigger.stage_id,
        "name": dict(trigger.name),
        "is_on": trigger.is_on,
        "condition": conditions.dump(trigger.condition),
    }


def _load_trigger(raw: TriggerJson) -> TriggerSpec:
    return TriggerSpec(
        id=raw["id"],
        event=raw["event"],
        stage_id=raw["stage_id"],
        name=raw["name"],
        is_on=raw["is_on"],
        condition=conditions.load(raw["condition"]),
    )
