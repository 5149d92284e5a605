"""What somebody who leaves had open, on its way to whoever takes it over."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base
from webapp.models.outbox import LongWorkColumns, due_index


class HandOver(LongWorkColumns, Base):
    """`choices` say who takes what; `done` is how much has gone over. What is still to do, the rows themselves say."""

    __tablename__ = "hand_over"
    __table_args__ = (due_index("hand_over"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    choices: Mapped[dict[str, Any]]
    done: Mapped[int] = mapped_column(default=0)
