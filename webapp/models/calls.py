"""Telephony: how the firm takes calls, each call that came in, each phone that rang for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import NUMBERS_ONCE, Base
from webapp.models.outbox import WorkColumns, due_index

OPEN = text("deal_id IS NULL AND settled_at IS NULL")


class Telephony(Base):
    """How the firm takes calls: one row, or none. `secret` signs what the provider says, and is never shown; `key`
    stands in the address that the provider is given."""

    __tablename__ = "telephony"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str]
    rings: Mapped[int]
    caller_id: Mapped[str] = mapped_column(default="")  # what rung phones show; none: the caller's own number


class PhoneLine(Base):
    """A number of the firm, and the department that it belongs to."""

    __tablename__ = "phone_line"
    __table_args__ = (NUMBERS_ONCE,)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))


class PhoneCall(WorkColumns, Base):
    """A call of a client; its key is the provider's own. It waits for its end, which the provider tells; should the
    provider fall silent, it ends by itself when it is due. `state` ends in answered or missed."""

    __tablename__ = "phone_call"
    __table_args__ = (
        due_index("phone_call"),
        Index("ix_phone_call_open", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    caller: Mapped[str]  # in E.164, as a net of the firm's own names it, or blank: whoever hides
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    rounds: Mapped[list[Any]] = mapped_column(default=list)  # [post, [[user id, phone], …]], as planned when it came
    passed: Mapped[list[Any] | None]  # [user id, post, why]: who was not rung, until the deal's history tells it
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    # Of one without a deal: somebody has said what it was. `settled_as`: contact, called_back, no_client.
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    settled_as: Mapped[str | None]


class CallLeg(Base):
    """A phone that rang. `state`: ringing, answered; then completed, or why it was not taken, as the provider says."""

    __tablename__ = "call_leg"
    __table_args__ = (Index("ix_call_leg_call_id", "call_id"), Index("ix_call_leg_user_id", "user_id", "began_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("phone_call.id"))
    round: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    number: Mapped[str]
    sid: Mapped[str | None]  # the provider's name of it
    state: Mapped[str] = mapped_column(default="ringing")
    began_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    told: Mapped[str] = mapped_column(default="")  # how far it stands in the deal's history: late, rang, talked


class CallAnswer(Base):
    """What the provider was answered to an event of a call: said again, it is answered alike, and nothing is done."""

    __tablename__ = "call_answer"
    __table_args__ = (UniqueConstraint("call_id", "event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("phone_call.id"))
    event: Mapped[str]
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
