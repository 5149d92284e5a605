"""A process that gives no sign of life is told to the admins, once a silence, by whichever one is left to say it."""

from __future__ import annotations

import time
from datetime import datetime

from sqlalchemy import bindparam, func, select

from webapp.background.heartbeats import ALONE_AFTER, DEAD_AFTER
from webapp.db import execute_core, session, transaction
from webapp.models import Heartbeat, Notification
from webapp.services import notifications
from webapp.snapshots import setups

ROLES = ("worker", "ticker")
PATIENCE_SECONDS = 25.0  # for what starts beside this process, and after a machine has slept
_LAST = select(func.max(Heartbeat.at).label("last")).where(Heartbeat.role == bindparam("of_role"))


class Watch:
    """What one process sees of the others. It tells only what it has seen for a while itself."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self.patience = patience
        self.seen: dict[tuple[str, datetime], float] = {}

    def look(self, now: datetime) -> None:
        """Tell of each silence that has lasted a minute. A role that never was here is not missed."""
        session().rollback()
        last = {role: at for role in ROLES if (at := _last_sign(role)) is not None and now - at > DEAD_AFTER}
        self.seen = {key: self.seen.get(key, time.monotonic()) for key in last.items()}
        for role, at in last.items():
            is_sure = time.monotonic() - self.seen[role, at] >= self.patience
            if is_sure and now - at > ALONE_AFTER and setups.is_founded():
                _say(role, at)
        session().rollback()


def _last_sign(role: str) -> datetime | None:
    last: datetime | None = execute_core(_LAST, of_role=role).scalar()
    return last


def _say(role: str, last: datetime) -> None:
    key = f"silent-{role}-{int(last.timestamp())}"
    if session().scalar(select(Notification.id).where(Notification.key == key).limit(1)) is not None:
        return
    session().rollback()
    with transaction():
        notifications.tell(setups.current().org.fallback, f"{role}.silent", key=key, facts={}, urgency="urgent")
