"""The board: columns with true counts and sums over what this viewer may see, and the first cards of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from rules import gates
from rules.facts import Text
from webapp import snapshots
from webapp.actors import Scope
from webapp.db import straight
from webapp.models import ColumnTotal, Deal
from webapp.queries.cards import Card, cards, selection
from webapp.queries.filters import Filters, narrowing, within
from webapp.setups import PipelineCard, StageCard, current

PAGE = 30


@dataclass(frozen=True, slots=True)
class Part:
    """One person's deals of one department in a column."""

    stage_id: int
    department_id: int | None
    responsible_id: int
    count: int
    sum_minor: int


@dataclass(frozen=True, slots=True)
class Column:
    """`asks` are the labels of the fields that this stage is the first to require."""

    stage: StageCard
    count: int
    sum_minor: int
    robots: int
    asks: tuple[Text, ...]
    cards: list[Card] = field(default_factory=list)
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    pipeline: PipelineCard
    columns: list[Column]
    currency: str

    @property
    def count(self) -> int:
        return sum(each.count for each in self.columns if each.stage.kind == "open")

    @property
    def sum_minor(self) -> int:
        return sum(each.sum_minor for each in self.columns if each.stage.kind == "open")


def board(scope: Scope, filters: Filters, pipeline_key: str | None = None) -> Board | None:
    """The whole board; None when there is no such pipeline."""
    setup = current()
    pipeline = setup.pipeline_of(pipeline_key)
    if pipeline is None:
        return None
    stages = setup.stages_of(pipeline.id)
    narrow = within(filters, scope.user_id) if filters.are_on else None
    totals = _totals(parts([stage.id for stage in stages], narrow), scope)
    top = _column_of(narrowing(scope, filters))
    rows = {stage.id: _rows(top, stage.id) if totals.get(stage.id) else [] for stage in stages}
    shown = {each.id: each for each in cards([row for stage_id in rows for row in rows[stage_id][:PAGE]])}
    columns = [
        _column(stage, totals, [shown[row.id] for row in rows[stage.id][:PAGE]], len(rows[stage.id]) > PAGE)
        for stage in stages
    ]
    return Board(pipeline, columns, setup.firm.currency)


def columns(scope: Scope, stage_ids: Sequence[int], known: Sequence[Part] | None = None) -> list[Column]:
    """Column headers alone: what changes when a card comes or goes. `known` are parts counted for many viewers."""
    setup = current()
    totals = _totals(parts(stage_ids) if known is None else known, scope)
    return [_column(setup.stages[each], totals) for each in stage_ids if each in setup.stages]


def more(scope: Scope, filters: Filters, stage_id: int, after: tuple[float, int]) -> tuple[list[Card], bool]:
    """The next cards of a column below (position, id), and whether there are more still."""
    position, deal_id = after
    below = or_(Deal.position > position, and_(Deal.position == position, Deal.id > deal_id))
    rows = _rows(_column_of(narrowing(scope, filters)).where(below), stage_id)
    return cards(rows[:PAGE]), len(rows) > PAGE


_PARTS = (
    select(Deal.stage_id, Deal.department_id, Deal.responsible_id, func.count(), func.sum(Deal.amount_minor))
    .where(Deal.stage_id.in_(bindparam("stages", expanding=True)), Deal.deleted_at.is_(None))
    .group_by(Deal.stage_id, Deal.department_id, Deal.responsible_id)
)


_KEPT = select(
    ColumnTotal.stage_id,
    func.nullif(ColumnTotal.department_id, 0),
    ColumnTotal.responsible_id,
    ColumnTotal.deals,
    ColumnTotal.amount_minor,
).where(ColumnTotal.stage_id.in_(bindparam("stages", expanding=True)), ColumnTotal.deals > 0)


def parts(stage_ids: Sequence[int], narrow: ColumnElement[bool] | None = None) -> list[Part]:
    """Columns counted by person and department: whoever sees which of them, it is one statement for all viewers.
    Without a filter the database has the numbers ready."""
    query = _KEPT if narrow is None else _PARTS.where(narrow)
    return [Part(*row) for row in straight(query, stages=stage_ids)]


def _totals(counted: Sequence[Part], scope: Scope) -> dict[int, tuple[int, int]]:
    """Count and sum of each column, over what a viewer may see."""
    found: dict[int, tuple[int, int]] = {}
    for each in counted:
        if scope.may_read(each.responsible_id, each.department_id):
            count, total = found.get(each.stage_id, (0, 0))
            found[each.stage_id] = (count + each.count, total + int(each.sum_minor))
    return found


def _column_of(narrow: ColumnElement[bool]) -> Select[Any]:
    """The first cards of a stage: one statement for all stages, which is then worked out once."""
    query = selection().where(Deal.stage_id == bindparam("stage"), narrow)
    return query.order_by(Deal.position, Deal.id).limit(PAGE + 1)


def _rows(query: Select[Any], stage_id: int) -> Sequence[Any]:
    return straight(query, stage=stage_id).all()


def _column(
    stage: StageCard, totals: Mapping[int, tuple[int, int]], shown: list[Card] | None = None, is_more: bool = False
) -> Column:
    setup, (count, total) = current(), totals.get(stage.id, (0, 0))
    robots = [each for each in setup.robots.get(stage.id, ()) if each.is_on]
    asks = tuple(spec.label for spec in setup.catalogue.fields.values() if spec.required_from == stage.key)
    return Column(stage, count, total, len(robots), asks, shown or [], is_more)


def needs(deal: Deal) -> dict[str, tuple[gates.Missing, ...]]:
    """What the deal lacks for each stage, by the stage's key."""
    setup, snapshot = current(), snapshots.of_deal(deal)
    stages = setup.stages_of(deal.pipeline_id)
    facts = [each.facts for each in stages]
    return {each.key: gates.missing_fields(setup.catalogue, facts, each.key, snapshot) for each in stages}


def may_be_asked(stage: StageCard) -> tuple[str, ...]:
    """Every field ("deal.equipment_type") that a stage may ask a deal for: the hint while a card is dragged."""
    setup = current()
    stages = [each.facts for each in setup.stages_of(stage.pipeline_id)]
    return tuple(f"{spec.entity}.{spec.key}" for spec in gates.asks_for(setup.catalogue, stages, stage.key))
