"""What somebody else has changed of the thing that stands open in an editor of the set-up, since it was drawn. The
editor says in its address how it has seen each part, so that it does not matter by which way it became another: an
edit, an undo, a discarded draft, a version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from zlib import crc32

from flask import request

from rules import setup as parts
from rules.robot_kinds import ROBOT_KINDS
from rules.setup_documents import Item
from rules.setup_edits import AFTER, part_of
from rules.setup_parts import ARCHIVED, KINDS
from webapp.access.viewer import viewer
from webapp.i18n import sentences, setup_changes
from webapp.i18n.isolates import gettext
from webapp.snapshots import drafts, setup_hands, setups
from webapp.web.forms import asked
from webapp.web.setup_shown import Shown

SEEN = "seen"  # in the address by which an open editor asks for itself anew
SETTING = "settings."


def mark(found: Shown, kind: str, key: str) -> str:
    """How each part stands. An editor that is drawn anew goes on from what it was opened with, until its reader does
    something in it: what they were told stays said."""
    if request.method == "GET" and asked(SEEN):
        return asked(SEEN)
    item = found.document.get(kind, key)
    return ",".join(f"{name}:{_sum(value)}" for name, value in _parts(found, item)) if item else ""


def meanwhile(found: Shown, kind: str, key: str) -> list[str]:
    """A line for each who has changed something, with what it was."""
    item = found.document.get(kind, key)
    if request.method != "GET" or not asked(SEEN) or item is None:
        return []
    seen = dict(each.partition(":")[::2] for each in asked(SEEN).split(","))
    by: dict[str, list[str]] = {}
    for name, value in _parts(found, item):
        if seen.get(name) == _sum(value):
            continue
        hand = setup_hands.last_hand(kind, key, "settings" if name.startswith(SETTING) else name)
        if hand != viewer().id and not (name == AFTER and hand is None):  # others that have moved stand behind it
            by.setdefault(setups.current().name_of(hand), []).append(_word(item, name))
    return [_line(who, list(dict.fromkeys(words))) for who, words in by.items()]


def gone(found: Shown, kind: str, key: str) -> str:
    """That what stood open is there no more, and who has taken it away; "" where it is there, or was not open."""
    if not asked(SEEN) or _is_there(found, kind, key):
        return ""
    who = setups.current().name_of(setup_hands.last_hand(kind, key, ARCHIVED.key))
    thing = setup_changes.thing(kind, key, drafts.name_of(kind, key, found.document))
    if not who:
        return gettext("%(thing)s is no longer in the draft.", thing=thing)
    return gettext("%(thing)s is no longer in the draft: %(who)s removed it in the meantime.", thing=thing, who=who)


def _is_there(found: Shown, kind: str, key: str) -> bool:
    """What is archived and still stands there can be restored; a pipeline has no place to stand."""
    if kind == "pipeline":
        return parts.pipeline_named(found.value, key) is not None
    return found.document.get(kind, key) is not None


def _parts(found: Shown, item: Item) -> Iterator[tuple[str, object]]:
    for part in (*KINDS[item.kind].parts, ARCHIVED):
        value = item.is_archived if part is ARCHIVED else item.parts.get(part.key)
        if part.shape == "settings" and isinstance(value, dict):
            yield from ((SETTING + name, each) for name, each in sorted(value.items()))
        else:
            yield part.key, value
    yield AFTER, part_of(found.document, item.kind, item.key, AFTER)


def _sum(value: object) -> str:
    return f"{crc32(json.dumps(value, sort_keys=True).encode()):08x}"


def _word(item: Item, name: str) -> str:
    if name.startswith(SETTING):
        kind = ROBOT_KINDS.get(str(item.parts.get("kind")))
        parameter = kind.get(name.removeprefix(SETTING)) if kind else None
        return sentences.parameter_name(parameter).lower() if parameter else gettext("settings")
    words = {AFTER: gettext("order"), ARCHIVED.key: gettext("archived")}
    return words.get(name) or gettext(setup_changes.PARTS[name])


def _line(who: str, words: list[str]) -> str:
    what = ", ".join(words)
    if not who:
        return gettext("Changed in the meantime: %(what)s.", what=what)
    return gettext("%(who)s changed this in the meantime: %(what)s.", who=who, what=what)
