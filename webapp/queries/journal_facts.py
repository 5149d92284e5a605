"""What a line of the journal is told with and does not keep itself: it became known later, or stands in a row of its
own. The page and the API ask here, so that both tell the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.models import JournalEntry
from webapp.queries import deliveries, task_parts

ARRIVED = ("delivery.sent", "delivery.delivered")


@dataclass(frozen=True, slots=True)
class LaterFacts:
    """`reason`: why work was returned, in the words of whoever returned it; `read_at`: when the word that went out was
    read in Dozor, in the last line that is known of it."""

    reason: str | None = None
    read_at: datetime | None = None


NONE = LaterFacts()


def of(entries: Sequence[JournalEntry]) -> Mapping[int, LaterFacts]:
    """By the line that tells of it; of lines that come newest first."""
    reasons, read = _why_returned(entries), _read(entries)
    return {each: LaterFacts(reasons.get(each), read.get(each)) for each in reasons.keys() | read.keys()}


def _read(entries: Sequence[JournalEntry]) -> dict[int, datetime]:
    arrived = {each.entity_id: each.id for each in reversed(entries) if each.event in ARRIVED}
    return {arrived[delivery_id]: at for delivery_id, at in deliveries.read_at(arrived).items()}


def _why_returned(entries: Sequence[JournalEntry]) -> dict[int, str]:
    returned = {(each.entity_id, each.at): each.id for each in entries if each.event == "task.returned"}
    found = task_parts.returns_of(sorted({task_id for task_id, _ in returned}))
    every = [each for some in found.values() for each in some]
    return {returned[each.task_id, each.at]: each.reason for each in every if (each.task_id, each.at) in returned}
