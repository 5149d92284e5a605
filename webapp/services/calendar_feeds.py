"""The secret address of a person's calendar: made, made anew, ended."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, select

from webapp import clock
from webapp.access import sessions
from webapp.access.scopes import Actor
from webapp.db import execute_core, session
from webapp.models import CalendarFeed, User
from webapp.services import journal


def make(user_id: int, by: Actor) -> str:
    """A new address; the one before opens nothing any more. The secret is returned once and kept nowhere."""
    session().get_one(User, user_id, with_for_update=True)
    _forget(user_id)
    secret = secrets.token_urlsafe(32)
    session().add(CalendarFeed(user_id=user_id, secret_hash=sessions.hash_token(secret), made_at=clock.now()))
    session().flush()
    journal.write("user.calendar_feed_made", "user", user_id, by)
    return secret


def end(user_id: int, by: Actor) -> None:
    """No program reads it any more; what has ended stays ended."""
    if _forget(user_id):
        journal.write("user.calendar_feed_ended", "user", user_id, by)


def person_of(secret: str) -> User | None:
    """Whose calendar it is; None when it opens nothing: for somebody who has left, too."""
    mine = select(User).join(CalendarFeed, CalendarFeed.user_id == User.id)
    return session().scalar(mine.where(CalendarFeed.secret_hash == sessions.hash_token(secret), User.is_active))


def _forget(user_id: int) -> int:
    return execute_core(delete(CalendarFeed).where(CalendarFeed.user_id == user_id)).rowcount
