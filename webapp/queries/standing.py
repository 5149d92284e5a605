"""Which armed robots would act as things stand: their conditions, asked of the facts of this moment. What could still
become true is told on the deal's page; a card and the filter leave it out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import select

from rules import conditions
from rules.facts import Condition
from webapp.db import SqlRow, execute_core
from webapp.models import RobotRun
from webapp.snapshots.deals import snapshots_of
from webapp.snapshots.setups import current

CONDITION = RobotRun.definition["condition"].as_string().label("condition")
_WAITING = select(RobotRun.id, RobotRun.deal_id, CONDITION).where(
    RobotRun.state == "waiting", RobotRun.due_at.is_not(None)
)


@lru_cache(maxsize=512)
def _loaded(raw: str) -> Condition | None:
    return conditions.load(json.loads(raw))


def idle(runs: Iterable[SqlRow]) -> frozenset[int]:
    """Of these waiting runs (`id`, `deal_id`, `condition`), those whose condition does not hold now."""
    asked = [(run, found) for run in runs if run.condition and (found := _loaded(run.condition)) is not None]
    facts, catalogue = snapshots_of(run.deal_id for run, _ in asked), current().catalogue
    return frozenset(
        run.id for run, found in asked if not conditions.evaluate(found, facts[run.deal_id], catalogue).holds
    )


def all_idle() -> frozenset[int]:
    """Of all waiting runs of the firm."""
    return idle(execute_core(_WAITING))
