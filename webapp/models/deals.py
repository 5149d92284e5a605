"""What is sold to whom: companies, contacts, deals, and each stay of a deal on a stage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, folding

ALIVE = text("deleted_at IS NULL")
OPEN = text("closed_at IS NULL AND deleted_at IS NULL")
MERGED = text("merged_into_id IS NOT NULL")


class Company(Base):
    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_folded: Mapped[str] = folding.folded("name", index=True)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class Contact(Base):
    """One that turned out to be somebody else goes into that one, and keeps its row: an id is never given twice, and
    what the journal tells of it is read by it."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_merged_into_id", "merged_into_id", sqlite_where=MERGED, postgresql_where=MERGED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_folded: Mapped[str] = folding.folded("name", index=True)
    phone: Mapped[str | None] = mapped_column(index=True)  # E.164
    phone_extension: Mapped[str | None]
    email: Mapped[str | None] = mapped_column(index=True)  # lower case
    external_id: Mapped[str | None] = mapped_column(index=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))


class Deal(Base):
    __tablename__ = "deal"
    __table_args__ = (
        # Both are answered from the index alone, over what a viewer may see: the first cards of a column, its count and
        # sum. deleted_at is in them because SQLite looks into the row for it, though the index says it is null.
        Index(
            "ix_deal_column",
            "stage_id",
            "position",
            "id",
            "department_id",
            "responsible_id",
            "deleted_at",
            sqlite_where=ALIVE,
            postgresql_where=ALIVE,
        ),
        Index(
            "ix_deal_sums",
            "stage_id",
            "department_id",
            "responsible_id",
            "amount_minor",
            "deleted_at",
            sqlite_where=ALIVE,
            postgresql_where=ALIVE,
        ),
        Index("ix_deal_contact_id", "contact_id"),
        Index("ix_deal_responsible_id", "responsible_id"),
        Index("ix_deal_open_of", "responsible_id", "pipeline_id", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    title_folded: Mapped[str] = folding.folded("title")
    amount_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str]
    pipeline_id: Mapped[int] = mapped_column(ForeignKey("pipeline.id"))
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    position: Mapped[float]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    responsible_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[str] = mapped_column(default="manual")
    lost_reason: Mapped[str | None]  # kept when it is reopened, for that may be undone: says something on a lost stage
    version: Mapped[int] = mapped_column(default=1)
    visit_id: Mapped[int | None] = mapped_column(BigInteger)  # the open stage visit
    entered_at: Mapped[datetime]  # when it came to its stage
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    closed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class StageVisit(Base):
    """One stay of a deal on a stage. Coming back is a new visit."""

    __tablename__ = "stage_visit"
    __table_args__ = (Index("ix_stage_visit_deal_id", "deal_id", "entered_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    left_position: Mapped[float | None]  # where the card stood, for taking the move back


folding.keep(Company, Contact, Deal)
