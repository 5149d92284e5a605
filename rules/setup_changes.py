"""What differs between two set-ups, thing by thing and part by part; the words are in webapp/i18n/setup_changes.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from rules.setup_documents import Document, Item
from rules.setup_parts import ARCHIVED, KINDS


@dataclass(frozen=True, slots=True)
class Change:
    """`code` is added, archived, brought_back, moved or changed; of a change `part` with what it was and is. `name` is
    what the firm calls the thing."""

    code: str
    kind: str
    key: str
    name: dict[str, str]
    part: str = ""
    old: object = None
    new: object = None

    @property
    def as_json(self) -> dict[str, object]:
        return asdict(self)


def changes(before: Document, after: Document) -> tuple[Change, ...]:
    """All of them, in the order of the kinds."""
    return tuple(each for kind in KINDS for each in _of_kind(kind, before, after))


def load(raw: dict[str, object]) -> Change:
    """One that was kept as JSON."""
    return Change(**raw)  # type: ignore[arg-type]


def _of_kind(kind: str, before: Document, after: Document) -> Iterator[Change]:
    old = {each.key: each for each in before.of(kind, archived=True)}
    new = {each.key: each for each in after.of(kind, archived=True)}
    for key, item in old.items():
        if not item.is_archived and (key not in new or new[key].is_archived):
            yield _change("archived", item)
    displaced = _displaced(before, after, kind)
    for key, item in new.items():
        was = old.get(key)
        if item.is_archived:
            continue
        if was is None:
            yield _change("added", item)
            continue
        if was.is_archived:
            yield _change("brought_back", item)
        yield from _parts(was, item)
        if key in displaced:
            yield _change("moved", item)


def _change(code: str, item: Item, part: str = "", old: object = None, new: object = None) -> Change:
    return Change(code, item.kind, item.key, dict(item.name), part, old, new)


def _parts(was: Item, item: Item) -> Iterator[Change]:
    for part in KINDS[item.kind].parts:
        old, new = was.parts.get(part.key), item.parts.get(part.key)
        if old != new and part is not ARCHIVED:
            yield _change("changed", was, part.key, old, new)  # by the name under which it is known so far


def _displaced(before: Document, after: Document, kind: str) -> set[str]:
    """The fewest things that need to be said to have moved: all others still stand in one order."""
    found: set[str] = set()
    for home in {each.home for each in after.of(kind)}:
        was = [each.key for each in before.of(kind) if each.home == home]
        now = [each.key for each in after.of(kind) if each.home == home and each.key in was]
        found |= set(now) - set(_longest_kept(now, [each for each in was if each in now]))
    return found


def _longest_kept(now: list[str], was: list[str]) -> list[str]:
    """The longest run of keys that both orders have alike."""
    places = {key: n for n, key in enumerate(was)}
    best: list[list[str]] = []  # the longest one that ends with each
    for key in now:
        longer = max((each for each in best if places[each[-1]] < places[key]), key=len, default=[])
        best.append([*longer, key])
    return max(best, key=len, default=[])
