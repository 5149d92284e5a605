"""How much the sheet says that a change of the set-up touches: of deals only those that the change is about."""

from __future__ import annotations

import json

import pytest

from rules.consequences import Consequence
from rules.setup_documents import text_of
from rules.setup_parts import ARCHIVED
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_setup_acts import LACK, weight_is_asked_for, weights
from tests.services.test_setup_plans import DATA, PROCESSING, STANDS, edit, publish, work
from webapp.db import transaction
from webapp.i18n import consequences
from webapp.services import setup_plans, single_changes
from webapp.snapshots import setup_documents as documents

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
LARGE = {"equipment_type": "large"}


def test_a_field_is_lacked_by_open_deals_from_the_stage_on_that_asks_for_it(clock: Clock) -> None:
    acts.deal("new")
    for stage in ("data_collection", "processing", "processing", "payment", "won"):
        acts.deal(stage, fields=LARGE)
    acts.deal("lost", lost_reason="Too dear")
    acts.delete(acts.deal("data_collection"))
    weight_is_asked_for()
    acts.edit(acts.deal("data_collection"), fields={"weight": 12})
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
    assert {each.id: each.count for each in plan.consequences} == {LACK: 4}


WEIGHT = "deals_lack:deal/weight:sales/processing"
ELSEWHERE = {f"move:{PROCESSING}": 3, "move:sales/payment": 3, "move:sales/new": 1}


@pytest.mark.parametrize("way", ELSEWHERE)
def test_deals_of_a_stage_that_goes_are_counted_where_they_may_stand_and_filled_where_they_do(
    clock: Clock, way: str
) -> None:
    here, gone = acts.deal("processing", fields=LARGE), [acts.deal("data_collection", fields=LARGE) for _ in range(2)]
    number = acts.deal("data_collection", fields=LARGE)
    before = acts.deal("new")
    weight_is_asked_for()
    edit("field", "deal/weight", "required_from", [PROCESSING])
    acts.edit(number, fields={"weight": 12})
    edit("stage", DATA, ARCHIVED.key, True)
    (found,) = lacked()
    assert (found.count, found.maybe) == (3, 2)
    publish(**{STANDS: way, WEIGHT: "fill:7"})
    work()
    filled = [each for each in (here, *gone, before) if weights(each) == [7]]
    assert len(filled) == ELSEWHERE[way]
    assert weights(number) == [12]


def test_where_all_that_lack_it_stand_on_the_stage_that_goes_it_is_asked_too(clock: Clock) -> None:
    acts.deal("data_collection")
    weight_is_asked_for()
    edit("field", "deal/weight", "required_from", [PROCESSING])
    assert lacked() == []
    edit("stage", DATA, ARCHIVED.key, True)
    assert [(each.count, each.maybe) for each in lacked()] == [(1, 1)]
    edit("field", "deal/weight", "required_from", ["sales/new"])
    assert [(each.count, each.maybe) for each in lacked()] == [(1, 0)], "wherever they go, it is asked of them"


def test_a_stage_whose_deals_cannot_be_led_there_does_not_count(clock: Clock) -> None:
    """What is won stays won, and is asked nothing."""
    acts.deal("won", fields=LARGE)
    with transaction():
        parts = {"name": {"en": "Won too"}, "kind": "won"}
        single_changes.add("stage", parts, company.acting("admin"), home="sales", key="won_too", after="sales/won")
    weight_is_asked_for()
    edit("stage", "sales/won", ARCHIVED.key, True)
    assert lacked() == []


@pytest.mark.parametrize("condition", [None, PROCESSING], ids=["always", "there"])
def test_deals_that_an_earlier_version_is_still_moving_count_where_they_are_led_and_are_filled(
    clock: Clock, condition: str | None
) -> None:
    here, coming = acts.deal("processing", fields=LARGE), [acts.deal("data_collection", fields=LARGE) for _ in range(2)]
    edit("stage", DATA, ARCHIVED.key, True)
    publish(**{STANDS: f"move:{PROCESSING}"})
    weight_is_asked_for()
    edit("field", "deal/weight", "required_from", [PROCESSING])
    if condition:
        asked = {"all": [{"entity": "deal", "field": "stage", "operator": "eq", "value": condition}]}
        edit("field", "deal/weight", "required_if", asked)
    (found,) = lacked()
    assert (found.count, found.maybe, found.coming) == (3, 0, 2)
    with transaction():
        said = consequences.text(found, setup_plans.of_draft(company.acting("admin")).after)
    assert said.endswith("1 open deal already there lacks it; 2 open deals on their way there lack it")
    publish(**{WEIGHT: "fill:7"})
    work()
    assert [weights(each) for each in (here, *coming)] == [[7]] * 3
    assert lacked() == []


def test_deals_on_their_way_elsewhere_do_not_count(clock: Clock) -> None:
    acts.deal("data_collection", fields=LARGE)
    edit("stage", DATA, ARCHIVED.key, True)
    publish(**{STANDS: "move:sales/new"})
    weight_is_asked_for()
    edit("field", "deal/weight", "required_from", [PROCESSING])
    assert lacked() == []


def lacked() -> list[Consequence]:
    with transaction():
        found = setup_plans.of_draft(company.acting("admin"))
    assert found.problems == ()
    return [each for each in found.consequences if each.kind == "deals_lack"]


def test_of_a_plan_older_than_the_stage_that_it_names_no_deal_is_said_to_lack_anything(clock: Clock) -> None:
    """A file named the stage before it was there; now it is, and the field is required from it already."""
    raw = json.loads(text_of(documents.live()))
    field = next(each for each in raw["fields"] if each["key"] == "equipment_type")
    costs = {"all": [{"entity": "deal", "field": "amount", "operator": "gte", "value": 1}]}
    field |= {"required_from": ["sales/later"], "required_if": costs}
    with transaction():
        plan = setup_plans.of_setup(raw, company.acting("admin"))
        assert [each.code for each in plan.problems] == ["unknown_stage"]
        number = plan.row.id
    with transaction():
        parts = {"name": {"en": "Later"}, "kind": "open"}
        single_changes.add("stage", parts, company.acting("admin"), home="sales", key="later", after=PROCESSING)
    edit("field", "deal/equipment_type", "required_from", ["sales/later"])
    publish()
    acts.deal("new", amount=500)
    with transaction():
        found = setup_plans.plan(number)
    assert found.problems == ()
    assert [each for each in found.consequences if each.kind == "deals_lack"] == []
