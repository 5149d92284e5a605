"""What an admin does with the firm's own fields, as edits of the draft: added, and the options of a list. What is
otherwise said of a field is a part like any other (setup_editing.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rules.errors import FieldError
from rules.facts import Text
from rules.field_kinds import FIELD_KINDS
from rules.setup_documents import Item, key_from, options_kept
from rules.setup_parts import FIELD
from rules.texts import LINE_LIMIT, line
from webapp.access.scopes import Actor
from webapp.config import LOCALES
from webapp.errors import NotFound, invalid, not_an_option
from webapp.services import drafts, setup_editing
from webapp.snapshots import drafts as snapshots

Options = list[dict[str, Any]]
NEW_OPTION = "+"  # the place in the form of one that is added


def add(entity: str, kind: str, label: Text, by: Actor) -> str:
    """A field more, the last of its entity. Its bare key."""
    check_kind(kind)
    parts = {each.key: each.default for each in FIELD.parts} | {"kind": kind, "label": dict(label)}
    return drafts.add("field", parts, by, home=entity).rpartition("/")[2]


def check_kind(kind: str) -> None:
    """Raises Refused for one of which the firm has no fields."""
    if kind not in FIELD_KINDS or not FIELD_KINDS[kind].is_own:
        raise not_an_option("kind", (each.key for each in FIELD_KINDS.values() if each.is_own))


def given_options(had: Options, wanted: Iterable[Mapping[str, Any]]) -> list[object]:
    """Options as a program sends them: each with a key, which is made of its name unless given. Those that are left out
    are archived."""
    found: Options = []
    for each in wanted:
        named = next((str(words) for words in each["label"].values() if words), "")
        taken = [*(one["key"] for one in had), *(one["key"] for one in found)]
        option = {"key": each.get("key") or key_from(named, taken, "option"), "label": dict(each["label"])}
        found.append({**option, "is_archived": True} if each.get("is_archived") else option)
    return options_kept(list(had), list(found))


def require(entity: str, key: str, begins: Mapping[str, str], by: Actor) -> None:
    """From which stage on it is required, by pipeline; "" from none. A pipeline that is not named stays as it is."""
    item = _field(entity, key)
    kept = item.parts.get("required_from")
    others = [each for each in kept if each.partition("/")[0] not in begins] if isinstance(kept, list) else []
    wanted = [f"{pipeline}/{stage}" for pipeline, stage in begins.items() if stage]
    setup_editing.set_parts("field", item.key, {"required_from": sorted([*others, *wanted])}, by)


def set_options(entity: str, key: str, said: Mapping[str, str], act: str, by: Actor) -> None:
    """The options as a form words them ("large.en"), after one press: "up:large", "archive:large", "return:large".
    An option that is not named stays as it is."""
    _set_options(_field(entity, key), "options", said, act, by)


def set_lost_reasons(pipeline: str, said: Mapping[str, str], act: str, by: Actor) -> None:
    """As set_options, of what is offered when a deal of this pipeline is lost."""
    item = snapshots.current().document.get("pipeline", pipeline)
    if item is None:
        raise NotFound("pipeline")
    _set_options(item, "lost_reasons", said, act, by)


def _set_options(item: Item, part: str, said: Mapping[str, str], act: str, by: Actor) -> None:
    kept = item.parts.get(part)
    found = [_worded(each, said) for each in kept if isinstance(each, dict)] if isinstance(kept, list) else []
    found = _pressed(found + _added(found, said), act)
    setup_editing.set_parts(item.kind, item.key, {part: found}, by)


def _field(entity: str, key: str) -> Item:
    item = snapshots.current().document.get("field", f"{entity}/{key}")
    if item is None:
        raise NotFound("field")
    return item


def _words(said: Mapping[str, str], name: str) -> dict[str, str]:
    """Raises Refused naming the one that is wrong."""
    found = {}
    for locale in LOCALES:
        try:
            found[locale] = line(said.get(f"{name}.{locale}", ""), LINE_LIMIT)
        except FieldError as error:
            raise invalid(f"option.{name}.{locale}", error.code, **error.facts) from None
    return {each: words for each, words in found.items() if words}


def _worded(option: dict[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    is_asked = any(f"{option['key']}.{each}" in said for each in LOCALES)
    return {**option, "label": _words(said, option["key"])} if is_asked else option


def _added(found: Options, said: Mapping[str, str]) -> Options:
    label = _words(said, NEW_OPTION)
    if not label:
        return []
    named = next(iter(label.values()))
    return [{"key": key_from(named, (each["key"] for each in found), "option"), "label": label}]


def _pressed(found: Options, act: str) -> Options:
    verb, _, key = act.partition(":")
    at = next((n for n, each in enumerate(found) if each["key"] == key), None)
    if at is None:
        return found
    if verb == "up" and at:
        found[at - 1], found[at] = found[at], found[at - 1]
    elif verb == "archive":
        found[at] = {**found[at], "is_archived": True}
    elif verb == "return":
        found[at] = {name: each for name, each in found[at].items() if name != "is_archived"}
    return found
