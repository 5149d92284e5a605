"""Work that waits for acceptance is asked of whoever may accept it today, whatever has changed since it was handed in:
each is told once, and whoever does not decide any more is asked no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_important import on
from webapp.db import session, transaction
from webapp.models import Department, ImportantItem, ImportantPlace
from webapp.queries.frame import around
from webapp.services import absences, accounts, deals, important, places, stand_ins, tasks

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside", "clock")]
TODAY = date(2026, 11, 24)  # a Tuesday
ASKED = "task.awaiting_acceptance"


def handed_in() -> int:
    """Rep 1 has done it, and the head of North is asked to accept it."""
    task_id = acts.vip_task()
    acts.submit(task_id)
    stand_ins.look()
    return task_id


def away(name: str, first: date = TODAY, last: date = TODAY) -> int:
    with transaction():
        return absences.add(company.person(name), first, last, None, company.acting("admin")).id


def back(absence_id: int) -> None:
    with transaction():
        absences.remove(absence_id, company.acting("admin"))


def prompted(name: str) -> list[int]:
    """The tasks that this person is prompted to accept, by the number in the bar too."""
    scope = company.acting(name).scope
    assert scope is not None
    shown = around(scope)
    found = [each.id for each in shown.prompts]
    assert shown.counters.tasks == shown.counters.to_accept == len(found)
    return found


def told(name: str) -> int:
    return len(acts.told(name, ASKED))


def have() -> set[int]:
    """In whose lists of what matters now it stands."""
    live = select(ImportantItem.id).where(ImportantItem.kind == "acceptance", ImportantItem.ended_at.is_(None))
    return set(session().scalars(select(ImportantPlace.user_id).where(ImportantPlace.item_id.in_(live))))


def asked_of(task_id: int) -> list[set[int]]:
    """Whom the history names, time after time."""
    lines = acts.journal(acts.task_of_id(task_id).deal_id or 0, "task.acceptor_asked")
    return [set((each.new or {})["people"]) for each in lines]


def item() -> ImportantItem:
    wanted = select(ImportantItem).where(ImportantItem.kind == "acceptance")
    return session().scalars(wanted.execution_options(populate_existing=True)).one()


def people(*names: str) -> set[int]:
    return {company.person(each) for each in names}


def north() -> int:
    return session().scalars(select(Department.id).where(Department.key == "sales_north")).one()


def deputy(name: str) -> None:
    with transaction():
        places.put(company.person(name), north(), "deputy", company.acting("admin"))


def test_who_stands_in_from_now_on_is_asked_and_is_not_once_the_absence_is_taken_back() -> None:
    task_id = handed_in()
    assert (told("north"), told("head"), have()) == (1, 0, people("north"))
    absence = away("north")
    stand_ins.look()
    assert (told("north"), told("head"), have()) == (1, 1, people("north", "head"))
    assert prompted("head") == [task_id]
    back(absence)
    stand_ins.look()
    assert (prompted("head"), have(), prompted("north")) == ([], people("north"), [task_id])
    assert asked_of(task_id) == [people("north"), people("north", "head"), people("north")]
    away("north")
    stand_ins.look()
    assert (told("north"), told("head"), have()) == (1, 1, people("north", "head")), "nobody is told twice"


def test_a_planned_absence_begins_and_ends_by_the_day_and_wakes_nobody_at_midnight(clock: Clock) -> None:
    task_id = handed_in()
    watch = stand_ins.Watch()
    away("north", TODAY + timedelta(days=1), TODAY + timedelta(days=2))
    watch.look(clock())
    assert (told("head"), have()) == (0, people("north"))
    clock.go_on(hours=14)  # midnight in Moscow
    watch.look(clock())
    assert (told("head"), have(), prompted("head")) == (1, people("north", "head"), [task_id])
    (first,), (later,) = acts.told("north", ASKED), acts.told("head", ASKED)
    assert (first.urgency, later.urgency) == ("urgent", "normal")
    for _ in range(3):
        clock.go_on(hours=8)
        watch.look(clock())
    assert have() == people("north", "head")
    clock.go_on(days=1)
    watch.look(clock())
    assert (told("head"), have(), prompted("head")) == (1, people("north"), [])


def test_a_post_given_meanwhile_asks_its_holder_instead() -> None:
    task_id = handed_in()
    away("north")
    stand_ins.look()
    deputy("rep2")
    stand_ins.look()
    assert (told("rep2"), have()) == (1, people("north", "rep2"))
    assert (prompted("rep2"), prompted("head")) == ([task_id], [])


def test_who_stands_in_for_somebody_whose_account_is_closed_is_asked() -> None:
    handed_in()
    with transaction():
        accounts.deactivate(company.person("north"), company.acting("admin"))
    stand_ins.look()
    assert (told("head"), have()) == (1, people("head"))


def test_a_deal_that_goes_to_another_department_is_decided_there(clock: Clock) -> None:
    deputy("rep2")
    task_id, watch = handed_in(), stand_ins.Watch()
    away("north")
    watch.look(clock())
    assert have() == people("north", "rep2")
    deal_id = acts.task_of_id(task_id).deal_id
    with transaction():
        deals.edit(acts.locked(deal_id or 0), {"responsible_id": company.person("rep3")}, by=company.acting("admin"))
    clock.go_on(seconds=stand_ins.EVERY_SECONDS)
    watch.look(clock())
    assert have() == people("north", "south-deputy")
    assert (prompted("south-deputy"), prompted("rep2")) == ([task_id], [])


def test_the_watch_looks_as_soon_as_something_has_changed(clock: Clock) -> None:
    watch = stand_ins.Watch()
    handed_in()
    watch.look(clock())
    away("north")
    watch.look(clock())
    assert told("head") == 1


def test_two_who_look_at_the_same_moment_ask_once(app: Flask) -> None:
    task_id = handed_in()
    away("north")
    assert acts.at_the_same_moment(app, stand_ins.look, stand_ins.look) == [None, None]
    assert told("head") == 1
    assert len(asked_of(task_id)) == 2


def test_what_a_killed_look_has_left_undone_is_made_up_for() -> None:
    """It asks task by task: the second was not reached."""
    first = handed_in()
    with transaction():
        by = company.acting("head")
        second = tasks.create_by_hand("Count", "", company.person("rep1"), by, acceptor_id=company.person("north")).id
    acts.submit(second)
    away("north")
    with transaction():
        stand_ins._ask_anew(first)
    assert told("head") == 1
    stand_ins.look()
    assert told("head") == 2
    assert sorted(prompted("head")) == [first, second]


def _took(name: str) -> Callable[[], None]:
    return lambda: on(item(), important.take, name)


@pytest.mark.parametrize(("holder", "state"), [("head", "open"), ("north", "taken")])
def test_what_somebody_had_taken_who_decides_no_more_is_to_be_taken_anew(holder: str, state: str) -> None:
    handed_in()
    absence = away("north")
    stand_ins.look()
    _took(holder)()
    back(absence)
    stand_ins.look()
    assert (item().state, have()) == (state, people("north"))


def test_whom_the_ladder_has_told_keeps_it(clock: Clock) -> None:
    """A level that was told stays in copy, whoever is there or not."""
    handed_in()
    clock.go_on(days=2)
    acts.work()
    assert have() == people("north", "head")
    absence = away("north", last=TODAY + timedelta(days=3))
    stand_ins.look()
    back(absence)
    stand_ins.look()
    assert have() == people("north", "head")


def test_work_that_was_accepted_or_returned_meanwhile_is_asked_of_nobody() -> None:
    task_id = handed_in()
    away("north")
    acts.on_task(task_id, tasks.accept, "north")
    stand_ins.look()
    with transaction():
        stand_ins._ask_anew(task_id)
    assert told("head") == 0
