"""Pipelines and their stages, for admins: to others there are none. Each change is a version of the set-up."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from pydantic import Field

from rules.setup import Pipeline, Stage
from rules.setup_edits import AFTER
from webapp.access.records import require_admin
from webapp.api.records import setup as records
from webapp.api.records.setup import PipelineRecord, StageRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Archived, Body, Flag, Id, OptionBody, Page, Words
from webapp.errors import NotFound, invalid
from webapp.services import field_editing, single_changes
from webapp.services import pipelines as services
from webapp.snapshots.setups import current

ONE_PIPELINE = "/pipelines/<int:pipeline_id>"
ONE_STAGE = "/stages/<int:stage_id>"


class NewPipeline(Body):
    """It begins with the stages New, In work, Won and Lost. The key is made of the name unless given."""

    name: Words
    key: str | None = None
    department_id: Id | None = None


class PipelineChanges(Body):
    """Only what is given is changed. `is_archived` false takes it out of the archive."""

    name: Words = Field(default_factory=dict)
    department_id: Id | None = None
    lost_reasons: list[OptionBody] = Field(default_factory=list)
    is_archived: Flag = Field(default_factory=bool)


class NewStage(Body):
    """It stands behind the stage `after`, else behind the last one of its kind. The key is made of the name unless
    given."""

    pipeline: str
    name: Words
    key: str | None = None
    kind: Literal["open", "won", "lost"] = "open"
    hue: int | None = Field(default=None, strict=True)
    after: str | None = None


class StageChanges(Body):
    """Only what is given is changed. `after` is the stage behind which it is to stand, null: it is the first.
    `is_archived` false takes it out of the archive."""

    name: Words = Field(default_factory=dict)
    hue: int = Field(default_factory=int, strict=True)
    after: str | None = None
    is_archived: Flag = Field(default_factory=bool)


@reads("/pipelines", Page[PipelineRecord])
def pipelines(query: Archived) -> Page[PipelineRecord]:
    """Pipelines, with their stages in order."""
    require_admin()
    found = [each for each in current().value.pipelines if query.archived or not each.is_archived]
    return Page[PipelineRecord](items=[records.pipeline(each) for each in found])


@writes("POST", "/pipelines", PipelineRecord, HTTPStatus.CREATED)
def add_pipeline(json: NewPipeline) -> Answer[PipelineRecord]:
    """Another pipeline."""
    who = require_admin()
    key = services.add_pipeline(json.name, json.department_id, who.actor, key=json.key or "")
    return lambda: records.pipeline(next(each for each in current().value.pipelines if each.key == key))


@writes("PATCH", ONE_PIPELINE, PipelineRecord)
def change_pipeline(pipeline_id: int, json: PipelineChanges) -> Answer[PipelineRecord]:
    """Change a pipeline."""
    who, was = require_admin(), _pipeline(pipeline_id)
    given = _given(json, was.name, department_id="department")
    if "lost_reasons" in given:
        had = [{"key": each.key, "label": dict(each.label)} for each in was.lost_reasons]
        given["lost_reasons"] = field_editing.given_options(had, [each.model_dump() for each in json.lost_reasons])
    single_changes.change("pipeline", was.key, given, who.actor)
    return lambda: records.pipeline(_pipeline(pipeline_id))


@writes("DELETE", ONE_PIPELINE, None, HTTPStatus.NO_CONTENT)
def archive_pipeline(pipeline_id: int) -> None:
    """Archive it, with its stages."""
    who = require_admin()
    single_changes.archive("pipeline", _pipeline(pipeline_id).key, who.actor)


@reads("/stages", Page[StageRecord])
def stages(query: Archived) -> Page[StageRecord]:
    """Stages, in board order."""
    require_admin()
    found = [each for each in current().value.stages if query.archived or not each.is_archived]
    return Page[StageRecord](items=[records.stage(each) for each in found])


@writes("POST", "/stages", StageRecord, HTTPStatus.CREATED)
def add_stage(json: NewStage) -> Answer[StageRecord]:
    """Another stage of a pipeline."""
    who, setup = require_admin(), current()
    pipeline = setup.pipeline_of(json.pipeline)
    if pipeline is None:
        raise invalid("pipeline", "unknown_pipeline")
    after = _neighbour(pipeline, json.after) if json.after is not None else None
    draft = services.StageDraft(json.name, json.kind, json.hue, after, json.key or "")
    key = services.add_stage(pipeline, draft, who.actor)
    return lambda: records.stage(next(each for each in current().value.stages if services.key_of(each) == key))


@writes("PATCH", ONE_STAGE, StageRecord)
def change_stage(stage_id: int, json: StageChanges) -> Answer[StageRecord]:
    """Change a stage."""
    who, was = require_admin(), _stage(stage_id)
    given = _given(json, was.name, after=AFTER)
    if given.get(AFTER) is not None:
        given[AFTER] = _neighbour(current().all_pipelines[was.pipeline_id], given[AFTER])
    single_changes.change("stage", services.key_of(was), given, who.actor)
    return lambda: records.stage(_stage(stage_id))


@writes("DELETE", ONE_STAGE, None, HTTPStatus.NO_CONTENT)
def archive_stage(stage_id: int) -> None:
    """Archive it."""
    who = require_admin()
    single_changes.archive("stage", services.key_of(_stage(stage_id)), who.actor)


def _pipeline(pipeline_id: int) -> Pipeline:
    """An archived one too: it can come back."""
    found = current().all_pipelines.get(pipeline_id)
    if found is None:
        raise NotFound("pipeline")
    return found


def _stage(stage_id: int) -> Stage:
    found = current().all_stages.get(stage_id)
    if found is None:
        raise NotFound("stage")
    return found


def _given(body: Body, name: Any, **parts: str) -> dict[str, Any]:
    """What was sent, by the names of the document's parts; of the name only the languages given are changed."""
    given = {parts.get(key, key): value for key, value in body.given.items()}
    return {**given, "name": {**name, **given["name"]}} if "name" in given else given


def _neighbour(pipeline: Pipeline, name: str) -> str:
    found = current().stage_of(pipeline.id, name)
    if found is None or found.pipeline_id != pipeline.id:
        raise invalid("after", "unknown_stage")
    return services.key_of(found)
