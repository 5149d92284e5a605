"""What called a trigger's own address lately, the newest first; and since when it has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.db import session
from webapp.models import Trigger, TriggerCall

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Address:
    """`since` is None where there is none."""

    since: datetime | None
    calls: Sequence[TriggerCall]


def address(trigger_id: int) -> Address | None:
    """None for a trigger that is not live yet, or waits live for something else."""
    row = session().get(Trigger, trigger_id) if trigger_id > 0 else None
    if row is None or row.archived_at is not None or row.event != "webhook":
        return None
    return Address(row.secret_at, calls(trigger_id, SHOWN))


def calls(trigger_id: int, limit: int) -> Sequence[TriggerCall]:
    newest = select(TriggerCall).where(TriggerCall.trigger_id == trigger_id).order_by(TriggerCall.id.desc())
    return session().scalars(newest.limit(limit)).all()
