"""What went out, and what became of it."""

from __future__ import annotations

from datetime import datetime

from webapp.api.types import Record
from webapp.i18n import deliveries as words
from webapp.models import Delivery


class DeliveryRecord(Record):
    """`is_held`: it was due before a restore, and waits until whoever runs the machine lets it go on. `reason` in
    words; when it was seen stands with the notification."""

    id: int
    notification_id: int | None
    message_id: int | None
    deal_id: int | None
    user_id: int | None
    channel: str
    content: str
    address: str
    state: str
    is_held: bool
    attempts: int
    reason: str
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None


def record(row: Delivery) -> DeliveryRecord:
    return DeliveryRecord.of(row, reason=words.reason(row.reason), address=words.address(row.channel, row.address))
