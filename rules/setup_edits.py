"""A draft is edits over what is live. They are made again over whatever is live by now, unit by unit (setup_units.py);
what no longer fits is said, and what comes to nothing is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rules import setup_units
from rules.setup_documents import Document, Item, arranged, with_options_kept
from rules.setup_parts import ARCHIVED, KINDS, Part
from rules.setup_pointers import of_item, spec_of, whole_catalogue
from rules.setup_units import ORDER, WHOLE, Changes, Unit

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


@dataclass(slots=True)
class _Chain:
    """All that a draft does to one unit: what each edit found there and left there. `origin` is what stood there before
    the first of them."""

    found: list[object] = field(default_factory=list)
    left: list[object] = field(default_factory=list)
    origin: object = None
    is_begun: bool = False

    def comes_to_nothing(self, unit: Unit) -> bool:
        """What was typed and typed back: unless that was typed over what somebody else had set meanwhile."""
        meanwhile = [each for before, each in zip(self.left, self.found[1:], strict=False) if each != before]
        return setup_units.alike(unit, self.left[-1], self.found[0]) and self.origin not in meanwhile

    def is_over_another(self, unit: Unit) -> bool:
        """Whether it takes the place of what none of its edits has found."""
        return unit != ORDER and self.origin not in (*self.found, self.left[-1])


_Chains = dict[tuple[str, str, str, Unit], _Chain]


def replay(document: Document, edits: Iterable[Edit]) -> Replayed:
    """The edits made over `document`, oldest first."""
    every, unfit = list(edits), []
    chains = _chains(every)
    for each in every:
        code = misfit(document, each)
        if not code:
            document, code = _made_again(document, each, chains)
        if code:
            unfit.append(Unfit(each, code))
    return Replayed(document, tuple(unfit))


def _chains(edits: Iterable[Edit]) -> _Chains:
    found: _Chains = {}
    for each in edits:
        for unit, (was, value) in _changes(each).items():
            chain = found.setdefault((each.kind, each.key, each.part, unit), _Chain())
            chain.found.append(was)
            chain.left.append(value)
    return found


def _changes(edit: Edit) -> Changes:
    part = _part_of(edit)
    return setup_units.changes(part, edit.was, edit.value) if part else {}


def _part_of(edit: Edit) -> Part | None:
    return None if edit.part in (NEW, AFTER) else KINDS[edit.kind].part(edit.part)


def _made_again(document: Document, edit: Edit, chains: _Chains) -> tuple[Document, str]:
    part, item = _part_of(edit), document.get(edit.kind, edit.key)
    if part is None or item is None:
        return edited(document, edit), ""
    now, units, code = item.parts.get(part.key), {}, ""
    for unit, (_, value) in _changes(edit).items():
        chain = chains[edit.kind, edit.key, edit.part, unit]
        is_first, chain.is_begun = not chain.is_begun, True
        if is_first:
            chain.origin = setup_units.unit_of(part, now, unit)
        if chain.comes_to_nothing(unit):
            continue
        units[unit] = value
        if is_first and chain.is_over_another(unit):
            code = "changed_beneath"
    return document.with_item(_with_part(item, part.key, setup_units.put(part, now, units))), code


def _with_part(item: Item, part: str, value: object) -> Item:
    return with_options_kept(item, item.with_part(part, value))


def edited(document: Document, edit: Edit) -> Document:
    """One edit made, its part as a whole: no option goes by it. Raises KeyError where there is no such thing,
    ValueError where there is no such part."""
    kind = KINDS[edit.kind]
    found = document.get(edit.kind, edit.key)
    if edit.part == NEW:
        return document.with_item(with_options_kept(found, _made(edit)))
    if found is None:
        raise KeyError(edit.key)
    if edit.part == AFTER:
        return _placed(document, found, edit.value)
    if kind.part(edit.part) is None:
        raise ValueError(edit.part)
    return document.with_item(_with_part(found, edit.part, edit.value))


def misfit(document: Document, edit: Edit) -> str:
    """Why an edit cannot be made: exists, gone; else ""."""
    found, part = document.get(edit.kind, edit.key), _part_of(edit)
    if edit.part == NEW:
        return "exists" if found is not None and not found.is_archived else ""
    if found is None or (found.is_archived and edit.part != ARCHIVED.key):
        return "gone"
    if part is None:
        return "" if edit.part == AFTER else "gone"
    return "gone" if setup_units.lacks(part, found.parts.get(part.key), edit.was, _changes(edit)) else ""


def is_of(edit: Edit, part: str, unit: Unit) -> bool:
    """Whether it sets a unit of a part, or one beneath it."""
    if edit.part in (NEW, AFTER):
        return edit.part in (NEW, part)
    return edit.part == part and any(unit in (each, WHOLE) or not each for each in _changes(edit))


def typed_over(document: Document, edit: Edit) -> Edit:
    """An edit of what is said to stand over `document`'s: whoever makes it has been told, and means it."""
    part, found = _part_of(edit), document.get(edit.kind, edit.key)
    if part is None or found is None:
        return edit
    now = {unit: setup_units.unit_of(part, found.parts.get(part.key), unit) for unit in _changes(edit)}
    over = {unit: now[unit] for unit, (_, value) in _changes(edit).items() if value != now[unit]}
    return replace(edit, was=setup_units.put(part, edit.was, over))


