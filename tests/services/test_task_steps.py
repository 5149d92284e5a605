"""What each step of a task leaves behind besides its state: a version of its own; and, of a deal's next step, that the
deal has none any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from rules.worktime import Delay
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_robots import new_robot, only_run_of, runs_of
from webapp import clock as time_source
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import Task
from webapp.services import next_steps, tasks

pytestmark = [pytest.mark.usefixtures("inside", "clock")]
Verb = Callable[[Task, Actor], Any]


def given_to(name: str) -> Verb:
    return lambda task, by: tasks.hand_over(task, company.person(name), by)


def accepted_by(name: str) -> Verb:
    return lambda task, by: tasks.hand_over_acceptance(task, company.person(name), by, besides=None)


STEPS: dict[str, list[tuple[Verb, str]]] = {
    "begun, handed in, sent back, handed in again, accepted": [
        (tasks.start, "rep1"),
        (lambda task, by: tasks.submit(task, "Done", by), "rep1"),
        (lambda task, by: tasks.send_back(task, "Call them", by), "north"),
        (lambda task, by: tasks.submit(task, "Called", by), "rep1"),
        (tasks.accept, "north"),
    ],
    "given on, by hand and with a deal, and cancelled": [
        (lambda task, by: tasks.delegate(task, company.person("rep2"), by), "north"),
        (given_to("rep1"), "north"),
        (accepted_by("head"), "admin"),
        (lambda task, by: tasks.remind(task, Delay(1, "hours"), by), "rep1"),
        (tasks.cancel, "head"),
    ],
}


@pytest.mark.parametrize("steps", STEPS)
def test_each_step_of_a_task_is_one_version_of_it(clock: Clock, steps: str) -> None:
    due = time_source.now() + timedelta(days=2)
    with transaction():
        made = tasks.create_by_hand(
            "Call", "", company.person("rep1"), company.acting("north"), due_at=due, accept=True
        )
        task_id = made.id
    seen = [acts.task_of_id(task_id).version]
    for verb, by in STEPS[steps]:
        acts.on_task(task_id, verb, by)
        seen.append(acts.task_of_id(task_id).version)
    assert seen == list(range(1, len(STEPS[steps]) + 2))


def agreed(deal_id: int) -> int:
    with transaction():
        draft = next_steps.StepDraft("Call them", time_source.now() + timedelta(days=2))
        return next_steps.agree(acts.locked(deal_id), draft, company.acting("rep1")).id


ENDS: dict[str, Callable[[int], None]] = {
    "its doer hands it in": lambda step_id: acts.submit(step_id),
    "whoever wanted it cancels it": lambda step_id: acts.on_task(step_id, tasks.cancel, "rep1"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_next_step_that_ends_as_any_task_is_one_that_robots_wait_for_no_more(clock: Clock, end: str) -> None:
    """Those counted from its day have none, and those that want a deal without a step get their turn."""
    before = {"before_field": {"entity": "deal", "field": "next_step_at", "amount": 1, "unit": "hours"}}
    none = {"all": [{"entity": "deal", "field": "has_next_step", "operator": "eq", "value": False}]}
    reminds, asks = (
        new_robot("data_collection", timing=before),
        new_robot("data_collection", condition=none, also_later=True),
    )
    deal_id = acts.deal()
    step_id = agreed(deal_id)
    acts.move(deal_id, "data_collection")
    acts.work()
    assert only_run_of(reminds).due_at == time_source.now() + timedelta(days=2, hours=-1)
    assert [each.state for each in runs_of(asks)] == ["condition_false"]
    ENDS[end](step_id)
    acts.work()
    assert (only_run_of(reminds).state, only_run_of(reminds).due_at) == ("waiting", None)
    assert [each.state for each in runs_of(asks)] == ["condition_false", "fired"]
    session().rollback()
