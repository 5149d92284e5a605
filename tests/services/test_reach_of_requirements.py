"""Whatever makes a requirement reach more deals is said on the sheet: the order of stages, a remedy, a condition, what
comes out of the archive. What asks nothing more of any deal is published without a question."""

from __future__ import annotations

import pytest

from rules.setup_edits import AFTER
from rules.setup_parts import ARCHIVED
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_setup_acts import weight_is_asked_for, weights
from tests.services.test_setup_plans import DATA, PROCESSING, asked, edit, publish, work
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.services import setup_plans, single_changes
from webapp.services.single_changes import HasConsequences
from webapp.snapshots import setup_documents as documents

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside", "clock")]
TYPE = f"deals_lack:deal/equipment_type:{PROCESSING}"
FROM = f"required_from_stage:deal/equipment_type:required_from={PROCESSING}"
LARGE = {"equipment_type": "large"}


def counted() -> dict[str, int]:
    with transaction():
        found = setup_plans.of_draft(company.acting("admin"))
    assert found.problems == ()
    return {each.id: each.count for each in found.consequences if each.kind == "deals_lack"}


def test_a_stage_that_is_put_in_front_of_others_asks_their_deals_too() -> None:
    here = [acts.deal("data_collection") for _ in range(2)]
    acts.deal("data_collection", fields=LARGE)
    acts.deal("new")
    edit("stage", PROCESSING, AFTER, "sales/new")
    assert counted() == {TYPE: 2}
    by = company.acting("admin")
    with pytest.raises(HasConsequences), transaction():
        single_changes.change("stage", PROCESSING, {AFTER: "sales/new"}, by)
    session().rollback()
    publish(**{TYPE: "fill:large"})
    work()
    session().expire_all()
    assert [acts.deal_of(each).fields.get("equipment_type") for each in here] == ["large"] * 2


def test_an_order_that_asks_nothing_more_is_published_without_a_question() -> None:
    acts.deal("data_collection")
    edit("stage", "sales/payment", AFTER, DATA)
    assert asked() == {}, "it asked before, and has no deal"
    edit("stage", "sales/payment", AFTER, PROCESSING)
    edit("stage", "sales/new", AFTER, DATA)
    assert asked() == {}


def test_a_requirement_that_is_let_begin_later_asks_nothing_more() -> None:
    weight_is_asked_for()
    publish()
    edit("field", "deal/weight", "required_from", [])
    publish()
    acts.deal("processing", fields=LARGE)
    edit("field", "deal/weight", "required_from", [DATA])
    publish(**{f"deals_lack:deal/weight:{DATA}": "let"})
    edit("field", "deal/weight", "required_from", [PROCESSING])
    assert counted() == {}


def test_the_last_open_stage_goes_and_its_requirement_rests_with_the_won_one(clock: Clock) -> None:
    acts.deal("new")
    edit("field", "deal/equipment_type", "required_from", ["sales/payment"])
    publish()
    edit("stage", "sales/payment", ARCHIVED.key, True)
    name = "required_from_stage:deal/equipment_type:required_from=sales/payment"
    found = asked()
    assert found[name] == "from:sales/won"
    assert counted() == {}
    publish()
    field = documents.live().get("field", "deal/equipment_type")
    assert field is not None
    assert field.parts["required_from"] == ["sales/won"]


def test_a_remedy_that_asks_more_deals_is_itself_asked_about() -> None:
    here = acts.deal("data_collection")
    edit("field", "deal/equipment_type", "required_from", ["sales/payment"])
    publish()
    edit("stage", "sales/payment", ARCHIVED.key, True)
    name = "required_from_stage:deal/equipment_type:required_from=sales/payment"
    lack = f"deals_lack:deal/equipment_type:{DATA}"
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin")).row.id
    by = company.acting("admin")
    with pytest.raises(Refused) as refused, transaction():
        setup_plans.apply(plan, {name: f"from:{DATA}"}, by)
    assert (refused.value.reason, list(refused.value.problems)) == ("remedy_needed", [lack])
    session().rollback()
    again = setup_plans.plan(plan, {name: f"from:{DATA}"})
    assert {each.id: each.count for each in again.consequences if each.id == lack} == {lack: 1}
    session().rollback()
    with transaction():
        setup_plans.apply(plan, {name: f"from:{DATA}", lack: "fill:large"}, by)
    work()
    session().expire_all()
    assert acts.deal_of(here).fields["equipment_type"] == "large"


def test_an_answer_to_what_no_longer_follows_is_let_go() -> None:
    acts.deal("data_collection")
    edit("field", "deal/equipment_type", "required_from", ["sales/payment"])
    publish()
    edit("stage", "sales/payment", ARCHIVED.key, True)
    number = publish(**{f"deals_lack:deal/equipment_type:{DATA}": "let"})
    assert number > 1
    edit("stage", DATA, "hue", 3)
    with pytest.raises(Refused, match="bad_fields"):
        publish(**{"deals_lack:deal/nothing:sales/new": "let"})


def test_a_condition_that_falls_away_with_its_field_makes_the_requirement_reach_more() -> None:
    deal = acts.deal("data_collection")
    weight_is_asked_for()
    only = {"all": [{"entity": "contact", "field": "vip", "operator": "eq", "value": True}]}
    edit("field", "deal/weight", "required_if", only)
    assert counted() == {}
    publish()
    edit("field", "contact/vip", ARCHIVED.key, True)
    lack = f"deals_lack:deal/weight:{DATA}"
    assert counted() == {lack: 1}, "by the answer that is chosen beforehand"
    publish(**{lack: "fill:3"})
    work()
    assert weights(deal) == [3]


def test_a_field_that_comes_back_asks_as_it_did() -> None:
    acts.deal("data_collection")
    weight_is_asked_for()
    lack = f"deals_lack:deal/weight:{DATA}"
    publish(**{lack: "let"})
    edit("field", "deal/weight", ARCHIVED.key, True)
    publish()
    edit("field", "deal/weight", ARCHIVED.key, False)
    assert counted() == {lack: 1}
