"""Rehearsals of a robot over the past, and what it would have done. Nothing of the firm's own points here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import NUMBERS_ONCE, Base
from webapp.models.outbox import LongWorkColumns, due_index


class Rehearsal(LongWorkColumns, Base):
    """`robot` is as it was then; deals up to `last_id` are done, so many `of` all. `state`: waiting, done, cancelled,
    failed, replaced (the same person has begun another: what it found is let go)."""

    __tablename__ = "rehearsal"
    __table_args__ = (due_index("rehearsal"), NUMBERS_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    robot: Mapped[dict[str, Any]]
    since: Mapped[datetime]
    until: Mapped[datetime]
    last_id: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    of: Mapped[int] = mapped_column(default=0)


class RehearsedFiring(Base):
    """It would have reached `people` at that moment. `unknown`: why it is an estimate; empty where it is replayed."""

    __tablename__ = "rehearsed_firing"

    id: Mapped[int] = mapped_column(primary_key=True)
    rehearsal_id: Mapped[int] = mapped_column(ForeignKey("rehearsal.id"), index=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    at: Mapped[datetime]
    people: Mapped[list[Any]]
    unknown: Mapped[list[Any]]
