"""How much the sheet says that a change of the set-up touches: of deals only those that the change is about."""

from __future__ import annotations

import json

import pytest

from rules.setup_documents import text_of
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_setup_acts import LACK, weight_is_asked_for
from tests.services.test_setup_plans import PROCESSING, edit, publish
from webapp.db import transaction
from webapp.services import setup_plans, single_changes
from webapp.snapshots import setup_documents as documents

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def test_a_field_is_lacked_by_open_deals_from_the_stage_on_that_asks_for_it(clock: Clock) -> None:
    large = {"equipment_type": "large"}
    acts.deal("new")
    for stage in ("data_collection", "processing", "processing", "payment", "won"):
        acts.deal(stage, fields=large)
    acts.deal("lost", lost_reason="Too dear")
    acts.delete(acts.deal("data_collection"))
    weight_is_asked_for()
    acts.edit(acts.deal("data_collection"), fields={"weight": 12})
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
    assert {each.id: each.count for each in plan.consequences} == {LACK: 4}


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
