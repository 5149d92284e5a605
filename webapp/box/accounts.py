"""What an owner types about people, in keys and addresses: found here, done by the services, as Dozor's own deed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from rules import emails
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.models import ApiToken, Department, User, UserSession
from webapp.services import accounts

CONSOLE = Actor(via="console")


class AccountError(Exception):
    """One line that says what is wrong."""


@dataclass(frozen=True, slots=True)
class Account:
    """One person, as a command prints it."""

    email: str
    name: str
    is_admin: bool
    is_active: bool
    departments: list[str]
    posts: list[str]
    seen_at: datetime | None


def everybody(email: str | None = None) -> Iterator[Account]:
    """All, or the one of this address. Raises AccountError when there is none."""
    found = [_user(email)] if email else session().scalars(select(User).order_by(User.email)).all()
    for each in found:
        seen_at = session().scalar(select(func.max(UserSession.seen_at)).where(UserSession.user_id == each.id))
        yield Account(each.email, each.name, each.is_admin, each.is_active, seen_at=seen_at, **accounts.places(each.id))


def tokens(email: str | None = None) -> list[tuple[ApiToken, str]]:
    """Those that open something, of all or of one, each with its person's address."""
    alive = select(ApiToken, User.email).join(User, User.id == ApiToken.user_id).where(ApiToken.ended_at.is_(None))
    mine = alive.where(User.id == user_id(email)) if email else alive
    return [(row, address) for row, address in session().execute(mine.order_by(User.email, ApiToken.id))]


def owner_of_token(token_id: int) -> int:
    """Raises AccountError."""
    found = session().scalar(select(ApiToken.user_id).where(ApiToken.id == token_id))
    if found is None:
        raise AccountError(f"there is no token {token_id}; `token list` names them.")
    return found


def user_id(email: str) -> int:
    """Raises AccountError."""
    return _user(email).id


def department_id(key: str | None) -> int | None:
    """Raises AccountError."""
    if key is None:
        return None
    there = select(Department).where(Department.archived_at.is_(None)).order_by(Department.id)
    known = {row.key: row.id for row in session().scalars(there)}
    if key not in known:
        raise AccountError(f"there is no department {key!r}; there are {', '.join(known)}.")
    return known[key]


def _user(email: str) -> User:
    ways = emails.kept_as(email)
    user = session().scalars(select(User).where(User.email.in_(ways)).order_by((User.email == ways[0]).desc())).first()
    if user is None:
        raise AccountError(f"nobody here has the address {email}.")
    return user
