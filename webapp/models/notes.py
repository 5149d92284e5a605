"""What the firm says to itself about a deal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, Json


class Note(Base):
    """A word beside a deal, never seen by the client. `told` are the people whom it names and who may see the deal,
    `untold` those whom it names and who may not."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_deal_id", "deal_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    text: Mapped[str]
    told: Mapped[list[int]] = mapped_column(Json, default=list)
    untold: Mapped[list[int]] = mapped_column(Json, default=list)
    at: Mapped[datetime]
