"""A deal's visits of stages. Only here is a deal put on a stage, so that each way there passes the gate: `deals` makes
and moves it, `undo` brings it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, insert, update

from rules.facts import Snapshot
from rules.setup import Stage
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import Base, emit, execute_core
from webapp.models import Deal, StageVisit
from webapp.services import gate
from webapp.services.events import DealEntered
from webapp.snapshots.deals import snapshot_of


def enter(deal: Deal, stage: Stage, place: float, by: Actor, *, asks: bool = True) -> Snapshot:
    """Begin a visit of `stage`, at `place` in its column, and end the open one. The facts that the deal enters with,
    gathered once for all that follows. Raises Refused("required_fields"), unless nothing is asked (`asks`)."""
    entering = _past_the_gate(deal, stage, by) if asks else snapshot_of(deal, stage=stage)
    now, left, touched = clock.now(), deal.visit_id, {deal.stage_id, stage.id}
    if left is not None:
        leave(deal, now)
    visit_id = int(execute_core(_ENTERED, deal=deal.id, stage=stage.id, at=now).scalar_one())
    _stand(deal, stage, visit_id, place, now)
    announcements.deal_changed(deal.id, *touched)
    emit(DealEntered(deal, visit_id, stage.id, now, by, left, entering))
    return entering


def leave(deal: Deal, at: datetime) -> None:
    """End the open visit, remembering where in the column the card stood."""
    execute_core(_LEFT, visit=deal.visit_id, at=at, place=deal.position)


def reopen(deal: Deal, visit: StageVisit, stage: Stage, by: Actor) -> None:
    """Go on with a visit as if it had never been left: same entry, same place. Raises Refused("required_fields"):
    what the stage requires may have been taken away meanwhile."""
    _past_the_gate(deal, stage, by)
    touched = {deal.stage_id, stage.id}
    leave(deal, clock.now())
    visit.left_at = None
    place = deal.position if visit.left_position is None else visit.left_position
    _stand(deal, stage, visit.id, place, visit.entered_at)
    announcements.deal_changed(deal.id, *touched)


def _past_the_gate(deal: Deal, stage: Stage, by: Actor) -> Snapshot:
    entering = snapshot_of(deal, stage=stage)
    gate.check_entry(stage, entering, deal.contact_id, by)
    return entering


def _stand(deal: Deal, stage: Stage, visit_id: int, place: float, since: datetime) -> None:
    deal.stage_id, deal.visit_id, deal.position, deal.entered_at = stage.id, visit_id, place, since
    deal.closed_at = None if stage.kind == "open" else since


# Asked at every move, so built once.
_ENTERED = (
    insert(StageVisit)
    .values(deal_id=bindparam("deal"), stage_id=bindparam("stage"), entered_at=bindparam("at"))
    .returning(StageVisit.id)
)
_LEFT = (
    update(Base.metadata.tables[StageVisit.__tablename__])
    .where(StageVisit.id == bindparam("visit"))
    .values(left_at=bindparam("at"), left_position=bindparam("place"))
)
