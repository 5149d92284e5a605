"""Signing in and out: sessions of browsers and tokens of the API. Secrets are kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Request, Response, current_app, g, request
from flask_login import LoginManager
from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute

from rules import emails
from webapp import clock
from webapp.access import askers, passwords
from webapp.access.askers import Asker
from webapp.access.viewer import KEPT, Viewer, scope_of
from webapp.changes import announcements
from webapp.db import execute_core, jot, session, transaction
from webapp.errors import Refused, invalid
from webapp.models import (
    Address,
    ApiToken,
    User,
    UserSession,
)
from webapp.snapshots import setups
from webapp.snapshots import sign_ins as snapshots


class Doorkeeper(LoginManager):
    """Flask-Login's, without what it would do at each request for two things that are not had here: a session counts
    wherever its secret is brought from, and ends where it is kept; and nobody is remembered by a cookie beside it."""

    def _session_protection_failed(self) -> bool:
        return False

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


login = Doorkeeper()
SESSIONS, TOKENS = 30, 50  # alive, of one person
SEEN_EVERY = timedelta(minutes=5)
USED_EVERY = timedelta(minutes=1)


def hash_token(secret: str) -> str:
    """Secrets are random and long, so a plain hash keeps them; passwords get argon2."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign_in(
    email: str,
    password: str,
    address: str | None,
    agent: str | None,
    *,
    instead_of: Viewer | None = None,
    held: str = "",
) -> Viewer:
    """A new session for a right address and password; whoever was signed in in this browser no longer is. `held` is the
    secret that this browser brings, which may open nothing any more. Raises Refused("wrong_sign_in"), never saying
    which was wrong, and "busy"."""
    ways = emails.kept_as(email)
    known = select(User.id, User.password_hash).where(User.email.in_(ways), User.is_active)
    found = session().execute(known.order_by((User.email == ways[0]).desc())).first()
    session().close()  # no connection waits for a hash
    kept = passwords.checked(found.password_hash if found else None, password, address)
    if found is None or kept is None:
        raise Refused("wrong_sign_in")
    with transaction():
        if not keep_hash(found.id, found.password_hash, kept):
            raise Refused("wrong_sign_in")
        token = begin(found.id, address, agent, instead_of=instead_of, held=held)
    return signed_in(token)


def begin(
    user_id: int, address: str | None, agent: str | None, *, instead_of: Viewer | None = None, held: str = ""
) -> str:
    """In the open transaction: a new session of this person, in the place of that browser's old one. Its secret."""
    token, now = secrets.token_urlsafe(32), clock.now()
    if instead_of is not None:
        end_sessions(instead_of.id, UserSession.id == instead_of.session_id)
    row = UserSession(
        token_hash=hash_token(token),
        user_id=user_id,
        created_at=now,
        seen_at=now,
        address=address,
        user_agent=(agent or "")[:200],
    )
    session().add(row)
    session().flush()
    if held:
        _go_on_telling(user_id, held, row.id)
    _end_the_oldest(user_id)
    return token


def _go_on_telling(user_id: int, held: str, session_id: int) -> None:
    """Web push in this browser goes on for somebody who signs in anew because the sign-in of before ran out. What was
    ended stays ended; and where another person signs in, it is the browser of the one before no more."""
    before = select(UserSession.id).where(UserSession.token_hash == hash_token(held))
    ran_out = before.where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    execute_core(update(Address).where(Address.session_id.in_(ran_out)).values(session_id=session_id))
    execute_core(delete(Address).where(Address.session_id.in_(before)))


def _end_the_oldest(user_id: int) -> None:
    """A program that signs in each time and never out would else make a list, and rows to look through, without end."""
    alive = select(UserSession.id).where(UserSession.user_id == user_id, snapshots.counts(snapshots.since()))
    beyond = alive.order_by(UserSession.seen_at.desc(), UserSession.id.desc()).offset(SESSIONS)
    if oldest := list(session().scalars(beyond)):
        end_sessions(user_id, UserSession.id.in_(oldest))


def signed_in(token: str) -> Viewer:
    """Whose session has just begun in this request."""
    g.session_token = token
    who = _by_session(token)
    assert who is not None
    return who


def keep_hash(user_id: int, seen: str, new: str) -> bool:
    """In the open transaction: set the hash, unless the account was closed or its password changed since `seen`."""
    same = update(User).where(User.id == user_id, User.password_hash == seen, User.is_active)
    return execute_core(same.values(password_hash=new)).rowcount == 1


def sign_out(who: Viewer) -> None:
    """End this session everywhere it is held; its sockets close."""
    with transaction():
        end_sessions(who.id, UserSession.id == who.session_id)


