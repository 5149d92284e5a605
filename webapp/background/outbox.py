"""Work that must outlive the request: rows are armed, claimed by a lease, finished behind a fence.

The row is the memory. A job in Redis only says "look now"; two workers may look at once, one of them
finds nothing to do. The SQL is the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, select, update

from webapp import clock
from webapp.db import ScheduledJob, open_transaction, session, transaction
from webapp.models import AT_ONCE, RobotRun, TaskAlarm

WORK_MODELS: dict[str, type[Any]] = {"run": RobotRun, "alarm": TaskAlarm}
LEASE = timedelta(seconds=30)  # longer than one transaction ever waits; whole again within a minute after a kill
MAX_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to finish one row; `attempt` is the fencing token."""

    kind: str
    row_id: int
    attempt: int


class LeaseLost(Exception):
    """Another worker holds the row now: roll back and do nothing."""


def arm(kind: str, row_id: int, due: datetime) -> None:
    """Set the alarm for a row once this transaction is committed."""
    open_transaction().jobs.append(ScheduledJob(kind, row_id, due))


def visible_from(due: datetime | None, now: datetime) -> datetime | None:
    """Immediate work is visible from the epoch, not from now: the clock may be set back."""
    return AT_ONCE if due is not None and due <= now else due


def claim(kind: str, row_id: int) -> Claim | None:
    """Take the lease of a row in a transaction of its own. None: not due, another's, called off or done."""
    model, now = WORK_MODELS[kind], clock.now()
    with transaction() as current:
        attempt = current.scalar(
            update(model)
            .where(model.id == row_id, model.state == "waiting", model.visible_at <= now, model.attempts < MAX_ATTEMPTS)
            .values(attempts=model.attempts + 1, claimed_at=now, visible_at=now + LEASE)
            .returning(model.attempts)
            .execution_options(synchronize_session=False)
        )
    return None if attempt is None else Claim(kind, row_id, attempt)


def is_held(mine: Claim, row: Any) -> bool:
    """Whether a row just read, its deal locked, is still ours to finish. `finish` has the last word."""
    return row.state == "waiting" and row.attempts == mine.attempt and row.claimed_at is not None


def finish(mine: Claim, state: str, **columns: Any) -> bool:
    """End the row in this transaction, if the lease is still ours. False: somebody else has it; do nothing."""
    model = WORK_MODELS[mine.kind]
    done = session().execute(
        update(model)
        .where(model.id == mine.row_id, model.state == "waiting", model.attempts == mine.attempt)
        .values(state=state, ended_at=clock.now(), **columns)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def retry_later(mine: Claim, error: str) -> bool:
    """After a failure: show the row again later, with growing gaps. False when attempts are used up."""
    model = WORK_MODELS[mine.kind]
    if mine.attempt >= MAX_ATTEMPTS:
        return False
    with transaction() as current:
        current.execute(
            update(model)
            .where(model.id == mine.row_id, model.state == "waiting", model.attempts == mine.attempt)
            .values(visible_at=clock.now() + timedelta(seconds=2**mine.attempt), error=error[:2000])
            .execution_options(synchronize_session=False)
        )
    return True


def due(kind: str, now: datetime, limit: int) -> Sequence[tuple[int, datetime]]:
    """Rows that may be claimed now, oldest first: (id, since when)."""
    model = WORK_MODELS[kind]
    found = session().execute(
        select(model.id, model.visible_at, model.due_at)
        .where(model.state == "waiting", model.visible_at <= now, model.attempts < MAX_ATTEMPTS)
        .order_by(model.visible_at, model.id)
        .limit(limit)
    )
    return [(row.id, max(row.visible_at, row.due_at or row.visible_at)) for row in found]


def reset_future_leases(now: datetime) -> int:
    """Leases that a clock set back left in the future are over: show those rows again, as they were before they were
    claimed: what was at once is at once, what has a time keeps it. How many there were."""
    healed = 0
    for model in WORK_MODELS.values():
        stuck = select(model.id).where(model.state == "waiting", model.claimed_at > now + timedelta(seconds=5))
        if session().scalar(stuck.limit(1)) is None:
            continue
        with transaction() as current:
            done = current.execute(
                update(model)
                .where(model.id.in_(stuck.scalar_subquery()))
                .values(
                    visible_at=case((model.due_at > model.created_at, model.due_at), else_=AT_ONCE), claimed_at=None
                )
                .execution_options(synchronize_session=False)
            )
            healed += done.rowcount  # type: ignore[attr-defined]
    return healed


def exhausted(kind: str, now: datetime) -> Sequence[int]:
    """Rows whose last lease ran out without an end."""
    model = WORK_MODELS[kind]
    return list(
        session().scalars(
            select(model.id).where(model.state == "waiting", model.attempts >= MAX_ATTEMPTS, model.visible_at <= now)
        )
    )
