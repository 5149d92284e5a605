"""Addresses of other systems that robots may tell, for admins."""

from __future__ import annotations

from http import HTTPStatus

from webapp.access.records import require_admin
from webapp.api.records import webhooks as records
from webapp.api.records.webhooks import NewWebhookRecord, WebhookRecord
from webapp.api.routes import reads, writes
from webapp.api.types import Body, Page
from webapp.services import webhooks
from webapp.snapshots import webhooks as found


class NewWebhook(Body):
    """`key`, by which robots name it, is made from the name when it is not given."""

    name: str
    url: str
    key: str = ""


@reads("/webhooks", Page[WebhookRecord])
def index() -> Page[WebhookRecord]:
    """All that robots may name."""
    require_admin()
    return Page[WebhookRecord](items=[records.record(each) for each in found.standing()])


@writes("POST", "/webhooks", NewWebhookRecord, HTTPStatus.CREATED)
def create(json: NewWebhook) -> NewWebhookRecord:
    """A new one, with what it signs with."""
    made, secret = webhooks.add(json.name, json.url, require_admin().actor, key=json.key)
    return records.new(made, secret)


@writes("DELETE", "/webhooks/<int:webhook_id>", None, HTTPStatus.NO_CONTENT)
def delete(webhook_id: int) -> None:
    """Nothing goes there any more. Refused while a robot names it."""
    webhooks.end(webhook_id, require_admin().actor)
