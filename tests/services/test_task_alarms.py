"""An alarm of a task tells whom it concerns by the time it is there, whatever was done to the task at that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from jobs import runner
from rules.worktime import Delay
from tests import company
from tests.conftest import Clock
from tests.faults.items import late_work_stands
from tests.services import acts
from tests.services.locks import quicker
from tests.services.test_important import have
from tests.services.test_important import overdue as work_is_late
from tests.standing_still import Standstill
from webapp import clock as time_source
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.background.outbox import Claim, LeaseLost
from webapp.db import session, transaction
from webapp.models import Deal, ImportantItem, Task, TaskAlarm
from webapp.services import important_causes, next_steps, task_alarms, tasks

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
    (due,) = outbox.due("alarm", time_source.now(), 2)
    found = outbox.claim("alarm", due.row_id)
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


COMING = "task.deadline_coming"


def told(name: str) -> list[str]:
    return [each.kind for each in acts.told(name) if each.kind in (COMING, LATE)]


@pytest.mark.both_databases
def test_wherever_a_worker_stands_still_no_deadline_is_coming_that_has_passed(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The alarm that went off told somebody, and the one that did not told nobody; no attempt is called a failure."""
    said = {}
    for looks in range(1, 50):
        due = clock.at + timedelta(hours=1)
        with transaction():
            by = company.acting("north")
            task_id = tasks.create_by_hand("Call them", "", company.person("rep1"), by, due_at=due).id
        (coming, *_) = session().scalars(select(TaskAlarm).where(TaskAlarm.task_id == task_id).order_by(TaskAlarm.id))
        clock.at = due - timedelta(seconds=1)
        stopped = Standstill(clock, looks, due + timedelta(seconds=1))
        with time_source.running_on(stopped):
            runner.do("alarm", coming.id)
        clock.at = due + timedelta(hours=1)
        alarm = session().get_one(TaskAlarm, coming.id, populate_existing=True)
        notices = [each for each in acts.told("rep1", COMING) if each.task_id == task_id]
        said[looks] = len(notices)
        assert (alarm.state, len(notices)) in {("fired", 1), ("called_off", 0)}
        assert [each for each in notices if each.created_at >= due] == []
        if stopped.looked < looks:
            break
    assert list(said.values()) == sorted(said.values()), "the later it stops, the more was said before"
    assert (said[1], said[looks]) == (0, 1)
    assert [each.message for each in caplog.records if each.levelname != "INFO"] == []


def stepped(clock: Clock, hours: int = 2) -> int:
    """A deal of rep1 with a next step, agreed by their head."""
    deal_id = acts.deal(waits=False)
    with transaction():
        draft = next_steps.StepDraft("Call", clock() + timedelta(hours=hours))
        next_steps.agree(acts.locked(deal_id), draft, company.acting("north"))
    return deal_id


def on_step(deal_id: int, act: Callable[[Deal, Actor], object], by: str = "rep1") -> None:
    with transaction():
        act(acts.locked(deal_id), company.acting(by))
    acts.work()


def put_off(deal: Deal, by: Actor) -> None:
    next_steps.agree(deal, next_steps.StepDraft("Call", time_source.now() + timedelta(days=1)), by)


def stands() -> dict[str, list[str]]:
    """The late work that stands, and in whose lists."""
    live = select(ImportantItem).where(ImportantItem.kind == "overdue", ImportantItem.ended_at.is_(None))
    found = session().scalars(live.order_by(ImportantItem.id).execution_options(populate_existing=True))
    return {"own" if important_causes.is_own(each) else "boss": have(each) for each in found}


