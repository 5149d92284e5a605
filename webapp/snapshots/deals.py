"""From rows to the facts that rules read: one deal with its contact, company, invoices and conversation."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from rules import chains
from rules.facts import Snapshot
from rules.setup import Stage
from webapp import clock, phones
from webapp.db import SqlSelect, among, execute_core
from webapp.models import Company, Contact, Conversation, Deal, Invoice, Message, RobotRun, Task
from webapp.snapshots.setups import VERSION

ENTITIES = frozenset(("deal", "contact", "company", "invoices", "conversation"))
_DEAL_ID = bindparam("deal_id", type_=Integer)
_OPEN = Invoice.amount_minor > Invoice.paid_minor
_Other = aliased(Invoice)


def _due_first(deal_id: Any) -> Any:
    """Of a deal's open invoices the number of the one that is due first."""
    found = select(_Other.number).where(_Other.deal_id == deal_id, _Other.amount_minor > _Other.paid_minor)
    ordered = found.order_by(_Other.due_on.is_(None), _Other.due_on, _Other.id).limit(1)
    return ordered.scalar_subquery().label("number")


_OWED = (
    select(
        func.count(Invoice.id).label("invoices"),
        func.coalesce(func.sum(Invoice.amount_minor - Invoice.paid_minor), 0).label("balance"),
        func.min(Invoice.due_on).filter(_OPEN).label("nearest"),
        _due_first(_DEAL_ID),
    )
    .where(Invoice.deal_id == _DEAL_ID)
    .subquery()
)
_LATEST = select(func.max(Conversation.id)).where(Conversation.deal_id == _DEAL_ID).scalar_subquery()
_LAST = (
    select(func.max(Message.id))
    .where(Message.conversation_id == Conversation.id, Message.direction == "in")
    .correlate(Conversation)
    .scalar_subquery()
)
_UNANSWERED = (
    exists().where(Conversation.deal_id == _DEAL_ID, Conversation.unanswered_since.is_not(None)).correlate(None)
)
_STEP = (
    select(func.min(Task.due_at))
    .where(Task.deal_id == _DEAL_ID, Task.is_next_step, Task.ended_at.is_(None))
    .scalar_subquery()
)
_OF_CONVERSATION = (
    Conversation.id.label("conversation_id"),
    Conversation.replied_at,
    Conversation.channel,
    Message.at,
    Message.text,
)
_OF_COMPANY = (Company.name.label("company"), Company.fields.label("of_company"))
# All that rules may read beside the deal's own row: asked for at every move, so in one go.
_AROUND = (
    select(
        *_OWED.c,
        _UNANSWERED.label("unanswered"),
        _STEP.label("step_at"),
        *_OF_CONVERSATION,
        *_OF_COMPANY,
        Contact.fields,
        Contact.name,
        Contact.phone,
        Contact.phone_extension,
        Contact.email,
    )
    .select_from(_OWED)
    .outerjoin(Contact, Contact.id == bindparam("contact_id", type_=Integer))
    .outerjoin(Company, Company.id == Contact.company_id)
    .outerjoin(Conversation, Conversation.id == _LATEST)
    .outerjoin(Message, Message.id == _LAST)
)
# And of the visit that a move ends, whether it left anything to ask for.
_RUNS_OF_VISIT = exists().where(RobotRun.visit_id == bindparam("visit", type_=Integer)).correlate(None)
_AROUND_A_MOVE = _AROUND.add_columns(
    _RUNS_OF_VISIT.where(RobotRun.state == "waiting").label("has_waiting"),
    _RUNS_OF_VISIT.where(Task.run_id == RobotRun.id, Task.ended_at.is_(None)).label("has_work"),
)


class Left(NamedTuple):
    """Of the visit that a deal is to leave: whether runs wait there, and whether work that came of it is open. The deal
    is locked, so nothing is added by others."""

    has_waiting: bool
    has_work: bool


