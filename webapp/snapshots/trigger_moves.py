"""How often each trigger moved a deal of late, and how often it was refused: read from the journal."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select

from webapp import clock
from webapp.db import session
from webapp.models import JournalEntry

COUNTED = timedelta(days=30)
EVENTS = {"deal.moved": "moved", "trigger.refused": "refused"}


def of_late(trigger_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """By trigger, in the last thirty days; one of which nothing stands in the journal is left out."""
    live = [each for each in trigger_ids if each > 0]  # what is in the draft only has moved nothing
    if not live:
        return {}
    pulled = JournalEntry.cause["trigger_id"].as_integer()
    rows = session().execute(
        select(pulled, JournalEntry.event, func.count())
        .where(
            JournalEntry.id >= _first_since(clock.now() - COUNTED),
            JournalEntry.event.in_(EVENTS),
            JournalEntry.cause["via"].as_string() == "trigger",
            pulled.in_(live),
        )
        .group_by(pulled, JournalEntry.event)
    )
    found: dict[int, dict[str, int]] = {}
    for trigger_id, event, many in rows:
        found.setdefault(trigger_id, {})[EVENTS[event]] = many
    return found


def _first_since(moment: datetime) -> int:
    """The id of the first entry that is no older. Entries are written in the order of time, and only their id has an
    index: halving finds it in as many looks as the number of entries has binary digits."""
    low, high = 0, (session().scalar(select(func.max(JournalEntry.id))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        after = select(JournalEntry.id, JournalEntry.at).where(JournalEntry.id >= middle)
        entry = session().execute(after.order_by(JournalEntry.id).limit(1)).first()
        if entry is None or entry.at >= moment:
            high = middle
        else:
            low = entry.id + 1
    return low
