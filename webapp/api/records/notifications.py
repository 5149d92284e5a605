"""A notification, in its reader's words."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from webapp.models import Notification
from webapp.web import templating


class NotificationRecord(BaseModel):
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
    return NotificationRecord(
        id=row.id,
        seq=row.seq,
        user_id=row.user_id,
        kind=row.kind,
        urgency=row.urgency,
        title=told.title,
        body=told.body,
        sender_id=row.sender_id,
        deal_id=row.deal_id,
        task_id=row.task_id,
        run_id=row.run_id,
        created_at=row.created_at,
        read_at=row.read_at,
    )
