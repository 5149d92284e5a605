"""What people were told. Each person's notifications are numbered without gaps: the cursor of the live page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base

OF_RUN = text("run_id IS NOT NULL")
OF_GROUP = text("about IS NOT NULL AND read_at IS NULL")


class Inbox(Base):
    """The last number given to a person. Its row is the lock that keeps the numbers gapless."""

    __tablename__ = "inbox"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(default=0)
    unread: Mapped[int] = mapped_column(default=0)


class Notification(Base):
    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("user_id", "seq"),
        UniqueConstraint("user_id", "key"),
        Index("ix_notification_run_id", "run_id", sqlite_where=OF_RUN, postgresql_where=OF_RUN),
        Index("ix_notification_about", "user_id", "about", sqlite_where=OF_GROUP, postgresql_where=OF_GROUP),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    seq: Mapped[int]
    key: Mapped[str]  # what it is about, so that it is told once
    kind: Mapped[str]  # robot.control, robot.notify, task.created, …
    urgency: Mapped[str] = mapped_column(default="normal")
    text: Mapped[dict[str, Any] | None]  # the firm's own template {en, ru}, of a robot
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # worded for the reader on reading
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("robot_run.id"))
    about: Mapped[str | None]  # repeats of one cause about one person: they go out together
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    @property
    def item_id(self) -> int | None:
        """What of Important now it tells of, where that stands in this person's list."""
        found = self.facts.get("item.id")
        return found if isinstance(found, int) else None

    @property
    def absent_id(self) -> int | None:
        """Of whose absence it tells."""
        found = self.facts.get("absence.user_id")
        return found if isinstance(found, int) else None
