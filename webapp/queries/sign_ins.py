"""Where a person is signed in, and which keys to the API act as this person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from rules import browsers
from webapp.access.sessions import SESSIONS, TOKENS
from webapp.db import session
from webapp.models import ApiToken, UserSession, Webhook
from webapp.snapshots import sign_ins as snapshots
from webapp.snapshots import webhooks


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is signed in. `browser` and `system` are "" when not known."""

    id: int
    browser: str
    system: str
    address: str | None
    created_at: datetime
    seen_at: datetime


def open_sessions(user_id: int) -> list[OpenSession]:
    """Last seen first."""
    found = select(UserSession).where(UserSession.user_id == user_id, snapshots.counts(snapshots.since()))
    last_seen_first = found.order_by(UserSession.seen_at.desc(), UserSession.id.desc()).limit(SESSIONS)
    return [
        OpenSession(each.id, *browsers.names(each.user_agent), each.address, each.created_at, each.seen_at)
        for each in session().scalars(last_seen_first)
    ]


def open_tokens(user_id: int) -> Sequence[ApiToken]:
    """Newest first."""
    found = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.ended_at.is_(None))
    return session().scalars(found.order_by(ApiToken.id.desc()).limit(TOKENS)).all()


def answers(user_id: int) -> dict[int, str]:
    """By token, the host to which replies go."""
    found = select(Webhook).join(ApiToken, ApiToken.id == Webhook.token_id).where(ApiToken.user_id == user_id)
    return {each.token_id: webhooks.host_of(each.url) for each in session().scalars(found) if each.token_id is not None}
