"""A board narrowed in a way that somebody wants to come back to."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import NUMBERS_ONCE, Base


class BoardView(Base):
    __tablename__ = "board_view"
    __table_args__ = (UniqueConstraint("user_id", "pipeline_id", "name"), NUMBERS_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    pipeline_id: Mapped[int] = mapped_column(ForeignKey("pipeline.id"))
    name: Mapped[str]
    query: Mapped[str]  # of the board's URL, as queries.filters makes it
