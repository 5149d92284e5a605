"""One robot goes off at most twenty times a day on one deal; then it is silent there, and the admins are told once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from rules import chains
from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Robot
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
VIP = "vip_notification"
LIMIT = chains.FIRINGS_A_DAY


def written(times: int, deal_id: int | None = None) -> int:
    """The VIP client writes so often; each time the head is told. The deal."""
    for _ in range(times):
        deal_id = acts.inquiry()
    acts.work()
    assert deal_id is not None
    return deal_id


def states(deal_id: int) -> list[str]:
    return [each.state for each in acts.runs(deal_id, VIP)]


def test_the_twenty_first_time_it_is_silent_and_says_why(clock: Clock) -> None:
    acts.contact(vip=True)
    deal_id = written(LIMIT)
    assert (states(deal_id), acts.told("admin")) == (["fired"] * LIMIT, [])
    written(3)
    assert states(deal_id) == ["fired"] * LIMIT + ["called_off"] * 3
    assert [each.reason["code"] for each in acts.runs(deal_id, VIP)[LIMIT:]] == ["too_often"] * 3
    assert len(acts.told("north", "robot.notify")) == LIMIT
    entries = acts.journal(deal_id, "robot.held_back")
    assert [(each.entity_id, each.new["code"]) for each in entries] == [(company.robot(VIP).id, "too_often")] * 3
    (told,) = acts.told("admin", "run.too_often")
    assert (told.urgency, told.deal_id, told.run_id) == ("urgent", deal_id, None)


def test_the_next_day_of_the_firm_begins_anew(clock: Clock) -> None:
    clock.at = datetime.fromisoformat("2026-11-24T23:50+03:00")
    acts.contact(vip=True)
    deal_id = written(LIMIT + 1)
    clock.go_on(minutes=11)  # past midnight in Moscow, the same day in UTC
    written(LIMIT + 1)
    assert states(deal_id) == (["fired"] * LIMIT + ["called_off"]) * 2
    assert len(acts.told("admin", "run.too_often")) == 2


def test_other_deals_and_other_robots_are_not_counted(clock: Clock) -> None:
    acts.contact(vip=True)
    deal_id = written(LIMIT + 1)
    acts.contact("Another", "+79005550002", vip=True)
    other = acts.inquiry(name="Another", phone="+79005550002")
    clock.go_on(minutes=11)
    acts.work()
    assert states(other) == ["fired"]
    assert "fired" in [each.state for each in acts.runs(deal_id, "reaction_control")]


def test_what_would_do_nothing_is_not_held_back(clock: Clock) -> None:
    """A condition that does not hold says so, however often the robot has gone off."""
    vip = acts.contact(vip=True)
    deal_id = written(LIMIT)
    acts.mark(vip, vip=False)
    written(1)
    assert states(deal_id)[-1] == "condition_false"
    assert acts.told("admin", "run.too_often") == []


def test_a_day_is_the_firms() -> None:
    assert chains.day_began(TUESDAY, "Europe/Moscow") == datetime.fromisoformat("2026-11-24T00:00+03:00")
    late = TUESDAY + timedelta(hours=15)
    assert chains.day_began(late, "Europe/Moscow") == datetime.fromisoformat("2026-11-25T00:00+03:00")
    assert chains.day_began(late, "America/New_York") == datetime.fromisoformat("2026-11-24T00:00-05:00")


def test_what_found_its_work_done_is_no_firing(clock: Clock) -> None:
    """A task that is still open is not made again, however often the client writes: nothing to hold back."""
    session().execute(update(Robot).where(Robot.key == "vip_task").values(starts=["client_wrote"], condition=None))
    setups.changed()
    session().commit()
    deal_id = written(LIMIT + 3)
    runs = acts.runs(deal_id, "vip_task")
    assert [each.reason["code"] for each in runs] == ["task_created"] + ["task_open"] * (LIMIT + 2)
    assert acts.told("admin", "run.too_often") == []


def test_a_run_of_a_kind_that_is_gone_ends_at_once_and_says_so(clock: Clock) -> None:
    deal_id = acts.inquiry()
    (run,) = acts.runs(deal_id, "reaction_control")
    with transaction():
        acts.redefine(run, kind="telegraph")
    clock.go_on(minutes=11)
    acts.work()
    (run,) = acts.runs(deal_id, "reaction_control")
    assert (run.state, run.reason, run.attempts) == ("called_off", {"code": "kind_gone"}, 1)
    assert acts.told("admin") == []
