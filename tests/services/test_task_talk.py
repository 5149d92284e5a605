"""A task is talked about and given on: both sides know, nobody accepts their own work, and late work changes lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from rules.worktime import Delay
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import ImportantItem, ImportantPlace, Task, TaskComment
from webapp.services import task_comments, tasks

pytestmark = [pytest.mark.usefixtures("inside", "clock"), pytest.mark.both_databases]


def task(clock: Clock, assignee: str = "rep1") -> int:
    deal_id, boss, doer = acts.deal(), company.acting("north"), company.person(assignee)
    due = clock() + timedelta(hours=2)
    with transaction():
        held = acts.locked(deal_id)
        return tasks.create_by_hand("Call", "", doer, boss, deal=held, due_at=due, accept=True).id


def comment(task_id: int, text: str, by: str) -> TaskComment:
    acts.on_task(task_id, task_comments.write, by, text)
    return session().scalars(select(TaskComment).order_by(TaskComment.id.desc())).first()  # type: ignore[return-value]


def delegate(task_id: int, to: str, by: str) -> None:
    acts.on_task(task_id, lambda task, actor: tasks.delegate(task, company.person(to), actor), by)


def kinds(name: str) -> list[str]:
    return [each.kind for each in acts.told(name) if each.kind.startswith("task.")]


def test_both_sides_are_told_and_who_is_named(clock: Clock) -> None:
    task_id = task(clock)
    first = comment(task_id, "They ask for 5 %, @Maria Sokolova and @Oleg Voronin?", "rep1")
    assert first.told == [company.person("north"), company.person("rep2")]
    assert first.untold == [company.person("rep3")]  # of another department: the task is hidden
    second = comment(task_id, "Give them 3", "north")
    assert second.told == [company.person("rep1")]
    assert kinds("rep2") == ["task.commented"]
    assert kinds("rep1").count("task.commented") == kinds("north").count("task.commented") == 1
    assert kinds("rep3") == []
    assert acts.told("north", "task.commented")[0].facts["task.comment"].startswith("They ask")
    deal_id = session().get_one(Task, task_id).deal_id or 0
    assert [each.by_id for each in acts.journal(deal_id, "task.commented")] == [first.by_id, second.by_id]


def test_a_task_is_given_on_and_the_new_doer_does_it(clock: Clock) -> None:
    task_id = task(clock)
    delegate(task_id, "rep2", by="rep1")
    assert acts.task_of_id(task_id).assignee_id == company.person("rep2")
    assert kinds("rep2") == ["task.handed_over"]
    assert kinds("rep1") == ["task.created"]  # who gave it on knows
    delegate(task_id, "rep1", by="north")
    assert kinds("rep2") == ["task.handed_over", "task.given_on"]
    with pytest.raises(Refused) as raised:
        acts.on_task(task_id, tasks.submit, "rep2", "Done")
    assert raised.value.reason == "not_yours"


NOT_GIVEN = (
    ("rep3", "rep1", "not_in_department"),
    ("rep1", "rep1", "has_it_already"),
    ("rep2", "rep2", "not_yours"),
    ("rep2", "rep3", "not_yours"),
)


def test_not_by_anybody_nor_to_anybody(clock: Clock) -> None:
    task_id = task(clock)
    for to, by, why in NOT_GIVEN:
        assert refused(partial(delegate, task_id, to, by), "to") == why, (to, by)
        assert acts.task_of_id(task_id).assignee_id == company.person("rep1")


def refused(act: Callable[[], object], field: str) -> str:
    """Why: beside the field, else of all."""
    with pytest.raises(Refused) as raised:
        act()
    session().rollback()
    problem = raised.value.problems.get(field)
    return str(problem["code"] if problem else raised.value.reason)


def test_work_that_its_acceptor_is_given_somebody_else_accepts(clock: Clock) -> None:
    task_id = task(clock)
    delegate(task_id, "north", by="north")
    found = acts.task_of_id(task_id)
    assert found.assignee_id == company.person("north")
    assert found.acceptor_id not in (None, found.assignee_id)


def test_late_work_goes_to_the_list_of_whoever_does_it_now(clock: Clock) -> None:
    task_id = task(clock)
    clock.go_on(hours=3)
    acts.work()
    assert lists(task_id) == {company.person("rep1"), company.person("north")}
    delegate(task_id, "rep2", by="north")
    assert lists(task_id) == {company.person("rep2"), company.person("north")}
    ended = session().scalars(select(ImportantItem).where(ImportantItem.ended_at.is_not(None))).all()
    assert {each.reason["code"] for each in ended if each.reason} == {"task_handed_over"}


def remind(task_id: int, ahead: Delay, by: str = "rep1") -> None:
    acts.on_task(task_id, lambda held, actor: tasks.remind(held, ahead, actor), by)


NOT_SAID = (
    (Delay(1, "days"), "rep1", "in_the_past"),
    (Delay(0, "hours"), "rep1", "bad_amount"),
    (Delay(10**9, "minutes"), "rep1", "bad_amount"),
    (Delay(1, "hours"), "rep2", "not_yours"),
)


def test_a_reminder_is_chosen_by_hand_and_comes_once(clock: Clock) -> None:
    """Three tasks that are due in two hours, each with a warning of its own."""
    first, second, third = (task(clock) for _ in range(3))
    for ahead, by, why in NOT_SAID:
        assert refused(partial(remind, first, ahead, by), "remind") == why, ahead
    remind(first, Delay(15, "minutes"))
    remind(second, Delay(1, "hours"))
    remind(second, Delay(90, "minutes"), by="north")  # the later word counts
    remind(third, Delay(1, "working_hours"))
    for minutes, many in ((29, 0), (1, 1), (29, 1), (1, 2), (44, 2), (1, 3), (5, 3)):
        clock.go_on(minutes=minutes)
        acts.work()
        assert kinds("rep1").count("task.deadline_coming") == many
    (entry,) = acts.journal(acts.task_of_id(first).deal_id or 0, "task.reminder_set")
    assert entry.new == {"amount": 15, "unit": "minutes"}


def lists(task_id: int) -> set[int]:
    """In whose lists it stands as late."""
    live = select(ImportantItem.id).where(ImportantItem.task_id == task_id, ImportantItem.ended_at.is_(None))
    return set(session().scalars(select(ImportantPlace.user_id).where(ImportantPlace.item_id.in_(live))))
