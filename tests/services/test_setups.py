"""The set-up is asked for once in a transaction, and never served from an earlier one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import db, savepoint, session, transaction
from webapp.models import Robot, Stage, User
from webapp.snapshots import setups, specs

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def noted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", noted)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", noted)


def rename(name: str) -> None:
    """In the open transaction."""
    session().execute(update(User).where(User.email == company.email("rep1")).values(name=name))
    setups.changed()


def name() -> str:
    return setups.current().name_of(company.person("rep1"))


def test_a_transaction_asks_for_the_version_once(clock: Clock) -> None:
    deal_id = acts.inquiry()
    with statements() as sent:
        acts.move(deal_id, "data_collection")
    assert len([each for each in sent if "config_version" in each]) == 1


def test_reading_outside_a_transaction_asks_again_after_it_ended(clock: Clock) -> None:
    setups.current()
    session().close()
    with statements() as sent:
        for _ in range(3):
            setups.current()
        session().close()
        for _ in range(3):
            setups.current()
    assert len([each for each in sent if "config_version" in each]) == 2


def test_what_another_transaction_changed_is_seen_by_the_next(app: Flask, clock: Clock) -> None:
    assert name() == "Ivan Petrov"
    session().close()

    def elsewhere() -> None:
        with transaction():
            rename("Elsewhere")

    assert acts.at_the_same_moment(app, elsewhere) == [None]
    with transaction():
        assert name() == "Elsewhere"


def test_a_change_is_seen_at_once_by_its_own_transaction_and_forgotten_when_rolled_back(clock: Clock) -> None:
    def fails() -> None:
        with transaction():
            assert name() == "Ivan Petrov"
            rename("Never")
            assert name() == "Never"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert name() == "Ivan Petrov"


def test_a_change_in_a_savepoint_that_failed_is_forgotten(clock: Clock) -> None:
    def fails() -> None:
        with savepoint():
            rename("Never")
            assert name() == "Never"
            raise ZeroDivisionError

    with transaction():
        assert name() == "Ivan Petrov"
        with pytest.raises(ZeroDivisionError):
            fails()
        assert name() == "Ivan Petrov"
        with savepoint():
            rename("Kept")
        assert name() == "Kept"
    assert name() == "Kept"


def test_each_table_of_the_set_up_is_read_once(clock: Clock) -> None:
    session().close()
    with statements() as sent:
        specs.load_value()
    tables = [each.split("FROM ")[1].split()[0] for each in sent if "FROM " in each]
    assert len([each for each in tables if each == "field_requirement"]) == 1
    assert len([each for each in tables if each == "field"]) == 1


def test_the_set_up_of_the_lesson_is_one_value(clock: Clock) -> None:
    value = specs.load_value()
    assert [len(value.pipelines), len(value.stages), len(value.fields)] == [1, 6, 2]
    assert [len(value.robots), len(value.triggers)] == [5, 2]
    assert setups.current().value == value


def test_who_has_no_calendar_of_their_own_is_waited_for_in_the_firms_working_time(clock: Clock) -> None:
    setup = setups.current()
    person = setup.people[company.person("rep1")]
    assert setup.calendar_for(person.department_id, person.id, date(2026, 11, 24)) == setup.firm_calendar


def elsewhere(app: Flask, change: Callable[[], None]) -> None:
    """Another transaction commits a change while this one goes on."""

    def commit() -> None:
        with app.app_context(), transaction():
            change()

    other = threading.Thread(target=commit)
    other.start()
    other.join(30)


@contextmanager
def committed_by_another(app: Flask, at: str) -> Iterator[None]:
    """Another transaction renames a stage and a robot, right before this one sends the first statement with `at`."""
    done: list[bool] = []

    def change() -> None:
        session().execute(update(Stage).where(Stage.key == "new").values(name={"en": "Renamed"}))
        session().execute(update(Robot).values(name={"en": "Renamed"}))
        setups.changed()

    def noted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if at in statement and not done:
            done.append(True)
            elsewhere(app, change)

    event.listen(db.engine, "before_cursor_execute", noted)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", noted)
    assert done == [True]


@pytest.mark.parametrize("at", ["FROM robot", "FROM absence", "FROM department"])
def test_no_request_gets_half_a_set_up_from_before_and_half_from_after(app: Flask, clock: Clock, at: str) -> None:
    with transaction():
        rename("So that nobody has read this version")
    with committed_by_another(app, at):
        setup = setups.current()
    stage, robot = setup.value.stages[0].name, setup.value.robots[0].name
    assert (stage.get("en") == "Renamed") == (robot.get("en") == "Renamed")
    session().close()
    later = setups.current()
    assert {each.name["en"] for each in later.value.robots} | {later.value.stages[0].name["en"]} == {"Renamed"}


def test_a_row_that_was_read_before_the_version_is_read_again_with_it(app: Flask, clock: Clock) -> None:
    kept = session().scalars(select(User).where(User.email == company.email("rep1"))).one()
    elsewhere(app, lambda: rename("Elsewhere"))
    setup = setups.current()
    session().close()
    assert (setup.version == setups.current().version) == (setup.name_of(kept.id) == "Elsewhere")
    assert name() == "Elsewhere"