DID_NOTHING = ("task_open", "already_so")  # a run that found its work done: no flood comes of it
_LIMIT_AT = (
    select(RobotRun.ended_at)
    .where(
        RobotRun.robot_id == bindparam("robot", type_=Integer),
        RobotRun.deal_id == _DEAL_ID,
        RobotRun.state == "fired",
        RobotRun.reason["code"].as_string().not_in(DID_NOTHING),
    )
    .order_by(RobotRun.ended_at.desc())
    .offset(chains.FIRINGS_A_DAY - 1)
    .limit(1)
    .scalar_subquery()
)
_WAITS_SINCE = (
    select(func.min(Conversation.unanswered_since))
    .where(Conversation.deal_id == _DEAL_ID)
    .correlate(None)
    .scalar_subquery()
)
_AROUND_A_FIRING = _AROUND.add_columns(
    VERSION.label("version"), _LIMIT_AT.label("limit_at"), _WAITS_SINCE.label("waits_since")
)


class Before(NamedTuple):
    """A robot is about to act on a deal: the set-up's version, and when it has used up its firings (`is_too_often` of
    rules.chains)."""

    version: int
    limit_at: datetime | None


# The same of many deals in one go: what a screen of cards is asked about.
_OWED_EACH = (
    select(
        Invoice.deal_id,
        func.count(Invoice.id).label("invoices"),
        func.coalesce(func.sum(Invoice.amount_minor - Invoice.paid_minor), 0).label("balance"),
        func.min(Invoice.due_on).filter(_OPEN).label("nearest"),
        _due_first(Invoice.deal_id),
    )
    .where(among(Invoice.deal_id, "deals"))
    .group_by(Invoice.deal_id)
    .subquery()
)
_LATEST_EACH = (
    select(
        Conversation.deal_id,
        func.max(Conversation.id).label("conversation_id"),
        func.count(Conversation.unanswered_since).label("unanswered"),
    )
    .where(among(Conversation.deal_id, "deals"))
    .group_by(Conversation.deal_id)
    .subquery()
)
_STEP_EACH = (
    select(func.min(Task.due_at))
    .where(Task.deal_id == Deal.id, Task.is_next_step, Task.ended_at.is_(None))
    .correlate(Deal)
    .scalar_subquery()
)
_OWN = (
    Deal.fields.label("own"),
    Deal.title,
    Deal.amount_minor,
    Deal.responsible_id,
    Deal.stage_id,
    Deal.source,
    Deal.lost_reason,
    Deal.created_at,
    _STEP_EACH.label("step_at"),
)


@cache
def _many(entities: frozenset[str]) -> SqlSelect:
    """Of each deal what these entities need."""
    of_each: tuple[Any, ...] = Deal.id, Contact.name
    query: SqlSelect = select(*of_each).outerjoin(Contact, Contact.id == Deal.contact_id)
    query = query.where(among(Deal.id, "deals"))
    if "deal" in entities:
        query = query.add_columns(*_OWN)
    if "contact" in entities:
        query = query.add_columns(Contact.fields, Contact.phone, Contact.phone_extension, Contact.email)
    if "company" in entities:
        query = query.add_columns(*_OF_COMPANY).outerjoin(Company, Company.id == Contact.company_id)
    if "invoices" in entities:
        count, balance = (func.coalesce(_OWED_EACH.c[each], 0).label(each) for each in ("invoices", "balance"))
        query = query.add_columns(count, balance, _OWED_EACH.c.nearest, _OWED_EACH.c.number)
        query = query.outerjoin(_OWED_EACH, _OWED_EACH.c.deal_id == Deal.id)
    if "conversation" in entities:
        unanswered = func.coalesce(_LATEST_EACH.c.unanswered, 0).label("unanswered")
        query = query.add_columns(unanswered, *_OF_CONVERSATION)
        query = query.outerjoin(_LATEST_EACH, _LATEST_EACH.c.deal_id == Deal.id)
        query = query.outerjoin(Conversation, Conversation.id == _LATEST_EACH.c.conversation_id)
        query = query.outerjoin(Message, Message.id == _LAST)
    return query


def snapshots_of(deal_ids: Iterable[int], entities: Collection[str] = ENTITIES) -> dict[int, Snapshot]:
    """Many deals as they stand, by their ids, in one statement: the same facts as `snapshot_of` has, of these
    entities."""
    wanted, read = sorted(set(deal_ids)), frozenset(entities)
    found = execute_core(_many(read), deals=wanted).all() if wanted else ()
    return {row.id: _snapshot(row, read) for row in found}


