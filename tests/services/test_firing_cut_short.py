"""A run that is called off as it comes due, before its condition is asked, ends alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from rules.chains import DEPTH_LIMIT
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import transaction
from webapp.models import RobotRun

pytestmark = [pytest.mark.usefixtures("inside", "clock")]
CONTROL = "reaction_control"


def altered(run: RobotRun, **columns: Any) -> None:
    with transaction() as current:
        current.execute(update(RobotRun).where(RobotRun.id == run.id).values(**columns))


def switched_off(_: RobotRun) -> None:
    acts.robot(CONTROL, is_on=False)  # past the service that calls off what waits: as if the run had come beside it


def over(run: RobotRun) -> None:
    """What it was started by is no more, and nobody has called it off."""
    altered(run, start="task_overdue", cause="t0")


def deep_in_a_chain(run: RobotRun) -> None:
    with transaction():
        acts.redefine(run, kind="move", settings={"stage": company.stage("data_collection").id})
    altered(run, depth=DEPTH_LIMIT)


@pytest.mark.parametrize(
    ("happens", "code"), [(switched_off, "switched_off"), (over, "settled"), (deep_in_a_chain, "chain_cut")]
)
def test_what_waits_beside_a_run_that_is_cut_short_goes_on_waiting(
    clock: Clock, happens: Callable[[RobotRun], None], code: str
) -> None:
    first = acts.deal()
    clock.go_on(minutes=5)
    later = acts.deal(title="Later")
    happens(acts.run_of(first, CONTROL))
    clock.go_on(minutes=5)
    acts.work()
    cut, waits = acts.run_of(first, CONTROL), acts.run_of(later, CONTROL)
    assert (cut.state, cut.reason["code"], cut.ended_at) == ("called_off", code, clock.at)
    assert (waits.state, waits.reason, waits.ended_at) == ("waiting", {}, None)
    assert (acts.stage_of(first), acts.told("north", "robot.control")) == ("new", [])
