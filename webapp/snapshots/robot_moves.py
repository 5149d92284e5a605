"""Where robots whose runs wait are going to move deals. A run is taken as it was armed, which is what becomes of it
unless somebody chooses otherwise; the robot's own condition is asked only when it fires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Select, select

from rules.facts import Catalogue, FieldSpec
from rules.requirements import asked_on_entering
from rules.setup import Stage
from rules.setup_documents import Document
from webapp import models
from webapp.db import session
from webapp.models import Deal, Robot, RobotDefinition, RobotRun
from webapp.snapshots import lacking, relocations, setup_documents, setups

Ends = Mapping[int, int]  # by definition of a robot, the stage to which its waiting runs lead


def ends(document: Document, stages: Iterable[int]) -> Ends:
    """Those that lead to one of these stages, of robots that act in this set-up: the runs of others are called off."""
    acting = [each.key for each in document.of("robot") if each.parts.get("is_on")]
    waited = select(RobotDefinition.id, RobotDefinition.body).where(
        RobotDefinition.id.in_(
            select(RobotRun.definition_id)
            .join(Robot, Robot.id == RobotRun.robot_id)
            .where(RobotRun.state == "waiting", Robot.kind == "move", Robot.key.in_(acting))
        )
    )
    there = set(stages)
    led = {row_id: body["settings"].get("stage") for row_id, body in session().execute(waited)}
    return {row_id: stage for row_id, stage in led.items() if stage in there}


def deals(found: Ends) -> Select[int]:
    """Ids of the deals that they lead there. A robot moves no deal out of its pipeline: that is to be asked too."""
    return select(RobotRun.deal_id).where(RobotRun.state == "waiting", RobotRun.definition_id.in_(found))


def ends_now(first: Stage) -> Ends:
    """Those that lead to where the gate asks now for what is required from this stage on."""
    live, ids = setup_documents.live(), setup_documents.ids()
    asking = asked_on_entering(live, [relocations.key_of(first)])
    return ends(live, [ids["stage", each] for each in asking])


def lacking_by(spec: FieldSpec, found: Ends, standing: Iterable[int], catalogue: Catalogue) -> list[int]:
    """Open deals that stand on none of these stages, are led there and lack the field, asked as if they stood where
    they are led; the newest first, and if it is asked only of some, of so many as a condition is asked of."""
    if not found:
        return []
    wanted = lacking.without(spec).where(
        Deal.id.in_(deals(found)),
        Deal.closed_at.is_(None),
        Deal.pipeline_id.in_(select(models.Stage.pipeline_id).where(models.Stage.id.in_(set(found.values())))),
        Deal.stage_id.not_in(list(standing)),
    )
    most = None if spec.required_if is None else lacking.MOST_ASKED
    ids = list(session().scalars(wanted.order_by(Deal.id.desc()).limit(most)))
    asked = asked_of(ids, spec, found, catalogue)
    return [each for each in ids if each in asked]


def asked_of(deal_ids: Iterable[int], spec: FieldSpec, found: Ends, catalogue: Catalogue) -> set[int]:
    """Those of these deals of which the condition holds where one of their robots leads them."""
    if spec.required_if is None:
        return set(deal_ids)
    waits = select(RobotRun.deal_id, RobotRun.definition_id).where(
        RobotRun.state == "waiting", RobotRun.definition_id.in_(found), RobotRun.deal_id.in_(list(deal_ids))
    )
    to: dict[int, set[int]] = {}
    for deal_id, definition in session().execute(waits):
        to.setdefault(found[definition], set()).add(deal_id)
    anywhere = setups.current().all_stages
    return {
        each
        for stage, ids in to.items()
        for each in lacking.holding(sorted(ids), spec.required_if, catalogue, dict.fromkeys(anywhere, stage))
    }
