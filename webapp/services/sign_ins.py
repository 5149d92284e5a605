"""A person's ways in: the password, the link by which one is set, the browsers that are signed in, the tokens of the
API. Each is given and ended here."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update

from webapp import clock
from webapp.access import sessions
from webapp.access.scopes import Actor
from webapp.access.sessions import NewPassword
from webapp.changes import announcements
from webapp.db import execute_core, session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import ApiToken, CalendarFeed, SignInLink, User, UserSession
from webapp.services import journal, limits, texts
from webapp.services.events import people_changed
from webapp.snapshots import setups

NAME_LIMIT = 60
LINK_FOR = timedelta(days=7)


def change_password(user_id: int, session_id: int | None, password: NewPassword, by: Actor) -> None:
    """A new password of somebody who knew the old one: all other browsers and all tokens end."""
    if not sessions.keep_hash(user_id, password.old, password.new):
        raise invalid("current", "wrong_password")
    end_all(user_id, but=session_id)
    journal.write("user.password_changed", "user", user_id, by)


def set_password(user_id: int, password_hash: str, by: Actor) -> None:
    """A new password, given by somebody else: all browsers and tokens end."""
    user = session().get_one(User, user_id, with_for_update=True)
    is_first, user.password_hash = not user.has_come_in, password_hash
    if is_first:  # from now on clients and controls may come to them
        setups.changed()
        announcements.chart_changed()
        people_changed()
    end_all(user_id)
    journal.write("user.password_set", "user", user_id, by)


def end_all(user_id: int, but: int | None = None) -> None:
    """Every session, `but` this one, every token, the address of the calendar, and a link that was not used yet."""
    end_sessions(user_id, UserSession.id != (but or 0))
    sessions.end_tokens(user_id)
    end_links(user_id)
    execute_core(delete(CalendarFeed).where(CalendarFeed.user_id == user_id))


def give_link(user_id: int, by: Actor) -> str:
    """A link by which this person sets a password, once, within a week; older ones end. The secret is returned once and
    kept nowhere. Raises Refused("deactivated")."""
    user = session().get_one(User, user_id, with_for_update=True)
    if not user.is_active:
        raise Refused("deactivated", name=user.name)
    end_links(user_id)
    secret, now = secrets.token_urlsafe(32), clock.now()
    session().add(
        SignInLink(
            token_hash=sessions.hash_token(secret),
            user_id=user_id,
            given_by_id=by.user_id,
            created_at=now,
            expires_at=now + LINK_FOR,
        )
    )
    journal.write("user.link_given", "user", user_id, by)
    return secret


def use_link(secret: str, password_hash: str) -> int:
    """A person sets a password by a link, which ends; so do all browsers and tokens of before. Whose it was. Raises
    NotFound when it opens nothing: of two who use it at once, the second finds it ended."""
    mine = update(SignInLink).where(*_open(secret)).values(ended_at=clock.now()).returning(SignInLink.user_id)
    user_id: int | None = execute_core(mine).scalar()
    if user_id is None:
        raise NotFound("link")
    set_password(user_id, password_hash, Actor(user_id, via="page"))
    return user_id


def person_of_link(secret: str) -> User | None:
    """Whom a link lets in; None when it opens nothing, whether it was used, is too old or never was."""
    return session().scalar(select(User).join(SignInLink, SignInLink.user_id == User.id).where(*_open(secret)))


def end_links(user_id: int) -> None:
    alive = update(SignInLink).where(SignInLink.user_id == user_id, SignInLink.ended_at.is_(None))
    execute_core(alive.values(ended_at=clock.now()))


def _open(secret: str) -> tuple[ColumnElement[bool], ...]:
    active = SignInLink.user_id.in_(select(User.id).where(User.is_active))
    is_it = SignInLink.token_hash == sessions.hash_token(secret)
    return (is_it, SignInLink.ended_at.is_(None), SignInLink.expires_at > clock.now(), active)


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
    alive = select(ApiToken.id).where(ApiToken.user_id == user_id, ApiToken.ended_at.is_(None))
    limits.must_have_room(f"tokens of {user_id}", alive, sessions.TOKENS, "token", "too_many_tokens")
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
