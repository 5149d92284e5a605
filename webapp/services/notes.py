"""Notes on a deal: a call that was made, a word for a colleague. Whoever may read the deal may write one."""

from __future__ import annotations

from rules.mentions import mentioned
from webapp import clock
from webapp.access.scopes import Actor
from webapp.access.viewer import scope_of
from webapp.changes import announcements
from webapp.db import session
from webapp.models import Deal, Note
from webapp.services import journal, notifications, placeholders, texts
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.setups import current

TEXT_LIMIT = 10_000


def write(deal: Deal, text: str, by: Actor) -> Note:
    """A note. Who is named with an @ is told if they may see the deal; who may not stands on the note as not told."""
    assert by.user_id is not None
    text = texts.text("text", text, TEXT_LIMIT)
    told, untold = _named(deal, text, by.user_id)
    note = Note(deal_id=deal.id, by_id=by.user_id, text=text, told=told, untold=untold, at=clock.now())
    session().add(note)
    session().flush()
    journal.write("note.written", "note", note.id, by, deal_id=deal.id, new={"told": told, "untold": untold})
    announcements.deal_changed(deal.id)
    notifications.tell(
        told,
        "note.mentioned",
        key=f"note-{note.id}",
        facts={**placeholders.facts_of(deal, snapshot_of(deal)), "note.text": text[:300]},
        sender_id=by.user_id,
        deal_id=deal.id,
    )
    return note


def _named(deal: Deal, text: str, by_id: int) -> tuple[list[int], list[int]]:
    setup = current()
    others = {each.id: each.name for each in setup.people.values() if each.is_active and each.id != by_id}
    named = sorted(mentioned(text, others)) if "@" in text else []
    scopes = {each: scope_of(setup, setup.people[each]) for each in named}
    told = [each for each in named if scopes[each].may_read(deal.responsible_id, deal.department_id)]
    return told, [each for each in named if each not in told]
