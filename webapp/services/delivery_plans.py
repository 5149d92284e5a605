"""Which deliveries a notification makes: rows that the sender takes from the outbox. Told once to each address; repeats
of one cause go out together; what is beyond a person's hour stands in the morning's digest (digests.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, select, update
from sqlalchemy.orm import aliased

from rules import reach
from rules.reach import Place, Wishes
from webapp import clock
from webapp.background import held, outbox
from webapp.db import session
from webapp.models import AT_ONCE, Delivery, Notification
from webapp.snapshots import reach as found
from webapp.snapshots import recipients

UNDER_WAY = ("waiting", "sent", "delivered")
HOUR = timedelta(hours=1)


def plan(told: Sequence[Notification], also: Collection[str] = (), *, alone: bool = False) -> list[Notification]:
    """The first deliveries of what people were just told, and what of it stands in the digest instead. `also` are kinds
    of address that are used whether or not the person wants them for this; what comes `alone` is never too much."""
    places = found.places({each.user_id for each in told}) if told else ()
    kinds = found.kinds() if places else {}
    wishes = found.wishes({each.user_id for each in places})
    late = []
    for each in told:
        own = [place for place in places if place.user_id == each.user_id]
        first = reach.at_once(reach.chain(own, each.urgency, also, kinds), also)
        due, has_room = _when(each, wishes.get(each.user_id, Wishes()), alone=alone) if first else (None, False)
        if due is not None and has_room:
            for place in first:
                _gather(each, place, clock.now() if place.kind in also else due)
        elif first or (each.urgency != "urgent" and reach.chain(own, "digest", (), kinds)):
            late.append(each)
    return late


def _when(notice: Notification, wishes: Wishes, *, alone: bool) -> tuple[datetime, bool]:
    """When it goes out, and whether there is room for it in the person's hour. What is urgent goes at once."""
    now = clock.now()
    if notice.urgency == "urgent":
        return now, True
    due = recipients.next_there(notice.user_id, now) if wishes.has_quiet_hours else now
    return due, alone or _count(notice.user_id, due) < wishes.an_hour


def _count(user_id: int, due: datetime) -> int:
    """What of a person's that is not urgent goes out in the hour before that moment."""
    within = (Delivery.due_at > due - HOUR, Delivery.due_at <= due, Delivery.state.in_(UNDER_WAY))
    goes = (Delivery.user_id == user_id, *within, not_(and_(*held.is_held(Delivery))))
    counted = select(func.count(Delivery.notification_id.distinct())).where(*goes)
    return session().scalar(counted.where(Delivery.content == "notification", Delivery.is_urgent.is_(False))) or 0


def _gather(notice: Notification, place: Place, due: datetime) -> None:
    """To this address; where a repeat of the same cause is about to go there, that will say this too, and where one
    went just now, this waits, for all that is still to come."""
    last, is_free = _last_of_group(notice, place)
    if last is None:
        add_for(notice, place, due)
    elif not is_free or last.state != "waiting" or last.claimed_at is not None:
        said = session().get_one(Notification, last.notification_id)
        assert last.due_at is not None
        add_for(notice, place, max(due, reach.next_of_group(last.due_at, is_read=said.read_at is not None)))


def _last_of_group(notice: Notification, place: Place) -> tuple[Delivery | None, bool]:
    """The newest delivery of the same cause to this address, and whether it could be locked, so that it is not composed
    meanwhile. The inbox is locked already: whoever tells does not wait for who sends. One that a restore has held back
    gathers nothing: what is told today would wait with it for a person."""
    if notice.about is None:
        return None, True
    same = (Notification.user_id == notice.user_id, Notification.about == notice.about)
    to_it = (Delivery.channel == place.kind, Delivery.address == place.address, Delivery.state.in_(UNDER_WAY))
    newest = (
        select(Delivery.id)
        .join(Notification, Notification.id == Delivery.notification_id)
        .where(*same, *to_it, Delivery.due_at > clock.now() - reach.GATHERED_FOR, not_(and_(*held.is_held(Delivery))))
        .order_by(Delivery.due_at.desc(), Delivery.id.desc())
        .limit(1)
    )
    row_id = session().scalar(newest)
    if row_id is None:
        return None, True
    free = session().get(Delivery, row_id, with_for_update={"skip_locked": True}, populate_existing=True)
    return free or session().get_one(Delivery, row_id), free is not None


