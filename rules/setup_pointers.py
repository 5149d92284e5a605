"""Where the set-up points at itself, at people, at departments: the one walk behind "used in", refusals and remedies.

Nothing is declared twice for it: a stage, a field, a person is known by how it is written, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from rules.facts import Catalogue, FieldSpec, Option
from rules.setup_documents import Document, Item
from rules.setup_parts import KINDS

_SLOT = re.compile(r"\{(deal|contact|company)\.([a-z0-9_-]+)\}")


@dataclass(frozen=True, slots=True)
class Pointer:
    """From a part of `item` to something: `to` is stage, field, option, person or department. `place` is where in the
    part, as "to" or "all.0"."""

    item: Item
    part: str
    to: str
    key: str
    place: str = ""


def catalogue_of(document: Document) -> Catalogue:
    """What conditions may name in this set-up."""
    return Catalogue.build(spec_of(each) for each in document.of("field"))


def whole_catalogue(document: Document) -> Catalogue:
    """What anything in this set-up may ever have named."""
    return Catalogue.build(spec_of(each) for each in document.of("field", archived=True))


def spec_of(item: Item) -> FieldSpec:
    """A field's kind and options, as conditions read them; what it is required for is no part of this."""
    entity, _, key = item.key.partition("/")
    options = item.parts.get("options")
    found = tuple(
        Option(str(each.get("key")), each.get("label") or {}, bool(each.get("is_archived")))
        for each in (options if isinstance(options, list) else ())
        if isinstance(each, Mapping)
    )
    return FieldSpec(entity, key, str(item.parts.get("kind")), item.name, found)


def pointers(document: Document) -> Iterator[Pointer]:
    """From everything that is not archived."""
    catalogue = whole_catalogue(document)
    for item in document.items:
        if not item.is_archived:
            yield from of_item(item, catalogue)


def of_item(item: Item, catalogue: Catalogue) -> Iterator[Pointer]:
    """What stands where a key belongs and is none is a pointer too: at nothing that there is."""
    for part in KINDS[item.kind].parts:
        value = item.parts.get(part.key)
        if part.shape in ("stage", "department"):
            found = [(part.shape, str(value), "")] if value is not None else []
        elif part.shape == "stages":
            found = [("stage", str(each), "") for each in value] if isinstance(value, list) else []
        elif part.shape in ("condition", "settings", "timing"):
            found = list(_inside(value, catalogue))
        else:
            found = []
        places = {(to, key): place for to, key, place in reversed(found)}
        for to, key in dict.fromkeys((to, key) for to, key, _ in found):
            yield Pointer(item, part.key, to, key, places[to, key])


Found = tuple[str, str, str]  # to, key, place


def _inside(value: object, catalogue: Catalogue, place: str = "") -> Iterator[Found]:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _inside(each, catalogue, _within(place, number))
    elif isinstance(value, Mapping):
        yield from _of_mapping(value, catalogue, place)
    elif isinstance(value, str):
        for entity, key in _SLOT.findall(value):
            spec = catalogue.get(entity, key)
            if spec is not None and not spec.is_built_in:
                yield "field", f"{entity}/{key}", place


def _within(place: str, step: object) -> str:
    return f"{place}.{step}" if place else str(step)


def _of_mapping(value: Mapping[str, object], catalogue: Catalogue, place: str) -> Iterator[Found]:
    if isinstance(value.get("field"), str):
        yield from _of_test(value, catalogue, place)
        return
    if value.get("user") is not None:
        yield "person", str(value["user"]), place
    if value.get("stage") is not None:
        yield "stage", str(value["stage"]), _within(place, "stage")
    for key, each in value.items():
        yield from _inside(each, catalogue, _within(place, key))


def _of_test(test: Mapping[str, object], catalogue: Catalogue, place: str) -> Iterator[Found]:
    """A test, or the setting of a field; of which record is said where it is not the deal."""
    entity, key = str(test.get("entity") or "deal"), str(test["field"])
    spec = catalogue.get(entity, key)
    if spec is None or not spec.is_built_in:
        yield "field", f"{entity}/{key}", _within(place, "field")
    if spec is None or "value" not in test:
        return
    kept = test["value"]
    for each in kept if isinstance(kept, list) else [kept]:
        to = {"stage": "stage", "user": "person"}.get(spec.kind) or ("option" if spec.options else "")
        if to and isinstance(each, str):
            yield to, f"{entity}/{key}={each}" if to == "option" else each, place


def gives_value(value: object, fields: Collection[tuple[str, str]]) -> bool:
    """Whether something inside, a test or the setting of a field, names a value of one of these fields, known as
    ("deal", "amount")."""
    if isinstance(value, list | tuple):
        return any(gives_value(each, fields) for each in value)
    if not isinstance(value, Mapping):
        return False
    if isinstance(value.get("field"), str):
        named = str(value.get("entity") or "deal"), value["field"]
        return named in fields and value.get("value") not in (None, "", [])
    return any(gives_value(each, fields) for each in value.values())


def replaced(item: Item, change: Callable[[object], object]) -> Item:
    """The thing with every part that points somewhere changed by `change`, which is given each text and object inside,
    innermost first, and answers what stands there instead."""
    for part in KINDS[item.kind].parts:
        if part.shape in ("stage", "stages", "condition", "settings", "timing"):
            item = item.with_part(part.key, _replaced(item.parts.get(part.key), change))
    return item


def _replaced(value: object, change: Callable[[object], object]) -> object:
    if isinstance(value, Mapping):
        return change({key: _replaced(each, change) for key, each in value.items()})
    if isinstance(value, list):
        return change([_replaced(each, change) for each in value])
    return change(value)
