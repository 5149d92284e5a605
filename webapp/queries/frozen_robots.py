"""Robots as they were when they armed their runs. Thousands of runs are of one definition, and none is ever edited: a
text that was read once is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, cast, select

from rules import conditions
from rules.facts import Condition
from webapp.db import among, execute_core
from webapp.models import RobotDefinition

_BODIES = select(RobotDefinition.id, cast(RobotDefinition.body, Text).label("body")).where(
    among(RobotDefinition.id, "ids")
)


@dataclass(frozen=True, slots=True)
class FrozenRobot:
    """`condition` is None where there is none, or none that can be read any more; `reads`: the entity and field of each
    value that it looks at."""

    kind: str
    settings: Mapping[str, Any]
    condition: Condition | None
    reads: tuple[tuple[str, str], ...]


def of(ids: Iterable[int]) -> dict[int, FrozenRobot]:
    """By the ids of their definitions."""
    wanted = sorted(set(ids))
    return {row.id: _read(row.body) for row in execute_core(_BODIES, ids=wanted)} if wanted else {}


@lru_cache(maxsize=512)
def _read(body: str) -> FrozenRobot:
    robot = json.loads(body)
    condition = conditions.load(robot.get("condition"))
    reads = tuple((each.entity, each.field) for each in conditions.tests_in(condition)) if condition else ()
    return FrozenRobot(robot["kind"], robot.get("settings") or {}, condition, reads)
