"""What a clock that was ahead has written: an instant of the past that lies ahead of now is no evidence, and counts as
if it were not there. The ticker mends all that stands in the database here; files are read so that it does not count.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update

from rules.reach import LONGEST_ASKED, REST
from webapp.background import heartbeats, outbox
from webapp.db import SqlSelect, execute_core, transaction
from webapp.models import Gateway, Heartbeat, Webhook

LONGEST_REST = max(REST, LONGEST_ASKED, heartbeats.PING_EVERY)
AHEAD = timedelta(seconds=5)
# Asked each second, before a write is begun: as a rule there is nothing.
INSTANT = bindparam("instant", type_=Heartbeat.at.type)
RESTS_LONGER: dict[type[Gateway | Webhook], SqlSelect] = {
    Gateway: select(Gateway.kind).where(Gateway.rest_until > INSTANT).limit(1),
    Webhook: select(Webhook.id).where(Webhook.rest_until > INSTANT).limit(1),
}
BEATS_AHEAD = select(Heartbeat.name).where(Heartbeat.at > INSTANT).limit(1)


def mend(now: datetime) -> None:
    """Leases are over, rests too; signs of life were none."""
    outbox.reset_future_leases(now)
    rested = now + LONGEST_REST + AHEAD
    for model, rests_longer in RESTS_LONGER.items():
        if execute_core(rests_longer, instant=rested).first() is not None:
            with transaction() as current:
                current.execute(update(model).where(model.rest_until > rested).values(rest_until=None))
    beaten = now + heartbeats.FORGOTTEN_AFTER
    if execute_core(BEATS_AHEAD, instant=beaten).first() is not None:
        with transaction() as current:
            current.execute(delete(Heartbeat).where(Heartbeat.at > beaten))
