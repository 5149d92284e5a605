"""A run that waits again has its alarm in Redis again, whatever became of the one from before."""

from __future__ import annotations

import pytest
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer

from tests import company
from tests.conftest import Clock
from tests.servers import RedisServer
from tests.services import acts
from tests.services.test_robots import dated
from webapp.background import scheduled_jobs
from webapp.db import transaction
from webapp.models import AT_ONCE, RobotRun
from webapp.services import firing, run_retries, undo

pytestmark = [pytest.mark.usefixtures("inside")]
CONTROL = "reaction_control"


def alarms(app: Flask) -> tuple[list[str], list[str]]:
    """Of runs: those that ring now, and those that ring later."""
    queue = Queue(scheduled_jobs.QUEUE, connection=app.extensions["dozor.redis"], serializer=JSONSerializer)
    later = queue.scheduled_job_registry.get_job_ids()
    now, later = ([each for each in found if each.startswith("run-")] for found in (queue.job_ids, later))
    return now, later


def named(run: RobotRun) -> str:
    assert run.due_at is not None
    return f"run-{run.id}-{int(run.due_at.timestamp())}"


def test_a_failed_run_that_is_tried_again_rings_at_once(inside: Flask, clock: Clock, redis_server: RedisServer) -> None:
    deal_id = acts.deal()
    with transaction():
        firing.fail(acts.run_of(deal_id, CONTROL).id, "no paper")
    clock.go_on(minutes=3)
    redis_server.empty()
    with transaction():
        run_retries.retry(acts.run_of(deal_id, CONTROL).id, company.acting("admin"))
    failed, again = acts.runs(deal_id, CONTROL)
    assert (failed.state, again.state, again.due_at, again.visible_at) == ("failed", "waiting", clock.at, AT_ONCE)
    assert alarms(inside) == ([named(again)], [])


def test_a_timer_that_goes_on_after_an_undo_rings_and_one_without_a_day_goes_on_waiting_for_it(
    inside: Flask, clock: Clock, redis_server: RedisServer
) -> None:
    without_a_day = dated()
    deal_id = acts.deal()
    due = acts.run_of(deal_id, CONTROL).due_at
    acts.move(deal_id, "data_collection")
    assert {each.state for each in acts.runs(deal_id)} == {"called_off"}
    redis_server.empty()
    with transaction():
        undo.undo(acts.locked(deal_id), company.acting("rep1"))
    timer = acts.run_of(deal_id, CONTROL)
    assert (timer.state, timer.due_at, timer.visible_at) == ("waiting", due, due)
    (other,) = [each for each in acts.runs(deal_id) if each.robot_id == without_a_day]
    assert (other.state, other.due_at, other.visible_at) == ("waiting", None, None)
    assert alarms(inside) == ([], [named(timer)])
