"""The policy of rights as the database reads it: one SQL twin for each question of rules/rights.py.

Whoever lists or counts asks here, and shows what the doors of access/records.py open. Tasks are asked for beside their
deals: FROM task LEFT JOIN deal.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import BindParameter, ColumnElement, SQLColumnExpression, and_, exists, or_, select, true

from rules import rights
from rules.rights import Scope
from rules.tasks import STARTS_FROM
from webapp.db import SqlSelect, among, session
from webapp.models import CallLeg, Deal, ImportantItem, ImportantPlace, Membership, PhoneCall, Task, TaskDecision
from webapp.snapshots import recipients, setups
from webapp.snapshots import tasks as snapshots

Ids = Collection[int] | BindParameter[int]


def deals(scope: Scope) -> ColumnElement[bool]:
    """Over Deal, twin of `may_read`: those that are there, and that this person reads."""
    return and_(Deal.deleted_at.is_(None), _read(scope))


def _read(scope: Scope) -> ColumnElement[bool]:
    if scope.reads_all:
        return true()
    return or_(Deal.department_id.in_(scope.reads), Deal.responsible_id.in_(scope.own))


def counted(person: ColumnElement[int], department: ColumnElement[int | None]) -> ColumnElement[bool]:
    """Over these columns of what is counted ready, twin of `may_read` for who does not read all: `own` and `reads` of
    the scope are given when it is asked."""
    return or_(among(person, "own"), among(department, "reads"))


def watched(own: Ids, leads: Ids) -> ColumnElement[bool]:
    """Over Deal, twin of `watches`: whose clients this person sees answered."""
    return or_(Deal.responsible_id.in_(own), Deal.department_id.in_(leads))


def measured(
    scope: Scope, person: SQLColumnExpression[int | None], department: SQLColumnExpression[int | None]
) -> ColumnElement[bool]:
    """Over these columns and Deal, twin of `measures`: whose reaction this person sees. Deleted deals count nowhere."""
    if scope.is_admin:
        return _is_there()
    return and_(_is_there(), or_(person == scope.user_id, department.in_(scope.leads)))


def calls(scope: Scope) -> ColumnElement[bool]:
    """`may_see_call` of rules/rights.py."""
    if scope.is_admin:
        return true()
    rung = exists().where(CallLeg.call_id == PhoneCall.id, CallLeg.user_id.in_(scope.own))
    return or_(rung, PhoneCall.department_id.in_(scope.leads))


def tasks(scope: Scope) -> ColumnElement[bool]:
    """Over Task and Deal, twin of `may_see_task`."""
    me = scope.user_id
    own = or_(Task.assignee_id == me, Task.creator_id == me, Task.acceptor_id == me, Task.id.in_(stood_in_for(me)))
    concerned = or_(Task.id.in_(_told_of(me)), Task.id.in_(_decided_by(me)))
    alone = and_(Task.deal_id.is_(None), true() if scope.is_admin else concerned)
    return and_(_is_there(), or_(own, and_(Task.deal_id.is_not(None), _read(scope)), alone))


def _told_of(user_id: int) -> SqlSelect:
    """Work of which an item stands before this person."""
    found: SqlSelect = (
        select(ImportantItem.task_id)
        .join(ImportantPlace, ImportantPlace.item_id == ImportantItem.id)
        .where(ImportantPlace.user_id == user_id, ImportantPlace.is_live)
        .where(ImportantItem.task_id.is_not(None), ImportantItem.ended_at.is_(None))
    )
    return found


def _decided_by(user_id: int) -> SqlSelect:
    """Work of no deal about which this person has decided something: from the key of its table alone."""
    found: SqlSelect = select(TaskDecision.task_id).where(TaskDecision.user_id == user_id)
    return found


def items(scope: Scope) -> ColumnElement[bool]:
    """Over ImportantItem, Task and Deal, twin of `opens_to` of webapp/access/items.py."""
    if scope.is_admin:
        silent = ImportantItem.about_id != scope.user_id
    else:
        silent = and_(ImportantItem.about_id != scope.user_id, ImportantItem.about_id.in_(_led(scope)))
    work = or_(and_(Task.id.is_not(None), Task.deal_id.is_(None)), and_(Task.id.is_not(None), tasks(scope)))
    deal = and_(Task.id.is_(None), or_(ImportantItem.deal_id.is_(None), deals(scope)))
    return or_(and_(ImportantItem.kind == "silent", silent), and_(ImportantItem.kind != "silent", or_(work, deal)))


def _led(scope: Scope) -> SqlSelect:
    """Who works in a department that this person leads, or below it."""
    found: SqlSelect = select(Membership.user_id).where(Membership.department_id.in_(scope.leads))
    return found


def to_do(user_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """Over Task and Deal: work that this person has not handed in yet."""
    return and_(Task.assignee_id == user_id, Task.state.in_(STARTS_FROM["submit"]), _is_there())


def of_ones_people(scope: Scope) -> ColumnElement[bool]:
    """Over Task: the work of somebody who works for this person, twin of `is_head_of`."""
    return and_(Task.assignee_id != scope.user_id, Task.assignee_id.in_(_led(scope)))


def to_decide(user_id: int | BindParameter[int], stood_in: Ids) -> ColumnElement[bool]:
    """Over Task and Deal, twin of `decides`; `stood_in` as `stood_in_for` finds it."""
    asked = or_(Task.acceptor_id == user_id, Task.id.in_(stood_in))
    return and_(Task.state.in_(STARTS_FROM["accept"]), Task.assignee_id != user_id, asked, _is_there())


def waiting(user_id: int | BindParameter[int], stood_in: Ids) -> ColumnElement[bool]:
    """Over Task and Deal, twin of `waits_for`."""
    return or_(to_do(user_id), to_decide(user_id, stood_in))


def stood_in_for(user_id: int) -> list[int]:
    """Tasks whose acceptor is absent or has left, so that this person decides them: twin of `stand_ins_for`. The way up
    the org chart is no SQL, and such tasks are few: each is asked for by itself."""
    chart, today = setups.current().org, recipients.today()
    missing = [each for each in chart.people if rights.is_missing(chart, each, today)]
    if not missing:
        return []
    theirs = select(Task).where(Task.acceptor_id.in_(missing), Task.state.in_(STARTS_FROM["accept"]))
    return [each.id for each in session().scalars(theirs) if user_id in snapshots.stand_ins(each)]


def _is_there() -> ColumnElement[bool]:
    return Deal.deleted_at.is_(None)