def snapshot_of(deal: Deal, contact: Contact | None = None) -> Snapshot:
    """The deal as it stands in this transaction. `contact`, when given, is one that the caller holds already."""
    contact_id = contact.id if contact else deal.contact_id
    around = execute_core(_AROUND, deal_id=deal.id, contact_id=contact_id).one()
    facts = _snapshot(around, ENTITIES - {"deal"})
    return Snapshot({"deal": _own(deal, deal.fields, around), **facts.values})


def entering(deal: Deal, stage: Stage) -> tuple[Snapshot, Left]:
    """The deal as it would stand on `stage`, and what it would leave."""
    bound = {"deal_id": deal.id, "contact_id": deal.contact_id, "visit": deal.visit_id}
    around = execute_core(_AROUND_A_MOVE, **bound).one()
    facts = _snapshot(around, ENTITIES - {"deal"})
    left = Left(bool(around.has_waiting), bool(around.has_work))
    return Snapshot({"deal": _own(deal, deal.fields, around, stage), **facts.values}), left


def firing(deal: Deal, robot_id: int) -> tuple[Snapshot, Before]:
    """The deal as it stands when a robot acts on it, and what decides whether it may. Of its conversations these facts
    also say since when a client waits (`unanswered_since`)."""
    bound = {"deal_id": deal.id, "contact_id": deal.contact_id, "robot": robot_id}
    around = execute_core(_AROUND_A_FIRING, **bound).one()
    facts = _snapshot(around, ENTITIES - {"deal"}).with_values("deal", _own(deal, deal.fields, around))
    waits = facts.with_values("conversation", {"unanswered_since": around.waits_since})
    return waits, Before(around.version, around.limit_at)


def _snapshot(row: Any, entities: Collection[str]) -> Snapshot:
    return Snapshot({name: read(row) for name, read in _READ.items() if name in entities})


def _own(deal: Any, fields: dict[str, Any], around: Any, stage: Stage | None = None) -> dict[str, Any]:
    return {
        **fields,
        "title": deal.title,
        "amount": deal.amount_minor,
        "responsible": deal.responsible_id,
        "stage": stage.id if stage else deal.stage_id,
        "source": deal.source,
        "lost_reason": deal.lost_reason,
        "created_at": deal.created_at.isoformat(),
        "has_contact": around.name is not None,
        **_step(around.step_at),
    }


def _step(due_at: datetime | None) -> dict[str, Any]:
    """The next step that is agreed; it has a date, so without one there is none."""
    return {
        "has_next_step": due_at is not None,
        "next_step_at": due_at.isoformat() if due_at else None,
        "next_step_overdue": due_at is not None and due_at <= clock.now(),
    }


def _contact(around: Any) -> dict[str, Any]:
    if around.name is None:
        return {}
    phone = phones.whole(around.phone, around.phone_extension) or None
    return {**around.fields, "name": around.name, "phone": phone, "email": around.email}


def _company(around: Any) -> dict[str, Any]:
    return {**around.of_company, "name": around.company} if around.company else {}


def _invoices(around: Any) -> dict[str, Any]:
    """Sums of a deal's invoices; unpaid is any open balance."""
    return {
        "count": around.invoices,
        "balance": int(around.balance),
        "unpaid": around.balance > 0,
        "number": around.number,
        "nearest_due_on": around.nearest.isoformat() if around.nearest else None,
    }


def _conversation(around: Any) -> dict[str, Any]:
    """The deal's latest conversation. Replied: an employee has answered there at least once; unanswered: the client's
    last word in any conversation of the deal waits for a reply."""
    if around.conversation_id is None:
        return {"replied": False, "unanswered": False}
    return {
        "unanswered": bool(around.unanswered),
        "replied": around.replied_at is not None,
        "channel": around.channel,
        "last_client_message_at": around.at.isoformat() if around.at else None,
        "last_text": around.text,
    }


_READ = {
    "deal": lambda row: _own(row, row.own, row),
    "contact": _contact,
    "company": _company,
    "invoices": _invoices,
    "conversation": _conversation,
}
