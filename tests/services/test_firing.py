"""A run that is cut when it is due ends by itself, for its own reason: what else waits goes on waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from rules.chains import DEPTH_LIMIT
from tests import company
from tests.conftest import Clock
from tests.services import acts, test_starts
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import RobotRun
from webapp.services import deals

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
CONTROL = "reaction_control"


def switched_off(clock: Clock) -> RobotRun:
    """Armed in the very moment in which its robot was switched off."""
    run = acts.run_of(acts.deal(), CONTROL)
    acts.robot(CONTROL, is_on=False)
    clock.go_on(minutes=10)
    return run


def settled(clock: Clock) -> RobotRun:
    """What it was to remind of is over, and nobody has called it off: as if a process had been killed between the
    two."""
    test_starts.robot("unanswered")
    deal_id = acts.inquiry()
    run = acts.run_of(deal_id, "mine")
    acts.reply(deal_id)
    with transaction() as current:
        waits = {"state": "waiting", "ended_at": None, "visible_at": run.due_at, "reason": {}}
        current.execute(update(RobotRun).where(RobotRun.id == run.id).values(**waits))
    clock.go_on(hours=1)
    return run


def chain_cut(clock: Clock) -> RobotRun:
    """One robot has set off the next too often."""
    deal_id = acts.deal(of=acts.contact(vip=True), fields={"equipment_type": "special"})
    with transaction():
        deals.move(acts.locked(deal_id), company.stage("processing"), by=Actor(via="trigger", depth=DEPTH_LIMIT))
    return acts.run_of(deal_id, "vip_task")


@pytest.mark.parametrize("cut", [switched_off, settled, chain_cut])
def test_a_run_that_is_cut_ends_alone(clock: Clock, cut: Callable[[Clock], RobotRun]) -> None:
    beside = acts.deal(title="Beside")
    with transaction() as current:
        later = clock.at + timedelta(days=1)
        waits = update(RobotRun).where(RobotRun.id == acts.run_of(beside, CONTROL).id)
        current.execute(waits.values(due_at=later, visible_at=later))
    run_id, told = cut(clock).id, len(acts.told("north"))
    acts.work()
    session().expire_all()
    run = session().get_one(RobotRun, run_id)
    assert (run.state, run.reason["code"]) == ("called_off", cut.__name__)
    assert acts.run_of(beside, CONTROL).state == "waiting"
    assert len(acts.told("north")) == told
