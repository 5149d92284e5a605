"""Another turn for what becomes true later: whose robot waits for that, and is still on."""

from __future__ import annotations

import pytest

from tests.conftest import Clock
from tests.services import acts
from tests.services.test_robots import VIP, new_robot, runs_of
from webapp.db import session, transaction
from webapp.models import Robot
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def test_only_a_robot_that_waits_for_it_and_is_still_on_gets_another_turn(clock: Clock) -> None:
    robots = {
        (waits, on): new_robot(condition=VIP, also_later=waits) for waits in (True, False) for on in (True, False)
    }
    contact_id = acts.contact()
    acts.deal(of=contact_id)
    acts.work()
    with transaction():
        for (_, on), robot_id in robots.items():
            session().get_one(Robot, robot_id).is_on = on
        setups.changed()
    acts.mark(contact_id, vip=True)
    acts.work()
    assert {each: [run.state for run in runs_of(robot_id)] for each, robot_id in robots.items()} == {
        (True, True): ["condition_false", "fired"],
        (True, False): ["condition_false"],
        (False, True): ["condition_false"],
        (False, False): ["condition_false"],
    }
