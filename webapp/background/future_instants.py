"""What a clock that was ahead has written: an instant of the past that lies ahead of now is no evidence, and counts as
if it were not there. The ticker mends all that stands in the database here; files are read so that it does not count.

Whoever looks at the clock first and then stands still takes what others wrote meanwhile for the future, and would end
the lease of somebody who is at work. So a row is read before the clock is looked at, and mended only as it was read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Delete, Update, bindparam, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute

from rules.reach import LONGEST_ASKED, REST
from webapp import clock
from webapp.background import heartbeats, outbox
from webapp.db import SqlSelect, execute_core, transaction
from webapp.models import Gateway, Heartbeat, Webhook

LONGEST_REST = max(REST, LONGEST_ASKED, heartbeats.PING_EVERY)
AHEAD = timedelta(seconds=5)


class Written(NamedTuple):
    """A column of instants: what lies ahead of `ahead`, as (row, instant); what becomes of one that still says so; and
    by how much it may lie ahead of now, for its writer counted from now or goes by a slightly other clock."""

    found: SqlSelect
    mended: Update | Delete
    may_be_ahead: timedelta


def mend() -> int:
    """Leases are over, rests too; signs of life were none. How many there were."""
    return sum(map(_mend, _everywhere()))


def _mend(written: Written) -> int:
    """Asked each second, before a write is begun: as a rule there is nothing. In one order: two tickers that find the
    same do not wait in a circle."""
    found = execute_core(written.found, ahead=clock.now() + written.may_be_ahead).all()
    surely = sorted(each for each in found if each.instant > clock.now() + written.may_be_ahead)
    if not surely:
        return 0
    with transaction():
        return sum(execute_core(written.mended, mine=each.row, said=each.instant).rowcount for each in surely)


@cache
def _everywhere() -> tuple[Written, ...]:
    leases = [
        _written(model.id, model.claimed_at, AHEAD, model.state == "waiting", **outbox.unclaimed(model))
        for model in outbox.WORK_MODELS.values()
    ]
    rests = [
        _written(key, column, LONGEST_REST + AHEAD, rest_until=None)
        for key, column in ((Gateway.kind, Gateway.rest_until), (Webhook.id, Webhook.rest_until))
    ]
    return (*leases, *rests, _written(Heartbeat.name, Heartbeat.at, heartbeats.FORGOTTEN_AFTER))


def _written(
    key: InstrumentedAttribute[Any],
    column: InstrumentedAttribute[datetime | None] | InstrumentedAttribute[datetime],
    may_be_ahead: timedelta,
    *where: Any,
    **values: Any,
) -> Written:
    """`values` are what the row says instead; none: it goes."""
    table = key.class_.__table__
    ahead = bindparam("ahead", type_=column.type)
    found = select(key.label("row"), column.label("instant")).where(column > ahead, *where)
    as_read = (key == bindparam("mine", type_=key.type), column == bindparam("said", type_=column.type), *where)
    mended = update(table).where(*as_read).values(values) if values else delete(table).where(*as_read)
    return Written(found, mended, may_be_ahead)
