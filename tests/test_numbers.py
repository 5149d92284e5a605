"""The number of a row that was deleted is not given again."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, insert, select, text

from tests import company, numbers
from tests.views.scenes import browser
from webapp.db import Base, session, transaction
from webapp.migrations import upgrades
from webapp.models import Absence, Robot
from webapp.services import absences

LEAVE, LATER = (date(2026, 12, 1), date(2026, 12, 5)), (date(2026, 12, 10), date(2026, 12, 20))


def test_a_migrated_database_and_the_models_agree_on_which_tables_keep_to_that(bare: Flask) -> None:
    upgrades.upgrade(bare)
    engine = create_engine(bare.config["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as connection:
        made = text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")
        found = set(connection.execute(made).scalars())
    engine.dispose()
    tables = Base.metadata.tables.values()
    assert found == {each.name for each in tables if each.dialect_options["sqlite"]["autoincrement"]} != set()


@pytest.mark.both_databases
def test_a_number_goes_with_its_row(app: Flask) -> None:
    with app.app_context(), transaction() as current:
        row = {"user_id": company.person("rep1"), "from_on": LEAVE[0], "until_on": LEAVE[1]}
        first = current.scalars(insert(Absence).values(row).returning(Absence.id)).one()
        current.execute(delete(Absence).where(Absence.id == first))
        assert current.scalars(insert(Absence).values(row).returning(Absence.id)).one() > first


def test_what_of_the_product_deletes_a_row_that_is_known_by_its_number_is_caught(app: Flask) -> None:
    assert numbers.is_safe(Base.metadata.tables["absence"])
    none = Robot.id == 0
    product = compile("session().execute(statement)", str(numbers.ROOT / "webapp" / "imagined.py"), "exec")
    with app.app_context(), pytest.raises(AssertionError, match="rows of robot are deleted"), transaction():
        exec(product, {"session": session, "statement": delete(Robot).where(none)})
    with app.app_context(), transaction() as current:
        current.execute(delete(Robot).where(none))  # by a test


def test_a_page_that_is_old_does_not_end_another_persons_leave(app: Flask) -> None:
    with app.app_context():
        rep1, rep2, by = company.person("rep1"), company.person("rep2"), company.acting("north")
        with transaction():
            absences.add(rep1, *LEAVE, None, by)
        [shown] = session().scalars(select(Absence.id))
    old_page = browser(app, "north")
    assert f"/absences/{shown}/deletions" in old_page.get(f"/people/{rep1}").text
    with app.app_context(), transaction():
        absences.remove(shown, by)
        absences.add(rep2, *LATER, None, by)
    answer = old_page.post(f"/absences/{shown}/deletions", data={"person": rep1})
    assert answer.headers["Location"].endswith(f"/people/{rep1}"), "removed already, as was wished"
    with app.app_context():
        assert [(each.user_id, each.from_on) for each in session().scalars(select(Absence))] == [(rep2, LATER[0])]
