"""What happened to a deal, and what happens next."""

from __future__ import annotations

from webapp.access.records import deal_for
from webapp.api.deals import ONE
from webapp.api.records import history as records
from webapp.api.records.history import JournalRecord, RunRecord
from webapp.api.routes import reads
from webapp.api.types import Page, Paging, cursor
from webapp.queries import listings as found
from webapp.snapshots.setups import current


@reads(f"{ONE}/runs", Page[RunRecord])
def runs(deal_id: int, query: Paging) -> Page[RunRecord]:
    """Every robot that was armed on this deal, newest first: how it ended and why, or when it will act."""
    deal_for(deal_id)
    slice_, setup = found.runs(deal_id, found.Place(query.limit, query.before)), current()
    return Page[RunRecord](items=[records.run(each, setup) for each in slice_.rows], next=cursor(slice_.next))


@reads(f"{ONE}/journal", Page[JournalRecord])
def journal(deal_id: int, query: Paging) -> Page[JournalRecord]:
    """Who did what, when and why, newest first."""
    deal_for(deal_id)
    slice_, setup = found.journal(deal_id, found.Place(query.limit, query.before)), current()
    return Page[JournalRecord](items=[records.entry(each, setup) for each in slice_.rows], next=cursor(slice_.next))
