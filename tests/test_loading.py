"""Rows that are loaded past the mapper's query are as those that it loads."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import inspect

from tests.services import acts
from webapp.db import Base, db, get_core, is_sqlite, session, transaction
from webapp.models import Contact, Deal, RobotRun

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
MODELS = sorted((each.class_ for each in Base.registry.mappers), key=lambda each: each.__name__)


def values(row: Base) -> dict[str, Any]:
    return {each.key: getattr(row, each.key) for each in inspect(type(row)).column_attrs}


def test_each_model_is_loaded_as_the_mapper_does() -> None:
    acts.deal()
    seen = 0
    for model in MODELS:
        if [each.type.python_type for each in inspect(model).primary_key] != [int]:
            continue
        row = session().query(model).first()
        if row is None:
            continue
        row_id, by_mapper = inspect(row).identity[0], values(row)
        for _ in range(3):
            session().expunge_all()
            found = get_core(model, row_id)
            assert found is not None
            assert values(found) == by_mapper, model
            assert session().get(model, row_id) is found, "the session holds it"
            assert not session().is_modified(found)
        seen += 1
    assert seen > 15


def test_what_becomes_of_it_is_written() -> None:
    deal_id = acts.deal()
    for n in range(3):
        with transaction():
            found = get_core(Deal, deal_id, for_update=True)
            assert found is not None
            found.title, found.fields = f"Press {n}", {"size": n}
        found = session().get_one(Deal, deal_id)
        assert (found.title, found.title_folded, found.fields) == (f"Press {n}", f"press {n}", {"size": n})


def test_what_the_session_held_of_it_is_read_anew_and_what_was_pending_is_written() -> None:
    deal_id = acts.deal()
    for n in range(3):
        with transaction() as current:
            held = current.get_one(Deal, deal_id)
            held.title = f"Press {n}"
            current.connection().exec_driver_sql(f"UPDATE deal SET amount_minor = {n + 7} WHERE id = {deal_id}")
            assert get_core(Deal, deal_id, for_update=True) is held
            assert (held.title, held.amount_minor) == (f"Press {n}", n + 7)


def test_nobody_is_there() -> None:
    for _ in range(3):
        with transaction():
            assert get_core(Contact, 10**9) is None
            assert get_core(Deal, 10**9, for_update=True) is None


def test_who_comes_second_waits_and_reads_what_the_first_has_written() -> None:
    """On SQLite whoever writes has all of it."""
    deal_id = acts.deal()
    if is_sqlite():
        return
    for _ in range(3):
        with transaction():
            get_core(Deal, deal_id, for_update=True)
            with db.engine.connect() as another, pytest.raises(Exception, match="could not obtain lock"):
                another.exec_driver_sql(f"SELECT id FROM deal WHERE id = {deal_id} FOR UPDATE NOWAIT")


def test_a_run_brings_the_robot_as_it_was_armed() -> None:
    acts.deal()
    run_id = session().query(RobotRun.id).limit(1).scalar()
    for _ in range(3):
        session().expunge_all()
        run = get_core(RobotRun, run_id)
        assert run is not None
        assert run.definition["kind"]
