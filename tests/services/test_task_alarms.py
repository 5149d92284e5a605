"""An alarm of a task tells whom it concerns by the time it is there, whatever was done to the task at that moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.locks import quicker
from webapp import clock as time_source
from webapp.background import outbox
from webapp.background.outbox import Claim, LeaseLost
from webapp.db import transaction
from webapp.models import Task, TaskAlarm
from webapp.services import task_alarms, tasks

pytestmark = pytest.mark.usefixtures("inside", "clock")
LATE = "task.overdue"


def overdue(clock: Clock) -> int:
    """A task of rep1, whose deadline has passed: its alarm is about to come."""
    with transaction():
        due = clock.at + timedelta(hours=1)
        task_id = tasks.create_by_hand("Call them", "", company.person("rep1"), company.acting("north"), due_at=due).id
    clock.go_on(minutes=59)
    acts.work()
    clock.go_on(minutes=2)
    return task_id


def claimed() -> Claim:
    """A worker has begun with the alarm that is due."""
    ((row_id, _),) = outbox.due("alarm", time_source.now(), 2)
    found = outbox.claim("alarm", row_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        ({"state": "in_progress"}, {"rep1": [LATE], "rep2": [], "north": [LATE]}),
        ({"assignee_id": "rep2"}, {"rep1": [], "rep2": [LATE], "north": [LATE]}),
        ({"state": "done"}, {"rep1": [], "rep2": [], "north": []}),
    ],
    ids=["begun", "given on", "done"],
)
def test_an_alarm_finds_the_task_as_whoever_was_quicker_has_left_it(
    clock: Clock, meanwhile: dict[str, Any], told: dict[str, list[str]]
) -> None:
    """Also where the task was looked at before."""
    task_id = overdue(clock)
    values = {name: company.person(each) if name == "assignee_id" else each for name, each in meanwhile.items()}
    mine = claimed()
    with quicker("task", update(Task).where(Task.id == task_id).values(**values)), transaction():
        looked_at = acts.task_of_id(task_id)
        task_alarms.fire(mine)
    assert looked_at.id == task_id
    assert {name: [each.kind for each in acts.told(name, LATE)] for name in told} == told


@pytest.mark.parametrize("taken", [{"state": "called_off"}, {"attempts": 2}, {"claimed_at": None}], ids=str)
def test_an_alarm_that_is_another_workers_by_then_tells_nobody(clock: Clock, taken: dict[str, Any]) -> None:
    overdue(clock)
    mine = claimed()
    gone = update(TaskAlarm).where(TaskAlarm.id == mine.row_id).values(**taken)
    with quicker("task", gone), pytest.raises(LeaseLost), transaction():
        task_alarms.fire(mine)
    assert acts.told("rep1", LATE) == []
