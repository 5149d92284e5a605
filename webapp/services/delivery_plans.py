"""Which deliveries a notification makes: rows that the sender takes from the outbox. Told once to each address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from rules import reach, worktime
from rules.reach import Place
from webapp import clock
from webapp.background import outbox
from webapp.db import session
from webapp.models import AT_ONCE, Delivery, Notification
from webapp.snapshots import reach as found
from webapp.snapshots import recipients, setups


def plan(told: Sequence[Notification], also: Collection[str] = ()) -> None:
    """The first deliveries of what people were just told; `also` are kinds of address that are used whether or not the
    person wants them for this."""
    places = found.places({each.user_id for each in told}) if told else ()
    kinds = found.gateways() if places else {}
    for each in told:
        own = [place for place in places if place.user_id == each.user_id]
        for place in reach.at_once(reach.chain(own, each.urgency, also, kinds), also):
            add_for(each, place, clock.now() if place.kind in also else _when(each))


def plan_next(notification: Notification, due: datetime) -> bool:
    """The next address that this has not gone to yet: one that is kept back for later comes now. Whether there is
    one."""
    if due <= clock.now() and _hasten(notification):
        return True
    place = next_place(notification)
    if place is not None:
        add_for(notification, place, due)
    return place is not None


def _hasten(notification: Notification) -> bool:
    now = clock.now()
    kept_back = (Delivery.notification_id == notification.id, Delivery.state == "waiting", Delivery.due_at > now)
    rows = session().scalars(select(Delivery).where(*kept_back).with_for_update()).all()
    for each in rows:
        each.due_at, each.visible_at = now, AT_ONCE
        outbox.arm("delivery", each.id, now)
    return bool(rows)


def next_place(notification: Notification) -> Place | None:
    chain = reach.chain(found.places([notification.user_id]), notification.urgency, (), found.gateways())
    used = set(session().scalars(select(Delivery.key).where(Delivery.notification_id == notification.id)))
    return next((each for each in chain if _key(notification, each) not in used), None)


def _key(notification: Notification, place: Place) -> str:
    return f"notification-{notification.id}-{place.kind}-{place.id}"


def _when(notification: Notification) -> datetime:
    """What is urgent goes at once; the rest in the person's working hours."""
    if notification.urgency == "urgent":
        return clock.now()
    person = setups.current().people.get(notification.user_id)
    hours = recipients.calendar_for(person.department_id if person else None, notification.user_id)
    return worktime.allowed(hours, clock.now(), "working_hours")


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
    """What was read in Dozor need not go out any more; what is on its way at this moment goes."""
    now = clock.now()
    session().execute(
        update(Delivery)
        .where(which, Delivery.content == "notification", Delivery.state == "waiting")
        .where(Delivery.claimed_at.is_(None) | (Delivery.visible_at <= now))
        .values(state="cancelled", ended_at=now, reason={"code": "read"})
        .execution_options(synchronize_session=False)
    )
