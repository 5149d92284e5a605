"""Who may accept work changes while it waits: somebody goes away or comes back, a post or an account is another's, a
day begins. Whoever is new among them is asked, and whoever does not decide any more is asked no longer.

No event says that a day has begun, so it is looked for, again and again. Who was asked last stands in the journal:
whatever a killed process has left undone is made up for by the next look, and nobody is asked twice.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select

from rules import rights
from rules.tasks import STARTS_FROM
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import session, transaction
from webapp.models import Deal, JournalEntry, Task
from webapp.services import acceptors, important, notices_over
from webapp.snapshots import recipients, setups
from webapp.snapshots import tasks as snapshots

CLOCK = Actor(via="clock")
EVERY_SECONDS = 30  # a deal that goes to another department changes no set-up
WAITING = Task.state.in_(STARTS_FROM["accept"])
Asked = dict[int, frozenset[int]]


class Watch:
    """Looks as soon as the set-up or the firm's day is another than at the last look, and now and then."""

    def __init__(self) -> None:
        self.seen: tuple[int, date, int] | None = None

    def look(self, now: datetime) -> None:
        if not setups.is_founded():
            return
        seen = (setups.current().version, recipients.day_of(now), int(now.timestamp()) // EVERY_SECONDS)
        if seen != self.seen:
            look()
            self.seen = seen


def look() -> None:
    """Ask anew about each task whose deciders are not those who were asked, in a transaction of its own."""
    changed = _changed()
    session().rollback()
    for task_id in changed:
        with transaction():
            _ask_anew(task_id)


def _changed() -> list[int]:
    """Work whose acceptor is there, and was asked alone, needs no closer look: nearly all of it."""
    chart, today, asked = setups.current().org, recipients.today(), _asked()
    here = [each for each in chart.people if not rights.is_missing(chart, each, today)]
    waiting = session().execute(select(Task.id, Task.acceptor_id).where(WAITING, Task.acceptor_id.in_(chart.people)))
    doubtful = [id for id, acceptor in waiting if acceptor not in here or asked.get(id, {acceptor}) != {acceptor}]
    tasks = session().scalars(select(Task).where(Task.id.in_(doubtful)).order_by(Task.id)) if doubtful else ()
    return [each.id for each in tasks if snapshots.deciders(each) != asked.get(each.id, {each.acceptor_id})]


def _asked(*task_ids: int) -> Asked:
    """Who was asked last to accept each of these tasks, of all that wait when none is named."""
    these = list(task_ids) or select(Task.id).where(WAITING)
    lines = select(func.max(JournalEntry.id)).where(
        JournalEntry.entity == "task", JournalEntry.entity_id.in_(these), JournalEntry.event == "task.acceptor_asked"
    )
    last = select(JournalEntry).where(JournalEntry.id.in_(lines.group_by(JournalEntry.entity_id)))
    return {each.entity_id: frozenset((each.new or {})["people"]) for each in session().scalars(last)}


def _ask_anew(task_id: int) -> None:
    """If it is so still, behind the lock: another ticker may have been quicker, or somebody has accepted it."""
    deal_id = session().scalar(select(Task.deal_id).where(Task.id == task_id))
    if deal_id is not None:
        session().get(Deal, deal_id, with_for_update=True)
    task = session().get_one(Task, task_id, with_for_update=True)
    if task.state not in STARTS_FROM["accept"] or task.acceptor_id is None:
        return
    asked = _asked(task.id).get(task.id, frozenset({task.acceptor_id}))
    deciders = snapshots.deciders(task)
    if deciders == asked:
        return
    acceptors.ask(task, CLOCK, besides=asked)
    notices_over.of_acceptance(task.id, task.deal_id, sorted(asked - deciders))
    item, gone = important.standing("acceptance", f"t{task.id}"), asked - deciders
    if item is not None:
        leaving = gone - important.told_by_ladder(item)
        important.pass_on(item, leaving, sorted(deciders - asked), CLOCK, know_already=True)
    announcements.task_left(task.id, gone)
