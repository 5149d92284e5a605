"""The screen of the firm's own fields as an answer: the lists of the draft, and the editor of what is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort

from rules import impact
from rules import setup as parts
from rules.condition_typing import TypedGroup
from rules.facts import FieldSpec
from rules.field_kinds import FIELD_KINDS, field_kind
from rules.requirements import asked_on_entering
from rules.setup import Pipeline, Stage
from rules.setup_documents import ENTITIES, Item
from webapp.access.viewer import viewer
from webapp.i18n import condition_typing, field_words, runs, setup_changes
from webapp.services import drafts as services
from webapp.snapshots import lacking, relocations, robot_moves, setups
from webapp.snapshots.lacking import Lacking
from webapp.web import setup_choices, setup_controls, setup_seen
from webapp.web.forms import BLANK, FormState
from webapp.web.responses import fragment, page, wants_fragment
from webapp.web.setup_shown import Shown, shown

SCREEN_ENTITIES = ("deal", "contact")
ON_CARD = {"checkbox": ("none", "mark", "tag"), "long_text": ("none",)}


@dataclass(frozen=True, slots=True)
class FieldEditor:
    """What stands open: a field as `entity` and `key`; a new one without a key. `typed` is a condition that is being
    built, `unsaid` what is left to say of it."""

    entity: str
    key: str = ""
    typed: TypedGroup | None = None
    unsaid: str = ""
    was: str | None = None  # a condition as it was shown when its building began
    gone: str = ""  # what is said where it is there no more


@dataclass(frozen=True, slots=True)
class OpenField:
    """The editor's field with all that is said of it."""

    editor: FieldEditor
    spec: FieldSpec
    item: Item
    before: str  # behind which of its equals it stands
    typed: TypedGroup
    begins: dict[int, Stage]  # by pipeline, the stage from which on it is required
    lacking: list[tuple[Stage, Lacking]]
    used: list[str]
    looks: tuple[str, ...]
    is_live: bool

    @property
    def address(self) -> str:
        return f"/settings/fields/{self.spec.entity}/{self.spec.key}"


def spec_in(found: Shown, entity: str, key: str) -> FieldSpec:
    """A field of the draft, an archived one too."""
    every = (*found.value.fields, *found.value.archived_fields)
    return next((each for each in every if (each.entity, each.key) == (entity, key)), None) or abort(404)


def answer(editor: FieldEditor | None = None, form: FormState = BLANK, *, closes: bool = False) -> Response:
    """The whole screen; for htmx what is in the editor, and the lists anew. With `closes` the editor goes."""
    found = shown()
    context: dict[str, Any] = {
        "shown": found,
        "value": found.value,
        "names": found.names,
        "form": form,
        "editor": editor,
        "closes": closes,
        "open": _open(found, editor) if editor and editor.key and not editor.gone else None,
        **_seen(found, editor),
        "lists": [(each, _of(found, each)) for each in SCREEN_ENTITIES],
        "entity_name": lambda entity: runs.ENTITIES[entity],
        "kind_name": field_words.kind_name,
        "own_kinds": [each.key for each in FIELD_KINDS.values() if each.is_own],
        "field_kind": field_kind,
        "coming": lambda stage: coming(found, stage),
        "controls": lambda kind, key, part: setup_controls.begun(
            found, kind, key, part, was=editor.was if editor else None
        ),
        "begins": lambda spec: [parts.stage_by_id(found.value, each) for each in spec.required_from],
        "pipelines": _pipelines(found),
        "unfit_words": setup_changes.unfit,
        "discarded": services.discarded(),
        "may_undo": viewer().id in found.draft.by_ids,
        "undo_at": "/settings/fields/undos",
        **setup_choices.given(found.value, found.document, found.names),
    }
    if wants_fragment():
        return fragment("fields/edited.htmx.html", status=form.status, **context)
    return page("fields/show.html", status=form.status, **context)


def _seen(found: Shown, editor: FieldEditor | None) -> dict[str, Any]:
    if editor is None or not editor.key or editor.gone:
        return {}
    whole = f"{editor.entity}/{editor.key}"
    return {"seen": setup_seen.mark(found, "field", whole), "meanwhile": setup_seen.meanwhile(found, "field", whole)}


