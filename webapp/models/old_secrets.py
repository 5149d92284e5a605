"""Secrets that were replaced and count for a while longer, so that both sides need not change at the same moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


class OldSecret(Base):
    """`kind` and `owner_id` say whose: webhook, whose `value` still signs; trigger and receipts, of which it is the
    hash."""

    __tablename__ = "old_secret"
    __table_args__ = (Index("ix_old_secret_owner", "kind", "owner_id"), Index("ix_old_secret_value", "value"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    owner_id: Mapped[int]
    value: Mapped[str]
    ends_at: Mapped[datetime]
