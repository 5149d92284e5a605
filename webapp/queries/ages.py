"""How long the deals of a pipeline have stood where they stand, stage by stage, and whose stand still or have no next
step: for whoever has to see to it that they move. Over what this viewer reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, func, select

from rules.rights import Scope
from rules.setup import Stage
from rules.stuck import STUCK_AFTER
from webapp import clock
from webapp.access import filters
from webapp.db import session
from webapp.i18n.formats import in_order
from webapp.models import Deal
from webapp.queries.next_steps import needs_step
from webapp.snapshots.setups import PersonFacts, current


@dataclass(frozen=True, slots=True)
class StageAges:
    """`median` and `oldest` in seconds by the clock, None where nothing stands."""

    stage: Stage
    deals: int
    median: int | None
    oldest: int | None
    stuck: int
    no_next_step: int


@dataclass(frozen=True, slots=True)
class PersonAges:
    person: PersonFacts
    stuck: int
    no_next_step: int


@dataclass(frozen=True, slots=True)
class Ages:
    """Of its open stages; of people, those with the most that is stuck first, and none without anything."""

    stages: Sequence[StageAges]
    people: Sequence[PersonAges]

    @property
    def stuck(self) -> int:
        return sum(each.stuck for each in self.stages)


def is_stuck() -> ColumnElement[bool]:
    """Over Deal, twin of `rules.stuck.is_stuck`."""
    return and_(Deal.closed_at.is_(None), Deal.entered_at <= clock.now() - STUCK_AFTER)


def ages(scope: Scope, pipeline_id: int) -> Ages:
    stages = [each for each in current().stages_of(pipeline_id) if each.kind == "open"]
    there = (Deal.stage_id.in_([each.id for each in stages]), filters.deals(scope))
    return Ages([_of_stage(each, there) for each in stages], _people(there))


def _sum(is_so: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((is_so, 1), else_=0)), 0).cast(Integer)


def _of_stage(stage: Stage, there: tuple[Any, ...]) -> StageAges:
    query = select(
        func.count().label("deals"),
        func.min(Deal.entered_at).label("first"),
        _sum(is_stuck()).label("stuck"),
        _sum(needs_step()).label("no_step"),
    ).where(Deal.stage_id == stage.id, *there)
    row = session().execute(query).one()
    middle = _age(_middle(stage.id, row.deals, there)) if row.deals else None
    return StageAges(stage, row.deals, middle, _age(row.first), row.stuck, row.no_step)


def _middle(stage_id: int, many: int, there: tuple[Any, ...]) -> datetime | None:
    """Since when the deal in the middle has stood there; of an even number the older of the two."""
    entered = select(Deal.entered_at).where(Deal.stage_id == stage_id, *there).order_by(Deal.entered_at)
    return session().scalar(entered.offset((many - 1) // 2).limit(1))


def _age(since: datetime | None) -> int | None:
    return None if since is None else max(int((clock.now() - since).total_seconds()), 0)


def _people(there: tuple[Any, ...]) -> list[PersonAges]:
    query = (
        select(Deal.responsible_id, _sum(is_stuck()).label("stuck"), _sum(needs_step()).label("no_step"))
        .where(*there)
        .group_by(Deal.responsible_id)
    )
    known = current().people
    found = [PersonAges(known[row.responsible_id], row.stuck, row.no_step) for row in session().execute(query)]
    wanting = [each for each in found if each.stuck or each.no_next_step]
    return sorted(wanting, key=lambda each: (-each.stuck, -each.no_next_step, in_order(each.person.name)))