@pytest.mark.both_databases
def test_late_work_that_is_returned_stands_in_the_same_lists_again_and_nobody_is_told_twice(clock: Clock) -> None:
    deal_id = work_is_late(clock)
    task_id = acts.task_of(deal_id).id
    was, heard = stands(), (told("rep1"), told("north"))
    assert was == {"own": ["rep1"], "boss": ["north"]}
    for _ in range(2):
        acts.submit(task_id)
        assert stands() == {}
        clock.go_on(hours=1)
        acts.on_task(task_id, tasks.send_back, "north", "Call them")
        acts.work()
        assert stands() == was
    clock.go_on(days=3)
    acts.work()
    assert (told("rep1"), told("north")) == heard
    assert late_work_stands() == []


def test_work_that_is_returned_in_time_or_late_for_the_first_time_stands_once(clock: Clock) -> None:
    deal_id = acts.deal(of=acts.contact(vip=True), waits=False)
    task_id = acts.vip_task(deal_id)
    acts.submit(task_id)
    acts.on_task(task_id, tasks.send_back, "north", "Call them")
    acts.work()
    assert stands() == {}
    acts.submit(task_id)
    clock.go_on(days=4)
    acts.on_task(task_id, tasks.send_back, "north", "Call them")
    acts.work()
    assert stands() == {"own": ["rep1"], "boss": ["north"]}
    assert told("rep1").count(LATE) == 1
    assert set(session().scalars(select(ImportantItem.times).where(ImportantItem.kind == "overdue"))) == {1}


@pytest.mark.both_databases
def test_a_late_step_that_goes_along_with_its_deal_is_not_said_to_come(clock: Clock) -> None:
    """The new one is told that it is late; whoever wants it knows, and the old one is not told again."""
    deal_id = stepped(clock)
    clock.go_on(days=2)
    acts.work()
    assert stands() == {"own": ["rep1"], "boss": ["north"]}
    heard = told("rep1"), told("north")
    acts.edit(deal_id, by="head", responsible_id=company.person("rep2"))
    acts.work()
    assert told("rep2") == [LATE]
    assert stands() == {"own": ["rep2"], "boss": ["north"]}
    acts.edit(deal_id, by="head", responsible_id=company.person("rep1"))
    acts.work()
    assert stands() == {"own": ["rep1"], "boss": ["north"]}
    assert (told("rep1"), told("north"), told("rep2")) == (*heard, [LATE])


@pytest.mark.parametrize("act", [put_off, next_steps.finish, next_steps.cancel])
def test_a_late_step_that_is_ended_or_put_off_and_taken_back_stands_again_untold(
    clock: Clock, act: Callable[[Deal, Actor], object]
) -> None:
    deal_id = stepped(clock)
    clock.go_on(hours=1, minutes=40)
    acts.work()
    assert told("rep1") == [COMING]
    clock.go_on(minutes=30)
    acts.work()
    assert told("rep1") == [COMING, LATE]
    on_step(deal_id, act)
    assert stands() == {}
    clock.go_on(seconds=4)
    on_step(deal_id, next_steps.take_back)
    assert stands() == {"own": ["rep1"], "boss": ["north"]}
    assert (told("rep1"), told("north")) == ([COMING, LATE], [LATE])


def test_what_was_said_to_come_is_said_again_only_of_another_deadline_or_when_asked_for(clock: Clock) -> None:
    deal_id = stepped(clock)
    clock.go_on(hours=1, minutes=40)
    acts.work()
    on_step(deal_id, put_off)
    on_step(deal_id, next_steps.take_back)
    assert told("rep1") == [COMING]
    acts.on_task(acts.task_of(deal_id).id, tasks.remind, "rep1", Delay(10, "minutes"))  # type: ignore[arg-type]
    clock.go_on(minutes=11)
    acts.work()
    assert told("rep1") == [COMING, COMING], "they have asked for it"
    on_step(deal_id, put_off)
    clock.go_on(hours=23, minutes=45)
    acts.work()
    assert told("rep1") == [COMING, COMING, COMING]


def test_a_reminder_that_comes_after_its_deadline_is_none(clock: Clock) -> None:
    """Nobody worked for hours."""
    stepped(clock)
    clock.go_on(hours=3)
    acts.work()
    assert told("rep1") == [LATE]