def end_sessions(user_id: int, *which: ColumnElement[bool]) -> int:
    """In the open transaction: sessions of this person end, and what is open by them closes. How many: what had run out
    is ended too, so that nothing goes on by it, and was none any more."""
    left = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None), *which)
    announcements.rights_changed(user_id)
    since = snapshots.since()
    ended = execute_core(left.values(ended_at=clock.now()).returning(UserSession.created_at)).scalars()
    over = select(UserSession.id).where(UserSession.user_id == user_id, UserSession.ended_at.is_not(None))
    execute_core(delete(Address).where(Address.user_id == user_id, Address.session_id.in_(over)))
    return sum(each > since for each in ended)


def end_tokens(user_id: int, *which: ColumnElement[bool]) -> int:
    """In the open transaction: tokens of this person end. How many."""
    alive = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.ended_at.is_(None), *which)
    return execute_core(alive.values(ended_at=clock.now())).rowcount


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A new password of somebody who knew the old one: hashes of both."""

    old: str
    new: str


def new_password(who: Viewer, current: str, new: str, address: str | None) -> NewPassword:
    """Before the transaction, since hashes take long. Raises Refused naming the field, or "busy"."""
    passwords.check_length(new)
    old = must_be_password(who, current, address)
    return NewPassword(old, passwords.hashed(new, address))


def must_be_password(who: Viewer, typed: str, address: str | None) -> str:
    """Somebody who is signed in types the password again; its hash. Raises Refused naming the field, or "busy"."""
    kept = session().scalars(select(User.password_hash).where(User.id == who.id)).one()
    session().close()  # no connection waits for a hash
    if not passwords.is_right(kept, typed, address):
        raise invalid("current", "wrong_password")
    return kept


# Asked by every request, so built once.
_SESSION = (
    select(UserSession.id, UserSession.seen_at, User.id.label("user_id"), User.theme, setups.VERSION.label("version"))
    .join(User, User.id == UserSession.user_id)
    .where(
        UserSession.token_hash == bindparam("hash"),
        snapshots.counts(bindparam("since")),
        User.is_active,
    )
)
_ALIVE = (
    select(UserSession.id)
    .join(User, User.id == UserSession.user_id)
    .where(snapshots.counts(bindparam("since")), User.is_active)
)
_TOKEN = (
    select(ApiToken.id, ApiToken.used_at, User.id.label("user_id"), User.theme, setups.VERSION.label("version"))
    .join(User, User.id == ApiToken.user_id)
    .where(ApiToken.token_hash == bindparam("hash"), ApiToken.ended_at.is_(None), User.is_active)
)


@login.user_loader
def load_session(token: str) -> Viewer | None:
    """The person behind a session's secret, if the session has not ended."""
    who = _by_session(token)
    if who is not None and (cookie := request.cookies.get(current_app.config["SESSION_COOKIE_NAME"])):
        askers.remember(cookie, Asker(who.id, is_program=False))
    return who


def _by_session(token: str) -> Viewer | None:
    now = clock.now()
    row = execute_core(_SESSION, hash=hash_token(token), since=snapshots.since()).first()
    if row is None:
        return None
    g.session_token = token
    setup = setups.of_version(row.version)
    person = setup.people[row.user_id]
    if now - row.seen_at > SEEN_EVERY:
        _jot(UserSession.seen_at, row.id, now)
    return Viewer(person, scope_of(setup, person), row.theme, now, session_id=row.id)


def read_by_anybody() -> None:
    """Who reads this answer is not looked up any more, unless that is known already."""
    if KEPT not in g:
        setattr(g, KEPT, login.anonymous_user())


def alive(ids: Collection[int]) -> set[int]:
    """Which of these sessions still count."""
    found = execute_core(_ALIVE.where(UserSession.id.in_(ids)), since=snapshots.since())
    return {each.id for each in found}


@login.request_loader
def load_token(asked: Request) -> Viewer | None:
    """The person behind `Authorization: Bearer TOKEN`, on the API only."""
    scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not asked.path.startswith("/api/"):
        return None
    now = clock.now()
    row = execute_core(_TOKEN, hash=hash_token(token)).first()
    if row is None:
        return None
    if row.used_at is None or now - row.used_at >= USED_EVERY:
        _jot(ApiToken.used_at, row.id, now)
    askers.remember(token, Asker(row.user_id, is_program=True))
    setup = setups.of_version(row.version)
    person = setup.people[row.user_id]
    return Viewer(person, scope_of(setup, person), row.theme, now, token_id=row.id)


def _jot(column: InstrumentedAttribute[Any], row_id: int, now: datetime) -> None:
    """When it was last in use: worth no waiting, so not while others write, nor for somebody who ends it just now."""
    kind = column.class_
    free = select(kind.id).where(kind.id == row_id).with_for_update(skip_locked=True)
    jot(update(kind).where(kind.id.in_(free)).values({column.key: now}))


def new_token(user_id: int, name: str) -> str:
    """A key to the API, in the open transaction; the secret is returned once and kept nowhere."""
    token = "dz_" + secrets.token_urlsafe(32)
    session().add(ApiToken(token_hash=hash_token(token), user_id=user_id, name=name, created_at=clock.now()))
    return token
