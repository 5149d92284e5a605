"""The firm's set-up as one value: pipelines, stages, fields with their options and requirements, robots, triggers.

This is how the product reads it, with ids. As people keep, send and compare it, it is a document (setup_documents.py).
People, departments, calendars and absences are not part of it. How it is loaded and kept is webapp/snapshots/setups.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from rules.facts import Catalogue, FieldSpec, Option, StageFacts, Text
from rules.robots import RobotSpec
from rules.triggers import TriggerSpec


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`lost_reasons`, archived ones too, are offered when a deal is lost; what was said of a deal stays as it is. Once
    it is archived, what is sent by its form on a site comes to `form_goes_to_id`."""

    id: int
    key: str
    name: Text
    department_id: int | None = None
    is_archived: bool = False
    lost_reasons: tuple[Option, ...] = ()
    form_goes_to_id: int | None = None


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
    """All in the order in which screens list them. Archived pipelines, stages and fields are part of it, since the past
    names them; archived robots and triggers are not. A stage of an archived pipeline is archived."""

    pipelines: tuple[Pipeline, ...] = ()
    stages: tuple[Stage, ...] = ()
    fields: tuple[FieldSpec, ...] = ()  # the firm's own
    archived_fields: tuple[FieldSpec, ...] = ()
    robots: tuple[RobotSpec, ...] = ()
    triggers: tuple[TriggerSpec, ...] = ()


def standing_pipelines(setup: Setup) -> tuple[Pipeline, ...]:
    """Those that are not archived: whatever offers or opens a pipeline asks here."""
    return tuple(each for each in setup.pipelines if not each.is_archived)


def pipeline_named(setup: Setup, key: str) -> Pipeline | None:
    """One that is not archived."""
    return next((each for each in standing_pipelines(setup) if each.key == key), None)


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


def robots_of(setup: Setup, stage_id: int | None) -> tuple[RobotSpec, ...]:
    """Those of a stage; None: those of any stage."""
    return tuple(each for each in setup.robots if each.stage_id == stage_id)


def triggers_on(setup: Setup, event: str) -> tuple[TriggerSpec, ...]:
    """Those that are on and listen to this event."""
    return tuple(each for each in setup.triggers if each.event == event and each.is_on)


def triggers_to(setup: Setup, stage_id: int) -> tuple[TriggerSpec, ...]:
    return tuple(each for each in setup.triggers if each.stage_id == stage_id)
