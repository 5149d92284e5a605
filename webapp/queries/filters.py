"""What narrows a board: as its URL says it, and as SQL over deals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true
from sqlalchemy.orm import aliased

from rules import org
from rules.field_kinds import field_kind
from rules.rights import Scope
from rules.robot_kinds import kind_of
from webapp.access import filters as rights
from webapp.db import UtcDateTime
from webapp.models import Company, Contact, Deal, Notification, RobotRun, Task
from webapp.queries import mentions
from webapp.queries.ages import is_stuck
from webapp.queries.next_steps import needs_step
from webapp.queries.paging import Key
from webapp.queries.standing import all_idle
from webapp.snapshots.setups import current

SORTS = ("fuse", "age", "amount")
NEVER = literal(datetime(9999, 1, 1, tzinfo=UTC), UtcDateTime())
HOLDERS: dict[str, Any] = {"deal": Deal, "contact": Contact, "company": Company}  # what a card shows fields of
Client = aliased(Contact)  # so that a query which joins contacts itself is not taken for this one


@dataclass(frozen=True, slots=True)
class Filters:
    """`marks` name checkbox fields that must be on, `tags` options chosen, as "deal.equipment_type:special", of which
    those of one field are an either-or; `least` is an amount in minor units. A department means its subtree. `sort` is
    one of SORTS, "" as hands have laid them."""

    mine: bool = False
    marks: tuple[str, ...] = ()
    burning: bool = False
    step: bool = False  # a next step is wanting
    stuck: bool = False  # has stood on its stage for too long
    responsible_id: int | None = None
    department_id: int | None = None
    tags: tuple[str, ...] = ()
    least: int | None = None
    text: str = ""
    sort: str = ""

    @property
    def are_on(self) -> bool:
        return self != Filters()

    @property
    def hidden(self) -> int:
        """How many of them are set in the panel, out of sight."""
        return sum(map(bool, (self.responsible_id, self.department_id, self.tags, self.least, self.text, self.sort)))

    def pairs(self) -> list[tuple[str, str]]:
        """The query of the URL."""
        found = (
            [("mine", "1")] * self.mine + [("mark", each) for each in self.marks] + [("burning", "1")] * self.burning
        )
        found += [("step", "1")] * self.step + [("stuck", "1")] * self.stuck
        found += [("tag", each) for each in self.tags]
        for name, value in (
            ("responsible", self.responsible_id),
            ("department", self.department_id),
            ("least", self.least),
            ("q", self.text),
            ("sort", self.sort),
        ):
            found += [(name, str(value))] if value else []
        return found

    def query_with(self, **changes: Any) -> str:
        """The query of the URL with some of them changed, "?" and all; `mark` toggles one mark."""
        if mark := changes.pop("mark", None):
            has = mark in self.marks
            changes["marks"] = tuple(m for m in self.marks if m != mark) if has else (*self.marks, mark)
        pairs = replace(self, **changes).pairs()
        return f"?{urlencode(pairs)}" if pairs else ""


def narrowing(scope: Scope, filters: Filters) -> ColumnElement[bool]:
    """SQL over Deal: alive, visible to this viewer, and within the filters."""
    return and_(within(filters, scope.user_id), rights.deals(scope))


def within(filters: Filters, user_id: int) -> ColumnElement[bool]:
    """SQL over Deal: within the filters of this person."""
    tests: list[ColumnElement[bool]] = []
    if filters.mine:
        tests.append(Deal.responsible_id == user_id)
    if filters.responsible_id is not None:
        tests.append(Deal.responsible_id == filters.responsible_id)
    if filters.department_id is not None:
        tests.append(Deal.department_id.in_(org.subtree(current().org, filters.department_id)))
    if filters.least:
        tests.append(Deal.amount_minor >= filters.least)
    tests += [_marked(name) for name in filters.marks]
    tests += [or_(*map(_tagged, each)) for each in _by_field(filters.tags)]
    if filters.burning:
        tests.append(_burns())
    if filters.step:
        tests.append(needs_step())
    if filters.stuck:
        tests.append(is_stuck())
    if filters.text:
        tests.append(mentions.deal(filters.text))
    return and_(true(), *tests)


def _marked(name: str) -> ColumnElement[bool]:
    entity, _, key = name.partition(".")
    return _held_by(entity, HOLDERS[entity].fields[key].as_boolean())


def _by_field(tags: tuple[str, ...]) -> list[list[str]]:
    """Any of those of one field, and all of different fields': where a deal has one value of each, two of a field at
    once would find nothing, ever."""
    found: dict[str, list[str]] = {}
    for each in tags:
        found.setdefault(each.partition(":")[0], []).append(each)
    return list(found.values())


def _tagged(tag: str) -> ColumnElement[bool]:
    name, _, option = tag.partition(":")
    entity, _, key = name.partition(".")
    spec = current().catalogue.get(entity, key)
    is_several = spec is not None and bool(field_kind(spec.kind).element)
    kept = HOLDERS[entity].fields[key].as_string()
    return _held_by(entity, kept.contains(f'"{option}"', autoescape=True) if is_several else kept == option)


def _held_by(entity: str, is_so: ColumnElement[bool]) -> ColumnElement[bool]:
    """The deal, its contact or the company where that works is so. Correlated with the deal alone, for cards join the
    other two as well."""
    if entity == "deal":
        return is_so
    client = select(Contact.id).where(Contact.id == Deal.contact_id, is_so)
    if entity == "company":
        client = client.join(Company, Company.id == Contact.company_id)
    return client.correlate(Deal).exists()


def _burns() -> ColumnElement[bool]:
    """A robot waits to tell somebody, and would as things stand; or has called for somebody and the deal still stands
    there. One that is held back since a restore waits for a person, and not for its time."""
    out = all_idle()
    waits = and_(RobotRun.state == "waiting", RobotRun.visible_at.is_not(None), RobotRun.id.not_in(out))
    return or_(select(RobotRun.id).where(RobotRun.deal_id == Deal.id, waits).correlate(Deal).exists(), _told())


def _told() -> ColumnElement[bool]:
    """A robot has called for somebody, and the deal still stands there."""
    calling = [each.id for each in current().value.robots if kind_of(each.kind).calls]
    told = and_(RobotRun.state == "fired", RobotRun.visit_id == Deal.visit_id, RobotRun.robot_id.in_(calling))
    return select(RobotRun.id).where(RobotRun.deal_id == Deal.id, told).correlate(Deal).exists()


def in_order(sort: str) -> tuple[ColumnElement[Any], ...]:
    """SQL over Deal: how the cards of a column lie."""
    if sort:
        return tuple(each.order(is_back=False) for each in keys(sort))
    return Deal.position.expression, Deal.id.expression


def keys(sort: str) -> tuple[Key, ...]:
    """What a column sorted by one of SORTS goes on by: none of these is ever null."""
    last = Key(Deal.__table__.c.id)
    if sort == "age":
        return Key(Deal.__table__.c.entered_at), last
    if sort == "amount":
        return Key(Deal.__table__.c.amount_minor, falls=True), last
    moment = _nearest()
    first = case((and_(moment.is_(None), _told()), 1), else_=0)
    return Key(first, falls=True), Key(func.coalesce(moment, NEVER)), last


def _nearest() -> ColumnElement[Any]:
    """When the next thing happens on a deal, as its card's fuse has it: a robot that would act as things stand, or the
    deadline of a task or of its acceptance."""
    waits = (RobotRun.deal_id == Deal.id, RobotRun.state == "waiting", RobotRun.visible_at.is_not(None))
    run = select(func.min(RobotRun.due_at)).where(*waits, RobotRun.id.not_in(all_idle()))
    asks = Task.state == "awaiting_acceptance"
    until = case((asks, Task.acceptance_due_at), else_=Task.due_at)
    is_open = or_(asks, Task.state.in_(("new", "in_progress")))
    task = select(func.min(until)).where(Task.deal_id == Deal.id, Task.is_next_step.is_(False), is_open)
    a, b = (each.correlate(Deal).scalar_subquery() for each in (run, task))
    return case((a.is_(None), b), (b.is_(None), a), (a < b, a), else_=b)


def of_what_is_there() -> ColumnElement[bool]:
    """SQL over Notification: not of a deal that was deleted."""
    deleted = select(Deal.id).where(Deal.id == Notification.deal_id, Deal.deleted_at.is_not(None))
    return ~deleted.exists()
