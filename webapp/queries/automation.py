"""The screen of automation: a pipeline's stages with what brings a deal there and what happens then, of the set-up that
is live or of a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from rules import setup as parts
from rules.conflicts import Conflict, conflicts
from rules.facts import FieldSpec
from rules.robots import RobotSpec
from rules.setup import Pipeline, Setup, Stage
from rules.triggers import TriggerSpec
from webapp import clock
from webapp.db import session
from webapp.models import RobotRun
from webapp.snapshots import trigger_moves

Ends = Mapping[str, int]  # how many runs ended in which state


@dataclass(frozen=True, slots=True)
class Column:
    """A stage, or with `stage` None what belongs to any stage. `entering` are robots that start by coming here alone,
    `staying` all others."""

    stage: Stage | None
    triggers: tuple[TriggerSpec, ...] = ()
    entering: tuple[RobotSpec, ...] = ()
    staying: tuple[RobotSpec, ...] = ()
    asks: tuple[FieldSpec, ...] = ()

    @property
    def robots(self) -> tuple[RobotSpec, ...]:
        return (*self.entering, *self.staying)


@dataclass(frozen=True, slots=True)
class Screen:
    pipeline: Pipeline
    columns: tuple[Column, ...]
    conflicts: tuple[Conflict, ...] = ()
    ends: Mapping[int, Ends] = field(default_factory=dict)  # by robot
    archived: tuple[Column, ...] = ()  # what stands on a stage that goes in the draft is there until it is published
    moves: Mapping[int, Ends] = field(default_factory=dict)  # by trigger: how often it moved a deal, or was refused


def screen(value: Setup, pipeline: Pipeline) -> Screen:
    """One pipeline of this set-up. The first column is for any stage, in whichever pipeline."""
    columns = (_column(value, None), *(_column(value, each) for each in parts.stages_of(value, pipeline.id)))
    gone = (each for each in parts.archived_stages(value) if each.pipeline_id == pipeline.id)
    archived = tuple(_column(value, each) for each in gone)
    every = (*columns, *archived)
    pulled = trigger_moves.of_late([each.id for column in every for each in column.triggers])
    return Screen(pipeline, columns, _conflicts(value, every), _ends(every), archived, pulled)


def _column(value: Setup, stage: Stage | None) -> Column:
    robots = [each for each in value.robots if each.stage_id == (stage.id if stage else None)]
    is_by_entering = stage is not None
    entering = [each for each in robots if is_by_entering and each.starts == ("entered",)]
    return Column(
        stage,
        triggers=parts.triggers_to(value, stage.id) if stage else (),
        entering=tuple(entering),
        staying=tuple(each for each in robots if each not in entering),
        asks=parts.requirements_of(value, stage.id) if stage else (),
    )


def _conflicts(value: Setup, columns: tuple[Column, ...]) -> tuple[Conflict, ...]:
    """Those in which something of this screen takes part."""
    robots = {each.id for column in columns for each in column.robots}
    triggers = {each.id for column in columns for each in column.triggers}
    return tuple(each for each in conflicts(value) if robots & {*each.robots} or triggers & {*each.triggers})


def _ends(columns: tuple[Column, ...]) -> dict[int, dict[str, int]]:
    """How often each robot fired, or did not, of late."""
    ids = [each.id for column in columns for each in column.robots]
    rows = session().execute(
        select(RobotRun.robot_id, RobotRun.state, func.count())
        .where(RobotRun.robot_id.in_(ids), RobotRun.ended_at >= clock.now() - trigger_moves.COUNTED)
        .group_by(RobotRun.robot_id, RobotRun.state)
    )
    found: dict[int, dict[str, int]] = {}
    for robot_id, state, many in rows:
        found.setdefault(robot_id, {})[state] = many
    return found
