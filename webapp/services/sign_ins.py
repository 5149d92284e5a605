"""A person's ways in: the password, the browsers that are signed in, the tokens of the API. Each is ended here."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select

from webapp.access import sessions
from webapp.access.scopes import Actor
from webapp.access.sessions import NewPassword
from webapp.db import session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import ApiToken, User, UserSession
from webapp.services import journal, texts

TOKENS = 50  # alive, of one person
NAME_LIMIT = 60


def change_password(user_id: int, session_id: int | None, password: NewPassword, by: Actor) -> None:
    """A new password of somebody who knew the old one: all other browsers and all tokens end."""
    if not sessions.keep_hash(user_id, password.old, password.new):
        raise invalid("current", "wrong_password")
    end_all(user_id, but=session_id)
    journal.write("user.password_changed", "user", user_id, by)


def set_password(user_id: int, password_hash: str, by: Actor) -> None:
    """A new password, given by somebody else: all browsers and tokens end."""
    session().get_one(User, user_id, with_for_update=True).password_hash = password_hash
    end_all(user_id)
    journal.write("user.password_set", "user", user_id, by)


def end_all(user_id: int, but: int | None = None) -> None:
    """Every session, `but` this one, and every token."""
    end_sessions(user_id, UserSession.id != (but or 0))
    sessions.end_tokens(user_id)


def end_sessions(user_id: int, *which: ColumnElement[bool]) -> int:
    """Browsers of this person are signed out, their open pages too. How many."""
    return sessions.end_sessions(user_id, *which)


def end_session(user_id: int, session_id: int, by: Actor) -> None:
    """One browser of this person is signed out. Raises NotFound for another's; what has ended stays ended."""
    mine = select(UserSession.id).where(UserSession.id == session_id, UserSession.user_id == user_id)
    if session().scalar(mine) is None:
        raise NotFound("session")
    if end_sessions(user_id, UserSession.id == session_id):
        journal.write("user.session_ended", "user", user_id, by)


def end_others(user_id: int, session_id: int | None, by: Actor) -> int:
    """All browsers but this one. How many."""
    count = end_sessions(user_id, UserSession.id != (session_id or 0))
    if count:
        journal.write("user.sessions_ended", "user", user_id, by, new=count)
    return count


def add_token(user_id: int, name: str, by: Actor) -> str:
    """A key to the API that acts as this person; the secret is returned once and kept nowhere."""
    name = texts.line("token", name, NAME_LIMIT)
    user = session().get_one(User, user_id, with_for_update=True)
    if not user.is_active:
        raise Refused("deactivated", name=user.name)
    alive = select(func.count(ApiToken.id)).where(ApiToken.user_id == user_id, ApiToken.ended_at.is_(None))
    if (session().scalar(alive) or 0) >= TOKENS:
        raise invalid("token", "too_many_tokens", limit=TOKENS)
    journal.write("user.token_added", "user", user_id, by, new=name)
    return sessions.new_token(user_id, name)


def end_token(user_id: int, token_id: int, by: Actor) -> None:
    """This token opens nothing any more. Raises NotFound for another's; what has ended stays ended."""
    mine = select(ApiToken.name).where(ApiToken.id == token_id, ApiToken.user_id == user_id)
    name = session().scalar(mine)
    if name is None:
        raise NotFound("token")
    if sessions.end_tokens(user_id, ApiToken.id == token_id):
        journal.write("user.token_ended", "user", user_id, by, old=name)
