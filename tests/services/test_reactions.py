"""In which order what follows from a move is seen to have happened; and who hears of a deal with their client."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from tests.services.test_acting_robots import robot
from tests.services.test_undo_window import TELLS, dropped
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.models import StageVisit
from webapp.services import places
from webapp.snapshots import setups

pytestmark = [pytest.mark.usefixtures("inside")]


class GoingClock(Clock):
    """Goes on by itself: each time it is asked, a thousandth of a second has passed."""

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


def test_what_fires_because_the_deal_is_moved_on_has_ended_when_it_left() -> None:
    with time_source.running_on(GoingClock(TUESDAY)):
        robot("control", TELLS)
        robot("set_field", {"field": "equipment_type", "value": "large"}, key="fills")
        deal_id = dropped(acts.deal(fields={"equipment_type": "special"}), "data_collection")
        dropped(deal_id, "processing")
    for key in ("mine", "fills"):
        run = acts.run_of(deal_id, key)
        visit = session().get_one(StageVisit, run.visit_id)
        assert (run.state, run.ended_at) == ("fired", visit.left_at)


def test_whose_client_another_works_with_is_told_who_that_is_and_where(clock: Clock) -> None:
    """Somebody of no department stands there by name."""
    client = acts.contact(rep="rep1")
    with transaction():
        places.set_places(company.person("rep2"), {}, company.acting("admin"))
    names = setups.current().name_of
    deals = [(name, acts.deal(of=client, rep=name)) for name in ("rep3", "rep2")]
    where = [acts.deal_of(deal_id).department_id for _, deal_id in deals]
    told = [each.facts for each in acts.told("rep1", "contact.shared")]
    assert [(each["contact.name"], each["contact.rep"]) for each in told] == [
        ("Vera Belova", names(company.person("rep1")))
    ] * 2
    assert [each["deal.responsible"] for each in told] == [names(company.person(name)) for name, _ in deals]
    assert where[1] is None
    south = setups.current().department_names[where[0] or 0]
    assert [each["deal.department"] for each in told] == [{"text": dict(south)}, names(company.person("rep2"))]
