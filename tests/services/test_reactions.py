"""In which order what follows from a move is seen to have happened."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.conftest import TUESDAY, Clock
from tests.services import acts
from tests.services.test_acting_robots import robot
from tests.services.test_undo_window import TELLS, dropped
from webapp import clock as time_source
from webapp.db import session
from webapp.models import StageVisit

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
