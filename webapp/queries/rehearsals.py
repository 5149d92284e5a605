"""What a rehearsal found: how often, to whom, at what hours, on which deals; replayed and estimated apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import select

from webapp.db import session
from webapp.models import Deal, Rehearsal, RehearsedFiring

PAGE = 50
MOST = 20_000  # are counted


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the day, 0 to 23."""

    hour: int
    replayed: int
    estimated: int


@dataclass(frozen=True, slots=True)
class Found:
    """`people` are pairs of a person and how often; `busiest` is the fullest hour's count."""

    replayed: int = 0
    estimated: int = 0
    deals: int = 0
    hours: Sequence[Hour] = ()
    people: Sequence[tuple[int, int]] = ()
    unknown: Sequence[str] = ()
    busiest: int = 0


@dataclass(frozen=True, slots=True)
class Firings:
    """One page of them, with the titles of their deals; `next` is the last one's id, where more follow."""

    rows: Sequence[tuple[RehearsedFiring, str]] = field(default_factory=list)
    next: int | None = None


def summed_up(row: Rehearsal, zone: str) -> Found:
    """In numbers; hours are those of `zone`."""
    wanted = select(RehearsedFiring).where(RehearsedFiring.rehearsal_id == row.id).order_by(RehearsedFiring.id)
    firings = session().scalars(wanted.limit(MOST)).all()
    place = ZoneInfo(zone)
    hours = Counter((each.at.astimezone(place).hour, bool(each.unknown)) for each in firings)
    of_day = [Hour(hour, hours[hour, False], hours[hour, True]) for hour in range(24)]
    return Found(
        replayed=sum(each.replayed for each in of_day),
        estimated=sum(each.estimated for each in of_day),
        deals=len({each.deal_id for each in firings}),
        hours=of_day,
        people=Counter(person for each in firings for person in each.people).most_common(),
        unknown=sorted({why for each in firings for why in each.unknown}),
        busiest=max(each.replayed + each.estimated for each in of_day),
    )


def firings(row: Rehearsal, after: int = 0, limit: int = PAGE) -> Firings:
    """A page, in the order in which they were found."""
    wanted = select(RehearsedFiring, Deal.title).join(Deal, Deal.id == RehearsedFiring.deal_id)
    mine = wanted.where(RehearsedFiring.rehearsal_id == row.id, RehearsedFiring.id > after)
    rows = session().execute(mine.order_by(RehearsedFiring.id).limit(limit + 1)).all()
    shown = [(firing, title) for firing, title in rows[:limit]]
    return Firings(shown, shown[-1][0].id if len(rows) > limit else None)
