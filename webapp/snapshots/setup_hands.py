"""Whose word it is that something of the set-up stands in the draft as it does: by an edit, by one that was taken back,
or by a version that went live beneath it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from rules.setup_edits import AFTER, NEW
from rules.setup_parts import ARCHIVED
from webapp.db import session
from webapp.models import SetupEdit, SetupVersion

LATEST = 20  # edits of one thing, and versions, among which the last hand is looked for
ORDERED = (AFTER, NEW, ARCHIVED.key)  # what changes behind which of its equals a thing stands
_CODES = {ARCHIVED.key: ("archived", "brought_back"), AFTER: ("moved",)}  # in the changes that a version keeps

Hand = tuple[datetime, int | None]


def last_hand(kind: str, key: str, part: str) -> int | None:
    """Who has made this part what it is now; None where nobody is known to have."""
    found = [*_published(kind, key, part), *_edited(kind, key, part)]
    return max(found, key=lambda each: each[0])[1] if found else None


def last_to_order(kind: str) -> int | None:
    """Who has last put something of this kind elsewhere in the draft, by which what stands behind it moves too."""
    wanted = select(SetupEdit.by_id).where(SetupEdit.kind == kind, SetupEdit.part.in_(ORDERED))
    return session().scalar(wanted.where(SetupEdit.state == "draft").order_by(SetupEdit.id.desc()).limit(1))


def _edited(kind: str, key: str, part: str) -> Iterator[Hand]:
    """An edit that was published is the version's; whoever has let one go has the last word on it."""
    wanted = select(SetupEdit).where(SetupEdit.kind == kind, SetupEdit.key == key, SetupEdit.part.in_((part, NEW)))
    for each in session().scalars(wanted.order_by(SetupEdit.id.desc()).limit(LATEST)):
        if each.state in ("undone", "discarded") and each.ended_at is not None:
            yield each.ended_at, each.ended_by_id
        else:
            yield each.at, each.by_id


def _published(kind: str, key: str, part: str) -> Iterator[Hand]:
    for each in session().scalars(select(SetupVersion).order_by(SetupVersion.id.desc()).limit(LATEST)):
        if any(_is_of(one, kind, key, part) for one in each.changes):
            yield each.at, each.by_id


def _is_of(change: dict[str, object], kind: str, key: str, part: str) -> bool:
    if (change.get("kind"), change.get("key")) != (kind, key):
        return False
    return change.get("part") == part or change.get("code") in (*_CODES.get(part, ()), "added")
