"""Departments that an earlier version, or a file, names and that are in the archive: whoever brings it back says which
stands there instead, or that any does. What named one before goes on as it is."""

from __future__ import annotations

from collections.abc import Iterator

from rules.consequences import Consequence, Counts, Remedy
from rules.setup_documents import Document, Item
from rules.setup_pointers import of_item, whole_catalogue

KIND = "department_gone"


def consequences(before: Document, after: Document, counts: Counts) -> Iterator[Consequence]:
    """Nobody chooses for the admin."""
    catalogue = whole_catalogue(after)
    for item in after.items if counts.closed else ():
        was = before.get(item.kind, item.key)
        for each in () if item.is_archived else of_item(item, catalogue):
            stood = was.parts.get(each.part) if was is not None else None
            if each.to == "department" and each.key in counts.closed and stood != each.key:
                others = (Remedy("give_department", path) for path in sorted(counts.departments))
                remedies = (*others, Remedy("any_department"))
                yield Consequence(KIND, item.kind, item.key, remedies, None, by=f"{each.part}={each.key}")


def mended(item: Item, consequence: Consequence, remedy: Remedy) -> Item:
    """The thing with another in its place, or with none."""
    part = consequence.by.partition("=")[0]
    return item.with_part(part, remedy.to or None)
