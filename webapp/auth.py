"""Who asks, and one door per record. A record that a person may not see is as good as absent: 404.

A door is called inside the transaction, after the lock, so that rights are those of the write itself.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Request, g, request
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy import bindparam, or_, select, update

from rules import org
from webapp import clock, passwords, realtime, setups
from webapp.actors import Actor, Scope
from webapp.db import session, straight, transaction
from webapp.errors import Hidden, Refused, bad
from webapp.models import (
    ApiToken,
    Contact,
    Conversation,
    Deal,
    Invoice,
    Notification,
    Task,
    User,
    UserSession,
)
from webapp.setups import PersonCard, Setup

login = LoginManager()
SESSION_FOR = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, eq=False)
class Viewer(UserMixin):
    """The person who asks: a snapshot, not a row, so it outlives any transaction of the request. `at` is when the
    request began to read: whatever its page shows is no older than this."""

    person: PersonCard
    scope: Scope
    theme: str
    at: datetime
    session_id: int | None = None
    token_id: int | None = None

    @property
    def id(self) -> int:
        return self.person.id

    @property
    def locale(self) -> str:
        return self.person.locale

    @property
    def time_zone(self) -> str:
        return self.person.time_zone

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.scope, "api" if self.token_id else "page")

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie: the session's secret, which is noted in the request by sign_in."""
        return str(g.session_token)


def viewer() -> Viewer:
    """The signed-in person of this request."""
    found: Viewer = current_user._get_current_object()
    return found


def scope_of(setup: Setup, person: PersonCard) -> Scope:
    """What a person may reach, from role, posts and memberships."""
    leads = org.led_by(setup.org, person.id)
    sees = setup.firm.rep_sees
    return Scope(
        user_id=person.id,
        is_admin=person.is_admin,
        reads=leads | (person.department_ids if sees == "department" else frozenset()),
        leads=leads,
        home=person.department_ids,
        reads_all=person.is_admin or sees == "all",
    )


def digest(secret: str) -> str:
    """Secrets are random and long, so a plain hash keeps them; passwords get argon2."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign_in(email: str, password: str, address: str | None, agent: str | None) -> Viewer:
    """A new session for a right address and password. Raises Refused("wrong_sign_in"), never saying which was wrong,
    and "busy"."""
    known = select(User.id, User.password_hash).where(User.email == email.strip().lower(), User.is_active)
    found = session().execute(known).first()
    session().close()  # no connection waits for a hash
    kept = passwords.checked(found.password_hash if found else None, password, address)
    if found is None or kept is None:
        raise Refused("wrong_sign_in")
    token, now = secrets.token_urlsafe(32), clock.now()
    with transaction() as current:
        if not _keep(found.id, found.password_hash, kept):
            raise Refused("wrong_sign_in")
        row = UserSession(
            token_hash=digest(token),
            user_id=found.id,
            created_at=now,
            seen_at=now,
            address=address,
            user_agent=(agent or "")[:200],
        )
        current.add(row)
    g.session_token = token
    who = load_session(token)
    assert who is not None
    return who


def _keep(user_id: int, seen: str, new: str) -> bool:
    """In the open transaction: set the hash, unless the account was closed or its password changed since `seen`."""
    same = update(User).where(User.id == user_id, User.password_hash == seen, User.is_active)
    return straight(same.values(password_hash=new)).rowcount == 1


def sign_out(who: Viewer) -> None:
    """End this session everywhere it is held; its sockets close."""
    with transaction() as current:
        current.execute(update(UserSession).where(UserSession.id == who.session_id).values(ended_at=clock.now()))
        realtime.rights_changed(who.id)


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A new password of somebody who knew the old one: hashes of both."""

    old: str
    new: str


def new_password(who: Viewer, current: str, new: str, address: str | None) -> NewPassword:
    """Before the transaction, since hashes take long. Raises Refused naming the field, or "busy"."""
    if len(new) < passwords.MIN_LENGTH:
        raise bad("password", "too_short", limit=passwords.MIN_LENGTH)
    old = session().scalars(select(User.password_hash).where(User.id == who.id)).one()
    session().close()  # no connection waits for a hash
    if not passwords.is_right(old, current, address):
        raise bad("current", "wrong_password")
    return NewPassword(old, passwords.hashed(new, address))


def change_password(who: Viewer, password: NewPassword) -> None:
    """In the open transaction: the new password counts; all other sessions end."""
    if not _keep(who.id, password.old, password.new):
        raise bad("current", "wrong_password")
    others = update(UserSession).where(UserSession.user_id == who.id, UserSession.id != who.session_id)
    session().execute(others.where(UserSession.ended_at.is_(None)).values(ended_at=clock.now()))
    realtime.rights_changed(who.id)


# Asked by every request, so built once.
_SESSION = (
    select(UserSession.id, UserSession.seen_at, User.id.label("user_id"), User.theme)
    .join(User, User.id == UserSession.user_id)
    .where(
        UserSession.token_hash == bindparam("hash"),
        UserSession.ended_at.is_(None),
        UserSession.created_at > bindparam("since"),
        User.is_active,
    )
)
_TOKEN = (
    select(ApiToken.id, User.id.label("user_id"), User.theme)
    .join(User, User.id == ApiToken.user_id)
    .where(ApiToken.token_hash == bindparam("hash"), ApiToken.ended_at.is_(None), User.is_active)
)


