"""Who did what, when, why. Every service writes here what it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, insert, select

from webapp.access.scopes import Actor
from webapp.db import Base, execute_later, instant, session
from webapp.errors import NotFound, Refused
from webapp.models import JournalEntry
from webapp.snapshots import setups

LOOKED_AT = 100  # lines of one record, until the hand is found
# Nobody reads it back: no need for an object, nor for its number.
_ENTRY = insert(Base.metadata.tables[JournalEntry.__tablename__]).inline()


def write(
    event: str,
    entity: str,
    entity_id: int,
    by: Actor,
    *,
    deal_id: int | None = None,
    field: str | None = None,
    old: object = None,
    new: object = None,
) -> None:
    """One fact. `event` is entity.past-tense; `old` and `new` are JSON values of `field`, or of the fact as a whole."""
    execute_later(
        _ENTRY,
        at=instant(),
        event=event,
        entity=entity,
        entity_id=entity_id,
        deal_id=entity_id if entity == "deal" else deal_id,
        field=field,
        old=old,
        new=new,
        by_id=by.user_id,
        cause=by.cause,
    )


def last_of_deal(deal_id: int) -> JournalEntry | None:
    """The latest thing done to the deal itself: who was quicker, and what could be taken back."""
    own = select(JournalEntry).where(JournalEntry.deal_id == deal_id, JournalEntry.entity == "deal")
    return session().scalars(own.order_by(JournalEntry.id.desc()).limit(1)).first()


def last_hand(entity: str, entity_id: int) -> str:
    """Who changed it last, by name; "" when it was nobody in particular. Whoever came second is told."""
    mine = select(JournalEntry.by_id).where(JournalEntry.entity == entity, JournalEntry.entity_id == entity_id)
    return setups.current().name_of(session().scalars(mine.order_by(JournalEntry.id.desc()).limit(1)).first())


def stale(entity: str, entity_id: int) -> Refused:
    """Who changed a record last, and when: whoever came second is told, and shown it as it is."""
    mine = select(JournalEntry).where(JournalEntry.entity == entity, JournalEntry.entity_id == entity_id)
    last = session().scalars(mine.order_by(JournalEntry.id.desc()).limit(1)).first()
    if last is None:
        return Refused("stale", record=(entity, entity_id), by="", event=f"{entity}.edited", at="", stage_name={})
    by = setups.current().name_of(last.by_id)
    at = last.at.isoformat()
    return Refused("stale", record=(entity, entity_id), by=by, event=last.event, at=at, stage_name={})


def last_by(
    event: str,
    entity_id: int,
    field: str | None = None,
    differs: Callable[[Any, Any], bool] | None = None,
    *,
    entity: str = "",
) -> int | None:
    """Who wrote the last such line about a record: of one field, where lines name one; of those that `differs` says of
    what was and what is, where a line tells of several things at once. None: nobody in particular."""
    lines = _lines(event, entity_id, entity)
    if field is not None:
        lines = lines.where(JournalEntry.field == field)
    found = session().scalars(lines.limit(LOOKED_AT))
    return next((each.by_id for each in found if differs is None or differs(each.old, each.new)), None)


def gone(event: str, entity_id: int) -> Refused:
    """The record is not there: who has removed it meanwhile. Raises NotFound where there never was one."""
    last = session().scalars(_lines(event, entity_id).limit(1)).first()
    if last is None:
        raise NotFound(event)
    return Refused("removed_meanwhile", who=setups.current().name_of(last.by_id))


def _lines(event: str, entity_id: int, entity: str = "") -> Select[JournalEntry]:
    """The newest first; about the kind of record that the event names, unless another is named."""
    about = JournalEntry.entity == (entity or event.partition(".")[0]), JournalEntry.entity_id == entity_id
    return select(JournalEntry).where(JournalEntry.event == event, *about).order_by(JournalEntry.id.desc())
