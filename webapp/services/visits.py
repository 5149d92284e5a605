"""A deal's visits of stages. Only here is a deal put on a stage, so that each way there passes the gate and makes a
version of it, and no deal comes to be open that belongs to somebody who is gone: `deals` makes, moves and restores it,
`undo` brings it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, bindparam, insert, select, update

from rules.facts import Snapshot
from rules.setup import Stage
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import Base, emit, execute_core, execute_later, instant, write_core
from webapp.errors import Refused, SetupMoved
from webapp.models import Deal, Pipeline, StageVisit
from webapp.models import Stage as Stage_
from webapp.services import gate, responsibles, values
from webapp.services.events import DealChanged, DealEntered
from webapp.snapshots.deals import Left, entering


def enter(deal: Deal, stage: Stage, place: float, by: Actor, *, asks: bool = True) -> Snapshot:
    """Begin a visit of `stage`, at `place` in its column, and end the open one. The facts that the deal enters with,
    gathered once for all that follows. Raises Refused, as the gate does, unless nothing is asked (`asks`), and
    SetupMoved where the stage was archived since this transaction read the set-up."""
    given = _to_somebody_here(deal, stage, by)
    facts, leaves = _past_the_gate(deal, stage, by) if asks else entering(deal, stage)
    now, left, touched = instant(), deal.visit_id, {deal.stage_id, stage.id}
    if left is not None:
        leave(deal, now)
    visit_id = execute_core(_ENTERED, deal=deal.id, stage=stage.id, at=now).scalar()
    if visit_id is None:
        raise SetupMoved(stage.key)
    _stand(deal, stage, visit_id, place, now)
    announcements.deal_changed(deal.id, *touched)
    emit(DealEntered(deal, visit_id, stage.id, now, by, left, leaves.has_waiting, facts))
    if given:
        emit(DealChanged(deal, given, by))
    return facts


def leave(deal: Deal, at: datetime) -> None:
    """End the open visit, remembering where in the column the card stood."""
    execute_later(_LEFT, visit=deal.visit_id, at=at, place=deal.position)


def reopen(deal: Deal, visit: StageVisit, stage: Stage, by: Actor) -> None:
    """Go on with a visit as if it had never been left: same entry, same place. Raises Refused("required_fields"):
    what the stage requires may have been taken away meanwhile."""
    given = _to_somebody_here(deal, stage, by)
    _past_the_gate(deal, stage, by)
    if execute_core(_STILL_THERE, stage=stage.id).scalar() is None:
        raise SetupMoved(stage.key)
    touched = {deal.stage_id, stage.id}
    leave(deal, instant())
    visit.left_at = None
    place = deal.position if visit.left_position is None else visit.left_position
    _stand(deal, stage, visit.id, place, visit.entered_at)
    announcements.deal_changed(deal.id, *touched)
    if given:
        emit(DealChanged(deal, given, by))


def _to_somebody_here(deal: Deal, stage: Stage, by: Actor) -> values.Changed:
    """A deal that comes to be open belongs to somebody who works here. While it is open, whoever leaves hands it over,
    and nobody has to look."""
    is_shut = deal.closed_at is not None or deal.deleted_at is not None
    return responsibles.find_for(deal, by) if is_shut and stage.kind == "open" else frozenset()


def _past_the_gate(deal: Deal, stage: Stage, by: Actor) -> tuple[Snapshot, Left]:
    facts, leaves = entering(deal, stage)
    try:
        if leaves.has_work:
            gate.check_leaving(deal.visit_id, deal.stage_id, stage)
    except Refused as error:
        error.record = ("deal", deal.id)  # which the gate is not told
        raise
    gate.check_entry(stage, facts, deal.contact_id, by)
    return facts, leaves


def _stand(deal: Deal, stage: Stage, visit_id: int, place: float, since: datetime) -> None:
    if (deal.closed_at is None) != (stage.kind == "open"):
        announcements.client_waits(deal.id)
    write_core(
        deal,
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        visit_id=visit_id,
        position=place,
        entered_at=since,
        closed_at=None if stage.kind == "open" else since,
        version=deal.version + 1,
    )


# Asked at every move, so built once. The stage is held as it is until the deal stands on it: whoever archives it waits,
# and then finds the deal there (setup_writing.hold).
_STILL_THERE = (
    select(Stage_.id)
    .join(Pipeline, Pipeline.id == Stage_.pipeline_id)
    .where(Stage_.id == bindparam("stage"), Stage_.archived_at.is_(None), Pipeline.archived_at.is_(None))
    .with_for_update(read=True, key_share=True, of=[Pipeline, Stage_])
)
_ENTERED = (
    insert(StageVisit)
    .from_select(
        ["stage_id", "deal_id", "entered_at"],
        _STILL_THERE.add_columns(bindparam("deal", type_=Integer), bindparam("at", type_=StageVisit.entered_at.type)),
    )
    .returning(StageVisit.id)
)
_LEFT = (
    update(Base.metadata.tables[StageVisit.__tablename__])
    .where(StageVisit.id == bindparam("visit"))
    .values(left_at=bindparam("at"), left_position=bindparam("place"))
)
