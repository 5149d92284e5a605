"""The log of what went out, for admins."""

from __future__ import annotations

from http import HTTPStatus

from webapp.access.records import require_admin
from webapp.api.records import deliveries as records
from webapp.api.records.deliveries import DeliveryRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import NothingBody, Page, Paging, cursor
from webapp.queries import listings as found
from webapp.services import deliveries


@reads("/deliveries", Page[DeliveryRecord])
def index(query: Paging) -> Page[DeliveryRecord]:
    """Everything, newest first."""
    require_admin()
    slice_ = found.deliveries(found.Place(query.limit, query.before))
    return Page[DeliveryRecord](items=[records.record(each) for each in slice_.rows], next=cursor(slice_.next))


@writes("POST", "/deliveries/<int:delivery_id>/retries", DeliveryRecord, HTTPStatus.CREATED)
def retry(delivery_id: int, json: NothingBody) -> Answer[DeliveryRecord]:
    """Send once more what has failed, as a delivery of its own."""
    require_admin()
    again = deliveries.retry(delivery_id)
    return lambda: records.record(again)
