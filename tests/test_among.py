"""One of many numbers, as one parameter: the same rows as by a list, found by an index on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select

from tests.services import acts
from webapp.db import among, connection, db, execute_core, is_sqlite
from webapp.models import Deal

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
WANTED = select(Deal.id).where(among(Deal.id, "wanted"), Deal.deleted_at.is_(None)).order_by(Deal.id)


@pytest.mark.parametrize("take", [slice(0), slice(1), slice(1, 4), slice(None, None, -1)])
def test_the_rows_are_those_of_a_list(take: slice) -> None:
    made = [acts.deal() for n in range(6)]
    found = execute_core(WANTED, wanted=[*made[take], 10**6]).scalars()
    assert found == sorted(made[take])


def test_nothing_is_among_none() -> None:
    acts.deal()
    assert execute_core(WANTED, wanted=[]).scalars() == []


def asked_of_the_database(wanted: list[int]) -> tuple[str, Any]:
    """The statement as it goes out, with what goes with it."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, bound: Any, *_: Any) -> None:
        asked.append((statement, bound))

    event.listen(db.engine, "before_cursor_execute", note)
    execute_core(WANTED, wanted=wanted)
    event.remove(db.engine, "before_cursor_execute", note)
    return asked[-1]


def test_postgresql_has_one_plan_and_sqlite_an_index() -> None:
    """SQLite looks at every row where a condition is compared with 1."""
    statement, bound = asked_of_the_database([1, 2])
    if is_sqlite():
        plan = connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound).all()
        assert "USING INTEGER PRIMARY KEY" in str(plan)
    else:
        assert statement == asked_of_the_database([1, 2, 3, 4])[0]
