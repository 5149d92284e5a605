"""Taking a move back: for some seconds, by the mover, as a move of its own.

The old visit goes on as if it had never been left: same entry, same due times, and so does what waited on any stage.
What has fired stays fired.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import or_, select

from rules import robots
from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.db import session
from webapp.errors import Refused
from webapp.models import Deal, JournalEntry, RobotRun, StageVisit
from webapp.services import important_causes, journal, occasions, runs, starts, visits
from webapp.snapshots.setups import current

WITHIN = robots.UNDO_WINDOW
GRACE = timedelta(seconds=2)  # the button is shown for ten seconds; the request takes its time


def last_move(deal: Deal, by: Actor) -> JournalEntry | None:
    """The move that this person could take back now: their own, the latest thing done to the deal, moments ago."""
    entry = journal.last_of_deal(deal.id)
    is_own = entry is not None and entry.event == "deal.moved" and entry.by_id == by.user_id
    if entry is None or not is_own or clock.now() - entry.at > WITHIN + GRACE or entry.cause.get("is_takeback"):
        return None
    return entry


def undo(deal: Deal, by: Actor, begun: Collection[int] | None = None) -> Deal:
    """Undo the last move of a locked deal. `begun` are the visits that the offered moves began: a move that none of
    them began is another than the mover was told of. Raises Refused: too_late when it is not this person's to take
    back, or not what was offered; required_fields when its stage would not let it in any more."""
    entry, left = last_move(deal, by), deal.visit_id
    before = _visit_before(deal)
    stage = current().stages.get(before.stage_id) if before else None
    # A loss cancelled its tasks: it is reopened by a move.
    is_lost = current().stage_by_id(deal.stage_id).kind == "lost"
    is_another = begun is not None and left not in begun
    if is_lost or is_another or entry is None or before is None or stage is None or deal.stage_id == stage.id:
        raise Refused("too_late", record=("deal", deal.id))
    visits.reopen(deal, before, stage, by)
    runs.call_off(runs.OF_VISIT, {"code": "taken_back", "to": stage.id}, by, visit=left)
    journal.write(
        "deal.moved", "deal", deal.id, by.with_facts(is_takeback=True), field="stage", old=entry.new, new=stage.id
    )
    _wake_runs(deal, entry)
    starts.follow(deal, occasions.STANDING, by)
    important_causes.take_back(deal, entry.at, by)
    return deal


def _visit_before(deal: Deal) -> StageVisit | None:
    """The visit left last: not always the one entered last, for a visit can have been reopened."""
    return (
        session()
        .scalars(
            select(StageVisit)
            .where(StageVisit.deal_id == deal.id, StageVisit.id != deal.visit_id, StageVisit.left_at.is_not(None))
            .order_by(StageVisit.left_at.desc(), StageVisit.id.desc())
            .limit(1)
        )
        .first()
    )


def _wake_runs(deal: Deal, entry: JournalEntry) -> None:
    """Timers that the move called off wait again, due when they were: those of the visit, and where it closed the deal,
    those of any stage. `starts.follow` adds what stands now and had none, and ends what is over meanwhile."""
    by_this_move = RobotRun.reason["code"].as_string().in_(("left_stage", "closed"))
    # Of two moves at one instant only the second is taken back: what waited on the stage before stays called off.
    hangs_here = or_(RobotRun.visit_id == deal.visit_id, RobotRun.visit_id.is_(None))
    wanted = select(RobotRun).where(
        *(RobotRun.deal_id == deal.id, RobotRun.state == "called_off", RobotRun.ended_at >= entry.at),
        *(by_this_move, hangs_here),
    )
    for run in session().scalars(wanted.order_by(RobotRun.id).execution_options(populate_existing=True)).all():
        run.state, run.ended_at, run.reason = "waiting", None, {}  # attempts stay: they are the fence of older claims
        run.visible_at = outbox.visible_from(run.due_at, run.created_at)
        if run.due_at is not None:
            outbox.arm("run", run.id, run.due_at)
