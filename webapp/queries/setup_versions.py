"""Versions of the set-up, newest first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from webapp.db import session
from webapp.models import SetupVersion, SetupWork

MOST_WORKS = 100  # looked at, the newest


@dataclass(frozen=True, slots=True)
class Work:
    """What follows a version, deal by deal, and how far it got."""

    is_takeback: bool
    is_failed: bool
    done: int
    of: int


def versions(before: int | None, limit: int) -> tuple[list[SetupVersion], int | None]:
    """A page of them, and the one after which the next page starts."""
    wanted = select(SetupVersion).order_by(SetupVersion.id.desc()).limit(limit + 1)
    rows = list(session().scalars(wanted.where(SetupVersion.id < before) if before is not None else wanted))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def works(version_ids: Collection[int]) -> dict[int, list[Work]]:
    """What has not come to its end, by version: of each the last that was begun."""
    open_ = select(SetupWork).where(SetupWork.version_id.in_(version_ids), SetupWork.state.in_(("waiting", "failed")))
    rows: dict[int, list[Work]] = {}
    for each in session().scalars(open_.order_by(SetupWork.id.desc()).limit(MOST_WORKS)):
        if each.version_id not in rows:
            made = Work(each.is_takeback, each.state == "failed", each.done, max(each.total, each.done))
            rows[each.version_id] = [made]
    return rows