@login.user_loader
def load_session(token: str) -> Viewer | None:
    """The person behind a session's secret, if the session has not ended."""
    now = clock.now()
    row = straight(_SESSION, hash=digest(token), since=now - SESSION_FOR).first()
    if row is None:
        return None
    g.session_token = token
    setup = setups.current()
    person = setup.people[row.user_id]
    if now - row.seen_at > SEEN_EVERY and request.method in ("GET", "POST"):
        _seen(row.id)
    return Viewer(person, scope_of(setup, person), row.theme, now, session_id=row.id)


def _seen(session_id: int) -> None:
    with transaction() as current:
        current.execute(update(UserSession).where(UserSession.id == session_id).values(seen_at=clock.now()))


@login.request_loader
def load_token(asked: Request) -> Viewer | None:
    """The person behind `Authorization: Bearer TOKEN`, on the API only."""
    scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not asked.path.startswith("/api/"):
        return None
    now = clock.now()
    row = straight(_TOKEN, hash=digest(token.strip())).first()
    if row is None:
        return None
    setup = setups.current()
    person = setup.people[row.user_id]
    return Viewer(person, scope_of(setup, person), row.theme, now, token_id=row.id)


def new_token(user_id: int, name: str) -> str:
    """A key to the API, in the open transaction; the secret is returned once and kept nowhere."""
    token = "dz_" + secrets.token_urlsafe(32)
    session().add(ApiToken(token_hash=digest(token), user_id=user_id, name=name, created_at=clock.now()))
    return token


def deal_for(deal_id: int, *, write: bool = False, for_update: bool = False) -> Deal:
    """A deal that the viewer may read (`write`: also change). Raises Hidden, or Refused("not_yours")."""
    deal = session().get(Deal, deal_id, with_for_update=True if for_update else None)
    scope = viewer().scope
    if deal is None or deal.deleted_at is not None or not scope.may_read(deal.responsible_id, deal.department_id):
        raise Hidden("deal")
    if write and not scope.may_write(deal.responsible_id, deal.department_id):
        raise Refused("not_yours")
    return deal


def conversation_for(conversation_id: int, *, write: bool = False) -> tuple[Conversation, Deal]:
    """A conversation by its deal's rights; with `write` the deal is locked first, then the conversation read afresh."""
    deal_id = session().scalar(select(Conversation.deal_id).where(Conversation.id == conversation_id))
    if deal_id is None:
        raise Hidden("conversation")
    deal = deal_for(deal_id, write=write, for_update=write)
    return session().get_one(Conversation, conversation_id), deal


def invoice_for(invoice_id: int, *, write: bool = False) -> tuple[Invoice, Deal]:
    """An invoice by its deal's rights; with `write` the deal is locked first, then the invoice read afresh."""
    deal_id = session().scalar(select(Invoice.deal_id).where(Invoice.id == invoice_id))
    if deal_id is None:
        raise Hidden("invoice")
    deal = deal_for(deal_id, write=write, for_update=write)
    return session().get_one(Invoice, invoice_id), deal


def contact_for(contact_id: int, *, write: bool = False) -> Contact:
    """Any employee reads a contact; writes who may write one of its deals, or who made it. With `write` its deals are
    locked first, then the contact (lock order)."""
    if write:
        theirs = select(Deal.id).where(Deal.contact_id == contact_id, Deal.deleted_at.is_(None)).order_by(Deal.id)
        session().execute(theirs.with_for_update()).all()
    contact = session().get(Contact, contact_id, with_for_update={"key_share": True} if write else None)
    if contact is None:
        raise Hidden("contact")
    if write and not may_write_contact(contact):
        raise Refused("not_yours")
    return contact


def may_write_contact(contact: Contact) -> bool:
    """Whether the viewer may change this contact."""
    scope = viewer().scope
    if scope.is_admin or contact.created_by_id == scope.user_id or contact.responsible_id == scope.user_id:
        return True
    theirs = or_(Deal.responsible_id == scope.user_id, Deal.department_id.in_(scope.leads))
    return (
        session().scalar(
            select(Deal.id).where(Deal.contact_id == contact.id, Deal.deleted_at.is_(None), theirs).limit(1)
        )
        is not None
    )


def task_for(task_id: int, *, for_update: bool = False) -> Task:
    """A task is seen by its assignee, creator and acceptor, and by who may read its deal. With `for_update`
    the deal is locked first, then the task (lock order)."""
    deal_id = session().scalar(select(Task.deal_id).where(Task.id == task_id))
    if for_update and deal_id is not None:
        session().get(Deal, deal_id, with_for_update=True)
    task = session().get(Task, task_id, with_for_update=True if for_update else None)
    if task is None or not may_see_task(task):
        raise Hidden("task")
    return task


def may_see_task(task: Task) -> bool:
    """Whether the viewer has to do with this task."""
    scope = viewer().scope
    if scope.user_id in (task.assignee_id, task.creator_id, task.acceptor_id):
        return True
    deal: Any = session().get(Deal, task.deal_id) if task.deal_id else None
    if deal is None:
        return scope.is_admin
    return scope.may_read(deal.responsible_id, deal.department_id)


def notification_for(notification_id: int) -> Notification:
    """Only one's own."""
    notification = session().get(Notification, notification_id)
    if notification is None or notification.user_id != viewer().id:
        raise Hidden("notification")
    return notification


def admin() -> Viewer:
    """The viewer, if an admin; to others the set-up does not exist."""
    who = viewer()
    if not who.scope.is_admin:
        raise Hidden("set-up")
    return who
