"""Who did what, when, why: every change, typed, so that any past moment can be rebuilt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, Json


class JournalEntry(Base):
    """One fact. `old` and `new` are values of `field`; `cause` says what set it off (page, api, trigger, robot)."""

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_deal_id", "deal_id", "id"), Index("ix_journal_entity", "entity", "entity_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    event: Mapped[str]  # deal.moved, deal.edited, message.sent, …
    entity: Mapped[str]
    entity_id: Mapped[int] = mapped_column(BigInteger)
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    field: Mapped[str | None]
    old: Mapped[Any | None] = mapped_column(Json)
    new: Mapped[Any | None] = mapped_column(Json)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    cause: Mapped[dict[str, Any]] = mapped_column(default=dict)
