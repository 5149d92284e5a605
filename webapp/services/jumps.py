"""What follows from a jump of the machine's clock: what would wait by the wrong one goes on, the admins are told of
what only they may count again, and that is counted again when one of them says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import clock_jumps, outbox
from webapp.background.clock_jumps import Jump
from webapp.db import session, transaction
from webapp.models import Delivery, Gateway, Webhook
from webapp.services import journal, ladders, notifications, runs, task_terms
from webapp.snapshots import setups


def follow(jump: Jump) -> None:
    """In a transaction of its own."""
    with transaction():
        if jump.by < 0:
            _end_rests()
            _bring_forward(timedelta(seconds=jump.by))
        if jump.counts and setups.is_founded():
            _say(jump)


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted again: robots' runs, and terms of tasks and of the list of what matters."""

    runs: int = 0
    terms: int = 0

    @property
    def all(self) -> int:
        return self.runs + self.terms


def count_again(file: Path, by: Actor) -> Counted:
    """What was counted by a clock that has been put right since, as if it had been right; in a transaction of its own.
    Whoever is killed before the note is forgotten does nothing twice: what was put right is counted from elsewhere."""
    with transaction():  # also when nothing is noted: a firm that is not there is said to be none
        done = [_count_again(jump, by) for jump in clock_jumps.noted(file)]
        found = Counted(sum(each.runs for each in done), sum(each.terms for each in done))
        if found.all:
            facts = {"runs": found.runs, "terms": found.terms}
            journal.write("clock.counted_again", "firm", setups.current().firm.id, by, new=facts)
    clock_jumps.forget(file)
    return found


def _count_again(jump: Jump, by: Actor) -> Counted:
    by_time = timedelta(seconds=jump.by)
    counted = runs.shift(jump.counted_from, by_time, by)
    terms = task_terms.shift(jump.set_at("alarm"), by_time) + ladders.shift(jump.set_at("rung"), by_time)
    return Counted(counted, terms)


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
