"""Robots as they were when they armed their runs. Thousands of runs are of one definition, and none is ever edited: one
that was read once is asked for no more."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, bindparam, cast, select

from rules import conditions
from rules.facts import Condition
from webapp.db import SqlRow, SqlSelect, execute_core
from webapp.models import RobotDefinition, RobotRun

_HASH = RobotDefinition.hash.label("frozen")
_BODIES = select(RobotDefinition.hash, cast(RobotDefinition.body, Text).label("body")).where(
    RobotDefinition.hash.in_(bindparam("hashes", expanding=True))
)
KEPT = 512


@dataclass(frozen=True, slots=True)
class FrozenRobot:
    """`condition` is None where there is none, or none that can be read any more; `reads`: the entity and field of each
    value that it looks at."""

    kind: str
    settings: Mapping[str, Any]
    condition: Condition | None
    reads: tuple[tuple[str, str], ...]


_known: dict[str, FrozenRobot] = {}  # by the hash of what they say, which is the same in every database


def named(runs: Any) -> SqlSelect:
    """A question about runs that says of each by which hash its definition is known."""
    found: SqlSelect = runs.add_columns(_HASH).join(RobotDefinition, RobotDefinition.id == RobotRun.definition_id)
    return found


def of(runs: Collection[SqlRow]) -> dict[int, FrozenRobot]:
    """By the ids of their definitions, those of runs that were asked for by `named`."""
    wanted = {run.definition_id: run.frozen for run in runs}
    found = {each: robot for each in wanted.values() if (robot := _known.get(each)) is not None}
    new = sorted({*wanted.values()} - {*found})
    if new:
        found |= {row.hash: _read(row.body) for row in execute_core(_BODIES, hashes=new)}
        if len(_known) > KEPT:
            _known.clear()
        _known.update(found)
    return {each: found[frozen] for each, frozen in wanted.items()}


def _read(body: str) -> FrozenRobot:
    robot = json.loads(body)
    condition = conditions.load(robot.get("condition"))
    reads = tuple((each.entity, each.field) for each in conditions.tests_in(condition)) if condition else ()
    return FrozenRobot(robot["kind"], robot.get("settings") or {}, condition, reads)
