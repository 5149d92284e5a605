"""The fields of the firm's own, for admins: to others the set-up does not exist. Each change is a version of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import Field as Fact

from rules.facts import FieldSpec
from rules.setup_edits import AFTER
from webapp.access.records import require_admin
from webapp.api.records import setup as records
from webapp.api.records.setup import FieldRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Archived, Body, Flag, OptionBody, Page, Words
from webapp.api.values import named_stage, taken_condition
from webapp.db import session
from webapp.errors import NotFound, invalid, not_an_option
from webapp.models import Field
from webapp.queries import listings as found
from webapp.services import field_editing, pipelines, robots, single_changes
from webapp.snapshots import setup_documents as documents
from webapp.snapshots.setups import current

ONE = "/fields/<int:field_id>"
ENTITIES = ("deal", "contact", "company")


class NewField(Body):
    """`required_from` is a stage, or several of different pipelines. The key is made of the label unless given."""

    entity: str
    kind: str
    label: Words
    key: str | None = None
    help: Words | None = None
    options: list[OptionBody] = Fact(default_factory=list)
    required_from: str | list[str] | None = None
    required_if: dict[str, Any] | None = None
    shown_as: str = "none"


class FieldChanges(Body):
    """Only what is given is changed. An option that is left out is archived; `after` is the field behind which it is to
    stand, null: it is the first. `is_archived` false takes it out of the archive."""

    label: Words = Fact(default_factory=dict)
    help: Words | None = None
    options: list[OptionBody] = Fact(default_factory=list)
    required_from: str | list[str] | None = None
    required_if: dict[str, Any] | None = None
    shown_as: str = Fact(default_factory=str)
    after: str | None = None
    is_archived: Flag = Fact(default_factory=bool)


@reads("/fields", Page[FieldRecord])
def fields(query: Archived) -> Page[FieldRecord]:
    """The firm's own fields, in the order of its forms."""
    require_admin()
    return Page[FieldRecord](items=[records.field(each) for each in found.fields(archived=query.archived)])


@reads(ONE, FieldRecord)
def show(field_id: int) -> FieldRecord:
    """One field, an archived one too."""
    require_admin()
    return records.field(_field(field_id))


@writes("POST", "/fields", FieldRecord, HTTPStatus.CREATED)
def create(json: NewField) -> Answer[FieldRecord]:
    """Another field."""
    who = require_admin()
    if json.entity not in ENTITIES:
        raise not_an_option("entity", ENTITIES)
    field_editing.check_kind(json.kind)
    given = _taken({each: value for each, value in json.given.items() if each not in ("entity", "key")}, [])
    made = single_changes.add("field", given, who.actor, home=json.entity, key=json.key or "")
    return lambda: records.field(documents.rows_of("field")[made])


@writes("PATCH", ONE, FieldRecord)
def update(field_id: int, json: FieldChanges) -> Answer[FieldRecord]:
    """Change a field."""
    who = require_admin()
    row = _field(field_id)
    given = _taken(json.given, row.options)
    if "label" in given:
        given["label"] = {**row.label, **given["label"]}
    if "after" in given:
        given[AFTER] = _neighbour(row, given.pop("after"))
    single_changes.change("field", _whole(row), given, who.actor)
    return lambda: records.field(_field(field_id))


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def archive(field_id: int) -> None:
    """Archive it: what stands in it stays readable."""
    who = require_admin()
    single_changes.archive("field", _whole(_field(field_id)), who.actor)


def _field(field_id: int) -> Field:
    row = session().get(Field, field_id)
    if row is None:
        raise NotFound("field")
    return row


def _whole(row: Field) -> str:
    return f"{row.entity}/{row.key}"


def _neighbour(row: Field, key: str | None) -> str | None:
    spec: FieldSpec | None = current().catalogue.get(row.entity, key) if key is not None else None
    if key is not None and (spec is None or spec.is_built_in):
        raise invalid("after", "unknown_field")
    return f"{row.entity}/{key}" if key is not None else None


def _taken(given: dict[str, Any], options: list[Any]) -> dict[str, Any]:
    """As services take it."""
    taken = dict(given)
    if "options" in taken:
        taken["options"] = field_editing.given_options(options, [each.model_dump() for each in taken["options"]])
    if "required_from" in taken:
        asked = taken["required_from"] or []
        names = [asked] if isinstance(asked, str) else asked
        taken["required_from"] = sorted(pipelines.key_of(named_stage(each, "required_from")) for each in names)
    if taken.get("required_if") is not None:
        taken["required_if"] = robots.kept_condition(taken_condition(taken["required_if"]), require_admin().actor)
    return taken
