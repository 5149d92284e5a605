"""Rows that are loaded past the mapper's query are as those that it loads."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import bindparam, inspect, select, update

from tests.services import acts
from webapp.db import (
    Base,
    all_of,
    db,
    execute_core,
    get_core,
    hold_core,
    is_sqlite,
    lock_core,
    lock_core_of,
    session,
    transaction,
)
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


def test_what_is_read_of_all_its_columns_is_held_and_brings_what_is_held_up_to_date() -> None:
    deal_id = acts.deal()
    for n in range(3):
        with transaction() as current:
            found = [hold_core(Deal, each) for each in execute_core(_ALL_DEALS)]
            assert deal_id in [each.id for each in found]
            held = current.get_one(Deal, deal_id)
            assert held in found
            held.title = f"Press {n}"
            execute_core(_DEARER, deal=deal_id, amount=n + 7)
            (again,) = [hold_core(Deal, each) for each in execute_core(_ALL_DEALS) if each.id == deal_id]
            assert again is held
            assert (held.title, held.amount_minor, current.is_modified(held)) == (f"Press {n}", n + 7, False)


def test_a_row_is_locked_and_then_others_are_read() -> None:
    """They are read behind the lock: what its holder has written is there. On SQLite whoever writes has all of it."""
    deal_id = acts.inquiry()
    for n in range(3):
        with transaction():
            deal, title = lock_core(Deal, deal_id, _TITLE, deal=deal_id)
            assert deal is not None
            assert title.scalar() == deal.title
            same, again = lock_core(Deal, deal_id, _TITLE, deal=deal_id)
            assert (same, again.scalar()) == (deal, deal.title)
            assert lock_core(Deal, 10**9, _TITLE, deal=deal_id)[0] is None
        run_id = acts.run_of(deal_id, "reaction_control").id
        with transaction() as current:
            _, run = lock_core_of(Deal, deal_id, RobotRun, run_id)
            assert run is current.get_one(RobotRun, run_id)
            assert lock_core_of(Deal, deal_id, RobotRun, 10**9)[1] is None
        assert is_sqlite() or _read_while_another_writes(deal_id, f"Press {n}") == f"Press {n}"


def _read_while_another_writes(deal_id: int, title: str) -> str:
    """What is read with the lock that another holds, who writes a title and lets it go."""
    is_held, engine = threading.Event(), db.engine

    def write() -> None:
        with engine.begin() as another:
            another.execute(_RENAMED, {"deal": deal_id, "called": title})
            is_held.set()
            time.sleep(0.3)

    thread = threading.Thread(target=write)
    thread.start()
    assert is_held.wait(5)
    with transaction():
        deal, read = lock_core(Deal, deal_id, _TITLE, deal=deal_id)
    thread.join()
    assert deal is not None
    assert deal.title == title
    return str(read.scalar())


_ALL_DEALS = all_of(Deal).order_by(Deal.id)
_TITLE = select(Deal.title).where(Deal.id == bindparam("deal"))
_DEARER = update(Deal.__table__).where(Deal.id == bindparam("deal")).values(amount_minor=bindparam("amount"))
_RENAMED = update(Deal.__table__).where(Deal.id == bindparam("deal")).values(title=bindparam("called"))


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
