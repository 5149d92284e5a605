"""How much the sheet says that a change of the set-up touches: of deals only those that the change is about."""

from __future__ import annotations

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_setup_acts import LACK, weight_is_asked_for
from webapp.db import transaction
from webapp.services import setup_plans

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