def measured_by(document: Document, edit: Edit, earlier: Sequence[Edit]) -> list[Edit]:
    """Earlier edits that are to have found what is live by now, lest `edit` come to nothing: somebody else has set
    there what the draft has had too, so nothing is told, but to type what stood there before is no typing back."""
    part, found, mended = _part_of(edit), document.get(edit.kind, edit.key), dict[int, Edit]()
    if part is None or found is None:
        return []
    same = [each for each in earlier if (each.kind, each.key, each.part) == (edit.kind, edit.key, edit.part)]
    chains = _chains([*same, edit])
    for unit in _changes(edit):
        chain = chains[edit.kind, edit.key, edit.part, unit]
        chain.origin = setup_units.unit_of(part, found.parts.get(part.key), unit)
        if setup_units.alike(unit, chain.origin, chain.left[-1]) or not chain.comes_to_nothing(unit):
            continue
        first = next(each for each in same if unit in _changes(each))
        first = mended.get(first.id, first)
        mended[first.id] = replace(first, was=setup_units.put(part, first.was, {unit: chain.origin}))
    return list(mended.values())


def found_without(edit: Edit, later: Sequence[Edit]) -> list[Edit]:
    """Later edits that found what `edit` had left, once it is taken out: they find what it had found."""
    left, mended = _changes(edit), []
    part = _part_of(edit)
    for each in later if part else ():
        if (each.kind, each.key, each.part) != (edit.kind, edit.key, edit.part):
            continue
        mine = {unit for unit in _changes(each) if unit in left and unit != ORDER}
        if mine and part:
            was = setup_units.put(part, each.was, {unit: left.pop(unit)[0] for unit in mine})
            mended.append(replace(each, was=was))
    return mended


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


def placed_without(before: Document, after: Document, left: Iterable[Edit]) -> list[Edit]:
    """Of the edits that are left when some are let go of, `after` being the draft without these: those that put a thing
    behind what is there no more. It stands behind what that stood behind, else it would fall to the end."""
    mended = []
    for each in left:
        if each.part != AFTER or each.value is None or after.get(each.kind, str(each.value)) is not None:
            continue
        place = each.value
        while place is not None and after.get(each.kind, str(place)) is None:
            if before.get(each.kind, str(place)) is None:
                break  # it was there no more before either
            place = part_of(before, each.kind, str(place), AFTER)
        else:
            mended.append(replace(each, value=place))
    return mended


def _nameable(document: Document) -> set[tuple[str, str]]:
    """All that something may point at."""
    options = {
        ("option", f"{item.key}={each.key}")
        for item in document.of("field", archived=True)
        for each in spec_of(item).options
    }
    return {(each.kind, each.key) for each in document.items} | options


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
