"""Robots and triggers as set up, and the runs: one robot armed on one stage visit."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from webapp.db import Base
from webapp.models.outbox import WorkColumns, due_index

OF_DEAL = text("visit_id IS NULL")
OVER = text("ended_at IS NOT NULL")


class Robot(Base):
    __tablename__ = "robot"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=lambda: f"robot_{token_hex(4)}")
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("stage.id"), index=True)  # None: of any stage
    kind: Mapped[str]  # notify, control, task
    name: Mapped[dict[str, Any]]
    position: Mapped[int] = mapped_column(default=0)
    is_on: Mapped[bool] = mapped_column(default=True)
    starts: Mapped[list[Any]]  # entered, client_wrote, …
    timing: Mapped[dict[str, Any]]
    fires_when: Mapped[str] = mapped_column(default="any")  # any, working_hours
    condition: Mapped[dict[str, Any] | None]
    settings: Mapped[dict[str, Any]]
    once_per_deal: Mapped[bool] = mapped_column(default=False)
    also_later: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    archived_at: Mapped[datetime | None]


class Trigger(Base):
    """An event that leads a deal to a stage."""

    __tablename__ = "trigger"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=lambda: f"trigger_{token_hex(4)}")
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"), index=True)  # leads to
    event: Mapped[str]
    name: Mapped[dict[str, Any]]
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    is_on: Mapped[bool] = mapped_column(default=True)
    condition: Mapped[dict[str, Any] | None]
    may_go_back: Mapped[bool] = mapped_column(default=False, server_default=false())
    secret_hash: Mapped[str | None] = mapped_column(unique=True)  # of its own address; no part of the set-up
    secret_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class TriggerCall(Base):
    """One call of a trigger's own address. `key` is the hash of its Idempotency-Key, if it gave one; `outcome`: taken,
    unknown (no deal of the pipeline), off."""

    __tablename__ = "trigger_call"
    __table_args__ = (UniqueConstraint("trigger_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    trigger_id: Mapped[int] = mapped_column(ForeignKey("trigger.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    key: Mapped[str | None]
    outcome: Mapped[str]
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    named: Mapped[str]  # how it named the deal
    text: Mapped[str] = mapped_column(default="")


class RobotDefinition(Base):
    """What robots were when they armed runs, each once: thousands of runs are of one definition. Never edited."""

    __tablename__ = "robot_definition"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    body: Mapped[dict[str, Any]]


class RobotRun(WorkColumns, Base):
    """A robot armed on a visit, or on the deal itself when it is one of any stage. `state` ends in exactly one of
    fired, condition_false, called_off, failed, no_recipient; `reason` and `findings` say why, for the deal page."""

    __tablename__ = "robot_run"
    __table_args__ = (
        due_index("robot_run"),
        Index("ix_robot_run_deal_id", "deal_id", "id"),
        Index("ix_robot_run_visit_id", "visit_id"),
        Index("ix_robot_run_robot_id", "robot_id", "deal_id"),
        Index("ix_robot_run_ended_at", "ended_at", "id", sqlite_where=OVER, postgresql_where=OVER),  # their journal
        Index("ix_robot_run_of_deal", "deal_id", sqlite_where=OF_DEAL, postgresql_where=OF_DEAL),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    robot_id: Mapped[int] = mapped_column(ForeignKey("robot.id"))
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("stage_visit.id"))  # None: it outlives the visit
    start: Mapped[str] = mapped_column(default="entered", server_default="entered")  # what started it
    cause: Mapped[str] = mapped_column(default="", server_default="")  # names it among those of its start on the deal
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    definition_id: Mapped[int] = mapped_column(ForeignKey("robot_definition.id"))
    definition: Mapped[dict[str, Any]] = column_property(  # the robot as it was when armed
        select(RobotDefinition.body).where(RobotDefinition.id == definition_id).scalar_subquery()
    )
    base_at: Mapped[datetime]  # what the delay is counted from
    pauses: Mapped[list[Any]] = mapped_column(default=list)  # closed spans, epoch seconds
    season: Mapped[dict[str, Any] | None]  # that has changed its norm
    is_late: Mapped[bool] = mapped_column(default=False)
    depth: Mapped[int] = mapped_column(default=0, server_default="0")  # of the chain that armed it
    reason: Mapped[dict[str, Any]] = mapped_column(default=dict)
    findings: Mapped[list[Any]] = mapped_column(default=list)
    path: Mapped[list[Any]] = mapped_column(default=list)
