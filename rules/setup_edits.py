"""A draft is edits over what is live. They are made again over whatever is live by now; what no longer fits is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rules.setup_documents import Document, Item, arranged
from rules.setup_parts import ARCHIVED, KINDS
from rules.setup_pointers import of_item, spec_of, whole_catalogue

NEW = "new"  # in place of a part: the thing itself, with all its parts
AFTER = "after"  # in place of a part: behind which of its equals it stands; None: it is the first


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one part. `was` is what stood there when it was made. A new attribute needs no edit of its own:
    its part is declared in setup_parts.py."""

    kind: str
    key: str
    part: str
    value: object
    was: object = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Unfit:
    """An edit that could not be made again (exists, gone), or that takes the place of what somebody else has set since
    (changed_beneath). `name` is what the firm called the thing, where that is known."""

    edit: Edit
    code: str
    name: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replayed:
    document: Document
    unfit: tuple[Unfit, ...] = ()


def replay(document: Document, edits: Iterable[Edit]) -> Replayed:
    """The edits made over `document`, oldest first."""
    unfit = []
    for each in edits:
        code = _misfit(document, each)
        if code:
            unfit.append(Unfit(each, code))
        if code in ("", "changed_beneath"):
            document = edited(document, each)
    return Replayed(document, tuple(unfit))


def edited(document: Document, edit: Edit) -> Document:
    """One edit made. Raises KeyError where there is no such thing, ValueError where there is no such part."""
    kind = KINDS[edit.kind]
    if edit.part == NEW:
        return document.with_item(_made(edit))
    found = document.get(edit.kind, edit.key)
    if found is None:
        raise KeyError(edit.key)
    if edit.part == AFTER:
        return _placed(document, found, edit.value)
    if kind.part(edit.part) is None:
        raise ValueError(edit.part)
    return document.with_item(found.with_part(edit.part, edit.value))


def part_of(document: Document, kind: str, key: str, part: str) -> object:
    """What stands there now, for an edit to remember."""
    found = document.get(kind, key)
    if found is None or part == NEW:
        return None
    if part != AFTER:
        return found.parts.get(part)
    equals = [each for each in document.of(kind) if each.home == found.home]
    before = equals[: equals.index(found)] if found in equals else []
    return before[-1].key if before else None


def left_hanging(before: Replayed, after: Replayed) -> tuple[Item, ...]:
    """What would hang in the air if some edits were let go of, `after` being the draft without them: things that name
    something, or stand in something, that is there no more, and things that are gone although they are edited."""
    lost = _nameable(before.document) - _nameable(after.document)
    catalogue = whole_catalogue(before.document)  # by which a text still tells a placeholder from other words
    found = [
        each
        for each in after.document.items
        if (KINDS[each.kind].home, each.home) in lost  # an archived stage is of its pipeline too
        or (not each.is_archived and any((one.to, one.key) in lost for one in of_item(each, catalogue)))
    ]
    known = {each.edit.id for each in before.unfit}
    edited_yet = {
        (each.edit.kind, each.edit.key) for each in after.unfit if each.code == "gone" and each.edit.id not in known
    }
    gone = [each for each in before.document.items if (each.kind, each.key) in edited_yet]
    return (*found, *gone)


def _nameable(document: Document) -> set[tuple[str, str]]:
    """All that something may point at."""
    options = {
        ("option", f"{item.key}={each.key}")
        for item in document.of("field", archived=True)
        for each in spec_of(item).options
    }
    return {(each.kind, each.key) for each in document.items} | options


def _misfit(document: Document, edit: Edit) -> str:
    found = document.get(edit.kind, edit.key)
    if edit.part == NEW:
        return "exists" if found is not None and not found.is_archived else ""
    if found is None or (found.is_archived and edit.part != ARCHIVED.key):
        return "gone"
    if edit.part != AFTER and KINDS[edit.kind].part(edit.part) is None:
        return "gone"
    now = part_of(document, edit.kind, edit.key, edit.part)
    return "changed_beneath" if edit.part != AFTER and now not in (edit.was, edit.value) else ""


def _made(edit: Edit) -> Item:
    given = edit.value if isinstance(edit.value, Mapping) else {}
    kind = KINDS[edit.kind]
    return Item(edit.kind, edit.key, {each.key: given.get(each.key, each.default) for each in (*kind.parts, ARCHIVED)})


def _placed(document: Document, item: Item, after: object) -> Document:
    """Behind the one named; behind all when that is there no more."""
    others = [each for each in document.items if each is not item]
    equals = [n for n, each in enumerate(others) if each.kind == item.kind and each.home == item.home]
    named = [n for n in equals if others[n].key == after]
    if after is None:
        at = equals[0] if equals else len(others)
    else:
        at = (named or equals or [len(others) - 1])[-1] + 1
    return arranged((*others[:at], item, *others[at:]))
