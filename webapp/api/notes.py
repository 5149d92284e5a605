"""Notes on a deal: whoever may read the deal reads and writes them."""

from __future__ import annotations

from http import HTTPStatus

from webapp.access.records import deal_for
from webapp.access.viewer import viewer
from webapp.api.deals import ONE
from webapp.api.records import notes as records
from webapp.api.records.notes import NoteRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Page, Paging, cursor
from webapp.queries import listings as found
from webapp.services import notes


class NewNote(Body):
    """`text` may name people of the firm, as "@Anna Krylova"."""

    text: str


@reads(f"{ONE}/notes", Page[NoteRecord])
def index(deal_id: int, query: Paging) -> Page[NoteRecord]:
    """Notes on a deal, newest first."""
    deal_for(deal_id)
    slice_ = found.notes(deal_id, found.Place(query.limit, query.before))
    return Page[NoteRecord](items=[records.record(each) for each in slice_.rows], next=cursor(slice_.next))


@writes("POST", f"{ONE}/notes", NoteRecord, HTTPStatus.CREATED)
def create(deal_id: int, json: NewNote) -> Answer[NoteRecord]:
    """Write one; who is named with an @ is told, if they may see the deal."""
    note = notes.write(deal_for(deal_id, for_update=True), json.text, viewer().actor)
    return lambda: records.record(note)
