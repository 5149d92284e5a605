"""Who did what, when, why. Every service writes here what it changed."""

from __future__ import annotations

from sqlalchemy import insert, select

from webapp import clock
from webapp.access.scopes import Actor
from webapp.db import Base, connection, session
from webapp.models import JournalEntry
from webapp.snapshots import setups

_ENTRY = insert(Base.metadata.tables[JournalEntry.__tablename__])  # nobody reads it back: no need for an object


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
    connection().execute(
        _ENTRY,
        {
            "at": clock.now(),
            "event": event,
            "entity": entity,
            "entity_id": entity_id,
            "deal_id": entity_id if entity == "deal" else deal_id,
            "field": field,
            "old": old,
            "new": new,
            "by_id": by.user_id,
            "cause": by.cause,
        },
    )


def last_of_deal(deal_id: int) -> JournalEntry | None:
    """The latest thing done to the deal itself: who was quicker, and what could be taken back."""
    own = select(JournalEntry).where(JournalEntry.deal_id == deal_id, JournalEntry.entity == "deal")
    return session().scalars(own.order_by(JournalEntry.id.desc()).limit(1)).first()


def last_hand(entity: str, entity_id: int) -> str:
    """Who changed it last, by name; "" when it was nobody in particular. Whoever came second is told."""
    mine = select(JournalEntry.by_id).where(JournalEntry.entity == entity, JournalEntry.entity_id == entity_id)
    return setups.current().name_of(session().scalars(mine.order_by(JournalEntry.id.desc()).limit(1)).first())
