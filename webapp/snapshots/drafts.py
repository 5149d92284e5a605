"""The draft of the set-up as it stands: what is live with the draft's edits made over it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from rules import setup_changes, setup_edits
from rules.setup_changes import Change
from rules.setup_documents import Document
from rules.setup_edits import Edit, Unfit
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
    today = NamesToday()
    replayed = setup_edits.replay(live, [today.edit(edit_of(each)) for each in rows])
    return Draft(
        live,
        replayed.document,
        setup_changes.changes(live, replayed.document),
        replayed.unfit,
        tuple(each.id for each in rows),
        tuple(dict.fromkeys(each.by_id for each in rows if each.by_id is not None)),
    )


def edit_rows(state: str = "draft", since: datetime | None = None) -> list[SetupEdit]:
    """Edits in their order; `since`: only those that ended no earlier."""
    wanted = select(SetupEdit).where(SetupEdit.state == state).order_by(SetupEdit.id)
    if since is not None:
        wanted = wanted.where(SetupEdit.ended_at >= since)
    return list(session().scalars(wanted))


def edit_of(row: SetupEdit) -> Edit:
    return Edit(row.kind, row.key, row.part, row.value, row.was, row.id)
