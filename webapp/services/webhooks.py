"""Addresses of other systems, as an admin sets them; what goes there; and whether it is taken. Secrets are made here,
shown once, and told to nobody else."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from rules import reach, webhooks
from rules.reach import Answer
from rules.setup_documents import KEY, key_from
from webapp import clock
from webapp.access.scopes import Actor
from webapp.access.sessions import hash_token
from webapp.db import session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import ApiToken, Delivery, Webhook
from webapp.services import delivery_plans, journal, limits, notifications, old_secrets, texts
from webapp.snapshots import setups
from webapp.snapshots import webhooks as found

NAME_LIMIT = 60
MOST = 50


def add(name: str, url: str, by: Actor, *, key: str = "") -> tuple[Webhook, str]:
    """A new one, and its secret, which is returned this once."""
    name = texts.line("name", name, NAME_LIMIT)
    url = _url("url", url)
    standing = select(Webhook.id).where(Webhook.ended_at.is_(None), Webhook.token_id.is_(None))
    limits.must_have_room("webhooks", standing, MOST, "name", "too_many_webhooks")
    row, secret = _add(_key(name, key), name, url)
    setups.changed()
    journal.write("webhook.added", "webhook", row.id, by, new={"name": name, "host": found.host_of(url)})
    return row, secret


def _key(name: str, wanted: str) -> str:
    taken = set(session().scalars(select(Webhook.key)))
    if not wanted:
        return key_from(name, taken, "webhook")
    if not KEY.fullmatch(wanted):
        raise invalid("key", "not_a_key")
    if wanted in taken:
        raise invalid("key", "taken_key")
    return wanted


def _url(field: str, raw: str) -> str:
    url = texts.line(field, raw, webhooks.URL_LIMIT)
    if code := webhooks.why_not(url, found.is_allowed):
        raise invalid(field, code)
    return url


def _add(key: str, name: str, url: str, token_id: int | None = None) -> tuple[Webhook, str]:
    secret = new_secret()
    row = Webhook(key=key, name=name, url=url, secret=secret, token_id=token_id, created_at=clock.now())
    session().add(row)
    session().flush()
    return row, secret


def answer_to(token: str, url: str, by: Actor) -> str:
    """Where replies to inquiries go that come by this token, given by its own secret. The secret of what goes there."""
    url = _url("reply_url", url)
    row = session().scalars(select(ApiToken).where(ApiToken.token_hash == hash_token(token))).one()
    made, secret = _add(f"token:{row.id}", row.name, url, row.id)
    journal.write("webhook.added", "webhook", made.id, by, new={"token": row.name, "host": found.host_of(url)})
    return secret


def renew(webhook_id: int, hours: int, by: Actor) -> tuple[Webhook, str]:
    """Another secret, returned this once. What goes there is signed with the old one too for so many hours."""
    row = _row(webhook_id, with_replies=True)
    was = row.secret
    row.secret = new_secret()
    old_secrets.replaced("webhook", row.id, was, hours)
    journal.write("webhook.secret_renewed", "webhook", row.id, by, new={"name": row.name, "overlap_hours": hours})
    return row, row.secret


def new_secret() -> str:
    """As Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def end(webhook_id: int, by: Actor) -> None:
    """Nothing goes there any more. Raises Refused while a robot names it."""
    row = _row(webhook_id)
    robots = [each for each in setups.current().value.robots if each.kind == "webhook"]
    using = [dict(each.name) for each in robots if each.settings.get("to") == row.key]
    if using:
        raise Refused("webhook_in_use", name=row.name, robots=using)
    row.ended_at = clock.now()
    old_secrets.forget("webhook", row.id)
    setups.changed()
    journal.write("webhook.removed", "webhook", row.id, by, old={"name": row.name})


def _row(webhook_id: int, *, with_replies: bool = False) -> Webhook:
    row = session().get(Webhook, webhook_id, with_for_update=True)
    if row is None or not found.stands(row) or (row.token_id is not None and not with_replies):
        raise NotFound("webhook")
    return row


def test(webhook_id: int, by: Actor) -> Delivery:
    """A word that says nothing, so that the other side can be tried."""
    row = _row(webhook_id)
    journal.write("webhook.tested", "webhook", row.id, by)
    return send(row, f"webhook-test-{secrets.token_hex(8)}", "test", {"by": setups.current().name_of(by.user_id)})


def standing(key: str) -> Webhook | None:
    """The one that robots name so."""
    return next((each for each in found.standing() if each.key == key), None)


def event(kind: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """A body."""
    return {"type": kind, "timestamp": at.isoformat(), "data": dict(data)}


def send(row: Webhook, key: str, kind: str, data: Mapping[str, Any], **more: Any) -> Delivery:
    """What is told stands in the row as it is now: a repeat says the same."""
    now = clock.now()
    return delivery_plans.add(
        key,
        "webhook",
        found.host_of(row.url),
        "event",
        due=now,
        webhook_id=row.id,
        facts={"said": event(kind, now, data), "name": row.name},
        **more,
    )


def answered(row: Webhook, answer: Answer, failures: int) -> None:
    """What came of a try: what fails is left alone for a moment, so that others do not wait behind it, and the admins
    are told in time."""
    if answer.state == "sent":
        row.failing_since, row.rest_until, row.trouble = None, None, {}
        return
    now = clock.now()
    row.failing_since, row.trouble = row.failing_since or now, dict(answer.reason)
    row.rest_until = now + reach.rest(failures, answer.wait)
    if reach.is_admins_business(answer.reason, failures):
        _inform(row, answer.reason, row.failing_since)


def _inform(row: Webhook, reason: Mapping[str, Any], since: datetime) -> None:
    notifications.tell(
        setups.current().org.fallback,
        "gateway.failing",
        key=f"webhook-{row.id}-{int(since.timestamp())}",
        facts={"delivery.channel": {"webhook": row.name}, "delivery.reason": {"delivery_reason": dict(reason)}},
        urgency="urgent",
    )
