"""What the lesson's firm and its clients do, in a line each, and what came of it: for tests of services and jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from jobs import runner
from tests import company
from webapp import clock
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import (
    Absence,
    Contact,
    Conversation,
    Deal,
    Invoice,
    JournalEntry,
    Notification,
    Robot,
    RobotRun,
    Task,
)
from webapp.services import contacts, conversations, deals, definitions, inquiries, invoices, tasks
from webapp.snapshots import setups

FORM = Actor(via="form")
PHONE = "+79005550001"


def contact(name: str = "Vera Belova", phone: str | None = PHONE, *, rep: str | None = "rep1", **own: Any) -> int:
    """A client that the firm knows, of this rep; `own` are values of the firm's own fields."""
    with transaction():
        responsible_id = company.person(rep) if rep else None
        made = contacts.create(
            {"name": name, "phone": phone}, company.acting("admin"), own=own, responsible_id=responsible_id
        )
        made.responsible_id = responsible_id  # None: nobody's yet, and not its maker's
        return made.id


def company_of(contact_id: int, name: str = "Ost") -> int:
    """This client works there."""
    with transaction():
        found = session().get_one(Contact, contact_id, with_for_update=True)
        return contacts.edit(found, {}, company.acting("admin"), company=name).company_id or 0


def inquiry(
    text: str = "How much is a press?", *, name: str = "Vera Belova", phone: str = PHONE, channel: str = "form"
) -> int:
    """A client writes. The deal it is about."""
    with transaction():
        return inquiries.receive(channel, {"name": name, "phone": phone}, text, FORM)[0].id


def reply(deal_id: int, by: str = "rep1", text: str = "Good morning!") -> None:
    with transaction():
        locked(deal_id)
        talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
        conversations.reply(talk, text, company.acting(by))


def deal(
    stage: str = "new",
    *,
    rep: str = "rep1",
    of: int | None = None,
    fields: Mapping[str, Any] | None = None,
    title: str = "A press",
    amount: int = 0,
    lost_reason: str | None = None,
    waits: bool = True,
) -> int:
    """A deal made by its own rep, straight on a stage; with `of`, a contact's. Its client waits for a reply, since the
    lesson's control would rightly keep silent about one who has not asked for anything."""
    with transaction():
        draft = deals.DealDraft(
            title=title,
            stage=company.stage(stage),
            responsible_id=company.person(rep),
            amount_minor=amount,
            contact_id=of,
            values=fields or {},
            lost_reason=lost_reason,
        )
        made = deals.create(draft, company.acting(rep))
        if waits:
            _ask(made, of)
        return made.id


def _ask(deal: Deal, contact_id: int | None) -> None:
    """A call that nobody has returned yet."""
    at = clock.now()
    if contact_id is None:
        caller = Contact(name="A caller", fields={}, created_at=at, responsible_id=None)
        session().add(caller)
        session().flush()
        contact_id = caller.id
    talk = Conversation(deal_id=deal.id, contact_id=contact_id, channel="call", created_at=at, unanswered_since=at)
    session().add(talk)


def move(deal_id: int, stage: str, *, by: str = "rep1", **more: Any) -> Deal:
    with transaction():
        return deals.move(locked(deal_id), company.stage(stage), by=company.acting(by), **more)


def edit(deal_id: int, *, by: str = "rep1", **changes: Any) -> Deal:
    with transaction():
        return deals.edit(locked(deal_id), changes, by=company.acting(by))


def delete(deal_id: int, by: str = "head") -> None:
    with transaction():
        deals.delete(locked(deal_id), company.acting(by))


def mark(contact_id: int, **own: Any) -> None:
    """Set the firm's own fields of a contact."""
    with transaction():
        found = session().get_one(Contact, contact_id, with_for_update=True)
        contacts.edit(found, {}, company.acting("admin"), own=own)


def invoice(deal_id: int, number: str = "1031", amount: int = 100_000, **more: Any) -> int:
    with transaction():
        return invoices.issue(locked(deal_id), number, amount, company.acting("rep1"), **more).id


def pay(deal_id: int, amount: int | None = None, invoice_id: int | None = None) -> None:
    with transaction():
        held = locked(deal_id)
        found = select(Invoice).where(Invoice.deal_id == deal_id).order_by(Invoice.id)
        if invoice_id is not None:
            found = found.where(Invoice.id == invoice_id)
        invoices.pay(session().scalars(found).first(), held, amount, company.acting("rep1"))  # type: ignore[arg-type]


