"""A requirement counts the deals that a waiting robot is to move to where it asks, and fills them in with the rest."""

from __future__ import annotations

from typing import Any

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_acting_robots import robot, to
from tests.services.test_setup_acts import weight_is_asked_for, weights
from tests.services.test_setup_counts import LARGE, WEIGHT, lacked
from tests.services.test_setup_plans import PROCESSING, edit, publish, work
from webapp.db import transaction
from webapp.i18n import consequences
from webapp.services import setup_plans

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
LATER: dict[str, Any] = {"timing": {"after": {"amount": 3, "unit": "days"}}}


def led(target: str, many: int = 2, **settings: Any) -> list[int]:
    """So many deals on the first stage, each with a robot that waits to move it."""
    robot("move", {**to(target), **settings}, "new", **LATER)
    return [acts.deal("new", fields=LARGE) for _ in range(many)]


@pytest.mark.parametrize("target", ["processing", "payment", "won"])
def test_deals_that_a_robot_is_to_move_there_or_past_it_count_and_are_filled(clock: Clock, target: str) -> None:
    here, coming = acts.deal("processing", fields=LARGE), led(target)
    weight_is_asked_for()
    edit("field", "deal/weight", "required_from", [PROCESSING])
    (found,) = lacked()
    assert (found.count, found.maybe, found.coming, found.led) == (3, 0, 0, 2)
    with transaction():
        said = consequences.text(found, setup_plans.of_draft(company.acting("admin")).after)
    assert said.endswith("1 open deal already there lacks it; robots are going to move 2 open deals there that lack it")
    publish(**{WEIGHT: "fill:7"})
    work()
    assert [weights(each) for each in (here, *coming)] == [[7]] * 3
    assert lacked() == []


def test_where_only_robots_lead_to_what_asks_it_is_asked_too(clock: Clock) -> None:
    led("won", many=1)
    weight_is_asked_for()
    edit("field", "deal/weight", "required_from", ["sales/won"])
    assert [(each.count, each.led) for each in lacked()] == [(1, 1)]


@pytest.mark.parametrize("stage", ["processing", "data_collection"])
def test_the_condition_is_asked_as_if_the_deal_stood_where_the_robot_leads_it(clock: Clock, stage: str) -> None:
    led("processing", many=1)
    weight_is_asked_for()
    edit("field", "deal/weight", "required_from", [PROCESSING])
    there = {"entity": "deal", "field": "stage", "operator": "eq", "value": f"sales/{stage}"}
    edit("field", "deal/weight", "required_if", {"all": [there]})
    assert [each.led for each in lacked()] == ([1] if stage == "processing" else [])


def test_what_leads_elsewhere_or_will_not_lead_at_all_does_not_count(clock: Clock) -> None:
    led("data_collection")
    robot("move", to("payment"), "new", "off", **LATER)
    robot("move", {**to("lost"), "reason": {"en": "Silent"}}, "new", "lost", **LATER)
    many = [acts.deal("new", fields=LARGE) for _ in range(2)]
    weight_is_asked_for()
    edit("field", "deal/weight", "required_from", [PROCESSING])
    assert [each.led for each in lacked()] == [2], "the robot to Payment"
    edit("robot", "off", "is_on", False)
    assert lacked() == [], "its runs end when this is published"
    edit("robot", "off", "is_on", True)
    acts.edit(many[0], fields={"equipment_type": "special"})
    acts.delete(many[1])
    assert [each.led for each in lacked()] == [1]


def test_a_deal_with_two_robots_or_one_that_stands_there_counts_once(clock: Clock) -> None:
    led("processing", many=1)
    robot("move", to("payment"), "new", "too", **LATER)
    robot("move", to("payment"), "processing", "on", **LATER)
    acts.deal("new", fields=LARGE)
    acts.deal("processing", fields=LARGE)
    weight_is_asked_for()
    edit("field", "deal/weight", "required_from", [PROCESSING])
    assert [(each.count, each.led) for each in lacked()] == [(3, 2)]
