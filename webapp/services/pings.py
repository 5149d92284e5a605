"""A sign of life to a watcher outside, which calls for help when it hears nothing: only while all is well here."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import select

from rules import webhooks as rules
from rules.reach import Answer
from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import heartbeats
from webapp.db import execute_core, session
from webapp.errors import invalid
from webapp.models import Gateway
from webapp.services import gateways, journal, texts
from webapp.snapshots import webhooks

KIND = "ping"
EVERY = heartbeats.PING_EVERY
_NEXT = select(Gateway.rest_until).where(Gateway.kind == KIND, Gateway.url != "")


def set_url(url: str, by: Actor) -> None:
    """Whom a sign is given."""
    url = texts.line("url", url, rules.URL_LIMIT)
    if code := rules.why_not(url, webhooks.is_allowed):
        raise invalid("url", code)
    row = gateways.row_of(KIND)
    row.url, row.failing_since, row.rest_until, row.trouble = url, None, None, {}
    journal.write("gateway.set", "gateway", row.id, by, new={"kind": KIND, "host": urlsplit(url).hostname})


def is_due() -> bool:
    """Whether it is time. `rest_until` is when the next one is."""
    row = execute_core(_NEXT).first()
    return row is not None and (row.rest_until is None or row.rest_until <= clock.now()) and _is_well()


def _is_well() -> bool:
    return heartbeats.health().is_well


def begin() -> str:
    """In the open transaction: where the sign goes; "" when somebody has given it meanwhile."""
    row = session().scalars(select(Gateway).where(Gateway.kind == KIND).with_for_update()).first()
    now = clock.now()
    if row is None or not row.url or (row.rest_until is not None and row.rest_until > now):
        return ""
    row.rest_until = now + EVERY
    return row.url


def answered(answer: Answer) -> None:
    """What the watcher said."""
    row = gateways.row_of(KIND)
    is_heard = answer.state == "sent"
    row.failing_since = None if is_heard else row.failing_since or clock.now()
    row.trouble = {} if is_heard else dict(answer.reason)
