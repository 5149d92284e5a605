"""The board: columns with true counts and sums over what this viewer may see, and the first cards of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, bindparam, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from rules.facts import Text
from rules.rights import Scope
from rules.setup import Pipeline, Stage
from webapp.access import filters as rights
from webapp.db import SqlRow, SqlSelect, among, execute_core, is_sqlite
from webapp.models import Deal, column_totals
from webapp.queries.cards import Card, cards, selection
from webapp.queries.filters import Filters, in_order, keys, narrowing, within
from webapp.queries.paging import place_of, rows_after
from webapp.snapshots.setups import current

PAGE = 20
MOST_AGAIN = 300  # of a column at once, when a page that had been scrolled asks again


class Part(NamedTuple):
    """One person's deals of one department in a column."""

    stage_id: int
    department_id: int | None
    responsible_id: int
    deals: int
    sum_minor: int


@dataclass(frozen=True, slots=True)
class Column:
    """`asks` are the labels of the fields that this stage is the first to require."""

    stage: Stage
    count: int
    sum_minor: int
    robots: int
    asks: tuple[Text, ...]
    cards: list[Card] = field(default_factory=list)
    is_more: bool = False
    goes_on: str = ""  # from where it goes on when it is sorted


@dataclass(frozen=True, slots=True)
class Total:
    """What is open in a whole pipeline."""

    pipeline_id: int
    count: int
    sum_minor: int


@dataclass(frozen=True, slots=True)
class Board:
    pipeline: Pipeline
    columns: list[Column]
    total: Total
    currency: str

    @property
    def path(self) -> str:
        """Where this board stands."""
        return f"/pipelines/{self.pipeline.key}"


@dataclass(frozen=True, slots=True)
class Heads:
    """What changes on a board when a card comes or goes, besides the card."""

    columns: list[Column]
    totals: list[Total]


def board(scope: Scope, filters: Filters, pipeline: Pipeline, loaded: Mapping[str, int] | None = None) -> Board:
    """A pipeline's whole board. `loaded`: how many cards of a column the page that asks
    again has been scrolled to, so that it finds them there."""
    setup = current()
    stages = setup.stages_of(pipeline.id)
    ids = [stage.id for stage in stages]
    narrow = within(filters, scope.user_id) if filters.are_on else None
    totals = _ready(ids, scope) if narrow is None else _totals(parts(ids, narrow), scope)
    most = {stage.id: min(max((loaded or {}).get(stage.key, 0), PAGE), MOST_AGAIN) for stage in stages}
    filled = {stage_id: count for stage_id, count in most.items() if totals.get(stage_id)}
    rows = _first(scope, filters, filled)
    shown = {each.id: each for each in cards([row for stage_id in rows for row in rows[stage_id][: most[stage_id]]])}
    columns = []
    for stage in stages:
        lying, is_more = (
            [shown[row.id] for row in rows.get(stage.id, ())[: most[stage.id]]],
            len(rows.get(stage.id, ())) > most[stage.id],
        )
        goes_on = _place_of(lying[-1].id, filters.sort) if is_more and filters.sort else ""
        columns.append(_column(stage, totals, lying, is_more, goes_on))
    return Board(pipeline, columns, _total(pipeline.id, totals), setup.firm.currency)


def heads(scope: Scope, stage_ids: Sequence[int], known: Sequence[Part] | None = None) -> Heads:
    """The heads of these columns, and the totals of their pipelines. `known` are parts counted for many viewers."""
    touched = _standing(stage_ids)
    totals = _ready(beside(stage_ids), scope) if known is None else _totals(known, scope)
    columns = [_column(stage, totals) for stage in touched]
    return Heads(columns, [_total(each, totals) for each in sorted({stage.pipeline_id for stage in touched})])


def beside(stage_ids: Sequence[int]) -> list[int]:
    """These stages and all others of their pipelines."""
    pipelines = sorted({each.pipeline_id for each in _standing(stage_ids)})
    return [stage.id for each in pipelines for stage in current().stages_of(each)]


def _standing(stage_ids: Sequence[int]) -> list[Stage]:
    """Those that are not archived: only they have a column."""
    return [each for each in map(current().stages.get, stage_ids) if each is not None]


def _total(pipeline_id: int, totals: Mapping[int, tuple[int, int]]) -> Total:
    found = [totals.get(stage.id, (0, 0)) for stage in current().stages_of(pipeline_id) if stage.kind == "open"]
    return Total(pipeline_id, sum(count for count, _ in found), sum(total for _, total in found))


def more(scope: Scope, filters: Filters, stage_id: int, after: tuple[float, int]) -> tuple[list[Card], bool]:
    """The next cards of a column below (position, id), and whether there are more still."""
    position, deal_id = after
    below = or_(Deal.position > position, and_(Deal.position == position, Deal.id > deal_id))
    rows = _rows(_column_of(narrowing(scope, filters), "").where(below), stage_id, PAGE)
    return cards(rows[:PAGE]), len(rows) > PAGE


def more_sorted(scope: Scope, filters: Filters, stage_id: int, after: str) -> tuple[list[Card], str]:
    """The next cards of a sorted column after that place, and from where it goes on; "" where it ends."""
    query = selection().where(Deal.stage_id == stage_id, narrowing(scope, filters))
    rows, goes_on = rows_after(query, keys(filters.sort), after)
    return cards(rows), goes_on


