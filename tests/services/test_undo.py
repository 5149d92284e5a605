"""A move taken back: the deal stands as if it had never been moved, and only its mover may do that, at once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import runner
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_gate import require
from webapp.access.scopes import SYSTEM
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Deal, JournalEntry, Notification, RobotRun, StageVisit
from webapp.services import deals, inquiries, undo

pytestmark = pytest.mark.both_databases


def made() -> int:
    with transaction():
        deal, _, _ = inquiries.receive("chat", {"name": "Olga", "phone": "+79125550101"}, "A lathe", SYSTEM)
        return deal.id


def moved(deal_id: int, to: str, name: str) -> None:
    with transaction():
        deals.move(session().get_one(Deal, deal_id), company.stage(to), by=company.acting(name))


def taken_back(deal_id: int, name: str) -> None:
    with transaction():
        undo.undo(session().get_one(Deal, deal_id), company.acting(name))


def test_what_somebody_does_to_another_deal_meanwhile_is_in_nobodys_way(inside: Flask, clock: Clock) -> None:
    mine, other = acts.deal(), acts.deal(title="Another")
    moved(mine, "data_collection", "rep1")
    moved(other, "data_collection", "north")
    taken_back(mine, "rep1")
    assert (acts.stage_of(mine), acts.stage_of(other)) == ("new", "data_collection")
    with pytest.raises(Refused):
        taken_back(other, "rep1")


def test_the_timer_goes_on_as_if_the_deal_had_never_left(inside: Flask, clock: Clock) -> None:
    deal_id = made()
    due = (
        session().scalars(select(RobotRun.due_at).where(RobotRun.state == "waiting", RobotRun.due_at > clock.at)).one()
    )
    entered = session().get_one(Deal, deal_id).entered_at
    clock.go_on(minutes=4)
    moved(deal_id, "data_collection", "north")
    clock.go_on(seconds=5)
    taken_back(deal_id, "north")
    deal = session().get_one(Deal, deal_id)
    assert (deal.stage_id, deal.entered_at) == (company.stage("new").id, entered)
    assert (
        session().scalars(select(RobotRun.due_at).where(RobotRun.state == "waiting", RobotRun.due_at > clock.at)).one()
        == due
    )
    clock.go_on(minutes=7)
    runner.drain()
    told = session().scalars(select(Notification).where(Notification.kind == "robot.control")).all()
    assert len(told) == 1


def test_it_is_a_move_of_its_own_in_the_journal(inside: Flask, clock: Clock) -> None:
    deal_id = made()
    moved(deal_id, "data_collection", "north")
    taken_back(deal_id, "north")
    lines = (
        session()
        .scalars(select(JournalEntry).where(JournalEntry.event == "deal.moved").order_by(JournalEntry.id))
        .all()
    )
    new, data_collection = company.stage("new").id, company.stage("data_collection").id
    assert [(each.old, each.new) for each in lines] == [(new, data_collection), (data_collection, new)]
    assert lines[-1].cause["is_takeback"]


@pytest.mark.parametrize(("name", "wait"), [("head", 1), ("north", 30)])
def test_only_the_mover_and_only_at_once(inside: Flask, clock: Clock, name: str, wait: int) -> None:
    deal_id = made()
    moved(deal_id, "data_collection", "north")
    clock.go_on(seconds=wait)
    with pytest.raises(Refused, match="too_late"):
        taken_back(deal_id, name)


def test_not_when_something_was_done_since(inside: Flask, clock: Clock) -> None:
    deal_id = made()
    moved(deal_id, "data_collection", "north")
    with transaction():
        deals.edit(session().get_one(Deal, deal_id), {"title": "Another"}, by=company.acting("head"))
    with pytest.raises(Refused, match="too_late"):
        taken_back(deal_id, "north")


def test_only_the_move_that_was_offered_and_not_a_later_one_of_the_same_person(inside: Flask, clock: Clock) -> None:
    deal_id = acts.deal(fields={"equipment_type": "large"})
    first = acts.move(deal_id, "data_collection").visit_id
    second = acts.move(deal_id, "processing").visit_id
    assert first
    assert second
    with pytest.raises(Refused, match="too_late"):
        offered_back(deal_id, first)
    assert acts.stage_of(deal_id) == "processing"
    offered_back(deal_id, second)
    assert acts.stage_of(deal_id) == "data_collection"
    with pytest.raises(Refused, match="too_late"):
        offered_back(deal_id, first)  # the visit goes on, and the move that began it is not the last any more
    assert acts.stage_of(deal_id) == "data_collection"


def offered_back(deal_id: int, begun: int) -> None:
    with transaction():
        undo.undo(acts.locked(deal_id), company.acting("rep1"), {begun})


def test_what_the_new_stage_armed_is_called_off(inside: Flask, clock: Clock) -> None:
    deal_id = made()
    with transaction():
        deal = session().get_one(Deal, deal_id)
        deals.move(
            deal, company.stage("processing"), by=company.acting("north"), raw={"deal": {"equipment_type": "large"}}
        )
    taken_back(deal_id, "north")
    runs = session().scalars(select(RobotRun).where(RobotRun.state == "called_off")).all()
    assert {run.reason["code"] for run in runs} == {"taken_back"}


def test_a_loss_is_not_taken_back_since_it_closed_the_tasks(inside: Flask, clock: Clock) -> None:
    deal_id = made()
    with transaction():
        deal = session().get_one(Deal, deal_id)
        deals.move(deal, company.stage("lost"), by=company.acting("north"), raw={"deal": {"lost_reason": "Too dear"}})
    with pytest.raises(Refused, match="too_late"):
        taken_back(deal_id, "north")


def test_what_is_taken_back_twice_comes_twice_to_where_it_was(inside: Flask, clock: Clock) -> None:
    deal_id = made()
    for _ in range(2):
        clock.go_on(seconds=3)
        moved(deal_id, "data_collection", "north")
        clock.go_on(seconds=3)
        taken_back(deal_id, "north")
        assert session().get_one(Deal, deal_id).stage_id == company.stage("new").id


def test_it_passes_the_gate_as_every_way_does(inside: Flask, clock: Clock) -> None:
    require("contact", "inn")
    contact_id = acts.contact(inn="7701")
    deal_id = acts.deal("processing", of=contact_id, fields={"equipment_type": "special"})
    acts.move(deal_id, "new")
    acts.mark(contact_id, inn=None)
    with pytest.raises(Refused, match="required_fields") as refused:
        taken_back(deal_id, "rep1")
    assert [(each.entity, each.key) for each in refused.value.missing] == [("contact", "inn")]
    assert acts.stage_of(deal_id) == "new"


def test_a_deal_that_was_closed_is_closed_since_then(inside: Flask, clock: Clock) -> None:
    deal_id = acts.deal("won", fields={"equipment_type": "special"})
    closed = acts.deal_of(deal_id).closed_at
    clock.go_on(minutes=1)
    acts.move(deal_id, "payment")
    assert acts.deal_of(deal_id).closed_at is None
    taken_back(deal_id, "rep1")
    assert closed is not None
    assert acts.deal_of(deal_id).closed_at == closed


@pytest.mark.usefixtures("inside")
def test_of_two_moves_at_one_instant_only_the_second_is_taken_back(clock: Clock) -> None:
    deal_id = acts.deal("new")
    assert {run.state for run in acts.runs(deal_id)} == {"waiting"}
    acts.move(deal_id, "data_collection")
    acts.move(deal_id, "new")
    with transaction():
        undo.undo(acts.locked(deal_id), company.acting("rep1"))
    assert acts.stage_of(deal_id) == "data_collection"
    left = select(RobotRun.state).join(StageVisit, StageVisit.id == RobotRun.visit_id)
    states = session().scalars(left.where(RobotRun.deal_id == deal_id, StageVisit.left_at.is_not(None))).all()
    assert states, "nothing had waited on the first stage"
    assert "waiting" not in states