def vip_task(deal_id: int | None = None) -> int:
    """The lesson's task: a VIP's deal with special equipment enters Processing, and the robot acts."""
    if deal_id is None:
        deal_id = deal(of=contact(vip=True))
    move(deal_id, "processing", raw={"deal": {"equipment_type": "special"}})
    for _ in range(100):  # where a worker runs beside this, it may have taken the robot's run, and not done it yet
        work()
        if session().scalar(select(Task.id).where(Task.deal_id == deal_id).limit(1)) is not None:
            break
        time.sleep(0.1)
    return task_of(deal_id).id


def on_task(task_id: int, verb: Callable[..., None], by: str, *words: str) -> None:
    """A verb of webapp.services.tasks, by a person: the task locked as its door locks it."""
    with transaction():
        deal_id = session().scalar(select(Task.deal_id).where(Task.id == task_id))
        if deal_id is not None:
            locked(deal_id)
        verb(session().get_one(Task, task_id, with_for_update=True), *words, company.acting(by))


def submit(task_id: int, result: str = "Agreed on the price.", by: str = "rep1") -> None:
    on_task(task_id, tasks.submit, by, result)


def robot(key: str, **columns: Any) -> None:
    """Set the lesson's robot up otherwise."""
    with transaction():
        row = company.robot(key)
        for column, value in columns.items():
            setattr(row, column, value)
        setups.changed()


def away(name: str, first: date, last: date | None = None) -> None:
    """This person is absent on these days."""
    with transaction() as current:
        current.add(Absence(user_id=company.person(name), from_on=first, until_on=last or first))
        setups.changed()


def work() -> None:
    """A worker does whatever is due, also what comes of it."""
    while runner.drain():
        pass


def locked(deal_id: int) -> Deal:
    return session().get_one(Deal, deal_id, with_for_update=True)


def deal_of(deal_id: int) -> Deal:
    return session().get_one(Deal, deal_id, populate_existing=True)


def stage_of(deal_id: int) -> str:
    return key(deal_of(deal_id).stage_id)


def key(stage_id: int) -> str:
    """A stage's key, as tests speak of stages of one pipeline."""
    return setups.current().all_stages[stage_id].key


def task_of(deal_id: int) -> Task:
    found = select(Task).where(Task.deal_id == deal_id).execution_options(populate_existing=True)
    return session().scalars(found).one()


def task_of_id(task_id: int) -> Task:
    return session().get_one(Task, task_id, populate_existing=True)


def runs(deal_id: int, key: str | None = None) -> list[RobotRun]:
    """The runs of a deal in the order in which they were armed; of one robot."""
    wanted = select(RobotRun).join(Robot, Robot.id == RobotRun.robot_id).where(RobotRun.deal_id == deal_id)
    if key is not None:
        wanted = wanted.where(Robot.key == key)
    return list(session().scalars(wanted.order_by(RobotRun.id).execution_options(populate_existing=True)))


def run_of(deal_id: int, key: str) -> RobotRun:
    (found,) = runs(deal_id, key)
    return found


def redefine(run: RobotRun, **parts: Any) -> None:
    """The run as if its robot had been this when it armed it."""
    shared = definitions.ids_of({0: {**run.definition, **parts}})[0]
    session().execute(update(RobotRun).where(RobotRun.id == run.id).values(definition_id=shared))


def told(name: str, kind: str | None = None) -> list[Notification]:
    """What a person was told, oldest first."""
    wanted = select(Notification).where(Notification.user_id == company.person(name))
    if kind is not None:
        wanted = wanted.where(Notification.kind == kind)
    return list(session().scalars(wanted.order_by(Notification.seq).execution_options(populate_existing=True)))


def journal(deal_id: int, event: str) -> list[JournalEntry]:
    wanted = select(JournalEntry).where(JournalEntry.deal_id == deal_id, JournalEntry.event == event)
    return list(session().scalars(wanted.order_by(JournalEntry.id)))


def at_the_same_moment(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Each act in a thread of its own, all let go at once: what each returned, or the exception that it raised."""
    gate, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def one(n: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            gate.wait(10)
            try:
                outcomes[n] = act()
            except Exception as error:  # a refusal is an outcome here
                outcomes[n] = error  # type: ignore[assignment]

    threads = [threading.Thread(target=one, args=(n, act)) for n, act in enumerate(acts)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    session().rollback()  # what the others wrote is to be seen here
    return outcomes
