"""What else an owner asks or changes of accounts by command: who there is, back again, admin, address, department."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from webapp.box import accounts
from webapp.box.accounts import CONSOLE, AccountError
from webapp.changes import announcements
from webapp.db import session, transaction
from webapp.models import Department, Membership, Post, User, UserSession
from webapp.seeds import people
from webapp.services import journal
from webapp.snapshots import setups


@dataclass(frozen=True, slots=True)
class Account:
    """One person, as a command prints it."""

    email: str
    name: str
    is_admin: bool
    is_active: bool
    departments: tuple[str, ...]
    posts: tuple[str, ...]
    seen_at: datetime | None


def everybody(email: str | None = None) -> Iterator[Account]:
    """All, or the one of this address. Raises AccountError when there is none."""
    found = [accounts.user_by(email)] if email else session().scalars(select(User).order_by(User.email)).all()
    keys = {row.id: row.key for row in session().scalars(select(Department))}
    for each in found:
        homes = session().scalars(select(Membership.department_id).where(Membership.user_id == each.id))
        posts = session().execute(select(Post.kind, Post.department_id).where(Post.user_id == each.id)).all()
        yield Account(
            each.email,
            each.name,
            each.is_admin,
            each.is_active,
            tuple(keys[home] for home in homes),
            tuple(f"{kind} of {keys[home]}" for kind, home in posts),
            session().scalar(select(func.max(UserSession.seen_at)).where(UserSession.user_id == each.id)),
        )


def activate(email: str) -> None:
    """May sign in again, with the password of before; sessions and tokens of before stay ended."""
    with transaction():
        user = accounts.user_by(email)
        user.is_active = True
        journal.write("user.activated", "user", user.id, CONSOLE)
        _changed(user.id)


def set_admin(email: str, *, is_admin: bool) -> None:
    """Grant or take. The only admin stays one."""
    with transaction() as current:
        user = accounts.user_by(email)
        others = select(User.id).where(User.is_admin, User.is_active, User.id != user.id)
        if not is_admin and current.scalars(others).first() is None:
            raise AccountError(f"{user.email} is the only admin: make another one first.")
        user.is_admin = is_admin
        journal.write("user.admin_changed", "user", user.id, CONSOLE, new=is_admin)
        _changed(user.id)


def set_email(email: str, new: str) -> str:
    """Another address to sign in by. As it is kept."""
    new = accounts.address(new)
    with transaction() as current:
        user = accounts.user_by(email)
        if current.scalar(select(User.id).where(User.email == new, User.id != user.id)) is not None:
            raise AccountError(f"{new} is there already.")
        old, user.email = user.email, new
        journal.write("user.email_changed", "user", user.id, CONSOLE, old=old, new=new)
        _changed(user.id)
    return new


def set_department(email: str, key: str, post: str | None) -> None:
    """This department instead of all others, and over it by `post`. Deals stay in the department that they are in."""
    with transaction() as current:
        user = accounts.user_by(email)
        home = accounts.department_by(key)
        assert home is not None
        current.execute(delete(Membership).where(Membership.user_id == user.id))
        current.execute(delete(Post).where(Post.user_id == user.id))
        people.place(user.id, home, post)
        journal.write("user.department_changed", "user", user.id, CONSOLE, new=key)
        _changed(user.id)


def _changed(user_id: int) -> None:
    setups.changed()
    announcements.rights_changed(user_id)
