"""Deals that live through some random days, and what robots really did meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import Contact, Deal, Invoice, Robot, RobotRun
from webapp.services import deals, inquiries, next_steps
from webapp.snapshots import setups

STAGES = ("new", "data_collection", "processing", "payment", "won", "lost")
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
        try:
            act(chance, 0 if is_new else chance.choice(ids[-12:]))
        except (Refused, NotFound):
            session().rollback()
        acts.work()
        pass_time(clock, chance.choice((7, 61, 421, 3607, 9011, 40009)))


def pass_time(clock: Clock, seconds: int) -> None:
    """Everything that falls due on the way is done at its moment."""
    until = clock.at + timedelta(seconds=seconds)
    due = select(func.min(RobotRun.visible_at)).where(RobotRun.state == "waiting", RobotRun.visible_at > clock.at)
    while (at := session().scalar(due.where(RobotRun.visible_at < until))) is not None:
        session().rollback()
        clock.at = at
        acts.work()
        due = select(func.min(RobotRun.visible_at)).where(RobotRun.state == "waiting", RobotRun.visible_at > at)
    clock.at = until
    acts.work()


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
        inquiries.write_first(acts.locked(deal_id), "Good morning!", company.acting("admin"))


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


def _delete(chance: Random, deal_id: int) -> None:
    if chance.random() < 0.2:
        with transaction():
            deals.delete(acts.locked(deal_id), company.acting("admin"))


DEEDS: tuple[Callable[[Random, int], None], ...] = (
    *(_move, _edit, _mark, _write, _reply) * 2,
    *(_bill, _pay, _agree, _step_over, _delete),
)
