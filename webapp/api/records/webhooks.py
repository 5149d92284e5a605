"""An address of another system, as the API tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from webapp.api.types import Record
from webapp.models import Webhook
from webapp.snapshots import webhooks


class WebhookRecord(Record):
    """Robots name it by its `key`. `failing_since`: nothing that went there was taken since then."""

    id: int
    key: str
    name: str
    host: str
    token_id: int | None
    created_at: datetime
    failing_since: datetime | None


class NewWebhookRecord(WebhookRecord):
    """`secret` signs what goes there, and is shown this once. Null: shown before, in the answer to the first try."""

    secret: str | None

    def kept(self) -> Self:
        return self.model_copy(update={"secret": None})


def record(row: Webhook) -> WebhookRecord:
    return WebhookRecord.of(row, host=webhooks.host_of(row.url))


def new(row: Webhook, secret: str) -> NewWebhookRecord:
    return NewWebhookRecord.of(row, host=webhooks.host_of(row.url), secret=secret)
