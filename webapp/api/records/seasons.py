"""Seasons in JSON form: whose norms change on which days, and how."""

from __future__ import annotations

from datetime import date

from rules.seasons import HUNDREDTHS
from webapp.api.types import Record
from webapp.queries.seasons import Shown


class NormRecord(Record):
    amount: int
    unit: str


class ScopeRecord(Record):
    """`kind`: firm, department, pipeline, robots; `ids` are of these, none where it is the firm."""

    kind: str
    ids: list[int]


class SeasonRecord(Record):
    """Both days are included. One of three: norms are multiplied by `factor`, are `replace` instead, or controls rest
    until it is over (`pause`). `overlaps` names seasons of the same days: the narrowest wins."""

    id: int
    name: str
    from_on: date
    until_on: date
    scope: ScopeRecord
    factor: float | None
    replace: NormRecord | None
    pause: bool
    overlaps: list[str]


def record(shown: Shown) -> SeasonRecord:
    one = shown.season
    return SeasonRecord(
        id=one.id,
        name=one.name,
        from_on=one.first,
        until_on=one.last,
        scope=ScopeRecord(kind=one.scope, ids=sorted(one.ids)),
        factor=one.factor / HUNDREDTHS if one.factor is not None else None,
        replace=NormRecord(amount=one.norm.amount, unit=one.norm.unit) if one.norm else None,
        pause=one.is_pause,
        overlaps=list(shown.overlaps),
    )
