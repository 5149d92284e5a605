"""Addresses of other systems to which Dozor says what happens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


class Webhook(Base):
    """Named by robots by its key; or a token's, for replies to what it has brought. `url` and `secret` are shown
    nowhere; the one that has ended is kept, for its deliveries."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str]
    secret: Mapped[str]
    token_id: Mapped[int | None] = mapped_column(ForeignKey("api_token.id"), unique=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    rest_until: Mapped[datetime | None]
    trouble: Mapped[dict[str, Any]] = mapped_column(default=dict)
