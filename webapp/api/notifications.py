"""One's own notifications, and reading them."""

from __future__ import annotations

from http import HTTPStatus

from webapp.access.records import notification_for
from webapp.access.viewer import viewer
from webapp.api.records import notifications as records
from webapp.api.records.notifications import NotificationRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Page, Paging, cursor
from webapp.queries import listings as found
from webapp.services import notifications

ONE = "/notifications/<int:notification_id>"


class NotificationFilters(Paging):
    unread: bool = False


class Reading(Body):
    pass


@reads("/notifications", Page[NotificationRecord])
def index(query: NotificationFilters) -> Page[NotificationRecord]:
    """What the caller was told, newest first."""
    slice_ = found.notifications(viewer().id, query.unread, found.Place(query.limit, query.before))
    return Page[NotificationRecord](items=[records.record(each) for each in slice_.rows], next=cursor(slice_.next))


@writes("POST", f"{ONE}/readings", NotificationRecord, HTTPStatus.CREATED)
def read(notification_id: int, json: Reading) -> Answer[NotificationRecord]:
    """Mark one as read; again is no error."""
    notification = notification_for(notification_id)
    notifications.read(notification, viewer().actor)
    return lambda: records.record(notification)
