"""Whom an earlier version, or a file, names and who works here no more: whoever brings it back says who stands there
instead. What named them before goes on as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules.consequences import Consequence, Counts, Remedy
from rules.robot_kinds import kind_of
from rules.setup_documents import Document, Item
from rules.setup_pointers import Pointer, of_item, replaced, whole_catalogue

KIND = "person_gone"
HEAD = "head"  # the slot, and the remedy that puts it there


def consequences(before: Document, after: Document, counts: Counts) -> Iterator[Consequence]:
    """Nobody chooses for the admin."""
    catalogue = whole_catalogue(after)
    for item in after.items if counts.left else ():
        was = before.get(item.kind, item.key)
        stood = {(each.part, each.key) for each in of_item(was, catalogue)} if was is not None else set()
        for each in () if item.is_archived else of_item(item, catalogue):
            if each.to == "person" and each.key in counts.left and (each.part, each.key) not in stood:
                head = (Remedy("give_head"),) if _takes_head(each) else ()
                others = (Remedy("give", person) for person in sorted(counts.people))
                remedies = (*head, *others, Remedy("stay"))
                yield Consequence(KIND, item.kind, item.key, remedies, None, by=f"{each.part}={each.key}")


def _takes_head(pointer: Pointer) -> bool:
    if pointer.item.kind != "robot" or pointer.part != "settings":
        return False
    parameter = kind_of(str(pointer.item.parts.get("kind"))).get(pointer.place.partition(".")[0])
    return parameter is not None and HEAD in parameter.slots


def mended(item: Item, consequence: Consequence, remedy: Remedy) -> Item:
    """The thing with another in their place."""
    part, _, gone = consequence.by.partition("=")
    if remedy.verb == "stay":
        return item

    def change(value: object) -> object:
        if isinstance(value, list):  # whoever stands there already stands there once
            return [each for number, each in enumerate(value) if each not in value[:number]]
        if not isinstance(value, Mapping):
            return value
        if value.get("user") == gone:
            return {"user": remedy.to} if remedy.verb == "give" else HEAD
        named = value.get("value")
        if value.get("field") in (None, "email"):  # an address of a client
            return value
        if isinstance(named, list):
            return {**value, "value": list(dict.fromkeys(remedy.to if each == gone else each for each in named))}
        return {**value, "value": remedy.to} if named == gone else value

    return item.with_part(part, replaced(item, change).parts.get(part))
