"""The set-up of selling: pipelines, stages, fields and from where on they are required. Stages and fields are archived,
never deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


class Pipeline(Base):
    __tablename__ = "pipeline"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, Any]]
    position: Mapped[int] = mapped_column(default=0)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))  # whose reps take new inquiries
    form_goes_to_id: Mapped[int | None] = mapped_column(ForeignKey("pipeline.id"))  # of one that is archived
    lost_reasons: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")  # as options of a field
    archived_at: Mapped[datetime | None]


class Stage(Base):
    __tablename__ = "stage"
    __table_args__ = (UniqueConstraint("pipeline_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pipeline_id: Mapped[int] = mapped_column(ForeignKey("pipeline.id"))
    key: Mapped[str]
    name: Mapped[dict[str, Any]]
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(default="open")  # open, won, lost
    hue: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None]


class Field(Base):
    """A field of the firm's own, of deals, contacts or companies. Values live in the record's JSON column."""

    __tablename__ = "field"
    __table_args__ = (UniqueConstraint("entity", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str]  # deal, contact, company
    key: Mapped[str]
    kind: Mapped[str]
    label: Mapped[dict[str, Any]]
    help: Mapped[dict[str, Any] | None]
    options: Mapped[list[Any]] = mapped_column(default=list)  # [{key, label: {en, ru}, is_archived?}]
    required_if: Mapped[dict[str, Any] | None]  # a condition
    shown_as: Mapped[str] = mapped_column(default="none")  # mark, tag, none
    position: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None]


class FieldRequirement(Base):
    """A field is required from a stage on: in each pipeline from one stage at most."""

    __tablename__ = "field_requirement"

    field_id: Mapped[int] = mapped_column(ForeignKey("field.id"), primary_key=True)
    pipeline_id: Mapped[int] = mapped_column(ForeignKey("pipeline.id"), primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
