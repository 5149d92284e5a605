"""How long a sign-in counts: one answer for pages, open sockets, lists of browsers, and what web push reaches. One that
runs out by itself is not written down as ended: nobody is there to do it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, and_

from webapp import clock
from webapp.models import UserSession

LASTS = timedelta(days=30)


def since() -> datetime:
    """Whoever signed in before that has to sign in again."""
    return clock.now() - LASTS


def counts(since: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """SQL over UserSession: neither ended by somebody nor run out."""
    return and_(UserSession.ended_at.is_(None), UserSession.created_at > since)
