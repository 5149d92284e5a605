"""Rows that outlive the request: one lease at a time, a fence behind it, never early, never again after the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import runner
from jobs.registry import WORK
from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from webapp.background import future_instants, outbox
from webapp.db import session, transaction
from webapp.models import AT_ONCE, RobotRun
from webapp.services import deals

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


@pytest.fixture
def run_id(clock: Clock) -> int:
    """A reaction control that is due now."""
    deal_id = acts.deal()
    clock.go_on(minutes=10)
    return acts.run_of(deal_id, "reaction_control").id


def row(run_id: int) -> RobotRun:
    return session().get_one(RobotRun, run_id, populate_existing=True)


def finish(mine: outbox.Claim | None) -> None:
    assert mine is not None
    with transaction():
        WORK["run"].do(mine)


def test_every_kind_of_work_has_somebody_to_do_it() -> None:
    assert set(outbox.WORK_MODELS) == set(WORK)


def test_nothing_is_claimed_before_it_is_due(clock: Clock) -> None:
    deal_id = acts.deal()
    run = acts.run_of(deal_id, "reaction_control")
    clock.go_on(minutes=9, seconds=59)
    assert outbox.claim("run", run.id) is None
    assert row(run.id).attempts == 0
    clock.go_on(seconds=1)
    assert outbox.claim("run", run.id) is not None


def test_of_many_workers_one_gets_the_claim(app: Flask, run_id: int) -> None:
    claims = acts.at_the_same_moment(app, *[lambda: outbox.claim("run", run_id)] * 6)
    assert [each for each in claims if each is not None] == [outbox.Claim("run", run_id, 1)]


def test_many_workers_at_one_row_do_it_once(app: Flask, run_id: int) -> None:
    done = acts.at_the_same_moment(app, *[lambda: runner.do("run", run_id)] * 6)
    assert sorted(done) == [False] * 5 + [True]
    assert len(acts.told("north")) == 1


def test_a_lease_that_ran_out_is_taken_by_another_and_the_first_finishes_nothing(clock: Clock, run_id: int) -> None:
    first = outbox.claim("run", run_id)
    assert outbox.claim("run", run_id) is None
    clock.go_on(seconds=60)
    second = outbox.claim("run", run_id)
    assert (first, second) == (outbox.Claim("run", run_id, 1), outbox.Claim("run", run_id, 2))
    finish(first)
    assert (row(run_id).state, acts.told("north")) == ("waiting", [])
    finish(second)
    assert (row(run_id).state, len(acts.told("north"))) == ("fired", 1)
    finish(first)
    assert len(acts.told("north")) == 1


def test_the_fence_holds_in_the_last_moment(clock: Clock, run_id: int) -> None:
    """The lease is lost between looking and finishing: whatever was written goes."""
    stale = outbox.claim("run", run_id)
    assert stale is not None
    clock.go_on(seconds=60)
    assert outbox.claim("run", run_id) is not None
    with transaction():
        assert not outbox.finish(stale, "fired")
    alarm = outbox.Claim("alarm", _an_alarm(), 7)
    with pytest.raises(outbox.LeaseLost):
        finish_alarm(alarm)


def _an_alarm() -> int:
    task_id = acts.vip_task()
    found = select(outbox.WORK_MODELS["alarm"].id).where(outbox.WORK_MODELS["alarm"].task_id == task_id)
    return session().scalars(found.order_by(outbox.WORK_MODELS["alarm"].id.desc())).first() or 0  # that it is late


def finish_alarm(mine: outbox.Claim) -> None:
    with transaction():
        WORK["alarm"].do(mine)


def test_what_was_called_off_never_fires(clock: Clock, run_id: int) -> None:
    mine = outbox.claim("run", run_id)
    acts.move(row(run_id).deal_id, "data_collection")
    finish(mine)
    clock.go_on(hours=1)
    acts.work()
    assert row(run_id).state == "called_off"
    assert acts.told("north") == []


def test_a_move_and_a_firing_at_the_same_moment_give_one_outcome(app: Flask, clock: Clock) -> None:
    for n in range(4):
        deal_id = acts.deal(title=str(n))
        clock.go_on(minutes=10)
        run_id = acts.run_of(deal_id, "reaction_control").id
        acts.at_the_same_moment(
            app,
            lambda: runner.do("run", run_id),  # noqa: B023
            lambda: acts.move(deal_id, "data_collection"),  # noqa: B023
        )
        told = [each for each in acts.told("north") if each.run_id == run_id]
        assert (row(run_id).state, len(told)) in (("fired", 1), ("called_off", 0))


def test_after_a_failure_it_comes_again_with_growing_gaps(clock: Clock, run_id: int) -> None:
    gaps = []
    for _ in range(outbox.MAX_ATTEMPTS - 1):
        mine = outbox.claim("run", run_id)
        assert mine is not None
        assert outbox.retry_later(mine, "it broke")
        visible_at = row(run_id).visible_at
        assert visible_at is not None
        gaps.append((visible_at - clock.at).total_seconds())
        assert outbox.claim("run", run_id) is None
        clock.at = visible_at
    assert gaps == sorted(gaps)
    assert gaps[0] < 5 < 60 < gaps[-1]
    last = outbox.claim("run", run_id)
    assert last is not None
    assert not outbox.retry_later(last, "it broke")


def test_who_lost_the_lease_puts_nothing_off(clock: Clock, run_id: int) -> None:
    stale = outbox.claim("run", run_id)
    assert stale is not None
    clock.go_on(seconds=60)
    outbox.claim("run", run_id)
    held_until = row(run_id).visible_at
    outbox.retry_later(stale, "it broke")
    assert (row(run_id).visible_at, row(run_id).error) == (held_until, None)


def test_a_lease_that_a_clock_set_back_left_in_the_future_is_healed(clock: Clock) -> None:
    waits = acts.run_of(acts.deal(), "reaction_control").id
    clock.go_on(minutes=10)
    assert outbox.claim("run", waits) is not None
    assert future_instants.mend() == 0
    clock.at = TUESDAY - timedelta(hours=1)
    assert future_instants.mend() == 1
    assert outbox.claim("run", waits) is None  # by this clock its time has not come
    clock.at = TUESDAY + timedelta(minutes=10)
    runner.drain()
    assert row(waits).state == "fired"


def test_what_is_to_be_done_at_once_is_done_also_when_the_clock_was_set_back(clock: Clock) -> None:
    acts.contact(vip=True)
    deal_id = acts.inquiry()
    run = acts.run_of(deal_id, "vip_notification")
    assert run.visible_at == AT_ONCE
    mine = outbox.claim("run", run.id)
    clock.go_on(hours=-1)
    assert future_instants.mend() == 1
    finish(mine)  # whose row was shown to others meanwhile
    assert acts.told("north", "robot.notify") == []
    runner.drain()
    assert len(acts.told("north", "robot.notify")) == 1


def test_an_alarm_claimed_by_a_clock_that_was_set_back_waits_for_its_time(clock: Clock) -> None:
    """As a robot's run does: its row was shown to others again, and by this clock it is not due."""
    alarm = _an_alarm()
    clock.go_on(days=4)
    mine = outbox.claim("alarm", alarm)
    assert mine is not None
    clock.at = TUESDAY
    assert future_instants.mend() == 1
    with pytest.raises(outbox.LeaseLost):
        finish_alarm(mine)
    assert acts.told("rep1", "task.overdue") == []
    clock.go_on(days=4)
    runner.drain()
    assert len(acts.told("rep1", "task.overdue")) == 1