def _place_of(deal_id: int, sort: str) -> str:
    return place_of(select(Deal.id).where(Deal.id == deal_id), keys(sort))


_PARTS = (
    select(Deal.stage_id, Deal.department_id, Deal.responsible_id, func.count(), func.sum(Deal.amount_minor))
    .where(among(Deal.stage_id, "stages"), Deal.deleted_at.is_(None))
    .group_by(Deal.stage_id, Deal.department_id, Deal.responsible_id)
)


_KEPT = column_totals.totals(of_stages="stages")


def parts(stage_ids: Sequence[int], narrow: ColumnElement[bool] | None = None) -> list[Part]:
    """Columns counted by person and department: whoever sees which of them, it is one statement for all viewers.
    Without a filter the database has the numbers ready."""
    query = _KEPT if narrow is None else _PARTS.where(narrow)
    return [*map(Part._make, execute_core(query, stages=stage_ids).all())]


_COUNTED = column_totals.counted("stages")
_READ_BY_ALL = (
    select(
        _COUNTED.c.stage_id,
        func.sum(_COUNTED.c.deals).label("deals"),
        func.sum(_COUNTED.c.amount_minor).label("amount_minor"),
    )
    .group_by(_COUNTED.c.stage_id)
    .having(func.sum(_COUNTED.c.deals) > 0)
)
_READ_BY_SOME = _READ_BY_ALL.where(rights.counted(_COUNTED.c.responsible_id, _COUNTED.c.department_id))


def _ready(stage_ids: Sequence[int], scope: Scope) -> dict[int, tuple[int, int]]:
    """The same as `_totals`, for one viewer and without a filter: the database adds up what it has ready."""
    if scope.reads_all:
        rows = execute_core(_READ_BY_ALL, stages=stage_ids)
    else:
        rows = execute_core(_READ_BY_SOME, stages=stage_ids, own=sorted(scope.own), reads=sorted(scope.reads))
    return {row.stage_id: (row.deals, int(row.amount_minor)) for row in rows}


def _totals(counted: Sequence[Part], scope: Scope) -> dict[int, tuple[int, int]]:
    """Count and sum of each column, over what a viewer may see."""
    found: dict[int, tuple[int, int]] = {}
    for each in counted:
        if scope.may_read(each.responsible_id, each.department_id):
            count, total = found.get(each.stage_id, (0, 0))
            found[each.stage_id] = (count + each.deals, total + int(each.sum_minor))
    return found


def _column_of(narrow: ColumnElement[bool], sort: str) -> SqlSelect:
    """The first cards of a stage: one statement for all stages, which is then worked out once."""
    query = selection().where(Deal.stage_id == bindparam("stage"), narrow)
    return query.order_by(*in_order(sort)).limit(bindparam("most"))


# Stages, and how many rows of each are wanted.
_STAGES = (
    func.unnest(bindparam("stages", type_=ARRAY(Integer)), bindparam("most", type_=ARRAY(Integer)))
    .table_valued("stage_id", "most", name="asked")
    .render_derived()
)


def _first(scope: Scope, filters: Filters, most: Mapping[int, int]) -> Mapping[int, Sequence[SqlRow]]:
    """The first rows of each of these stages, one more than `most` says of it."""
    narrow = narrowing(scope, filters) if filters.are_on else None
    if filters.sort or is_sqlite():
        query = _column_of(narrow, filters.sort) if narrow is not None else _whole_column(scope)
        return {stage_id: _rows(query, stage_id, count) for stage_id, count in most.items()}
    query = _first_of_each(narrow) if narrow is not None else _whole_columns(scope)
    found: dict[int, list[SqlRow]] = {stage_id: [] for stage_id in most}
    for row in execute_core(query, stages=[*most], most=[count + 1 for count in most.values()]):
        found[row.stage_id].append(row)
    return found


def _first_of_each(narrow: ColumnElement[bool]) -> SqlSelect:
    """The first cards of several stages in one statement: on PostgreSQL each is a way to another process and back."""
    column = selection().where(Deal.stage_id == _STAGES.c.stage_id, narrow).order_by(*in_order(""))
    each = column.limit(_STAGES.c.most).lateral()
    return select(*each.c).select_from(_STAGES.join(each, true())).order_by(each.c.position, each.c.id)


@lru_cache(maxsize=256)
def _whole_column(scope: Scope) -> SqlSelect:
    """Without a filter: to build the statement takes longer than to answer it."""
    return _column_of(narrowing(scope, Filters()), "")


@lru_cache(maxsize=256)
def _whole_columns(scope: Scope) -> SqlSelect:
    return _first_of_each(narrowing(scope, Filters()))


def _rows(query: SqlSelect, stage_id: int, most: int) -> Sequence[SqlRow]:
    """One more than `most`, if there is one."""
    return execute_core(query, stage=stage_id, most=most + 1).all()


def _column(
    stage: Stage,
    totals: Mapping[int, tuple[int, int]],
    shown: list[Card] | None = None,
    is_more: bool = False,
    goes_on: str = "",
) -> Column:
    setup, (count, total) = current(), totals.get(stage.id, (0, 0))
    robots = [each for each in setup.robots_on(stage.id) if each.is_on]
    asks = tuple(spec.label for spec in setup.catalogue.fields.values() if stage.id in spec.required_from)
    return Column(stage, count, total, len(robots), asks, shown or [], is_more, goes_on)
