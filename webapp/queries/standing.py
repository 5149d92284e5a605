"""Which armed robots would act as things stand: their conditions, asked of the facts of this moment. What could still
become true is told on the deal's page; a card and the filter leave it out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from rules import conditions
from webapp.db import SqlRow, execute_core
from webapp.models import RobotRun
from webapp.queries import frozen_robots
from webapp.queries.frozen_robots import FrozenRobot
from webapp.snapshots.deals import snapshots_of
from webapp.snapshots.setups import current

_WAITING = frozen_robots.named(
    select(RobotRun.id, RobotRun.deal_id, RobotRun.definition_id).where(
        RobotRun.state == "waiting", RobotRun.due_at.is_not(None)
    )
)


def idle(runs: Collection[SqlRow], robots: Mapping[int, FrozenRobot]) -> frozenset[int]:
    """Of these waiting runs (`id`, `deal_id`, `definition_id`) of these robots, those whose condition does not hold
    now. Many deals are alike in what a condition reads: it is asked once for all of them, and of each deal no more is
    read than the conditions look at."""
    asked = [(run, robot) for run in runs if (robot := robots[run.definition_id]).condition is not None]
    read = {entity for robot in robots.values() for entity, _ in robot.reads}
    facts, catalogue = snapshots_of((run.deal_id for run, _ in asked), read), current().catalogue
    answers: dict[tuple[int, str], bool] = {}
    out = []
    for run, robot in asked:
        snapshot = facts[run.deal_id]
        alike = (run.definition_id, repr([snapshot.value(*each) for each in robot.reads]))
        if alike not in answers:
            answers[alike] = conditions.evaluate(robot.condition, snapshot, catalogue).holds
        if not answers[alike]:
            out.append(run.id)
    return frozenset(out)


def all_idle() -> frozenset[int]:
    """Of all waiting runs of the firm."""
    runs = execute_core(_WAITING).all()
    return idle(runs, frozen_robots.of(runs))
