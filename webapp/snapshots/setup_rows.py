"""How the parts of the set-up are kept in rows, both ways: which column, and names for ids.

A part that has a column of its own name needs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.facts import Catalogue, FieldSpec
from rules.field_kinds import FIELD_KINDS, field_kind
from rules.fields import FieldError, ReadContext
from rules.setup_documents import Item
from rules.setup_parts import ARCHIVED, KINDS, Part
from webapp import models

MODELS: dict[str, type[Any]] = {
    "pipeline": models.Pipeline,
    "stage": models.Stage,
    "field": models.Field,
    "robot": models.Robot,
    "trigger": models.Trigger,
}
COLUMNS = {
    ("pipeline", "department"): "department_id",
    ("robot", "stage"): "stage_id",
    ("robot", "when"): "fires_when",
    ("trigger", "stage"): "stage_id",
}
ELSEWHERE = {("field", "required_from")}  # rows of their own


@dataclass(frozen=True, slots=True)
class Names:
    """What stands in a document for the ids of rows. What is unknown stays as it is, for the checks to find."""

    stages: Mapping[int, str]
    departments: Mapping[int, str]
    people: Mapping[int, str]
    catalogue: Catalogue
    reading: ReadContext

    def shown(self, part: Part, value: Any) -> Any:
        """A column's value as a part of the document."""
        if part.shape == "department":
            return self.departments.get(value, value)
        if part.shape == "stage":
            return self.stages.get(value, value)
        if part.shape in ("condition", "settings", "timing"):
            return self._walked(value, self.stages, self.people, self._money_shown)
        return value

    def kept(self, part: Part, value: Any) -> Any:
        """A part of the document as its column keeps it."""
        if part.shape == "department":
            return _turned(self.departments).get(value)
        if part.shape == "stage":
            return _turned(self.stages).get(value)
        if part.shape in ("condition", "settings", "timing"):
            return self._walked(value, _turned(self.stages), _turned(self.people), self._money_kept)
        return list(value) if isinstance(value, tuple) else value

    def _walked(
        self, value: Any, stages: Mapping[Any, Any], people: Mapping[Any, Any], money: Callable[..., Any]
    ) -> Any:
        if isinstance(value, list | tuple):
            return [self._walked(each, stages, people, money) for each in value]
        if not isinstance(value, Mapping):
            return value
        if isinstance(value.get("field"), str):
            return self._test(value, {"stage": stages, "user": people}, money)
        found = {key: self._walked(each, stages, people, money) for key, each in value.items()}
        for slot, names in (("user", people), ("stage", stages)):
            if isinstance(found.get(slot), str | int) and not isinstance(found[slot], bool):
                found[slot] = names.get(found[slot], found[slot])
        return found

    def _test(self, test: Mapping[str, Any], named: Mapping[str, Mapping[Any, Any]], money: Callable[..., Any]) -> Any:
        spec = self.catalogue.get(str(test.get("entity") or "deal"), test["field"])
        if spec is None or test.get("value") is None:
            return dict(test)

        def one(value: Any) -> Any:
            if spec.kind in named:
                return named[spec.kind].get(value, value) if isinstance(value, str | int) else value
            return money(spec, value)

        kept = test["value"]
        return {**test, "value": [one(each) for each in kept] if isinstance(kept, list | tuple) else one(kept)}

    def _money_shown(self, spec: FieldSpec, value: Any) -> Any:
        return field_kind(spec.kind).as_json(value, self.reading.digits) if spec.kind == "money" else value

    def _money_kept(self, spec: FieldSpec, value: Any) -> Any:
        if spec.kind != "money":
            return value
        try:
            return FIELD_KINDS["money"].from_json(value, self.reading)
        except FieldError:
            return value


def _turned(names: Mapping[int, str]) -> dict[str, int]:
    return {name: row_id for row_id, name in names.items()}


def column(kind: str, part: str) -> str:
    return COLUMNS.get((kind, part), part)


def item_of(kind: str, key: str, row: Any, names: Names, **elsewhere: Any) -> Item:
    """A row as a thing of the document; `elsewhere` are parts that have no column."""
    parts = {
        part.key: names.shown(part, getattr(row, column(kind, part.key)))
        for part in KINDS[kind].parts
        if (kind, part.key) not in ELSEWHERE
    }
    return Item(kind, key, {**parts, **elsewhere, ARCHIVED.key: row.archived_at is not None})


def columns_of(item: Item, names: Names) -> dict[str, Any]:
    """What its row keeps, but for its key, its place and whether it is archived."""
    return {
        column(item.kind, part.key): names.kept(part, item.parts.get(part.key))
        for part in KINDS[item.kind].parts
        if (item.kind, part.key) not in ELSEWHERE
    }


def paths(departments: Iterable[models.Department]) -> dict[int, str]:
    """Departments by their way down from the top, as "sales/sales_north"."""
    rows = {each.id: each for each in departments}

    def path(row: models.Department, seen: tuple[int, ...] = ()) -> str:
        above = rows.get(row.parent_id) if row.parent_id is not None else None
        if above is None or above.id in seen:
            return row.key
        return f"{path(above, (*seen, row.id))}/{row.key}"

    return {each.id: path(each) for each in rows.values()}
