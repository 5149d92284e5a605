"""The firm's facts in JSON form."""

from __future__ import annotations

from webapp.api.types import Record
from webapp.services import firms
from webapp.snapshots.setups import current


class FirmRecord(Record):
    """`currency` stays once `has_money`: an amount stands in a deal, a field, a robot, a version of the set-up.
    `rep_sees`: own, department, all. `take_within`: working minutes until the next level is told; `accept_within`:
    those that an acceptor has, null: a working day."""

    name: str
    locale: str
    time_zone: str
    country: str | None
    currency: str
    has_money: bool
    rep_sees: str
    marks_next_step: str
    take_within: int
    accept_within: int | None


def record() -> FirmRecord:
    return FirmRecord.of(current().firm, has_money=firms.has_money())
