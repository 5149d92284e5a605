"""The shape of work that must outlive the request: claimed by a lease, fenced by its attempts."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, Word

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)  # visible whatever the clock says, also after it was set back
WAITING = text("state = 'waiting'")


class WorkColumns:
    """Columns that every kind of work has. `attempts` is the fencing token; "running" is no state."""

    key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(Word, default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]  # None: waits for a date to be filled in
    visible_at: Mapped[datetime | None]  # not to be claimed before; None like due_at
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    error: Mapped[str | None]

    @property
    def is_held(self) -> bool:
        """Whether it waits for a person, since a restore (webapp/background/held.py): whoever looks is told so."""
        return self.state == "waiting" and self.visible_at is None and self.due_at is not None


class LongWorkColumns(WorkColumns):
    """Work that is done in parts, each in a transaction of its own. `fruitful` is the last attempt that got on: those
    up to it were no failures. How far the work got stands in columns of its own kind."""

    fruitful: Mapped[int] = mapped_column(default=0)


def due_index(table: str) -> Index:
    """What is due is found by a small index over what still waits."""
    return Index(f"ix_{table}_due", "visible_at", sqlite_where=WAITING, postgresql_where=WAITING)


class Heartbeat(Base):
    """When a process of a role was last alive."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)  # role:host:pid
    role: Mapped[str]  # worker, ticker
    at: Mapped[datetime]
    lag_seconds: Mapped[float] = mapped_column(default=0.0)