def plan_next(notification: Notification, due: datetime) -> bool:
    """The next address that this has not gone to yet: one that is kept back for later comes now. Whether there is
    one."""
    if due <= clock.now() and hasten(_kept_back(notification)):
        return True
    place = next_place(notification)
    if place is not None:
        _gather(notification, place, due)
    return place is not None


def _kept_back(notification: Notification) -> Sequence[int]:
    """What of it waits for a later moment."""
    later = (Delivery.state == "waiting", Delivery.due_at > clock.now())
    return session().scalars(select(Delivery.id).where(Delivery.notification_id == notification.id, *later)).all()


def hasten(row_ids: Iterable[int]) -> bool:
    """Those of these that still wait for a later moment go now. Whether there were any."""
    now = clock.now()
    later = (Delivery.id.in_(list(row_ids)), Delivery.state == "waiting", Delivery.due_at > now)
    rows = session().scalars(select(Delivery).where(*later).order_by(Delivery.id).with_for_update()).all()
    for each in rows:
        each.due_at, each.visible_at = now, AT_ONCE
        outbox.arm("delivery", each.id, now)
    return bool(rows)


def next_place(notification: Notification) -> Place | None:
    chain = reach.chain(found.places([notification.user_id]), notification.urgency, (), found.kinds())
    rows = select(Delivery.key, Delivery.channel, Delivery.address).where(Delivery.notification_id == notification.id)
    used: set[object] = set()
    for key, *place in session().execute(rows):  # what was made for a repeat that was read has that one's key
        used |= {key, tuple(place)}
    return next((each for each in chain if not {_key(notification, each), (each.kind, each.address)} & used), None)


def own_of(notices: Sequence[Notification], beside: Delivery) -> dict[int, int]:
    """What goes, or went, of each of these by itself to where this delivery goes: its delivery's id, by its own."""
    to_it = (Delivery.channel == beside.channel, Delivery.address == beside.address, Delivery.id != beside.id)
    theirs = Delivery.notification_id.in_([each.id for each in notices])
    found = session().execute(select(Delivery.notification_id, Delivery.id).where(theirs, *to_it).order_by(Delivery.id))
    return {notice_id: row_id for notice_id, row_id in found if notice_id is not None}


def _key(notification: Notification, place: Place) -> str:
    return f"notification-{notification.id}-{place.kind}-{place.id}"


def add_for(notification: Notification, place: Place, due: datetime) -> None:
    add(
        _key(notification, place),
        place.kind,
        place.address,
        "notification",
        due=due,
        user_id=place.user_id,
        notification_id=notification.id,
        deal_id=notification.deal_id,
        is_urgent=notification.urgency == "urgent",
    )


def add(key: str, channel: str, address: str, content: str, *, due: datetime, **more: Any) -> Delivery:
    """One row, and its alarm."""
    now = clock.now()
    row = Delivery(
        key=key,
        channel=channel,
        address=address,
        content=content,
        due_at=due,
        visible_at=outbox.visible_from(due, now),
        created_at=now,
        **more,
    )
    session().add(row)
    session().flush()
    outbox.arm("delivery", row.id, due)
    return row


def cancel_read(which: ColumnElement[bool]) -> None:
    """What was read in Dozor need not go out any more; what is on its way at this moment goes, and so does what other
    repeats of the same cause, which nobody has read, wait for."""
    now = clock.now()
    mine, other = aliased(Notification), aliased(Notification)
    same = (other.user_id == mine.user_id, other.about == mine.about, other.read_at.is_(None))
    is_awaited = exists().where(mine.id == Delivery.notification_id, *same)
    session().execute(
        update(Delivery)
        .where(which, Delivery.content == "notification", Delivery.state == "waiting", ~is_awaited)
        .where(Delivery.claimed_at.is_(None) | (Delivery.visible_at <= now))
        .values(state="cancelled", ended_at=now, reason={"code": "read"})
        .execution_options(synchronize_session=False)
    )


def cancel_tests(user_id: int, channel: str) -> None:
    """Whoever tries again, after a mistake was put right, wants one answer and not all those from before."""
    now = clock.now()
    session().execute(
        update(Delivery)
        .where(Delivery.user_id == user_id, Delivery.channel == channel, Delivery.content == "test")
        .where(Delivery.state == "waiting", Delivery.claimed_at.is_(None) | (Delivery.visible_at <= now))
        .values(state="cancelled", ended_at=now, reason={"code": "tried_again"})
        .execution_options(synchronize_session=False)
    )
