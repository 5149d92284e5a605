"""A deal that its stage's work holds does not leave the stage, whichever way, until the work is accepted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Robot
from webapp.services import deals, mass_moves, tasks, undo
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside", "clock")]


def hold(holds: bool = True) -> int:
    """A deal on Processing with the lesson's task, which holds it there."""
    settings = {**company.robot("vip_task").settings, "holds_stage": holds}
    session().close()
    acts.robot("vip_task", settings=settings)
    deal_id = acts.deal(of=acts.contact(vip=True))
    acts.vip_task(deal_id)
    return deal_id


def on_deal(deal_id: int, verb: Callable[..., object], by: str, *words: object) -> None:
    with transaction():
        verb(acts.locked(deal_id), *words, by=company.acting(by))


WAYS: dict[str, Callable[[int], object]] = {
    "its rep moves it": lambda deal_id: acts.move(deal_id, "payment"),
    "back": lambda deal_id: acts.move(deal_id, "new"),
    "its head wins it": lambda deal_id: acts.move(deal_id, "won", by="north"),
    "the undo": lambda deal_id: on_deal(deal_id, undo.undo, "rep1"),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_on_while_the_work_is_open(clock: Clock, way: str) -> None:
    deal_id = hold()
    with pytest.raises(Refused) as raised:
        WAYS[way](deal_id)
    session().rollback()
    assert (raised.value.reason, raised.value.facts["who"]) == ("held_by_task", "Anna Krylova")
    assert acts.stage_of(deal_id) == "processing"


def test_several_at_once_leave_it_where_it_is_and_say_so(clock: Clock) -> None:
    deal_id, other = hold(), acts.deal(fields={"equipment_type": "large"})
    with transaction():
        done = mass_moves.move(
            [deal_id, other], acts.locked, lambda _: company.stage("payment"), company.acting("north")
        )
    assert [why.reason for _, _, why in done.refused] == ["held_by_task"]
    assert (acts.stage_of(deal_id), acts.stage_of(other)) == ("processing", "payment")


def test_a_trigger_and_a_robot_do_not_lead_it_on_and_the_responsible_is_told(clock: Clock) -> None:
    deal_id = hold()
    acts.pay(deal_id, None, acts.invoice(deal_id))
    assert acts.stage_of(deal_id) == "processing"
    (entry,) = acts.journal(deal_id, "trigger.refused")
    assert (entry.new["code"], entry.new["missing"][0]["en"]) == (
        "held_by_task",
        "Processing a deal with a VIP client",
    )
    assert acts.told("rep1", "trigger.refused")
    with transaction() as current:
        to = {"stage": company.stage("payment").id}
        row = Robot(key="mover", stage_id=company.stage("processing").id, kind="move", name={"en": "Mover"})
        row.starts, row.timing, row.settings = ["client_wrote"], {"at_once": True}, to
        current.add(row)
        setups.changed()
    acts.inquiry(name="Vera Belova", phone=acts.PHONE)
    acts.work()
    assert acts.stage_of(deal_id) == "processing"
    assert [each.new["why"] for each in acts.journal(deal_id, "robot.refused")] == ["held_by_task"]


def test_it_leaves_once_the_work_is_accepted_and_a_lost_one_at_any_time(clock: Clock) -> None:
    deal_id = hold()
    task_id = acts.task_of(deal_id).id
    acts.submit(task_id)
    with pytest.raises(Refused):
        acts.move(deal_id, "payment")
    session().rollback()
    acts.on_task(task_id, tasks.accept, "north")
    acts.move(deal_id, "payment")
    assert acts.stage_of(deal_id) == "payment"


def test_a_lost_deal_takes_its_work_along(clock: Clock) -> None:
    deal_id = hold()
    with transaction():
        deals.move(
            acts.locked(deal_id),
            company.stage("lost"),
            by=company.acting("rep1"),
            raw={"deal": {"lost_reason": "Too dear"}},
        )
    assert (acts.stage_of(deal_id), acts.task_of(deal_id).state) == ("lost", "cancelled")


def test_work_that_holds_nothing_lets_it_go(clock: Clock) -> None:
    deal_id = hold(holds=False)
    acts.move(deal_id, "payment")
    assert acts.stage_of(deal_id) == "payment"
