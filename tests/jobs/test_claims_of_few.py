"""What is due is claimed a few at a time: nobody does a row twice, and what happens to one costs the others nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import update

from jobs import runner
from tests.conftest import Clock
from tests.services import acts
from webapp.background import outbox
from webapp.db import db, session
from webapp.models import RobotRun
from webapp.services import firing

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


@pytest.fixture
def run_ids(clock: Clock) -> list[int]:
    """Reaction controls of as many deals, due now, in the order in which they are done."""
    found = [acts.run_of(acts.deal(title=str(n)), "reaction_control").id for n in range(5)]
    acts.work()
    clock.go_on(minutes=10)
    return found


def row(run_id: int) -> RobotRun:
    return session().get_one(RobotRun, run_id, populate_existing=True)


def attempts(run_ids: list[int]) -> list[int]:
    session().rollback()
    return [row(each).attempts for each in run_ids]


def test_two_that_claim_the_same_at_once_share_it(app: Flask, run_ids: list[int]) -> None:
    claims = acts.at_the_same_moment(app, *[lambda: outbox.claim_new("run", run_ids)] * 4)
    assert sorted(each.row_id for some in claims for each in some) == run_ids
    assert attempts(run_ids) == [1] * 5


def test_only_what_is_due_and_new_is_claimed_with_others(clock: Clock, run_ids: list[int]) -> None:
    later = acts.run_of(acts.deal(), "reaction_control").id
    assert outbox.claim("run", run_ids[0]) is not None
    clock.go_on(seconds=60)
    found = outbox.claim_new("run", [*run_ids, later])
    assert sorted(each.row_id for each in found) == run_ids[1:]
    assert {each.attempt for each in found} == {1}
    assert outbox.claim_new("run", []) == []


def test_what_its_worker_died_over_comes_again_alone(clock: Clock, run_ids: list[int]) -> None:
    """Whichever of them has killed it."""
    assert len(outbox.claim_new("run", run_ids)) == 5
    assert runner.drain() == 0
    clock.go_on(seconds=60)
    dies = run_ids[0]
    for _ in range(3):
        assert outbox.claim_new("run", run_ids) == []
        assert outbox.claim("run", dies) is not None
        clock.go_on(seconds=60)
    assert attempts(run_ids) == [4, 1, 1, 1, 1]
    acts.work()
    assert {row(each).state for each in run_ids} == {"fired"}
    assert len(acts.told("north")) == 5


def test_a_worker_that_comes_late_with_some_of_its_few_does_nothing_more(clock: Clock, run_ids: list[int]) -> None:
    first, *rest = outbox.claim_new("run", run_ids)
    assert runner.finish(first)
    clock.go_on(seconds=60)
    acts.work()
    for each in rest:
        runner.finish(each)
    assert len(acts.told("north")) == 5


@pytest.mark.complains("failed, attempt")
def test_when_one_takes_too_long_the_others_of_its_few_are_due_at_once(
    clock: Clock, run_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    control, hung = firing.EFFECTS["control"], []

    def hang_once(run: RobotRun, *more: Any) -> Any:
        if run.id == run_ids[1] and not hung:
            hung.append(run.id)
            raise JobTimeoutException("120 s")
        return control(run, *more)

    monkeypatch.setitem(firing.EFFECTS, "control", hang_once)
    with pytest.raises(JobTimeoutException):
        runner.drain()
    assert [row(each).state for each in run_ids] == ["fired", "waiting", "waiting", "waiting", "waiting"]
    acts.work()
    assert [row(each).state for each in run_ids] == ["fired", "waiting", "fired", "fired", "fired"]
    clock.go_on(seconds=10)
    acts.work()
    assert row(run_ids[1]).state == "fired"
    assert len(acts.told("north")) == 5


def test_an_alarm_of_what_is_done_already_does_not_wait_for_who_writes(run_ids: list[int]) -> None:
    runner.run("run", run_ids[0])
    assert {row(each).state for each in run_ids} == {"fired"}
    session().rollback()
    with db.engine.connect() as other, other.begin():
        other.execute(update(RobotRun).values(attempts=RobotRun.attempts))
        runner.run("run", run_ids[0])
