"""Where a card stands in its column: by position, then id. A move writes one row; where cards have come to stand too
close, they are spaced anew afterwards."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, tuple_, update
from sqlalchemy.orm import aliased

from rules import ordering
from webapp.db import Base, SqlSelect, after_commit, connection, execute_core, new_transaction, session
from webapp.models import Deal

REACH = 32  # cards on either side that are spaced anew, at first

_DEAL = Base.metadata.tables[Deal.__tablename__]
_HERE, _THERE = tuple_(Deal.position, Deal.id), tuple_(bindparam("position"), bindparam("card"))
_IN_STAGE = select(Deal.position, Deal.id).where(Deal.stage_id == bindparam("stage"), Deal.deleted_at.is_(None))
_STANDING = _IN_STAGE.where(Deal.id == bindparam("card"))
_OTHERS = _IN_STAGE.limit(bindparam("most"))
_ABOVE = _OTHERS.where(_HERE < _THERE).order_by(Deal.position.desc(), Deal.id.desc())
_BELOW = _OTHERS.where(_HERE > _THERE).order_by(Deal.position, Deal.id)
_TOP = _IN_STAGE.with_only_columns(func.min(Deal.position)).where(Deal.id != bindparam("own"))
_PUT = update(_DEAL).where(_DEAL.c.id == bindparam("card")).values(position=bindparam("there"))
_AT, _NEXT = aliased(Deal), aliased(Deal)


def _with_next(*, above: bool) -> SqlSelect:
    """A card of a column with the next one above or below it, in one statement."""
    here, at = tuple_(Deal.position, Deal.id), tuple_(_AT.position, _AT.id)
    nearest = select(Deal.id).where(Deal.stage_id == bindparam("stage"), Deal.deleted_at.is_(None))
    nearest = nearest.where(Deal.id != bindparam("own"), here < at if above else here > at).limit(1).correlate(_AT)
    by = (Deal.position.desc(), Deal.id.desc()) if above else (Deal.position, Deal.id)
    columns: tuple[Any, ...] = _AT.position, _AT.id, _NEXT.position.label("next_position"), _NEXT.id.label("next_id")
    query = select(*columns).outerjoin(_NEXT, _NEXT.id == nearest.order_by(*by).scalar_subquery())
    return query.where(_AT.id == bindparam("card"), _AT.stage_id == bindparam("stage"), _AT.deleted_at.is_(None))


_WITH_ABOVE, _WITH_BELOW = _with_next(above=True), _with_next(above=False)


class Standing(NamedTuple):
    """Where a card stands."""

    position: float
    id: int


def position_for(stage_id: int, before: int | None = None, after: int | None = None, own_id: int = 0) -> float:
    """A position next to a neighbour, else at the top; neighbours that are gone or elsewhere are not minded."""
    if before is not None and (found := _beside(_WITH_ABOVE, stage_id, before, own_id)) is not None:
        lower, above = found
        return _between(stage_id, above, lower, own_id)
    if after is not None and (found := _beside(_WITH_BELOW, stage_id, after, own_id)) is not None:
        upper, below = found
        return _between(stage_id, upper, below, own_id)
    return ordering.between(None, execute_core(_TOP, stage=stage_id, own=own_id).scalar(), _chance())


def _beside(query: SqlSelect, stage_id: int, deal_id: int, own_id: int) -> tuple[Standing, Standing | None] | None:
    found = execute_core(query, stage=stage_id, card=deal_id, own=own_id).first()
    if found is None:
        return None
    following = None if found.next_id is None else Standing(found.next_position, found.next_id)
    return Standing(found.position, found.id), following


def _standing(stage_id: int, deal_id: int) -> Standing | None:
    found = execute_core(_STANDING, stage=stage_id, card=deal_id).first()
    return None if found is None else Standing(*found)


def _near(stage_id: int, at: Standing, most: int, *, above: bool) -> Sequence[Standing]:
    """The nearest other cards above or below one, the nearest first."""
    query = _ABOVE if above else _BELOW
    return [
        Standing(*each) for each in execute_core(query, stage=stage_id, position=at.position, card=at.id, most=most)
    ]


def _between(stage_id: int, upper: Standing | None, lower: Standing | None, own_id: int) -> float:
    if upper is None or lower is None:
        above, below = (each.position if each is not None else None for each in (upper, lower))
        return ordering.between(above, below, _chance())
    if ordering.is_crowded(upper.position, lower.position):
        after_commit(partial(_spread, stage_id, lower.id))
    if ordering.needs_rebalance(upper.position, lower.position):
        return _pushed_down(stage_id, upper, lower, own_id)
    return ordering.between(upper.position, lower.position, _chance())


def _chance() -> float:
    return random.random()


def _pushed_down(stage_id: int, upper: Standing, lower: Standing, own_id: int) -> float:
    """Dozens of cards were put into one gap before it could be widened: the lower card and all below it go down by a
    step, in one statement."""
    session().flush()
    session().execute(
        update(Deal)
        .where(Deal.stage_id == stage_id, Deal.id != own_id)
        .where(tuple_(Deal.position, Deal.id) >= tuple_(lower.position, lower.id))
        .values(position=Deal.position + 2 * ordering.STEP)
        .execution_options(synchronize_session=False)
    )
    return ordering.between(upper.position, lower.position + 2 * ordering.STEP)


def _spread(stage_id: int, deal_id: int) -> None:
    """Space the cards around one evenly, in a transaction of its own: a move that wrote to others while it holds its
    own would meet another such move in a deadlock. It waits for nobody either: when somebody is at work on one of them,
    it leaves all as they are, and the next card put there tries again."""
    with new_transaction():
        at = _standing(stage_id, deal_id)
        if at is None:
            return
        crowd, positions = _room_around(stage_id, at)
        ids = [each.id for each in crowd]
        locked = session().scalars(select(Deal.id).where(Deal.id.in_(ids)).with_for_update(skip_locked=True)).all()
        if len(locked) == len(ids) and _standing(stage_id, deal_id) == at and _room_around(stage_id, at)[0] == crowd:
            moved = [{"card": each.id, "there": there} for each, there in zip(crowd, positions, strict=True)]
            connection().execute(_PUT, moved)


def _room_around(stage_id: int, at: Standing) -> tuple[list[Standing], list[float]]:
    """The cards to be spaced anew, from the top down, and their new positions: as many as it takes to have room."""
    reach, positions = REACH, list[float]()
    while not positions:
        above, below = _near(stage_id, at, reach, above=True), _near(stage_id, at, reach, above=False)
        crowd = [*reversed(above), at, *below]
        first = crowd.pop(0).position if len(above) == reach else None  # not the column's end: it stays where it is
        last = crowd.pop().position if len(below) == reach else None
        positions = ordering.spread(first, last, len(crowd))
        reach *= 8
    return crowd, positions
