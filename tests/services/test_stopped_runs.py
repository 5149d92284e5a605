"""How many runs would go on, were their robot switched on again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import transaction
from webapp.services import robots, stopped_runs

pytestmark = [pytest.mark.usefixtures("inside", "clock")]
CONTROL = "reaction_control"


def test_every_run_that_was_stopped_counts_from_the_very_first_of_the_firm(clock: Clock) -> None:
    deals = [acts.deal(title=f"{n}") for n in range(3)]
    first = acts.run_of(deals[0], CONTROL)
    assert first.id == 1, "nobody has run anything in this firm before"
    with transaction():
        robots.change_robot(robots.robot(company.robot(CONTROL).id), {"is_on": False}, company.acting("admin"))
    assert stopped_runs.counts([CONTROL, "vip_task"]) == {CONTROL: 3, "vip_task": 0}
    acts.move(deals[1], "data_collection")
    assert stopped_runs.counts([CONTROL]) == {CONTROL: 2}
    clock.at += stopped_runs.WITHIN + timedelta(seconds=1)
    assert stopped_runs.counts([CONTROL]) == {CONTROL: 0}
