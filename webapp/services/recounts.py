"""Working time was changed: what becomes of the runs that wait. They stay as they are armed, or are counted anew from
their true start, a few in each transaction, so that a worker that dies goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.background.outbox import Claim, Step
from webapp.changes import announcements
from webapp.db import session
from webapp.errors import Refused, not_an_option
from webapp.models import AT_ONCE, Deal, Recount, RobotRun
from webapp.services import journal, runs

PART = 20
MOST_LOOKED_AT = 500  # before an answer: under the write lock
KEEP, ANEW = "keep", "count_anew"


@dataclass(frozen=True, slots=True)
class Move:
    """One run that would be due at another time. `new` None: not at all, for its date is gone."""

    deal_id: int
    title: str
    old: datetime | None
    new: datetime | None


@dataclass(frozen=True, slots=True)
class Moves:
    """How many of the waiting runs would be due at another time, and of these the ones at the extremes; `is_all`: all
    that wait were looked at."""

    count: int
    is_all: bool
    first: Move | None = None
    last: Move | None = None


def settle(waiting: str | None, cause: dict[str, Any], by: Actor) -> None:
    """Called when a change of working time is written and not yet committed. `waiting`: what becomes of the runs that
    wait, `keep` or `count_anew`. None: nobody has said so yet, and the change is refused where any run would move: the
    facts of Refused say how many, and to when."""
    if waiting not in (None, "", KEEP, ANEW):
        raise not_an_option("waiting", (KEEP, ANEW))
    if waiting == KEEP:
        return
    if waiting == ANEW:
        _begin(cause, by)
        return
    found = moves()
    if found.count:
        raise Refused("has_waiting_runs", moves=found)


def moves() -> Moves:
    """What counting anew would change, as working time stands in this transaction."""
    found = session().execute(_waiting(0).limit(MOST_LOOKED_AT + 1)).all()
    moved = [
        Move(deal.id, deal.title, run.due_at, new.due_at)
        for run, deal in found[:MOST_LOOKED_AT]
        if (new := runs.counted_anew(run, deal)).due_at != run.due_at
    ]
    by_time = sorted((each for each in moved if each.new is not None), key=lambda each: each.new or AT_ONCE)
    first, last = (by_time[0], by_time[-1]) if by_time else (None, None)
    return Moves(len(moved), len(found) <= MOST_LOOKED_AT, first, last)


def _waiting(after: int) -> Select[RobotRun, Deal]:
    """Runs that have a time, with their deals."""
    found = select(RobotRun, Deal).join(Deal, Deal.id == RobotRun.deal_id)
    waits = found.where(RobotRun.state == "waiting", RobotRun.due_at.is_not(None), RobotRun.id > after)
    return waits.order_by(RobotRun.id)


def _begin(cause: dict[str, Any], by: Actor) -> None:
    now = clock.now()
    entry = {"by_id": by.user_id, "cause": cause, "due_at": now, "visible_at": AT_ONCE, "created_at": now}
    work = Recount(key="", **entry)
    session().add(work)
    work.key = f"recount-{cause.get('what')}-{cause.get('id')}-{now.timestamp()}"
    session().flush()
    journal.write("runs.counted_anew", "recount", work.id, by, new=cause)
    outbox.arm("recount", work.id, now)


def go_on(mine: Claim) -> Step:
    """One part."""
    work = session().get_one(Recount, mine.row_id)
    part = _part(work.last_id)
    if not part:
        outbox.finish(mine, "done")
        return Step.DONE
    by = replace(Actor(work.by_id), via="calendar", facts={"recount": work.id, **work.cause})
    for deal, run in part:
        if runs.count_anew(run, deal, by):
            work.done += 1
            announcements.deal_changed(deal.id, deal.stage_id)
    work.last_id = part[-1][1].id
    return Step.MORE


def _part(last: int) -> Sequence[tuple[Deal, RobotRun]]:
    """Some runs that still wait, their deals locked before them."""
    found = [(run.id, deal.id) for run, deal in session().execute(_waiting(last).limit(PART))]
    ids = sorted({deal_id for _, deal_id in found})
    locked = select(Deal).where(Deal.id.in_(ids)).order_by(Deal.id).with_for_update()
    deals = {each.id: each for each in session().scalars(locked.execution_options(populate_existing=True))}
    fresh = select(RobotRun).where(RobotRun.id.in_([run_id for run_id, _ in found])).order_by(RobotRun.id)
    rows = session().scalars(fresh.execution_options(populate_existing=True))
    return [(deals[each.deal_id], each) for each in rows]


def fail(row_id: int, error: str) -> None:
    """Its attempts are used up."""
    work = session().get_one(Recount, row_id)
    if work.state == "waiting":
        work.state, work.error = "failed", error[:2000]
