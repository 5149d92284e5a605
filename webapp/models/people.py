"""Who works here: users, departments, who leads them, who is away; sessions and tokens."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import NUMBERS_ONCE, Base

NONE_YET = "none yet"  # in the place of a hash: whoever was invited has no password, and no password opens it


class User(Base):
    """An employee. Head and deputy are posts in the org chart, not roles here."""

    __tablename__ = "app_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str]
    time_zone: Mapped[str]
    theme: Mapped[str] = mapped_column(default="auto")
    hue: Mapped[int] = mapped_column(default=0)
    phone: Mapped[str | None]
    created_at: Mapped[datetime]

    @property
    def has_come_in(self) -> bool:
        """Whether this person can sign in, by a password of their own: the first way in of whoever was invited is to
        set one."""
        return self.password_hash != NONE_YET


class Department(Base):
    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, Any]]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    archived_at: Mapped[datetime | None]  # nobody works there any more; what was done there still names it


class Membership(Base):
    """A person's place in a department; exactly one of a person's places is primary."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "department_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), index=True)
    is_primary: Mapped[bool] = mapped_column(default=True)


class Post(Base):
    """A head or deputy of a department; `position` is the order in which several are asked."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("department_id", "user_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    kind: Mapped[str]  # head, deputy
    position: Mapped[int] = mapped_column(default=0)


class Absence(Base):
    """Days on which a person is away, both included, and who stands in for them then."""

    __tablename__ = "absence"
    __table_args__ = (NUMBERS_ONCE,)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date]
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))


class UserSession(Base):
    """One sign-in in one browser. Kept here so that it can be listed and ended."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class ApiToken(Base):
    """A key to the API that acts as its user. Only the hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
