"""Late work of no deal is private to its sides until it climbs: whoever is asked to take it can open it, as long as it
stands before them, and whoever has decided something about it goes on reading it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import TUESDAY, Browser, Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import ImportantItem, ImportantPlace, Task
from webapp.queries import tasks as query
from webapp.services import important, tasks

SignIn = Callable[[str], Browser]


def given() -> int:
    with transaction():
        rep = company.person("rep1")
        return tasks.create_by_hand("A draft", "", rep, company.acting("north"), working_days=1).id


def sees(who: Browser, task_id: int) -> tuple[int, bool]:
    """The door, and the list."""
    return who.get(f"/tasks/{task_id}").status_code, f'data-task="{task_id}"' in who.get("/tasks?list=all").text


def before(task_id: int) -> set[str]:
    told = select(ImportantPlace.user_id).join(ImportantItem, ImportantItem.id == ImportantPlace.item_id)
    lives = ImportantItem.task_id == task_id, ImportantItem.ended_at.is_(None), ImportantPlace.is_live
    people = set(session().scalars(told.where(*lives)))
    return {name for name in company.PEOPLE if company.person(name) in people}


@pytest.mark.both_databases
def test_whoever_late_work_climbs_to_can_open_it(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    boss, other = sign_in("head"), sign_in("rep3")
    with app.app_context():
        task_id = given()
    assert (sees(boss, task_id), sees(other, task_id)) == ((404, False), (404, False))
    with app.app_context():
        for _ in range(12):
            clock.go_on(hours=4)
            acts.work()
        assert "head" in before(task_id)
        assert query.one(company.acting("head").scope, session().get_one(Task, task_id)).may == frozenset()
    assert (sees(boss, task_id), sees(other, task_id)) == ((200, True), (404, False))
    with app.app_context(), transaction():
        tasks.submit(session().get_one(Task, task_id, with_for_update=True), "", company.acting("rep1"))
    assert sees(boss, task_id) == (404, False)


def test_whoever_it_is_handed_on_to_can_open_it(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    boss = sign_in("head")
    with app.app_context():
        task_id = given()
        clock.go_on(days=3)
        acts.work()
        mine = ImportantPlace.user_id == company.person("north"), ImportantItem.task_id == task_id
        place = select(ImportantPlace.item_id).join(ImportantItem, ImportantItem.id == ImportantPlace.item_id)
        item_id = session().scalars(place.where(*mine)).one()
        with transaction():
            item = session().get_one(ImportantItem, item_id, with_for_update=True)
            important.hand_on(item, company.person("head"), company.acting("north"))
    assert boss.get(f"/tasks/{task_id}").status_code == 200


def climbed(clock: Clock) -> tuple[int, int]:
    """Late work of no deal, and its item, which has come up to head."""
    task_id = given()
    for _ in range(12):
        clock.go_on(hours=4)
        acts.work()
    places = select(ImportantItem.id).join(ImportantPlace, ImportantPlace.item_id == ImportantItem.id)
    heads = ImportantItem.task_id == task_id, ImportantPlace.user_id == company.person("head")
    item_id = session().scalars(places.where(*heads)).one()
    assert {"north", "head"} <= before(task_id)
    return task_id, item_id


def on_item(item_id: int, verb: Callable[..., None], by: str, *more: object) -> None:
    with transaction():
        verb(session().get_one(ImportantItem, item_id, with_for_update=True), *more, company.acting(by))


def take_and_wait(task_id: int, item_id: int, clock: Clock) -> None:
    on_item(item_id, important.take, "head")
    acts.submit(task_id)  # what ends the item is the work itself


def settle(task_id: int, item_id: int, clock: Clock) -> None:
    on_item(item_id, important.finish, "head", "They have talked")


def take_and_hand_on(task_id: int, item_id: int, clock: Clock) -> None:
    on_item(item_id, important.take, "head")
    on_item(item_id, important.hand_on, "head", company.person("north"))
    on_item(item_id, important.finish, "north", "")


def another_settles(task_id: int, item_id: int, clock: Clock) -> None:
    on_item(item_id, important.finish, "north", "")


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("act", "goes_on"), [(take_and_wait, True), (settle, True), (take_and_hand_on, True), (another_settles, False)]
)
def test_whoever_saw_to_it_goes_on_reading_it_and_nobody_else_does(
    app: Flask, clock: Clock, sign_in: SignIn, act: Callable[..., None], goes_on: bool
) -> None:
    boss, other = sign_in("head"), sign_in("rep3")
    with app.app_context():
        task_id, item_id = climbed(clock)
        act(task_id, item_id, clock)
        assert "head" not in before(task_id)
    assert sees(boss, task_id) == ((200, True) if goes_on else (404, False))
    assert sees(other, task_id) == (404, False)
    with app.app_context():
        assert query.one(company.acting("head").scope, session().get_one(Task, task_id)).may == frozenset()


@pytest.mark.parametrize("verb", ["acceptances", "returns"])
def test_whoever_decided_in_somebodys_stead_goes_on_reading_it(
    app: Flask, clock: Clock, sign_in: SignIn, verb: str
) -> None:
    boss, south = sign_in("head"), sign_in("south-deputy")
    with app.app_context(), transaction():
        by = company.acting("north")
        task_id = tasks.create_by_hand("A draft", "", company.person("rep1"), by, accept=True).id
    with app.app_context():
        acts.submit(task_id)
        acts.away("north", TUESDAY.date())
    assert boss.post(f"/tasks/{task_id}/{verb}", data={"reason": "Once more"}).status_code == 303
    with app.app_context():
        clock.go_on(days=3)  # north is back
        assert query.one(company.acting("head").scope, session().get_one(Task, task_id)).may == frozenset()
    assert (sees(boss, task_id), sees(south, task_id)) == ((200, True), (404, False))
