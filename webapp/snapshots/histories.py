"""From the journal and the rows beside it to the histories of deals that rules go through again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from rules.facts import Snapshot
from rules.histories import Bill, DealHistory, Happening
from rules.seasons import SeasonChange
from webapp import phones
from webapp.db import session
from webapp.models import Contact, Conversation, Deal, Invoice, JournalEntry, Message, StageVisit, Task
from webapp.snapshots.deals import snapshots_of

BESIDE = ("phone_extension", "company", "responsible")  # kept of a contact, and read by no rule
CHARTED = ("department", "post", "membership", "absence", "calendar", "user")
NOT_CHARTED = ("password", "link", "session", "token", "email", "edited", "address")


Line = Row[Any]  # of a table, and no object of the session: a rehearsal reads a hundred thousand, and writes none


@dataclass(frozen=True, slots=True)
class Rows:
    """All that is needed of some deals."""

    entries: Mapping[int, Sequence[Line]]  # of the journal, by deal
    contacts: Mapping[int, Mapping[str, Any]]
    messages: Mapping[int, Line]
    channels: Mapping[int, str]
    bills: Mapping[int, Bill]
    tasks: Mapping[int, Line]
    visits: Mapping[int, Sequence[Line]]  # by deal
    now: Mapping[int, Snapshot] = field(default_factory=dict)


def of_deals(deals: Sequence[Deal]) -> list[DealHistory]:
    """The whole histories of these deals, each from its beginning."""
    rows = _rows(deals)
    return [_history(each, rows) for each in deals]


def charted_since() -> datetime | None:
    """Since when people, departments and calendars are as they are today; None: nothing was changed yet."""
    changes = [JournalEntry.event.not_like(f"user.{each}%") for each in NOT_CHARTED]
    return session().scalar(select(func.max(JournalEntry.at)).where(JournalEntry.entity.in_(CHARTED), *changes))


def season_changes() -> list[SeasonChange]:
    """Every change of a season, for the days that it had before and those that it had then; of all days, where the
    journal names none."""
    entries = select(JournalEntry.at, JournalEntry.old, JournalEntry.new).where(JournalEntry.entity == "season")
    return [
        SeasonChange(at, _day(said.get("from_on"), date.min), _day(said.get("until_on"), date.max))
        for at, *both in session().execute(entries)
        for said in both
        if said is not None
    ]


def _day(raw: str | None, default: date) -> date:
    return date.fromisoformat(raw) if raw else default


def _rows(deals: Sequence[Deal]) -> Rows:
    ids = [each.id for each in deals]
    by_deal: dict[int, list[Line]] = {each: [] for each in ids}
    for entry in _all(JournalEntry, JournalEntry.deal_id, ids):
        by_deal[entry.deal_id].append(entry)
    contacts = _contacts(deals, by_deal)
    talks = _all(Conversation, Conversation.deal_id, ids)
    return Rows(
        by_deal,
        {each.id: _values(each) for each in _all(Contact, Contact.id, contacts)},
        {each.id: each for each in _all(Message, Message.conversation_id, [each.id for each in talks])},
        {each.id: each.channel for each in talks},
        {each.id: Bill(each.amount_minor, each.number, each.due_on) for each in _all(Invoice, Invoice.deal_id, ids)},
        {each.id: each for each in _all(Task, Task.deal_id, ids)},
        _visits(ids),
        snapshots_of(ids),
    )


def _visits(ids: list[int]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {}
    for each in _all(StageVisit, StageVisit.deal_id, ids):
        found.setdefault(each.deal_id, []).append(each)
    return found


def _all(model: Any, column: Any, ids: Iterable[int], *where: ColumnElement[bool]) -> Sequence[Line]:
    """In the order in which they were written."""
    wanted = select(*model.__table__.columns).where(column.in_(sorted(set(ids))), *where)
    return session().execute(wanted.order_by(model.id)).all()


def _contacts(deals: Sequence[Deal], by_deal: Mapping[int, list[Line]]) -> set[int]:
    """Contacts that the deals have or had; what was changed of them belongs to the deals' past."""
    had_by: dict[int, set[int]] = {}  # deals by contact
    for deal in deals:
        swaps = [each for each in by_deal[deal.id] if (each.entity, each.field) == ("deal", "contact")]
        for contact_id in (deal.contact_id, *(each for swap in swaps for each in (swap.old, swap.new))):
            if isinstance(contact_id, int):
                had_by.setdefault(contact_id, set()).add(deal.id)
    edited = (JournalEntry.entity == "contact", JournalEntry.event == "contact.edited")
    for entry in _all(JournalEntry, JournalEntry.entity_id, had_by, *edited):
        for deal_id in had_by[entry.entity_id]:  # its line names no deal
            by_deal[deal_id].append(entry)
    for entries in by_deal.values():
        entries.sort(key=lambda each: each.id)
    return set(had_by)


def _values(contact: Line) -> dict[str, Any]:
    phone = phones.whole(contact.phone, contact.phone_extension) or None
    return {**contact.fields, "name": contact.name, "phone": phone, "email": contact.email}


