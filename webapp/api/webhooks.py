"""Addresses of other systems that robots may tell, for admins."""

from __future__ import annotations

from http import HTTPStatus

from webapp.access.records import require_admin
from webapp.api.records import webhooks as records
from webapp.api.records.webhooks import NewWebhookRecord, WebhookRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Page
from webapp.services import webhooks
from webapp.snapshots import webhooks as found


class NewWebhook(Body):
    """`key`, by which robots name it, is made from the name when it is not given."""

    name: str
    url: str
    key: str = ""


class NewSecret(Body):
    """For `overlap_hours` (at most 72) the old secret signs too; 0: it ends at once."""

    overlap_hours: int = 0


@reads("/webhooks", Page[WebhookRecord])
def index() -> Page[WebhookRecord]:
    """All that robots may name, then those of keys, to which replies go."""
    require_admin()
    return Page[WebhookRecord](items=[records.record(each) for each in (*found.standing(), *found.of_keys())])


@writes("POST", "/webhooks", NewWebhookRecord, HTTPStatus.CREATED)
def create(json: NewWebhook) -> Answer[NewWebhookRecord]:
    """A new one, with what it signs with."""
    made, secret = webhooks.add(json.name, json.url, require_admin().actor, key=json.key)
    return lambda: records.new(made, secret)


@writes("POST", "/webhooks/<int:webhook_id>/secrets", NewWebhookRecord, HTTPStatus.CREATED)
def renew(webhook_id: int, json: NewSecret) -> Answer[NewWebhookRecord]:
    """Another secret, shown this once; also of a webhook that belongs to a key, named by its `token_id`."""
    row, secret = webhooks.renew(webhook_id, json.overlap_hours, require_admin().actor)
    return lambda: records.new(row, secret)


@writes("DELETE", "/webhooks/<int:webhook_id>", None, HTTPStatus.NO_CONTENT)
def delete(webhook_id: int) -> None:
    """Nothing goes there any more. Refused while a robot names it."""
    webhooks.end(webhook_id, require_admin().actor)
