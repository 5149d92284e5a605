"""Calls that no deal came of: listed, and one by one made a deal, given to a contact, or settled."""

from __future__ import annotations

from http import HTTPStatus

from webapp.access.records import contact_for
from webapp.access.viewer import viewer
from webapp.api.records import calls as records
from webapp.api.records import deals as deal_records
from webapp.api.records.calls import CallRecord
from webapp.api.records.deals import DealRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Id, NothingBody, Page, Paging, cursor
from webapp.queries import calls as found
from webapp.services import call_acts

ONE = "/calls/<int:call_id>"


class Caller(Body):
    """Who called."""

    contact_id: Id


class CallSettlement(Body):
    """`how`: called_back, no_client."""

    how: str


@reads("/calls", Page[CallRecord])
def index(query: Paging) -> Page[CallRecord]:
    """Those that are over and that nobody has settled, newest first."""
    rows = found.loose(viewer().scope, query.before, query.limit)
    shown = rows[: query.limit]
    items = [records.record(each.row) for each in shown]
    return Page[CallRecord](items=items, next=cursor(shown[-1].row.id if len(rows) > len(shown) else None))


@writes("POST", f"{ONE}/deals", DealRecord, HTTPStatus.CREATED)
def make_deal(call_id: int, json: NothingBody) -> Answer[DealRecord]:
    """The caller is a client: a deal of theirs, once."""
    deal = call_acts.make_deal(call_id, viewer().actor)
    return lambda: deal_records.record(deal)


@writes("POST", f"{ONE}/contacts", CallRecord, HTTPStatus.CREATED)
def belong(call_id: int, json: Caller) -> Answer[CallRecord]:
    """The caller is this contact: it goes on with the contact's open deal, where there is one that you see."""
    by = viewer().actor
    call_acts.check_seen(call_id, by)
    call = call_acts.belongs_to(call_id, contact_for(json.contact_id), by)
    return lambda: records.record(call)


@writes("POST", f"{ONE}/settlements", CallRecord, HTTPStatus.CREATED)
def settle(call_id: int, json: CallSettlement) -> Answer[CallRecord]:
    """No deal comes of it."""
    call = call_acts.settle(call_id, json.how, viewer().actor)
    return lambda: records.record(call)
