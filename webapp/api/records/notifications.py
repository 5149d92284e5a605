"""A notification, in its reader's words."""

from __future__ import annotations

from datetime import datetime

from webapp.api.types import Record
from webapp.models import Notification
from webapp.web import templating


class NotificationRecord(Record):
    """`seq` numbers a person's notifications without gaps."""

    id: int
    seq: int
    user_id: int
    kind: str
    urgency: str
    title: str
    body: str
    sender_id: int | None
    deal_id: int | None
    task_id: int | None
    run_id: int | None
    created_at: datetime
    read_at: datetime | None


def record(row: Notification) -> NotificationRecord:
    told = templating.notification(row)
    return NotificationRecord.of(row, title=told.title, body=told.body)
