"""What a clock that was ahead has written: an instant of the past that lies ahead of now is no evidence, and counts as
if it were not there. The ticker mends all that stands in the database here; files are read so that it does not count.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update

from rules.reach import LONGEST_ASKED, REST
from webapp.background import heartbeats, outbox
from webapp.db import session, transaction
from webapp.models import Gateway, Heartbeat, Webhook

LONGEST_REST = max(REST, LONGEST_ASKED, heartbeats.PING_EVERY)
AHEAD = timedelta(seconds=5)


def mend(now: datetime) -> None:
    """Leases are over, rests too; signs of life were none."""
    outbox.reset_future_leases(now)
    for model in (Gateway, Webhook):
        rests = model.rest_until > now + LONGEST_REST + AHEAD
        if _is_any(model, rests):
            with transaction() as current:
                current.execute(update(model).where(rests).values(rest_until=None))
    ahead = Heartbeat.at > now + heartbeats.FORGOTTEN_AFTER
    if _is_any(Heartbeat, ahead):
        with transaction() as current:
            current.execute(delete(Heartbeat).where(ahead))


def _is_any(model: type[Gateway | Webhook | Heartbeat], condition: ColumnElement[bool]) -> bool:
    """Asked before a write is begun: as a rule there is nothing."""
    return session().scalar(select(1).select_from(model).where(condition).limit(1)) is not None
