"""I13, why: what starts a robot beside entering a stage, found anew from messages, invoices, payments, tasks, journal.
Each robot that listens has its run, counted from the true instant, and none waits for what is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from webapp.db import session
from webapp.models import (
    Conversation,
    Deal,
    Firm,
    Invoice,
    JournalEntry,
    Message,
    Payment,
    Robot,
    RobotRun,
    Stage,
    Task,
)

Instants = list[datetime]
UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}


def started_rightly() -> list[str]:
    """What is wrong with runs of robots of any stage, as all stands now."""
    robots = [each for each in session().scalars(select(Robot)) if each.is_on and each.stage_id is None]
    wrong: list[str] = []
    for deal in session().scalars(select(Deal)):
        for robot in robots:
            own = select(RobotRun).where(RobotRun.deal_id == deal.id, RobotRun.robot_id == robot.id)
            runs = list(session().scalars(own))
            for start in robot.starts:
                mine = [each for each in runs if each.start == start]
                wrong += [f"deal {deal.id}, {start}: {each}" for each in _of(deal, robot, start, mine)]
    session().close()
    return wrong


def _of(deal: Deal, robot: Robot, start: str, runs: list[RobotRun]) -> Iterable[str]:
    waiting = [each for each in runs if each.state == "waiting"]
    if deal.closed_at is not None or deal.deleted_at is not None:
        yield from (f"run {each.id} waits, and the deal is over" for each in waiting)
        return
    wanted = HAPPENED[start](deal) if start in HAPPENED else STANDS[start](deal)
    for instant in set(wanted):
        alive = [each for each in runs if each.base_at == instant and each.state != "called_off"]
        if not alive and not (start in HAPPENED and _was_over(deal, instant)):
            yield f"since {instant}, and there is no run"
    for each in waiting:
        if each.base_at not in wanted:
            yield f"run {each.id} waits since {each.base_at}, when there was nothing"
        elif each.due_at != each.base_at + _delay(robot):
            yield f"run {each.id} is due {each.due_at}"


def _was_over(deal: Deal, since: datetime) -> bool:
    """Deleted or closed after this instant, by a move that nobody took back: what happened then is waited for no
    more."""
    lines = select(JournalEntry).where(JournalEntry.entity == "deal", JournalEntry.entity_id == deal.id)
    found = session().scalars(lines.where(JournalEntry.at >= since).order_by(JournalEntry.id)).all()
    moves = [each for each in found if each.event == "deal.moved"]
    closed = set(session().scalars(select(Stage.id).where(Stage.kind != "open")))
    kept = [move for move, then in zip(moves, [*moves[1:], None], strict=False) if not _takes_back(then)]
    return any(each.event == "deal.deleted" for each in found) or any(each.new in closed for each in kept)


def _takes_back(move: JournalEntry | None) -> bool:
    return move is not None and bool(move.cause.get("is_takeback"))


def _delay(robot: Robot) -> timedelta:
    after: dict[str, Any] = robot.timing["after"]
    return int(after["amount"]) * UNITS[after["unit"]]


def _said(deal: Deal) -> list[Message]:
    """What people said, robots left out."""
    talks = select(Conversation.id).where(Conversation.deal_id == deal.id)
    found = session().scalars(select(Message).where(Message.conversation_id.in_(talks)).order_by(Message.id))
    return [each for each in found if each.direction == "in" or each.by_id is not None]


def _written(deal: Deal) -> Instants:
    return [each.at for each in _said(deal) if each.direction == "in"]


def _unanswered(deal: Deal) -> Instants:
    """In each conversation, the first word of the client after the last of the firm."""
    since: dict[int, datetime] = {}
    for each in _said(deal):
        if each.direction == "out":
            since.pop(each.conversation_id, None)
        else:
            since.setdefault(each.conversation_id, each.at)
    return list(since.values())


def _silent(deal: Deal) -> Instants:
    said = _said(deal)
    return [said[-1].at] if said and said[-1].direction == "out" else []


def _changed(deal: Deal) -> Instants:
    """Of the deal's fields and its contact's, as the journal has them; what the deal was made with is no change."""
    own = (JournalEntry.entity == "deal") & (JournalEntry.entity_id == deal.id)
    its = (JournalEntry.entity == "contact") & (JournalEntry.entity_id == (deal.contact_id or 0))
    edits = select(JournalEntry.at).where(own | its, JournalEntry.event.in_(("deal.edited", "contact.edited")))
    return [each for each in session().scalars(edits) if each >= deal.created_at]


def _issued(deal: Deal) -> Instants:
    """Not those that were paid in full since."""
    owed = select(Invoice.created_at).where(Invoice.deal_id == deal.id, Invoice.paid_at.is_(None))
    return list(session().scalars(owed))


def _invoice_overdue(deal: Deal) -> Instants:
    """From the midnight after the day on which an open one was due."""
    zone, found = ZoneInfo(session().scalars(select(Firm.time_zone)).one()), []
    for bill in session().scalars(select(Invoice).where(Invoice.deal_id == deal.id, Invoice.due_on.is_not(None))):
        paid = session().scalar(select(func.sum(Payment.amount_minor)).where(Payment.invoice_id == bill.id)) or 0
        if paid < bill.amount_minor and bill.due_on is not None:
            found.append(datetime.combine(bill.due_on + timedelta(days=1), time.min, zone))
    return found


def _tasks(deal: Deal) -> list[Task]:
    return list(session().scalars(select(Task).where(Task.deal_id == deal.id).order_by(Task.id)))


def _task_overdue(deal: Deal) -> Instants:
    return [each.due_at for each in _tasks(deal) if each.due_at and each.state in ("new", "in_progress")]


def _accepted(deal: Deal) -> Instants:
    ids = [each.id for each in _tasks(deal)]
    lines = select(JournalEntry.at).where(JournalEntry.event == "task.accepted", JournalEntry.entity_id.in_(ids))
    return list(session().scalars(lines))


def _no_next_step(deal: Deal) -> Instants:
    steps = [each for each in _tasks(deal) if each.is_next_step]
    if any(each.ended_at is None for each in steps):
        return []
    return [max((each.ended_at for each in steps if each.ended_at), default=deal.created_at)]


HAPPENED: dict[str, Callable[[Deal], Instants]] = {
    "client_wrote": _written,
    "field_changed": _changed,
    "invoice_issued": _issued,
    "task_accepted": _accepted,
}
STANDS: dict[str, Callable[[Deal], Instants]] = {
    "unanswered": _unanswered,
    "client_silent": _silent,
    "invoice_overdue": _invoice_overdue,
    "task_overdue": _task_overdue,
    "no_next_step": _no_next_step,
}
