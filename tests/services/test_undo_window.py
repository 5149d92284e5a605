"""Robots at once wait until the hand that set them off can take its move back no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_acting_robots import robot, to
from webapp.access.scopes import Actor
from webapp.db import transaction
from webapp.services import deals, undo

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
TELLS = {"text": {"en": "Look"}}


def hand(name: str = "rep1") -> Actor:
    """Of somebody at a page, who is offered to take the move back."""
    return replace(company.acting(name), can_undo=True)


def dropped(deal_id: int, stage: str, by: Actor | None = None) -> int:
    with transaction():
        deals.move(acts.locked(deal_id), company.stage(stage), by=by or hand())
    acts.work()
    return deal_id


def test_what_is_taken_back_has_alarmed_nobody(clock: Clock) -> None:
    robot("control", TELLS)
    deal_id = dropped(acts.deal(), "data_collection")
    run = acts.run_of(deal_id, "mine")
    assert (run.state, run.due_at) == ("waiting", clock.at + undo.WITHIN)
    clock.go_on(seconds=9)
    with transaction():
        undo.undo(acts.locked(deal_id), hand())
    clock.go_on(seconds=30)
    acts.work()
    assert (acts.run_of(deal_id, "mine").reason["code"], acts.told("north", "robot.control")) == ("taken_back", [])


def test_what_stands_is_told_when_the_time_of_undo_is_over(clock: Clock) -> None:
    robot("control", TELLS)
    deal_id = dropped(acts.deal(), "data_collection")
    clock.go_on(seconds=10)
    acts.work()
    run = acts.run_of(deal_id, "mine")
    assert (run.state, run.is_late, len(acts.told("north", "robot.control"))) == ("fired", False, 1)


@pytest.mark.parametrize("by", [Actor(via="trigger"), company.acting, Actor(via="api")])
def test_what_nobody_can_take_back_is_told_at_once(clock: Clock, by: Actor) -> None:
    robot("control", TELLS)
    dropped(acts.deal(), "data_collection", by("rep1") if callable(by) else by)
    assert len(acts.told("north", "robot.control")) == 1


def test_whoever_moves_the_deal_on_in_that_time_lets_it_fire_first(clock: Clock) -> None:
    robot("control", TELLS)
    robot("set_field", {"field": "equipment_type", "value": "large"}, key="fills")
    robot("move", to("payment"), key="leads")
    deal_id = dropped(acts.deal(fields={"equipment_type": "special"}), "data_collection")
    clock.go_on(seconds=4)
    dropped(deal_id, "processing")
    assert [acts.run_of(deal_id, key).state for key in ("mine", "fills", "leads")] == ["fired", "fired", "called_off"]
    assert acts.locked(deal_id).fields["equipment_type"] == "large"
    assert (len(acts.told("north", "robot.control")), acts.stage_of(deal_id)) == (1, "processing")


def test_a_robot_with_a_delay_of_its_own_waits_no_longer(clock: Clock) -> None:
    robot("control", TELLS, timing={"after": {"amount": 2, "unit": "seconds"}})
    dropped(acts.deal(), "data_collection")
    clock.go_on(seconds=3)
    acts.work()
    assert len(acts.told("north", "robot.control")) == 1