def test_an_exhausted_row_is_found_when_its_last_lease_ran_out(clock: Clock, run_id: int) -> None:
    with transaction():
        row(run_id).attempts = outbox.MAX_ATTEMPTS - 1
    assert outbox.claim("run", run_id) is not None
    assert outbox.exhausted("run", clock.at) == []
    clock.go_on(seconds=60)
    assert outbox.claim("run", run_id) is None
    assert outbox.exhausted("run", clock.at) == [run_id]
    assert run_id not in [each.row_id for each in outbox.due("run", clock.at, 10)]


def test_what_is_due_comes_oldest_first(clock: Clock) -> None:
    ids = []
    for _ in range(3):
        ids.append(acts.run_of(acts.deal(), "reaction_control").id)
        clock.go_on(minutes=1)
    clock.go_on(minutes=10)
    found = [each.row_id for each in outbox.due("run", clock.at, 100) if each.row_id in ids]
    assert found == ids
    assert [each.row_id for each in outbox.due("run", clock.at, 2)] == [
        each.row_id for each in outbox.due("run", clock.at, 100)
    ][:2]


def test_a_deleted_deals_rows_are_over(clock: Clock, run_id: int) -> None:
    with transaction():
        deals.delete(acts.locked(row(run_id).deal_id), company.acting("rep1"))
    assert outbox.claim("run", run_id) is None
    assert row(run_id).reason["code"] == "deleted"
