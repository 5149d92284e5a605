"""Notes on a deal: a call that was made, a word for a colleague. Whoever may read the deal may write one."""

from __future__ import annotations

from rules.texts import shortened
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import instant, session
from webapp.models import Deal, Note
from webapp.services import journal, notifications, placeholders, texts
from webapp.services.naming import named
from webapp.snapshots.deals import snapshot_of

TEXT_LIMIT = 10_000
SAID_LENGTH = 300  # of it in a notification


def write(deal: Deal, text: str, by: Actor) -> Note:
    """A note. Who is named with an @ is told if they may see the deal; who may not stands on the note as not told."""
    assert by.user_id is not None
    text = texts.text("text", text, TEXT_LIMIT)
    told, untold = named(text, by.user_id, lambda who: who.may_read(deal.responsible_id, deal.department_id))
    note = Note(deal_id=deal.id, by_id=by.user_id, text=text, told=told, untold=untold, at=instant())
    session().add(note)
    session().flush()
    journal.write("note.written", "note", note.id, by, deal_id=deal.id, new={"told": told, "untold": untold})
    announcements.deal_changed(deal.id)
    notifications.tell(
        told,
        "note.mentioned",
        key=f"note-{note.id}",
        facts={**placeholders.facts_of(deal, snapshot_of(deal)), "note.text": shortened(text, SAID_LENGTH)},
        sender_id=by.user_id,
        deal_id=deal.id,
    )
    return note