def _history(deal: Deal, rows: Rows) -> DealHistory:
    entries, now = rows.entries[deal.id], rows.now.get(deal.id, Snapshot())
    begun = next((each.id for each in entries if each.event == "deal.created" and _created(each, rows)), None)
    since = [each for each in entries if begun is None or each.id >= begun]
    happenings = [happening for each in since for happening in _happenings(each, rows)]
    if begun is None:
        happenings = _from_visits(deal, rows, happenings)
    kept = {key: now.value("deal", key) for key in ("title", "amount", "source", "lost_reason", "created_at")}
    return DealHistory(
        deal_id=deal.id,
        created_at=deal.created_at,
        happenings=tuple(happenings),
        deal={**deal.fields, **kept, "responsible": deal.responsible_id},
        contact_id=deal.contact_id,
        department_id=deal.department_id,
        contacts=rows.contacts,
        channels=rows.channels,
        bills=rows.bills,
        now=now,
        is_whole=begun is not None and all(each.event.startswith("contact.") for each in entries if each.id < begun),
    )


def _from_visits(deal: Deal, rows: Rows, told: list[Happening]) -> list[Happening]:
    """Nobody wrote down how it was made, or on which stage: where it stood is read from its visits."""
    entered = [Happening(0, each.entered_at, "entered", each.stage_id) for each in rows.visits.get(deal.id, ())]
    others = [each for each in told if each.kind != "entered" and each.at >= deal.created_at]
    return sorted([Happening(0, deal.created_at, "created"), *entered, *others], key=lambda each: each.at)


def _happenings(entry: Line, rows: Rows) -> Iterator[Happening]:
    """What a line of the journal says, for rules; nothing of what they do not read."""
    word = entry.event.partition(".")[0] if entry.event.startswith(("task.", "next_step.")) else entry.event
    found = READ[word](entry, rows) if word in READ else []
    for each in found:
        via = entry.cause.get("via")
        yield Happening(
            id=entry.id,
            at=entry.at,
            is_reaction=via in ("trigger", "robot"),
            is_takeback=bool(entry.cause.get("is_takeback")),
            **each,
        )


Told = list[dict[str, Any]]


def _created(entry: Line, _: Rows) -> Told:
    stage_id = _new(entry).get("stage")
    return [{"kind": "created"}, {"kind": "entered", "stage_id": stage_id}] if isinstance(stage_id, int) else []


def _restored(entry: Line, rows: Rows) -> Told:
    """An open deal enters its stage anew, of which its visits tell."""
    visits = rows.visits.get(entry.deal_id or 0, ())
    entered = [{"kind": "entered", "stage_id": each.stage_id} for each in visits if each.entered_at == entry.at]
    return [{"kind": "restored"}, *entered]


def _moved(entry: Line, _: Rows) -> Told:
    return [{"kind": "entered", "stage_id": entry.new}] if isinstance(entry.new, int) else []


def _edited(entry: Line, _: Rows) -> Told:
    if entry.entity == "contact" and entry.field in BESIDE:
        return []
    facts = {"entity": entry.entity, "field": entry.field, "old": entry.old, "new": entry.new}
    return [{"kind": "edited", "record_id": entry.entity_id, **facts}]


def _said(kind: str) -> Callable[[Line, Rows], Told]:
    def read(entry: Line, rows: Rows) -> Told:
        message = rows.messages.get(entry.entity_id)
        if message is None:
            return []
        return [{"kind": kind, "record_id": message.conversation_id, "item_id": message.id, "new": message.text}]

    return read


def _issued(entry: Line, rows: Rows) -> Told:
    return [{"kind": "issued", "record_id": entry.entity_id}] if entry.entity_id in rows.bills else []


def _paid(entry: Line, rows: Rows) -> Told:
    if entry.entity_id not in rows.bills:
        return []
    return [{"kind": "paid", "record_id": entry.entity_id, "amount": _new(entry).get("amount", 0)}]


def _task(entry: Line, rows: Rows) -> Told:
    task = rows.tasks.get(entry.entity_id)
    if task is None or (entry.event != "task.created" and entry.field != "state"):
        return []
    state = "new" if entry.event == "task.created" else entry.new
    due_at = task.due_at if entry.event == "task.created" else None
    return [{"kind": "task", "record_id": task.id, "new": state, "due_at": due_at, "field": entry.event[5:]}]


def _step(entry: Line, _: Rows) -> Told:
    facts = _new(entry)
    due_at = datetime.fromisoformat(facts["due_at"]) if facts.get("due_at") else None
    return [{"kind": "step", "record_id": entry.entity_id, "new": facts.get("state", ""), "due_at": due_at}]


def _new(entry: Line) -> dict[str, Any]:
    return entry.new if isinstance(entry.new, dict) else {}


READ: dict[str, Callable[[Line, Rows], Told]] = {
    "deal.created": _created,
    "deal.moved": _moved,
    "deal.edited": _edited,
    "contact.edited": _edited,
    "deal.deleted": lambda *_: [{"kind": "deleted"}],
    "deal.restored": _restored,
    "message.received": _said("wrote"),
    "message.sent": _said("answered"),
    "message.claimed": _said("answered"),  # elsewhere
    "invoice.issued": _issued,
    "invoice.paid": _paid,
    "task": _task,
    "next_step": _step,
}
