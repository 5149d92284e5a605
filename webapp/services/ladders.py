"""The ladder of an item: when nobody takes it in time, the next level is told too, and whoever was told keeps it.

The time of a level is counted in the working time of whoever has to take it. What is done when it is over is in
climbing.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, insert, select, update

from rules import worktime
from rules.worktime import Delay, WorkCalendar
from webapp import clock
from webapp.background import held, outbox
from webapp.db import Base, execute_core, execute_later, session, write_core
from webapp.models import ImportantItem, ImportantPlace, ImportantRung, Task
from webapp.snapshots import important as snapshots
from webapp.snapshots import recipients, setups
from webapp.snapshots.recipients import Recipients


def arm(item: ImportantItem, at: datetime | None) -> None:
    """Set the alarm of its next level: at that instant, else when the time of this level is over, and the work's own
    with it. Without a level above there is none."""
    call_off(item)
    due = next_due(item, _told(item), at) if item.take_within is not None else None
    if due is not None:
        write_core(item, next_at=due)
        _set(item, "climb", due)


def begin(item: ImportantItem) -> None:
    """Set the alarm of an item that was just made with the time of its next level: it is its first."""
    if item.next_at is not None:
        _set(item, "climb", item.next_at, 0)


def next_due(item: ImportantItem, told: Sequence[int], at: datetime | None) -> datetime | None:
    """When the level above `told`, who have it, the highest level first, is told. None: nobody is."""
    within = item.take_within
    if within is None:
        return None
    calendar = _calendar_of(item.holder_id or told[0])
    due = at or worktime.after(calendar, clock.now(), Delay(within["amount"], within["unit"]))
    due = max(due, _own_term(item) or due)
    return due if snapshots.next_level(item, told, due).people else None


def _own_term(item: ImportantItem) -> datetime | None:
    """Until when handed-in work may wait to be accepted: nobody above is told before, whoever has it by then."""
    if item.kind != "acceptance" or item.task_id is None:
        return None
    return session().get_one(Task, item.task_id).acceptance_due_at


def _calendar_of(person_id: int) -> WorkCalendar:
    """Of whoever has to take it: who holds it, else who was told last, and first among those."""
    person = setups.current().people.get(person_id)
    return recipients.calendar_for(person.department_id if person else None, person.id if person else None)


def _told(item: ImportantItem) -> list[int]:
    """Who has it, the highest level first."""
    return execute_core(_TOLD, item=item.id).scalars()


def next_level(item: ImportantItem, at: datetime) -> Recipients:
    """Who is told then, if nobody has taken it."""
    return snapshots.next_level(item, _told(item), at)


def shift(set_at: Mapping[int, datetime], by_time: timedelta) -> int:
    """Of the levels that still wait, and were set at that instant, by a clock that was wrong by so much: the time of
    each is counted anew. What a person has put aside until some hour comes back at that hour. How many there were."""
    known = select(ImportantRung).where(ImportantRung.id.in_(set_at), ImportantRung.kind == "climb")
    count = 0
    for item_id in sorted({each.item_id for each in session().scalars(known)}):
        item = session().get_one(ImportantItem, item_id, with_for_update=True, populate_existing=True)
        mine = known.where(ImportantRung.item_id == item_id, ImportantRung.state == "waiting").with_for_update()
        for rung in session().scalars(mine.execution_options(populate_existing=True)):
            if rung.created_at != set_at[rung.id] or item.take_within is None:
                continue
            rung.created_at += by_time
            within = Delay(item.take_within["amount"], item.take_within["unit"])
            due = worktime.after(_calendar_of(item.holder_id or _told(item)[0]), rung.created_at, within)
            item.next_at = due = max(due, _own_term(item) or due)
            outbox.put("rung", rung, due)
            count += 1
    return count


def wake_at(item: ImportantItem, at: datetime) -> None:
    """What is put aside comes back then."""
    _set(item, "wake", at)


def _set(item: ImportantItem, kind: str, due: datetime, before: int | None = None) -> None:
    """`before`: how many rungs it has had, if that is known."""
    now = clock.now()
    if before is None:
        before = execute_core(_RUNGS, item=item.id).scalar()
    rung = {
        "key": f"item-{item.id}-{kind}-{before}",
        "item_id": item.id,
        "kind": kind,
        "state": "waiting",
        "attempts": 0,
        "due_at": due,
        "visible_at": outbox.visible_from(due, now),
        "created_at": now,
    }
    outbox.arm("rung", execute_core(_SET, **rung).scalar_one(), due)


def is_held(item: ImportantItem) -> bool:
    """Whether a restore has held back what would follow: what comes up today does not wait with it for a person."""
    return execute_core(_HELD, item=item.id).first() is not None


def call_off(item: ImportantItem) -> None:
    """Whatever would have followed does not."""
    if item.next_at is not None:  # of one that has just been made nothing is written a second time
        item.next_at = None
    execute_later(_CALLING_OFF, item=item.id, now=clock.now())


# Asked for each item that opens, so built once.
_TOLD = (
    select(ImportantPlace.user_id)
    .where(ImportantPlace.item_id == bindparam("item"))
    .order_by(ImportantPlace.level.desc(), ImportantPlace.id)
)
_HELD = (
    select(ImportantRung.id).where(ImportantRung.item_id == bindparam("item"), *held.is_held(ImportantRung)).limit(1)
)
_RUNGS = select(func.count()).where(ImportantRung.item_id == bindparam("item"))
_RUNG = Base.metadata.tables[ImportantRung.__tablename__]
_SET = insert(_RUNG).returning(_RUNG.c.id)
_CALLING_OFF = (
    update(_RUNG)
    .where(ImportantRung.item_id == bindparam("item"), ImportantRung.state == "waiting")
    .values(state="called_off", ended_at=bindparam("now"))
)
