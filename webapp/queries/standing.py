"""Which armed robots would act as things stand: their conditions, asked of the facts of this moment. What could still
become true is told on the deal's page; a card and the filter leave it out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Question:
    """A condition with the values that it reads."""

    condition: Condition
    reads: tuple[tuple[str, str], ...]


@lru_cache(maxsize=512)
def _question(raw: str) -> _Question | None:
    condition = conditions.load(json.loads(raw))
    if condition is None:
        return None
    return _Question(condition, tuple((each.entity, each.field) for each in conditions.tests_in(condition)))


def idle(runs: Iterable[SqlRow]) -> frozenset[int]:
    """Of these waiting runs (`id`, `deal_id`, `condition`), those whose condition does not hold now. Many deals are
    alike in what a condition reads: it is asked once for all of them."""
    asked = [(run, found) for run in runs if run.condition and (found := _question(run.condition)) is not None]
    facts, catalogue = snapshots_of(run.deal_id for run, _ in asked), current().catalogue
    answers: dict[tuple[str, str], bool] = {}
    out = []
    for run, question in asked:
        snapshot = facts[run.deal_id]
        alike = (run.condition, repr([snapshot.value(*each) for each in question.reads]))
        if alike not in answers:
            answers[alike] = conditions.evaluate(question.condition, snapshot, catalogue).holds
        if not answers[alike]:
            out.append(run.id)
    return frozenset(out)


def all_idle() -> frozenset[int]:
    """Of all waiting runs of the firm."""
    return idle(execute_core(_WAITING))
