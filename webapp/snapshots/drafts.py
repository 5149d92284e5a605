"""The draft of the set-up as it stands: what is live with the draft's edits made over it again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from rules import setup_changes, setup_edits
from rules.setup_changes import Change
from rules.setup_documents import Document, Item
from rules.setup_edits import NEW, Edit, Replayed, Unfit
from rules.setup_units import Unit
from webapp.db import session
from webapp.models import SetupEdit
from webapp.snapshots import setup_documents
from webapp.snapshots.names_today import NamesToday


@dataclass(frozen=True, slots=True)
class Draft:
    """`document` is what would be published, `changes` how it differs from `live`, `unfit` what no longer fits."""

    live: Document
    document: Document
    changes: tuple[Change, ...]
    unfit: tuple[Unfit, ...]
    edit_ids: tuple[int, ...]
    by_ids: tuple[int, ...]  # who has edited it, each once

    @property
    def is_empty(self) -> bool:
        """Nothing to publish, and nothing to say."""
        return not self.changes and not self.unfit


def current() -> Draft:
    """As it stands in this transaction."""
    live, rows = setup_documents.live(), edit_rows()
    replayed = _replayed(live, rows)
    return Draft(
        live,
        replayed.document,
        setup_changes.changes(live, replayed.document),
        tuple(replace(each, name=name_of(each.edit.kind, each.edit.key, replayed.document)) for each in replayed.unfit),
        tuple(each.id for each in rows),
        _by(rows),
    )


def weighed(live: Document, rows: list[SetupEdit]) -> tuple[int, tuple[int, ...]]:
    """Of edits that stand in no draft: how many changes of what is live they would be, with those that would come to
    nothing; who made them, each once."""
    replayed = _replayed(live, rows)
    lost = [each for each in replayed.unfit if each.code != "changed_beneath"]  # which is made all the same, and said
    return len(setup_changes.changes(live, replayed.document)) + len(lost), _by(rows)


def _by(rows: list[SetupEdit]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(each.by_id for each in rows if each.by_id is not None))


def left_hanging_without(edit_ids: Collection[int]) -> tuple[Item, ...]:
    """What in the draft would hang in the air if these edits were let go of."""
    live, rows = setup_documents.live(), edit_rows()
    left = [each for each in rows if each.id not in edit_ids]
    return setup_edits.left_hanging(_replayed(live, rows), _replayed(live, left))


def placed_without(edit_ids: Collection[int]) -> list[Edit]:
    """The places among those left that would be behind something gone if these edits were let go of, as they then
    are."""
    live, rows = setup_documents.live(), edit_rows()
    left = [each for each in rows if each.id not in edit_ids]
    before, after = _replayed(live, rows).document, _replayed(live, left).document
    return setup_edits.placed_without(before, after, map(edit_of, left))


def _replayed(live: Document, rows: list[SetupEdit]) -> Replayed:
    today = NamesToday()
    return setup_edits.replay(live, [today.edit(edit_of(each)) for each in rows])


def last_by(kind: str, key: str, part: str, unit: Unit) -> int | None:
    """Whose word it is that stands in the draft there; None where it is what is live, or nobody's."""
    mine = (each for each in reversed(edit_rows()) if (each.kind, each.key) == (kind, key))
    return next((each.by_id for each in mine if setup_edits.is_of(edit_of(each), part, unit)), None)


def name_of(kind: str, key: str, document: Document) -> Mapping[str, str]:
    """What a thing is called, also one that is in no document any more: in the archive, or as it was once added."""
    if found := document.get(kind, key):
        return found.name
    row = setup_documents.rows_of(kind).get(key)
    if row is not None:
        return dict(getattr(row, "name", None) or getattr(row, "label", None) or {})
    made = select(SetupEdit).where(SetupEdit.kind == kind, SetupEdit.key == key, SetupEdit.part == NEW)
    last = session().scalars(made.order_by(SetupEdit.id.desc()).limit(1)).first()
    parts = last.value if last is not None and isinstance(last.value, Mapping) else {}
    return dict(parts.get("name") or parts.get("label") or {})


def edit_rows(state: str = "draft", since: datetime | None = None) -> list[SetupEdit]:
    """Edits in their order; `since`: only those that ended no earlier."""
    wanted = select(SetupEdit).where(SetupEdit.state == state).order_by(SetupEdit.id)
    if since is not None:
        wanted = wanted.where(SetupEdit.ended_at >= since)
    return list(session().scalars(wanted))


def edit_of(row: SetupEdit) -> Edit:
    return Edit(row.kind, row.key, row.part, row.value, row.was, row.id)
