"""The firm itself: one row, its language, money and clock; and its working calendars."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import NUMBERS_ONCE, Base
from webapp.models.outbox import LongWorkColumns, due_index


class Calendar(Base):
    """Working hours and exceptions, in the JSON form of `rules.calendars`: the firm's, or one that a department or a
    person has of its own."""

    __tablename__ = "calendar"
    __table_args__ = (NUMBERS_ONCE,)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    definition: Mapped[dict[str, Any]]
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), unique=True)


class Season(Base):
    """Days on which norms are otherwise, in the JSON forms of `rules.seasons`."""

    __tablename__ = "season"
    __table_args__ = (NUMBERS_ONCE,)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    scope: Mapped[dict[str, Any]]
    change: Mapped[dict[str, Any]]


class Recount(LongWorkColumns, Base):
    """Waiting runs are counted anew because of a change of working time: `cause` names it, `last_id` says how far it
    has come."""

    __tablename__ = "recount"
    __table_args__ = (due_index("recount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    cause: Mapped[dict[str, Any]]
    last_id: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)


class Firm(Base):
    __tablename__ = "firm"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    locale: Mapped[str]
    time_zone: Mapped[str]
    currency: Mapped[str]
    country: Mapped[str | None]  # ISO 3166: how phone numbers are written; none: only with the country code
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    rep_sees: Mapped[str] = mapped_column(default="department")  # own, department, all
    marks_next_step: Mapped[str] = mapped_column(default="missing")  # off, overdue, missing
    take_within: Mapped[int] = mapped_column(default=15, server_default="15")  # working minutes, then the next level
    accept_within: Mapped[int | None]  # working minutes that an acceptor has; none: a working day
    is_lesson: Mapped[bool] = mapped_column(default=False)
    first_steps: Mapped[dict[str, Any] | None]  # what was done of the list on the board, and when; none: no list
    config_version: Mapped[int] = mapped_column(default=1)  # bumped by every change of set-up or org chart


class FoundingCode(Base):
    """The code by which a firm may be begun here: one row at most, and none once there is a firm."""

    __tablename__ = "founding_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str]
    created_at: Mapped[datetime]
