"""Accounts as changed by whoever holds the machine: no sign-in is asked, every change is journalled as Dozor's own."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select, update

from webapp import clock
from webapp.access import passwords, sessions
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import session, transaction
from webapp.models import ApiToken, Deal, Department, Stage, User, UserSession
from webapp.seeds import people
from webapp.services import journal
from webapp.snapshots import setups

CONSOLE = Actor(via="console")
POSTS = ("head", "deputy")
HUES = 8  # classes of the palette


class AccountError(Exception):
    """One line that says what is wrong."""


def add(email: str, name: str, password: str, *, is_admin: bool, department: str | None, post: str | None) -> int:
    """A new employee, in the firm's language and zone, placed in a department (by key) and over it with `post`."""
    email, name = address(email), " ".join(name.split())
    if not name:
        raise AccountError("the name is empty.")
    if post and not department:
        raise AccountError("a head or deputy is one of a department: name it with --department.")
    password_hash = _hashed(password)
    with transaction() as current:
        if current.scalar(select(User.id).where(User.email == email)) is not None:
            raise AccountError(f"{email} is there already.")
        home = department_by(department)
        firm = setups.current().firm
        user_id = people.user(
            email,
            name,
            password_hash,
            locale=firm.locale,
            zone=firm.time_zone,
            at=clock.now(),
            hue=(current.scalar(select(func.count(User.id))) or 0) % HUES,
            is_admin=is_admin,
        )
        if home is not None:
            people.place(user_id, home, post)
        setups.changed()
        journal.write("user.added", "user", user_id, CONSOLE, new=email)
        announcements.rights_changed(user_id)
    return user_id


def set_password(email: str, password: str) -> None:
    """A new password; every session of this person ends."""
    password_hash = _hashed(password)
    with transaction():
        user = user_by(email)
        user.password_hash = password_hash
        _end_sessions(user.id)
        journal.write("user.password_set", "user", user.id, CONSOLE)


def deactivate(email: str) -> int:
    """This person signs in no more; sessions and tokens end. Returns how many open deals need another responsible."""
    with transaction() as current:
        user = user_by(email)
        others = select(User.id).where(User.is_admin, User.is_active, User.id != user.id)
        if user.is_admin and current.scalars(others).first() is None:
            raise AccountError(f"{user.email} is the only admin: make another one first.")
        user.is_active = False
        _end_sessions(user.id)
        tokens = update(ApiToken).where(ApiToken.user_id == user.id, ApiToken.ended_at.is_(None))
        current.execute(tokens.values(ended_at=clock.now()))
        setups.changed()
        journal.write("user.deactivated", "user", user.id, CONSOLE)
        deals = select(func.count(Deal.id)).join(Stage, Stage.id == Deal.stage_id)
        mine = deals.where(Deal.responsible_id == user.id, Deal.deleted_at.is_(None), Stage.kind == "open")
        return current.scalar(mine) or 0


def add_token(email: str, name: str) -> str:
    """A key to the API that acts as this person; it is returned once and kept nowhere."""
    with transaction():
        user = user_by(email)
        if not user.is_active:
            raise AccountError(f"{user.email} is deactivated.")
        journal.write("user.token_added", "user", user.id, CONSOLE, new=name)
        return sessions.new_token(user.id, name)


def address(email: str) -> str:
    """As it is kept. Raises AccountError."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise AccountError(f"{email!r} is no e-mail address: {error}") from None


def long_enough(password: str) -> None:
    if len(password) < passwords.MIN_LENGTH:
        raise AccountError(f"the password is too short: {passwords.MIN_LENGTH} characters or more.")


def _hashed(password: str) -> str:
    long_enough(password)
    return passwords.hashed(password)


def department_by(key: str | None) -> int | None:
    if key is None:
        return None
    known = {row.key: row.id for row in session().scalars(select(Department).order_by(Department.id))}
    if key not in known:
        raise AccountError(f"there is no department {key!r}; there are {', '.join(known)}.")
    return known[key]


def user_by(email: str) -> User:
    user = session().scalars(select(User).where(User.email == email.strip().lower())).first()
    if user is None:
        raise AccountError(f"nobody here has the address {email}.")
    return user


def _end_sessions(user_id: int) -> None:
    alive = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    session().execute(alive.values(ended_at=clock.now()))
    announcements.rights_changed(user_id)
