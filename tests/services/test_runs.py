"""Another turn for what becomes true later: whose robot waits for that, and is still on. And what is armed rings."""

from __future__ import annotations

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_robots import VIP, new_robot, runs_of
from webapp.background import outbox
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


def test_each_run_that_is_armed_has_its_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several robots that begin with one event; first when nobody knows their definitions, then when all do."""
    for each in setups.current().value.robots:
        acts.robot(each.key, stage_id=company.stage("new").id, condition=None)
    rung: list[int] = []
    monkeypatch.setattr(outbox, "arm", lambda kind, row_id, _due: rung.append(row_id) if kind == "run" else None)
    for _ in range(3):
        rung.clear()
        waiting = [each.id for each in acts.runs(acts.deal()) if each.state == "waiting" and each.due_at is not None]
        assert len(waiting) > 1
        assert sorted(rung) == sorted(waiting)
