"""What is let go with time, at night and a little at a time: runs of robots that ended a year ago, on deals that were
closed a year ago. A deal's journal stays for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from webapp.db import session, transaction
from webapp.models import Deal, ImportantItem, Notification, Robot, RobotRun, Task
from webapp.services import old_secrets, rehearsals, trigger_addresses
from webapp.snapshots import setups

KEPT = timedelta(days=365)
HOUR = 4  # of the night, where the firm is: after the backup
PART = 200


def tidy(now: datetime) -> int:
    """A part of it, if it is the hour. How many runs went."""
    if not setups.is_founded():
        return 0
    local = now.astimezone(ZoneInfo(setups.current().firm.time_zone))
    if local.hour != HOUR:
        return 0
    with transaction():
        rehearsals.forget_old(now)
        trigger_addresses.forget_old(now)
        old_secrets.forget_old(now)
    return prune_runs(now)


def prune_runs(now: datetime, part: int = PART) -> int:
    """Let go of at most `part` runs, the oldest first. Those of a robot that runs once per deal stay: they are how it
    knows that it has run."""
    with transaction() as current:
        old = (
            select(RobotRun.id)
            .join(Deal, Deal.id == RobotRun.deal_id)
            .join(Robot, Robot.id == RobotRun.robot_id)
            .where(RobotRun.ended_at < now - KEPT, Deal.closed_at < now - KEPT, Robot.once_per_deal.is_(False))
        )
        ids = list(session().scalars(old.order_by(RobotRun.ended_at, RobotRun.id).limit(part)))
        if ids:
            for model in (Notification, Task, ImportantItem):
                current.execute(update(model).where(model.run_id.in_(ids)).values(run_id=None))
            current.execute(delete(RobotRun).where(RobotRun.id.in_(ids)))
    return len(ids)
