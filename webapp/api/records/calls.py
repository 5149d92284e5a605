"""A call as the API tells it."""

from __future__ import annotations

from datetime import datetime

from webapp.api.types import Record
from webapp.models import PhoneCall
from webapp.snapshots import telephony


class CallRecord(Record):
    """`settled_as`: contact, called_back, no_client. `colleague_id`: whose own phone it came from, of those who work
    here."""

    id: int
    caller: str
    colleague_id: int | None
    state: str
    contact_id: int | None
    deal_id: int | None
    department_id: int | None
    answered_by_id: int | None
    created_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    settled_as: str | None
    settled_by_id: int | None
    settled_at: datetime | None


def record(row: PhoneCall) -> CallRecord:
    return CallRecord.of(row, colleague_id=telephony.house().get(row.caller))
