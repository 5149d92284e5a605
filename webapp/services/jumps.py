"""What follows from a jump of the machine's clock: what would wait by the wrong one goes on, and the admins are told of
what only they may count again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from webapp import clock
from webapp.background import outbox
from webapp.background.clock_jumps import Jump
from webapp.db import session, transaction
from webapp.models import Delivery, Gateway, Webhook
from webapp.services import notifications
from webapp.snapshots import setups


def follow(jump: Jump) -> None:
    """In a transaction of its own."""
    with transaction():
        if jump.by < 0:
            _end_rests()
            _bring_forward(timedelta(seconds=jump.by))
        if jump.runs and setups.is_founded():
            _say(jump)


def _end_rests() -> None:
    """Of whoever was left alone for a moment, by a clock that was ahead: one more try is all that it costs."""
    for model in (Gateway, Webhook):
        session().execute(update(model).where(model.rest_until > clock.now()).values(rest_until=None))


def _bring_forward(by: timedelta) -> None:
    """What was not taken and is tried again, and what is urgent and goes to the next address if nobody reads it: both
    wait for so long, and not for a time of the day. What was put off before is tried too early, once."""
    now = clock.now()
    waits = select(Delivery).where(Delivery.state == "waiting", Delivery.visible_at > now)
    waits = waits.where(Delivery.claimed_at.is_(None))  # a lease is nothing that waits: background/outbox.py ends it
    for row in session().scalars(waits.order_by(Delivery.id).with_for_update()):
        if row.visible_at is not None and (row.attempts or row.is_urgent):
            row.visible_at = until = max(row.visible_at + by, now)
            row.due_at = min(row.due_at or until, until)
            outbox.arm("delivery", row.id, until)


def _say(jump: Jump) -> None:
    notifications.tell(
        setups.current().org.fallback, "clock.jumped", key=f"clock-{jump.at}", facts={}, urgency="urgent"
    )
