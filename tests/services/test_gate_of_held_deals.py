"""What the gate lets out of a stage while work holds the deal there: to each other stage, and within the column."""

from __future__ import annotations

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_held_deals import hold
from webapp.db import session
from webapp.errors import Refused
from webapp.services import gate
from webapp.snapshots import setups

pytestmark = [pytest.mark.usefixtures("inside", "clock")]


def test_a_held_deal_may_be_lost_and_laid_elsewhere_in_its_column_and_go_nowhere_else(clock: Clock) -> None:
    deal_id = hold()
    deal = acts.deal_of(deal_id)
    refused = []
    for stage in setups.current().stages_of(deal.pipeline_id):
        try:
            gate.check_leaving(deal.visit_id, deal.stage_id, stage)
        except Refused as why:
            refused.append((stage.key, why.reason))
    stages = [each.key for each in setups.current().stages_of(deal.pipeline_id)]
    assert refused == [(each, "held_by_task") for each in stages if each not in ("processing", "lost")]
    assert len(refused) >= 3


def test_the_card_of_a_held_deal_is_laid_above_another(clock: Clock) -> None:
    held = hold()
    other = acts.deal("processing", fields={"equipment_type": "large"})
    places = [acts.deal_of(each).position for each in (held, other)]
    assert places[0] > places[1]
    acts.move(held, "processing", before=other)
    places = [acts.deal_of(each).position for each in (held, other)]
    assert places[0] < places[1]
    with pytest.raises(Refused, match="held_by_task"):
        acts.move(held, "payment", by="head")
    session().rollback()
    assert acts.deal_of(held).stage_id == company.stage("processing").id
