"""The morning's digest: what was not sent by itself. It is a delivery of its own, made with its first line, due when
the person's working day begins; so there is none without lines, and one a morning however often it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update

from rules import reach
from rules.reach import Place
from webapp import clock
from webapp.db import session
from webapp.models import Deal, Delivery, DigestLine, Notification
from webapp.services import delivery_plans
from webapp.snapshots import reach as found
from webapp.snapshots import recipients


def put(notices: Iterable[Notification]) -> None:
    """Each of these stands in its reader's next digest. The reader's inbox is locked: one is made at a time."""
    for each in notices:
        row = _next(each.user_id, _places(each.user_id))
        session().add(DigestLine(notification_id=each.id, delivery_id=row.id))
    session().flush()


def _places(user_id: int) -> list[Place]:
    return reach.of_digest(found.places([user_id]), found.kinds())


def _next(user_id: int, places: Sequence[Place]) -> Delivery:
    """The digest of the next morning that is not under way yet, locked. What somebody else holds is: the inbox is
    locked already, and whoever tells does not wait for who sends."""
    at = clock.now()
    while True:
        at = recipients.next_morning(user_id, at)
        key = f"digest-{user_id}-{at:%Y%m%d%H%M}"
        known = select(Delivery).where(Delivery.key.startswith(key, autoescape=True))
        free = known.with_for_update(skip_locked=True).execution_options(populate_existing=True)
        still_open = next((each for each in session().scalars(free) if _is_open(each)), None)
        if still_open is not None:
            return still_open
        if session().scalar(known.with_only_columns(Delivery.id).limit(1)) is None:
            return _add(key, user_id, places[0], at)


def _is_open(row: Delivery) -> bool:
    return row.state == "waiting" and row.attempts == 0 and row.due_at is not None and row.due_at > clock.now()


def _add(key: str, user_id: int, place: Place, due: datetime) -> Delivery:
    full = f"{key}-{place.kind}-{place.id}"
    return delivery_plans.add(full, place.kind, place.address, "digest", due=due, user_id=user_id, facts={"of": key})


def lines(row: Delivery) -> list[Notification]:
    """What it says: what was not read meanwhile, and is still there, in its order."""
    wanted = (
        select(Notification)
        .join(DigestLine, DigestLine.notification_id == Notification.id)
        .outerjoin(Deal, Deal.id == Notification.deal_id)
        .where(DigestLine.delivery_id == row.id, Notification.read_at.is_(None), Deal.deleted_at.is_(None))
    )
    return list(session().scalars(wanted.order_by(Notification.seq)))


def next_place(row: Delivery) -> Place | None:
    """Where this digest has not gone to yet."""
    assert row.user_id is not None
    used = set(session().scalars(select(Delivery.key).where(Delivery.key.startswith(row.facts["of"], autoescape=True))))
    return next((each for each in _places(row.user_id) if f"{row.facts['of']}-{each.kind}-{each.id}" not in used), None)


def elsewhere(row: Delivery) -> None:
    """It does not come through there: at once to the next address, with all its lines."""
    place = next_place(row)
    if place is not None:
        assert row.user_id is not None
        move(row, _add(row.facts["of"], row.user_id, place, clock.now()))


def move(row: Delivery, other: Delivery) -> None:
    """What stood in the one stands in the other."""
    moved = update(DigestLine).where(DigestLine.delivery_id == row.id).values(delivery_id=other.id)
    session().execute(moved.execution_options(synchronize_session=False))
