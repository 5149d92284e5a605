"""Deals that live through some random days, and what robots really did meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select

from jobs import runner
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import Contact, Conversation, Deal, Invoice, Robot, RobotRun, Task
from webapp.services import conversations, deals, next_steps, tasks, undo
from webapp.snapshots import setups

STAGES = ("new", "data_collection", *("processing", "payment") * 3, "won", "lost")
TYPES = ("standard", "large", "special")
Robots = dict[str, dict[str, Any]]


def set_up(robots: Robots) -> None:
    """These controls beside those of the lesson."""
    with transaction() as current:
        for key, more in robots.items():
            stage = more.pop("stage", None)
            columns = {
                "key": key,
                "stage_id": company.stage(stage).id if stage else None,
                "kind": "control",
                "name": {"en": key},
                "settings": {"text": {"en": "Look"}},
                **more,
            }
            current.add(Robot(**columns))
        setups.changed()


def live(chance: Random, clock: Clock, many: int, steps: int) -> None:
    """So many deals, each with so many things done to it; between any two the clock goes on, and the worker works at
    each moment at which something is due."""
    for n in range(many * steps):
        ids = list(session().scalars(select(Deal.id).where(Deal.deleted_at.is_(None)).order_by(Deal.id)))
        is_new = n % steps == 0 or not ids
        act = _begin if is_new else chance.choice(DEEDS)
        deal_id = 0 if is_new else chance.choice(ids[-12:])
        tried(act, chance, deal_id)
        work()
        if act is _move and chance.random() < 0.4:
            pass_time(clock, 4)
            tried(_take_back, chance, deal_id)
            work()
        pass_time(clock, chance.choice((7, 61, 421, 3607, 9011, 40009)))


def tried(act: Callable[[Random, int], None], chance: Random, deal_id: int) -> None:
    """What is refused has not happened."""
    try:
        act(chance, deal_id)
    except (Refused, NotFound):
        session().rollback()


def pass_time(clock: Clock, seconds: int) -> None:
    """Everything that falls due on the way is done at its moment."""
    until = clock.at + timedelta(seconds=seconds)
    due = select(func.min(RobotRun.visible_at)).where(RobotRun.state == "waiting", RobotRun.visible_at > clock.at)
    while (at := session().scalar(due.where(RobotRun.visible_at < until))) is not None:
        session().rollback()
        clock.at = at
        work()
        due = select(func.min(RobotRun.visible_at)).where(RobotRun.state == "waiting", RobotRun.visible_at > at)
    clock.at = until
    work()


def work() -> None:
    """The worker fires whatever is due; letters and the like are nothing that a robot reads."""
    while runner.drain(kinds=("run",)):
        pass


def _begin(chance: Random, _: int) -> None:
    phone = f"+7900{chance.randint(1000000, 9999999)}"
    if chance.random() < 0.6:
        acts.inquiry(name=f"Client {phone}", phone=phone)
    else:
        rep = chance.choice(("rep1", "rep2", "rep3"))
        client = acts.contact(f"Client {phone}", phone, rep=rep, vip=chance.random() < 0.5)
        acts.deal(
            chance.choice(("new", "data_collection")), rep=rep, of=client, waits=False, amount=chance.randint(0, 9)
        )


def _move(chance: Random, deal_id: int) -> None:
    stage = chance.choice(STAGES)
    raw: dict[str, Any] = {"equipment_type": chance.choice(TYPES)}
    acts.move(deal_id, stage, by="admin", raw={"deal": raw | ({"lost_reason": "Dear"} if stage == "lost" else {})})


def _edit(chance: Random, deal_id: int) -> None:
    changes: dict[str, Any] = chance.choice(
        (
            {"fields": {"equipment_type": chance.choice(TYPES)}},
            {"amount_minor": chance.randint(0, 20) * 100},
            {"title": f"A press {chance.randint(1, 3)}"},
            {"responsible_id": company.person(chance.choice(("rep1", "rep2", "rep3")))},
        )
    )
    acts.edit(deal_id, by="admin", **changes)


def _mark(chance: Random, deal_id: int) -> None:
    acts.mark(acts.deal_of(deal_id).contact_id or 0, vip=chance.random() < 0.5)


def _write(_: Random, deal_id: int) -> None:
    client = session().get_one(Contact, acts.deal_of(deal_id).contact_id)
    acts.inquiry("One more thing", name=client.name, phone=client.phone or acts.PHONE)


def _reply(_: Random, deal_id: int) -> None:
    with transaction():
        conversations.write_first(acts.locked(deal_id), "Good morning!", company.acting("admin"))


def _bill(chance: Random, deal_id: int) -> None:
    many = session().scalar(select(func.count()).select_from(Invoice)) or 0
    due_on = chance.choice((None, time_source.now().date() + timedelta(days=1)))
    acts.invoice(deal_id, f"N-{many}", 1000, due_on=due_on)


def _pay(chance: Random, deal_id: int) -> None:
    owed = select(Invoice.id).where(Invoice.deal_id == deal_id, Invoice.paid_at.is_(None)).limit(1)
    if (invoice_id := session().scalar(owed)) is not None:
        acts.pay(deal_id, chance.choice((400, None)), invoice_id)


def _agree(chance: Random, deal_id: int) -> None:
    with transaction():
        due_at = time_source.now() + timedelta(seconds=chance.choice((1801, 20011)))
        next_steps.agree(acts.locked(deal_id), next_steps.StepDraft("Call", due_at), company.acting("admin"))


def _step_over(chance: Random, deal_id: int) -> None:
    with transaction():
        chance.choice((next_steps.finish, next_steps.cancel))(acts.locked(deal_id), company.acting("admin"))


def _on_task(chance: Random, deal_id: int) -> None:
    """Work is asked for, handed in, accepted or sent back."""
    open_task = select(Task).where(Task.deal_id == deal_id, Task.is_next_step.is_(False), Task.ended_at.is_(None))
    task = session().scalars(open_task.order_by(Task.id).limit(1)).first()
    if task is None:
        with transaction():
            _ask(acts.locked(deal_id), chance.choice((None, time_source.now() + timedelta(hours=3))))
    elif task.state == "awaiting_acceptance":
        acts.on_task(task.id, *chance.choice(((tasks.accept, "admin"), (tasks.send_back, "admin", "No"))))
    else:
        acts.on_task(task.id, tasks.submit, "rep1", "Agreed.")


def _ask(deal: Deal, due_at: datetime | None) -> None:
    rep = company.person("rep1")
    tasks.create_by_hand("Measure", "", rep, company.acting("admin"), deal=deal, due_at=due_at, accept=True)


def _claim(chance: Random, deal_id: int) -> None:
    """Answered elsewhere."""
    waits = select(Conversation).where(Conversation.deal_id == deal_id).order_by(Conversation.id.desc()).limit(1)
    with transaction():
        acts.locked(deal_id)
        if (talk := session().scalars(waits).first()) is not None:
            conversations.answer_elsewhere(talk, chance.choice(conversations.HOWS), "", company.acting("admin"))


def _take_back(_: Random, deal_id: int) -> None:
    with transaction():
        undo.undo(acts.locked(deal_id), company.acting("admin"))


def _swap(chance: Random, deal_id: int) -> None:
    """It is another client's after all."""
    others = list(session().scalars(select(Contact.id).order_by(Contact.id.desc()).limit(9)))
    acts.edit(deal_id, by="admin", contact_id=chance.choice(others))


def _delete(chance: Random, deal_id: int) -> None:
    if chance.random() < 0.3:
        acts.delete(deal_id, "admin")


def _restore(chance: Random, _: int) -> None:
    gone = list(session().scalars(select(Deal.id).where(Deal.deleted_at.is_not(None)).order_by(Deal.id)))
    if gone:
        with transaction():
            deals.restore(acts.locked(chance.choice(gone)), company.acting("admin"))


DEEDS: tuple[Callable[[Random, int], None], ...] = (
    *(_move, _edit, _on_task) * 3,
    *(_mark, _write, _reply) * 2,
    *(_bill, _pay, _agree, _step_over, _claim, _swap, _delete, _restore),
)
