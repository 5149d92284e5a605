"""The secret addresses at which calendar programs read when a person's tasks are due."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


class CalendarFeed(Base):
    """One a person; the secret itself is kept nowhere. A new one, or none, and the old address opens nothing."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), unique=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
