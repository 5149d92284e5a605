"""Pipelines and stages made at once, as versions of the set-up."""

from __future__ import annotations

from dataclasses import dataclass

from rules.facts import Text
from rules.hues import hue_for
from rules.setup import Pipeline, Stage
from webapp.access.scopes import Actor
from webapp.services import drafts, setup_editing, single_changes
from webapp.snapshots import setup_documents as documents
from webapp.snapshots.setups import current


@dataclass(frozen=True, slots=True)
class StageDraft:
    """`after` as pipeline/stage; None: behind the last one of its kind, or of the one before."""

    name: Text
    kind: str = "open"
    hue: int | None = None
    after: str | None = None
    key: str = ""


def key_of(stage: Stage) -> str:
    """As the document names it."""
    return f"{current().all_pipelines[stage.pipeline_id].key}/{stage.key}"


def add_pipeline(name: Text, department_id: int | None, by: Actor, *, key: str = "") -> str:
    """A pipeline with its first stages. Its key."""
    drafts.lock()
    document = documents.live()
    whole = drafts.new_key(document, "pipeline", {"name": dict(name)}, key=key)
    edits = single_changes.new_edits(document, "pipeline", whole, {"name": dict(name), "department": department_id}) + [
        edit
        for n, (stage, (kind, called)) in enumerate(setup_editing.STAGES.items())
        for edit in single_changes.new_edits(
            document, "stage", f"{whole}/{stage}", {"name": dict(called), "kind": kind, "hue": hue_for(kind, range(n))}
        )
    ]
    single_changes.make(edits, by, about=("pipeline", whole))
    return whole


def add_stage(pipeline: Pipeline, draft: StageDraft, by: Actor) -> str:
    """A stage of this pipeline. Its key, as the document has it."""
    drafts.lock()
    stages = current().stages_of(pipeline.id)
    before = ("open", "won", "lost")[: ("open", "won", "lost").index(draft.kind) + 1]
    last = next((key_of(each) for each in reversed(stages) if each.kind in before), "")
    parts = {
        "name": dict(draft.name),
        "kind": draft.kind,
        "hue": hue_for(draft.kind, [each.hue for each in stages]) if draft.hue is None else draft.hue,
    }
    return single_changes.add(
        "stage", parts, by, home=pipeline.key, key=draft.key, after=draft.after if draft.after is not None else last
    )
