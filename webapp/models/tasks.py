"""Tasks whose result a head accepts or returns, each return, comment and file, and the alarms of their deadlines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import NUMBERS_ONCE, Base, Json, folding
from webapp.models.outbox import WorkColumns, due_index

OF_RUN = text("run_id IS NOT NULL")


class Task(Base):
    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_assignee_id", "assignee_id", "state"),
        Index("ix_task_acceptor_id", "acceptor_id", "state"),
        Index("ix_task_deal_id", "deal_id"),
        Index("ix_task_run_id", "run_id", sqlite_where=OF_RUN, postgresql_where=OF_RUN),
        # Of each card that is shown it is asked whether there is one.
        Index(
            "ix_task_next_step",
            "deal_id",
            "due_at",
            sqlite_where=text("is_next_step = 1 AND ended_at IS NULL"),
            postgresql_where=text("is_next_step AND ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(unique=True)  # the run that made it
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    robot_id: Mapped[int | None] = mapped_column(ForeignKey("robot.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("robot_run.id"))
    title: Mapped[dict[str, Any]]  # {en, ru} templates, worded for the reader
    title_folded: Mapped[str] = folding.folded("title")
    text: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="new")
    assignee_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    acceptor_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # re-resolved until submitted
    acceptor_path: Mapped[list[Any]] = mapped_column(default=list)
    accept: Mapped[bool] = mapped_column(default=False)
    is_next_step: Mapped[bool] = mapped_column(default=False)  # of its deal; one that is open at a time
    result_required: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]
    result: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    acceptance_due_at: Mapped[datetime | None]
    returns_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


folding.keep(Task)


class TaskReturn(Base):
    """The work was sent back: by whom, why, when."""

    __tablename__ = "task_return"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str]
    at: Mapped[datetime]


class TaskDecision(Base):
    """This person has decided something about work of no deal, as one of its sides or not: they go on reading it."""

    __tablename__ = "task_decision"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), primary_key=True, index=True)


class TaskComment(Base):
    """A word about the work. `told` are whom it concerns and whom it names, `untold` those whom it names and who may
    not see the task."""

    __tablename__ = "task_comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    text: Mapped[str]
    told: Mapped[list[int]] = mapped_column(Json, default=list)
    untold: Mapped[list[int]] = mapped_column(Json, default=list)
    at: Mapped[datetime]


class TaskFile(Base):
    """Attached by somebody; what it holds stands in its parts."""

    __tablename__ = "task_file"
    __table_args__ = (NUMBERS_ONCE,)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    name: Mapped[str]
    kind: Mapped[str]  # of rules.uploads.KINDS
    size: Mapped[int]  # bytes
    digest: Mapped[str]  # SHA-256 of the whole, in hex
    at: Mapped[datetime]


class TaskFilePart(Base):
    """A piece of a file, in order: no statement carries more than a piece."""

    __tablename__ = "task_file_part"

    file_id: Mapped[int] = mapped_column(ForeignKey("task_file.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class TaskAlarm(WorkColumns, Base):
    """A moment of a task that must be told: deadline_coming, overdue, acceptance_overdue."""

    __tablename__ = "task_alarm"
    __table_args__ = (due_index("task_alarm"), Index("ix_task_alarm_task_id", "task_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    kind: Mapped[str]