def _of(found: Shown, entity: str) -> list[tuple[FieldSpec, bool]]:
    """The fields of an entity, archived ones last, which is said of each."""
    standing = [(each, False) for each in found.value.fields if each.entity == entity]
    return standing + [(each, True) for each in found.value.archived_fields if each.entity == entity]


def _pipelines(found: Shown) -> list[tuple[Pipeline, list[Stage]]]:
    """With the stages from which on a field can be required."""
    standing = parts.standing_pipelines(found.value)
    return [(each, [s for s in parts.stages_of(found.value, each.id) if s.kind != "lost"]) for each in standing]


def _open(found: Shown, editor: FieldEditor) -> OpenField:
    spec = spec_in(found, editor.entity, editor.key)
    whole = f"{spec.entity}/{spec.key}"
    item = found.document.get("field", whole) or abort(404)
    equals = [each.key for each in found.document.of("field") if each.home == spec.entity]
    at = equals.index(whole) if whole in equals else 0
    stages = [each for each in found.value.stages if each.id in spec.required_from]
    return OpenField(
        editor,
        spec,
        item,
        equals[at - 1].rpartition("/")[2] if at else "",
        editor.typed if editor.typed is not None else condition_typing.typed(spec.required_if, found.names),
        {each.pipeline_id: each for each in stages},
        list(_lacking(found, spec, stages)),
        setup_choices.used_in_of(found.document, "field", whole),
        ON_CARD.get(spec.kind, ("none", "tag")),
        setups.current().field_of(spec.entity, spec.key) is not None,
    )


def _lacking(found: Shown, spec: FieldSpec, stages: list[Stage]) -> Iterator[tuple[Stage, Lacking]]:
    for each in stages:
        yield each, lacking_of(found, spec, each)


def lacking_of(found: Shown, spec: FieldSpec, first: Stage) -> Lacking:
    """The deals that lack what is required from this stage on: those of a stage that goes as if they were led there."""
    moving = on_way(found, first)
    led = {each.id: first.id for each in coming(found, first)} | moving
    there = lacking.lacking(spec, past(found, first), found.catalogue, led)
    on_its_way = lacking.lacking(spec, [*moving], found.catalogue, led)
    moved = robot_moves.lacking_by(spec, _robots_to(found, first), past(found, first), found.catalogue)
    return replace(
        there,
        ids=tuple(sorted({*there.ids, *moved}, reverse=True)[: lacking.PAGE]),
        count=there.count + len(moved),
        coming=on_its_way.count,
        led=len(moved),
    )


def _robots_to(found: Shown, first: Stage) -> robot_moves.Ends:
    """What waits to move deals to where it asks."""
    asking = asked_on_entering(found.document, [found.key_of("stage", first.id)])
    return robot_moves.ends(found.document, [found.ids["stage", each] for each in asking])


def past(found: Shown, first: Stage) -> list[int]:
    """The stages on whose deals it is asked that is required from this one on."""
    return [*_asked_ids(found, first), *on_way(found, first)]


def on_way(found: Shown, first: Stage) -> dict[int, int]:
    """Stages that were archived before, whose deals earlier work has yet to lead there: to which."""
    asked = _asked_ids(found, first)
    return {each: to for each, to in relocations.led_on().items() if to in asked and each not in asked}


def _asked_ids(found: Shown, first: Stage) -> list[int]:
    return [found.ids["stage", each] for each in _asked_on(found, first)]


def coming(found: Shown, first: Stage) -> list[Stage]:
    """Those of them that the draft archives: their deals may be led to this one, or past it."""
    ids = _asked_ids(found, first)
    return [each for each in found.value.stages if each.id in ids and each.is_archived]


def _asked_on(found: Shown, first: Stage) -> dict[str, bool]:
    return impact.asked_on(found.draft.live, found.document, found.key_of("stage", first.id))


__all__ = ["ENTITIES", "FieldEditor", "answer", "coming", "past", "spec_in"]
