"""What matters now: one row for each cause that somebody has to act on, the people in whose list it stands, and the
rungs of its ladder."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base
from webapp.models.outbox import WorkColumns, due_index

LIVE_ITEM = text("ended_at IS NULL")


class ImportantItem(Base):
    """`holder_id` took it, put it aside, or was handed it. `left_at` is when it last left the list of what nobody has
    taken. What it was settled by stands in `reason`, somebody's own word in `word`."""

    __tablename__ = "important_item"
    __table_args__ = (
        Index("ix_important_item_deal_id", "deal_id", sqlite_where=LIVE_ITEM, postgresql_where=LIVE_ITEM),
        Index("ix_important_item_task_id", "task_id", sqlite_where=LIVE_ITEM, postgresql_where=LIVE_ITEM),
        Index("ix_important_item_about_id", "about_id", sqlite_where=LIVE_ITEM, postgresql_where=LIVE_ITEM),
        Index("ix_important_item_left_at", "left_at"),
        Index("ix_important_item_taken_by_id", "taken_by_id", "taken_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    live_key: Mapped[str | None] = mapped_column(unique=True)  # the cause: one live item of each; None once settled
    kind: Mapped[str]
    rank: Mapped[int]
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("robot_run.id"))
    robot_id: Mapped[int | None] = mapped_column(ForeignKey("robot.id"))
    about_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # who is to explain
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # worded for the reader on reading
    since: Mapped[datetime]  # when the cause began
    opened_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1)  # how often it was told of while it stands
    state: Mapped[str] = mapped_column(default="open")
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    left_at: Mapped[datetime | None]
    level: Mapped[int] = mapped_column(default=0)
    take_within: Mapped[dict[str, Any] | None]  # how long each level has; None: nobody else is told
    next_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]  # for the first time
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    taken_after: Mapped[int | None]  # working seconds of whoever took it
    snoozes: Mapped[int] = mapped_column(default=0)
    snoozed_until: Mapped[datetime | None]
    until_client: Mapped[bool] = mapped_column(default=False)
    question: Mapped[str | None]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    explanation: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[dict[str, Any]] = mapped_column(default=dict)
    word: Mapped[str | None]


class ImportantPlace(Base):
    """In whose list an item stands, as what (rules.important.STANDS), since when, told on which level of its ladder.
    `rank` and `since` are the item's: a list and its counts are read from one index, however many there are."""

    __tablename__ = "important_place"
    __table_args__ = (
        UniqueConstraint("item_id", "user_id"),
        Index("ix_important_place_user_id", "user_id", "is_live", "ended_at"),
        Index("ix_important_place_stands", "user_id", "stands", "rank", "since", "item_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("important_item.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    level: Mapped[int] = mapped_column(default=0)
    stands: Mapped[str] = mapped_column(default="open")
    rank: Mapped[int]
    since: Mapped[datetime]
    at: Mapped[datetime]
    is_live: Mapped[bool] = mapped_column(default=True)
    ended_at: Mapped[datetime | None]


class ImportantRung(WorkColumns, Base):
    """A moment of an item: the next level is told (climb), or what was put aside comes back (wake)."""

    __tablename__ = "important_rung"
    __table_args__ = (due_index("important_rung"), Index("ix_important_rung_item_id", "item_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("important_item.id"))
    kind: Mapped[str]
