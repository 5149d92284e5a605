"""Claim, do, finish: bursts, failures, and what happens when attempts are used up."""

from __future__ import annotations

import itertools
import math

import pytest
from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import func, select

from jobs import runner
from rules.chains import FIRINGS_A_DAY
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.background import outbox
from webapp.db import session, transaction
from webapp.models import Deal, Notification, RobotRun, TaskAlarm
from webapp.services import firing

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def states() -> dict[str, int]:
    counted = session().execute(select(RobotRun.state, func.count()).group_by(RobotRun.state))
    return {row[0]: row[1] for row in counted}


def many_due(clock: Clock, count: int) -> None:
    """So many reaction controls due at one moment, on one deal no more than a robot may."""
    found = [acts.run_of(acts.deal(), "reaction_control") for _ in range(math.ceil(count / FIRINGS_A_DAY))]
    acts.work()
    with transaction() as current:
        current.add_all(
            RobotRun(
                key=f"burst-{n}",
                robot_id=run.robot_id,
                deal_id=run.deal_id,
                visit_id=run.visit_id,
                definition_id=run.definition_id,
                base_at=run.base_at,
                due_at=run.due_at,
                visible_at=run.visible_at,
                created_at=clock.at,
            )
            for n, run in zip(range(count - len(found)), itertools.cycle(found), strict=False)
        )
    clock.go_on(minutes=10)


def broken(clock: Clock) -> int:
    """A run that cannot be done: its frozen settings have lost their text."""
    run = acts.run_of(acts.deal(), "reaction_control")
    with transaction():
        acts.redefine(run, settings={"to": "head"})
    clock.go_on(minutes=10)
    return run.id


def row(run_id: int) -> RobotRun:
    return session().get_one(RobotRun, run_id, populate_existing=True)


def test_a_burst_is_drained_in_a_few_rounds_each_told_once(clock: Clock) -> None:
    many_due(clock, 300)
    rounds = 0
    while runner.drain():
        rounds += 1
    assert rounds == 3
    assert states()["fired"] == 300
    assert [each.seq for each in acts.told("north")] == list(range(1, 301))


def test_two_workers_draining_at_once_do_each_row_once(app: Flask, clock: Clock) -> None:
    many_due(clock, 40)
    acts.at_the_same_moment(app, *[lambda: runner.drain()] * 3)
    acts.work()
    assert states()["fired"] == 40
    assert [each.seq for each in acts.told("north")] == list(range(1, 41))


def test_draining_with_nothing_due_does_nothing(clock: Clock) -> None:
    acts.deal()
    acts.work()
    assert runner.drain() == 0
    assert runner.do("run", 10_000) is False


@pytest.mark.complains("failed, attempt")
def test_a_run_that_fails_writes_nothing_and_comes_again(clock: Clock) -> None:
    run_id = broken(clock)
    assert runner.do("run", run_id) is False
    run = row(run_id)
    assert (run.state, run.attempts) == ("waiting", 1)
    assert run.error is not None
    assert "KeyError" in run.error
    assert acts.told("north") == []
    with transaction():
        acts.redefine(run, settings={"to": "head", "text": {"en": "Mended"}})
    clock.go_on(seconds=2)
    assert runner.do("run", run_id) is True
    assert (row(run_id).state, len(acts.told("north"))) == ("fired", 1)


@pytest.mark.complains("failed, attempt")
@pytest.mark.complains("gave up")
def test_when_attempts_are_used_up_it_has_failed_and_the_admins_are_told_once(clock: Clock) -> None:
    run_id = broken(clock)
    for _ in range(outbox.MAX_ATTEMPTS + 3):
        acts.work()
        clock.go_on(minutes=10)
    run = row(run_id)
    assert (run.state, run.reason) == ("failed", {"code": "failed", "attempts": outbox.MAX_ATTEMPTS})
    (told,) = acts.told("admin")
    assert (told.kind, told.urgency, told.run_id) == ("run.failed", "urgent", run_id)
    assert told.facts["robot.name"]["text"]["en"] == "Reaction control"
    runner.give_up("run", run_id, "again")
    assert len(acts.told("admin")) == 1


@pytest.mark.complains("gave up")
def test_giving_up_never_overwrites_an_outcome(app: Flask, clock: Clock) -> None:
    for n in range(4):
        deal_id = acts.deal(title=str(n))
        run_id = acts.run_of(deal_id, "reaction_control").id
        clock.go_on(minutes=10)
        acts.at_the_same_moment(
            app,
            lambda: runner.do("run", run_id),  # noqa: B023
            lambda: runner.give_up("run", run_id, "lease ended"),  # noqa: B023
        )
        told = session().scalars(select(Notification.kind).where(Notification.run_id == run_id)).all()
        assert (row(run_id).state, told) in (("fired", ["robot.control"]), ("failed", ["run.failed"]))


@pytest.mark.complains("gave up")
def test_an_alarm_that_fails_for_good_is_silenced(clock: Clock) -> None:
    acts.vip_task()
    alarm_id = session().scalars(select(TaskAlarm.id).order_by(TaskAlarm.id)).first()
    assert alarm_id is not None
    runner.give_up("alarm", alarm_id, "it broke")
    assert session().get_one(TaskAlarm, alarm_id).state == "failed"


@pytest.mark.complains("failed, attempt")
def test_a_bad_run_holds_up_no_other(clock: Clock) -> None:
    broken(clock)
    acts.deal(title="good")
    clock.go_on(minutes=10)
    acts.work()
    assert [each.facts["deal.title"] for each in acts.told("north")] == ["good"]


def test_what_a_run_does_is_done_by_the_next_round_too(clock: Clock) -> None:
    """A task made by a run has alarms; they are in the same rows, and nothing is left behind."""
    deal_id = acts.deal(of=acts.contact(vip=True))
    acts.move(deal_id, "processing", raw={"deal": {"equipment_type": "special"}})
    acts.work()
    clock.go_on(days=5)
    acts.work()
    left = session().scalars(select(TaskAlarm.state)).all()
    assert left == ["called_off", "fired"], "what was coming has passed, and that is said"
    assert session().get_one(Deal, deal_id).responsible_id == company.person("rep1")


@pytest.mark.complains("failed, attempt")
@pytest.mark.complains("gave up")
def test_a_run_that_takes_too_long_counts_as_failed_and_ends_the_job(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RQ interrupts it: the row comes again after its gap with the error kept; nothing is begun that nobody ends."""

    def hang(*_: object) -> None:
        raise JobTimeoutException("120 s")

    monkeypatch.setitem(firing.EFFECTS, "control", hang)
    run_id = acts.run_of(acts.deal(), "reaction_control").id
    for attempt in range(1, outbox.MAX_ATTEMPTS + 1):
        clock.go_on(minutes=15)
        with pytest.raises(JobTimeoutException):
            runner.drain()
        assert row(run_id).attempts == attempt
    assert row(run_id).state == "failed"
    assert len(acts.told("admin", "run.failed")) == 1
