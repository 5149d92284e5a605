"""A document becomes rows: made, changed, archived, put in order. Nothing is ever deleted but requirements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from rules.setup_documents import Document, Item
from rules.setup_parts import KINDS
from webapp.db import instant, session
from webapp.models import FieldRequirement, Pipeline, Stage
from webapp.snapshots import setup_documents, setup_rows, setups
from webapp.snapshots.setup_rows import MODELS, Names


def write(before: Document, after: Document) -> None:
    """In the open transaction. What `after` leaves out is archived."""
    for kind in KINDS:
        rows = setup_documents.rows_of(kind)
        names = _names(after)
        wanted = after.of(kind, archived=True)
        places: dict[object, int] = {}
        for item in wanted:
            place = places[item.home] = places.get(item.home, -1) + 1
            rows[item.key] = _row(item, rows.get(item.key), place, names)
        for item in before.of(kind):
            if after.get(kind, item.key) is None:
                rows[item.key].archived_at = instant()
        session().flush()
    _require(after)
    setups.changed()


def hold(before: Document, after: Document) -> None:
    """Whoever is about to enter a stage that goes is let finish, and seen; nobody enters it any more. Pipelines before
    stages, as whoever makes a deal holds them."""
    stages, pipelines = setup_documents.rows_of("stage"), setup_documents.rows_of("pipeline")
    gone = [each.key for each in before.of("stage") if not _stays(after, each.key)]
    homes = {each.rpartition("/")[0] for each in gone}
    for model, ids in (
        (Pipeline, [pipelines[each].id for each in homes]),
        (Stage, [stages[each].id for each in gone]),
    ):
        if ids:
            session().execute(select(model.id).where(model.id.in_(ids)).order_by(model.id).with_for_update()).all()


def _stays(after: Document, key: str) -> bool:
    found = after.get("stage", key)
    return found is not None and after.is_live(found)


def _names(after: Document) -> Names:
    stages = {row.id: key for key, row in setup_documents.rows_of("stage").items()}
    return setup_documents.names_for(stages, after)


def _row(item: Item, row: Any | None, place: int, names: Names) -> Any:
    if row is None:
        row = MODELS[item.kind](**_identity(item), archived_at=None)
        session().add(row)
    is_changed = False
    for column, value in {**setup_rows.columns_of(item, names), "position": place}.items():
        if getattr(row, column) != value:
            setattr(row, column, value)
            is_changed = is_changed or column != "position"
    if item.is_archived != (row.archived_at is not None):
        row.archived_at = instant() if item.is_archived else None
    if is_changed and item.kind == "robot":
        row.version = (row.version or 0) + 1
    return row


def _identity(item: Item) -> dict[str, Any]:
    home, _, bare = item.key.rpartition("/")
    if item.kind == "stage":
        return {"key": bare, "pipeline_id": setup_documents.rows_of("pipeline")[home].id}
    return {"key": bare, "entity": home} if item.kind == "field" else {"key": item.key}


def _require(after: Document) -> None:
    """Requirements are rows of their own, made anew where they differ."""
    stages, fields = setup_documents.rows_of("stage"), setup_documents.rows_of("field")
    kept = setup_documents.requirements()
    for item in after.of("field", archived=True):
        begins, row = item.parts.get("required_from"), fields[item.key]
        wanted = {stages[each].id for each in begins if each in stages} if isinstance(begins, list) else set()
        if wanted == kept.get(row.id, set()):
            continue
        session().execute(delete(FieldRequirement).where(FieldRequirement.field_id == row.id))
        pipelines = {row.id: row.pipeline_id for row in stages.values()}
        session().add_all(
            FieldRequirement(field_id=row.id, pipeline_id=pipelines[each], stage_id=each) for each in sorted(wanted)
        )
    session().flush()
