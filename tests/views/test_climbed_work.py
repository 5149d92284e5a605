"""Late work of no deal is private to its sides until it climbs: whoever is asked to take it can open it, as long as it
stands before them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Browser, Clock
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
