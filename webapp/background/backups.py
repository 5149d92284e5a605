"""How the firm's backup stands: one answer, for monitors, the page, the doctor, and the sign of life to a watcher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from webapp.background import backup_marks
from webapp.db import execute_core
from webapp.models import Firm, User

OVERDUE = timedelta(hours=26)
NEW_FOR = timedelta(days=1)
_IS_LESSON = select(Firm.is_lesson).limit(1)
_FIRST = select(func.min(User.created_at).label("first"))
MADE, NEW, NONE, OLD, NEEDLESS = "made", "new", "none", "old", "needless"


@dataclass(frozen=True, slots=True)
class Standing:
    """`kind`: made; new, a firm of less than a day without one; none yet; old, the last is; needless, for the lesson's
    firm. `at`: when the last was made. `reason`: why the last night's was not."""

    kind: str
    at: datetime | None
    reason: str

    @property
    def is_well(self) -> bool:
        return self.kind not in (NONE, OLD)


def standing(data: Path, now: datetime) -> Standing:
    """As far as this machine knows of any."""
    at, reason = backup_marks.last_at(data, now), backup_marks.trouble(data)
    if at is not None and now - at <= OVERDUE:
        return Standing(MADE, at, reason)
    if execute_core(_IS_LESSON).scalar() is not False:
        return Standing(NEEDLESS, at, reason)
    if at is not None:
        return Standing(OLD, at, reason)
    since = execute_core(_FIRST).scalar()
    return Standing(NEW if since is None or now - since < NEW_FOR else NONE, None, reason)
