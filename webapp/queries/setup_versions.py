"""Versions of the set-up, newest first."""

from __future__ import annotations

from sqlalchemy import select

from webapp.db import session
from webapp.models import SetupVersion


def versions(before: int | None, limit: int) -> tuple[list[SetupVersion], int | None]:
    """A page of them, and the one after which the next page starts."""
    wanted = select(SetupVersion).order_by(SetupVersion.id.desc()).limit(limit + 1)
    rows = list(session().scalars(wanted.where(SetupVersion.id < before) if before is not None else wanted))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None
