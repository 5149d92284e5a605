"""Deals that stand already where a field is to be required, and lack it: how many, and which. Those that are won or
lost are asked nothing any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from rules import conditions
from rules.facts import Catalogue, Condition, FieldSpec, Snapshot
from rules.setup import Setup, Stage
from webapp.db import SqlRow, execute_core, session
from webapp.models import Company, Contact, Deal
from webapp.snapshots import relocations
from webapp.snapshots.deals import snapshots_of
from webapp.snapshots.setups import current

MOST_ASKED = 1000  # of deals that a condition is asked of, the newest
PAGE = 100
NOWHERE: Mapping[int, int] = {}
RECORDS: dict[str, Any] = {"deal": Deal, "contact": Contact, "company": Company}


@dataclass(frozen=True, slots=True)
class Lacking:
    """`ids` the newest first. `is_more`: of so many deals, only the newest were asked. Of `count`, `coming` are
    still led there by an earlier version, and `led` are to be moved there by robots."""

    ids: tuple[int, ...]
    count: int
    is_more: bool = False
    coming: int = 0
    led: int = 0


def lacking(
    spec: FieldSpec, stages: Sequence[int], catalogue: Catalogue, led_to: Mapping[int, int] = NOWHERE
) -> Lacking:
    """Deals on these stages that lack the field, as the gate asks (an untouched checkbox has no answer yet), and meet
    its condition; those on a stage that goes are asked as if they stood where they are `led_to`: from stage to stage,
    by ids."""
    if not stages:
        return Lacking((), 0)
    wanted = without(spec).where(Deal.stage_id.in_(stages))
    if spec.required_if is None:
        count = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
        return Lacking(tuple(session().scalars(wanted.order_by(Deal.id.desc()).limit(PAGE))), count)
    asked: list[int] = list(session().scalars(wanted.order_by(Deal.id.desc()).limit(MOST_ASKED + 1)))
    found = holding(asked[:MOST_ASKED], spec.required_if, catalogue, led_to)
    return Lacking(tuple(found[:PAGE]), len(found), len(asked) > MOST_ASKED)


def from_stage(spec: FieldSpec, first: Stage, led: Select[int], after: int, limit: int) -> list[int]:
    """Some deals on this stage or an open one behind it, on their way there, or `led` there, that have nothing in the
    field, in the order of their ids."""
    stages = [each.id for each in current().stages_of(first.pipeline_id) if each.position >= first.position]
    coming = [each for each, to in relocations.led_on().items() if to in stages]
    there = or_(Deal.stage_id.in_([*stages, *coming]), Deal.id.in_(led) & (Deal.pipeline_id == first.pipeline_id))
    wanted = without(spec).where(there, Deal.closed_at.is_(None), Deal.id > after)
    return list(session().scalars(wanted.order_by(Deal.id).limit(limit)))


def met(deal_ids: Sequence[int], spec: FieldSpec, catalogue: Catalogue) -> list[int]:
    """Those of which the field is asked, if it is asked only of some, where they stand or are on their way to."""
    if spec.required_if is None or not deal_ids:
        return list(deal_ids)
    return holding(deal_ids, spec.required_if, catalogue, relocations.led_on())


def without(spec: FieldSpec) -> Select[int]:
    """Ids of deals that are alive and have nothing in the field."""
    wanted = select(Deal.id).where(Deal.deleted_at.is_(None))
    if spec.entity in ("contact", "company"):
        wanted = wanted.outerjoin(Contact, Contact.id == Deal.contact_id)
    if spec.entity == "company":
        wanted = wanted.outerjoin(Company, Company.id == Contact.company_id)
    return wanted.where(_is_blank(spec))


def _is_blank(spec: FieldSpec) -> ColumnElement[bool]:
    kept = RECORDS[spec.entity].fields[spec.key].as_string()
    return or_(kept.is_(None), kept.in_(("", "[]", "null")))


def holding(
    deal_ids: Sequence[int], wanted: Condition, catalogue: Catalogue, led_to: Mapping[int, int] = NOWHERE
) -> list[int]:
    """Those of which the condition holds, each on the stage it is led to from where it stands."""
    facts = {each: _led(snapshot, led_to) for each, snapshot in snapshots_of(deal_ids).items()}
    return [each for each in deal_ids if conditions.evaluate(wanted, facts[each], catalogue).holds]


def _led(snapshot: Snapshot, led_to: Mapping[int, int]) -> Snapshot:
    there = led_to.get(snapshot.value("deal", "stage"))  # type: ignore[arg-type]  # which is an id
    return snapshot if there is None else snapshot.with_values("deal", {"stage": there})


def required_on(setup: Setup, spec: FieldSpec) -> list[int]:
    """The open stages on which it is required."""
    firsts = {each.pipeline_id: each.position for each in setup.stages if each.id in spec.required_from}
    return [
        each.id
        for each in setup.stages
        if each.kind == "open" and not each.is_archived and each.position >= firsts.get(each.pipeline_id, 10**9)
    ]


def rows(deal_ids: Sequence[int]) -> Sequence[SqlRow]:
    """What a list says of them."""
    columns = Deal.id, Deal.title, Deal.stage_id, Deal.responsible_id, Contact.name.label("contact")
    wanted = select(*columns).outerjoin(Contact, Contact.id == Deal.contact_id)
    return execute_core(wanted.where(Deal.id.in_(deal_ids)).order_by(Deal.id.desc())).all()


def holders(entity: str, key: str) -> int:
    """How many records have something in the field."""
    model = RECORDS[entity]
    kept = model.fields[key].as_string()
    filled = select(func.count()).select_from(model).where(kept.is_not(None), kept.not_in(("", "[]", "null")))
    return session().scalar(filled) or 0


def with_option(entity: str, key: str, option: str, after: int | None = None) -> Select[int]:
    """Ids of records that have chosen an option, alone or among several."""
    model = RECORDS[entity]
    kept = model.fields[key].as_string()
    has = or_(kept == option, kept.contains(f'"{option}"', autoescape=True))
    found = select(model.id).where(has)
    return found.where(model.id > after) if after is not None else found
