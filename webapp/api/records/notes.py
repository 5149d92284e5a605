"""A note on a deal."""

from __future__ import annotations

from datetime import datetime

from webapp.api.types import Record
from webapp.models import Note


class NoteRecord(Record):
    """`told` are the people whom the text names and who may see the deal, `untold` those who may not."""

    id: int
    deal_id: int
    by_id: int
    text: str
    told: list[int]
    untold: list[int]
    at: datetime


def record(note: Note) -> NoteRecord:
    return NoteRecord.of(note)
