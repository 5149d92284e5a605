"""The draft of the set-up as edits, its plans, its versions, and the work that follows a version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, Json
from webapp.models.outbox import LongWorkColumns, due_index


class SetupEdit(Base):
    """One edit of the shared draft (rules/setup_edits.py). `state`: draft, undone, discarded, published."""

    __tablename__ = "setup_edit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    act_id: Mapped[int]  # the first edit of those made at one stroke
    kind: Mapped[str]
    key: Mapped[str]
    part: Mapped[str]
    value: Mapped[Any | None] = mapped_column(Json)
    was: Mapped[Any | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(default="draft", index=True)
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))


class SetupVersion(Base):
    """The set-up as it stood from an instant on. `changes` are those of rules/setup_changes.py, `consequences` what the
    sheet asked, with the counts at that moment and what was chosen."""

    __tablename__ = "setup_version"

    id: Mapped[int] = mapped_column(primary_key=True)  # its number
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    note: Mapped[str] = mapped_column(default="")
    cause: Mapped[dict[str, Any]] = mapped_column(default=dict)
    hash: Mapped[str]
    setup: Mapped[dict[str, Any]]
    changes: Mapped[list[Any]] = mapped_column(default=list)
    consequences: Mapped[list[Any]] = mapped_column(default=list)


class SetupPlan(Base):
    """A set-up that somebody looks at before it is applied. `source`: draft, api, file, restoration; `edit_ids` are the
    draft's that it would publish."""

    __tablename__ = "setup_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    note: Mapped[str] = mapped_column(default="")
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)
    base_hash: Mapped[str]  # of what was live
    hash: Mapped[str]
    setup: Mapped[dict[str, Any]]
    edit_ids: Mapped[list[Any]] = mapped_column(default=list)
    consequences: Mapped[list[Any]] = mapped_column(default=list)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("setup_version.id"))  # once it has been applied


class SetupWork(LongWorkColumns, Base):
    """What follows a version, deal by deal: `steps` in their order, `step` and `last_id` say how far it got."""

    __tablename__ = "setup_work"
    __table_args__ = (due_index("setup_work"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("setup_version.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    is_takeback: Mapped[bool] = mapped_column(default=False)
    steps: Mapped[list[Any]]
    step: Mapped[int] = mapped_column(default=0)
    last_id: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)


class SetupAct(Base):
    """What a version's work did to one record, so that it can be taken back where nobody has touched that since."""

    __tablename__ = "setup_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("setup_version.id"), index=True)
    entity: Mapped[str] = mapped_column(server_default="deal")  # deal, contact, company
    record_id: Mapped[int]
    field: Mapped[str]  # stage, or a field of the firm's own
    old: Mapped[Any | None] = mapped_column(Json)
    new: Mapped[Any | None] = mapped_column(Json)
    taken_back_at: Mapped[datetime | None]
