"""The set-up as a document, read from the rows; and a document as the value that pages and robots read, with ids: a
thing that is in no row yet has one below zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from rules import conditions
from rules.facts import FieldSpec
from rules.setup import Setup, Stage
from rules.setup_documents import Document, Item, arranged
from rules.setup_parts import KINDS
from rules.setup_pointers import whole_catalogue
from webapp import models
from webapp.db import session
from webapp.snapshots import setup_rows, setups, specs
from webapp.snapshots.setup_rows import MODELS, Names

Ids = Mapping[tuple[str, str], int]


def live() -> Document:
    """What runs now, as the rows of this transaction have it."""
    names = _names()
    return arranged(
        [
            setup_rows.item_of(kind, key, row, names, **_beside(kind, row, names))
            for kind in KINDS
            for key, row in rows_of(kind).items()
        ]
    )


def rows_of(kind: str) -> dict[str, Any]:
    """Rows of a kind by key, archived ones too, in their order."""
    model = MODELS[kind]
    order = [model.pipeline_id, model.position] if kind == "stage" else [model.position]
    rows = session().scalars(select(model).order_by(*order, model.id))
    if kind == "stage":
        pipelines = {each.id: each.key for each in session().scalars(select(models.Pipeline))}
        return {f"{pipelines[row.pipeline_id]}/{row.key}": row for row in rows}
    return {f"{row.entity}/{row.key}" if kind == "field" else str(row.key): row for row in rows}


def _beside(kind: str, row: Any, names: Names) -> dict[str, Any]:
    if kind != "field":
        return {}
    return {"required_from": sorted(names.stages[each] for each in requirements().get(row.id, ()))}


def requirements() -> dict[int, set[int]]:
    """From which stages on each field is required, by their ids."""
    found: dict[int, set[int]] = {}
    for each in session().scalars(select(models.FieldRequirement)):
        found.setdefault(each.field_id, set()).add(each.stage_id)
    return found


def ids() -> Ids:
    """Of all that is in rows."""
    return {(kind, key): row.id for kind in KINDS for key, row in rows_of(kind).items()}


def _names() -> Names:
    return names_for({row.id: key for key, row in rows_of("stage").items()}, None)


def names_for(stages: Mapping[int, str], document: Document | None) -> Names:
    """Names for these stages; fields, archived ones too, are those of `document`, else those of the rows."""
    setup = setups.current()
    catalogue = setup.catalogue if document is None else whole_catalogue(document)
    archived = setup.archived_fields if document is None else {}
    return Names(
        stages=stages,
        departments=setup_rows.paths(session().scalars(select(models.Department))),
        people={each.id: each.email for each in setup.people.values()},
        catalogue=replace(catalogue, fields={**archived, **catalogue.fields}),
        reading=setup.reading(None),
    )


@dataclass(frozen=True, slots=True)
class Valued:
    """A document as a value, and the id that each of its things has there."""

    setup: Setup
    ids: Ids


def value_of(document: Document) -> Valued:
    """As pages, sentences and rehearsals read it."""
    known = ids()
    numbered = {
        (each.kind, each.key): known.get((each.kind, each.key), -n) for n, each in enumerate(document.items, start=1)
    }
    stages = {numbered[each.kind, each.key]: each.key for each in document.of("stage", archived=True)}
    names = names_for(stages, document)
    rows = [(each, _row(each, numbered, names)) for each in document.items]

    def of(kind: str) -> list[tuple[Item, Any]]:
        return [(item, row) for item, row in rows if item.kind == kind]

    return Valued(
        Setup(
            pipelines=tuple(specs.pipeline(row, is_archived=item.is_archived) for item, row in of("pipeline")),
            stages=tuple(
                _stage(item, row, numbered, is_archived=not document.is_live(item)) for item, row in of("stage")
            ),
            fields=tuple(_field(item, row, numbered) for item, row in of("field") if not item.is_archived),
            archived_fields=tuple(_field(item, row, numbered) for item, row in of("field") if item.is_archived),
            robots=tuple(specs.robot_spec(row) for _, row in of("robot")),
            triggers=tuple(specs.trigger_spec(row) for _, row in of("trigger")),
        ),
        numbered,
    )


def _row(item: Item, numbered: Ids, names: Names) -> Any:
    """A row of it that is in no session."""
    own = {"id": numbered[item.kind, item.key], "key": item.key.rpartition("/")[2], "position": _place(item, numbered)}
    if item.kind == "field":
        own["entity"] = item.key.partition("/")[0]
    archived = datetime(1970, 1, 1, tzinfo=UTC) if item.is_archived else None
    return MODELS[item.kind](**own, **setup_rows.columns_of(item, names), archived_at=archived)


def _place(item: Item, numbered: Ids) -> int:
    """Its order among all of its kind serves as its place."""
    return [key for kind, key in numbered if kind == item.kind].index(item.key)


def _stage(item: Item, row: Any, numbered: Ids, *, is_archived: bool) -> Stage:
    pipeline = numbered.get(("pipeline", item.key.partition("/")[0]), 0)
    return Stage(row.id, pipeline, row.key, row.name, row.position, row.kind, row.hue, is_archived)


def _field(item: Item, row: Any, numbered: Ids) -> FieldSpec:
    asked = item.parts.get("required_from")
    stages = (
        [numbered["stage", each] for each in asked if ("stage", each) in numbered] if isinstance(asked, list) else []
    )
    return replace(specs.field_spec(row, stages), required_if=conditions.load(row.required_if))
