"""Where other systems are reached: what the sender is told, and what a page may say of it."""

from __future__ import annotations

from ipaddress import ip_network
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select

from rules import networks
from webapp.config import Settings
from webapp.db import session
from webapp.models import ApiToken, Conversation, Webhook

MOST_SHOWN = 100


def standing() -> list[Webhook]:
    """Those that robots may name."""
    rows = select(Webhook).where(Webhook.ended_at.is_(None), Webhook.token_id.is_(None)).order_by(Webhook.id)
    return list(session().scalars(rows))


def stands(row: Webhook) -> bool:
    """Whether anything goes there still: it ends by itself, or with the key whose replies go there."""
    token = session().get(ApiToken, row.token_id) if row.token_id is not None else None
    return row.ended_at is None and (token is None or token.ended_at is None)


def of_keys() -> list[Webhook]:
    """Those to which replies go, of keys that still open."""
    of_key = select(Webhook).join(ApiToken, ApiToken.id == Webhook.token_id)
    rows = of_key.where(Webhook.ended_at.is_(None), ApiToken.ended_at.is_(None)).order_by(Webhook.id).limit(MOST_SHOWN)
    return list(session().scalars(rows))


def of_conversation(conversation: Conversation | None) -> Webhook | None:
    """Where the replies of a conversation go, whose client last wrote by a token with an address for them."""
    if conversation is None or conversation.token_id is None:
        return None
    mine = select(Webhook).join(ApiToken, ApiToken.id == Webhook.token_id)
    mine = mine.where(ApiToken.id == conversation.token_id, ApiToken.ended_at.is_(None), Webhook.ended_at.is_(None))
    return session().scalars(mine).first()


def host_of(url: str) -> str:
    """All that is shown of an address: the rest may be secret."""
    return urlsplit(url).hostname or ""


def is_allowed(host: str, port: int) -> bool:
    """Whether whoever runs the machine has named it."""
    settings: Settings = current_app.config["SETTINGS"]
    return any(_names(each, host, port) for each in settings.outbound_allow)


def _names(allowed: str, host: str, port: int) -> bool:
    try:
        network = ip_network(allowed)
    except ValueError:
        named, _, wanted = allowed.rpartition(":")
        return (named.strip("[]").lower(), wanted) == (host.lower(), str(port))
    address = networks.spelled("127.0.0.1" if host == "localhost" else host)
    return address is not None and address in network
