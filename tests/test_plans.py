"""What is asked again is not planned again: it takes SQLite ten times as long to plan a statement as to answer it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest
from sqlalchemy import Table, event, select

from tests.conftest import Clock
from tests.services import acts
from webapp.db import db

pytestmark = pytest.mark.usefixtures("inside")
VALUE = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
NAMED = re.compile(r"(\w+) = '(\w+)'")  # a word that an index asks for


class Plans:
    """Of each statement whether it was planned, at each of its executions on any connection of the pool."""

    def __init__(self) -> None:
        self.of: dict[str, list[bool]] = defaultdict(list)
        self._is_planning = False
        self._seen = set[int]()

    def watch(self, raw: Any, *_of_pool: Any) -> None:
        if id(raw) not in self._seen:
            self._seen.add(id(raw))
            raw.set_authorizer(self._plans)
            raw.set_trace_callback(self._runs)

    def _plans(self, *_what: Any) -> int:
        self._is_planning = True
        return 0

    def _runs(self, sql: str) -> None:
        if sql.startswith("--"):  # a trigger's, planned with the statement that sets it off
            return
        if sql.startswith(STATEMENTS):  # and not BEGIN, COMMIT and the like
            self.of[VALUE.sub("?", sql)].append(self._is_planning)
        self._is_planning = False


def test_no_statement_of_a_move_or_of_a_firing_is_planned_each_time(clock: Clock) -> None:
    plans = Plans()
    event.listen(db.engine, "checkout", plans.watch)
    for n in range(4):
        moved = acts.deal(title=str(n))
        acts.move(moved, "data_collection")
        acts.move(moved, "payment", raw={"deal": {"equipment_type": "standard"}})
        acts.inquiry(text=f"And {n}?")
        acts.work()
        clock.go_on(days=4)
        acts.work()
    often = {sql: planned for sql, planned in plans.of.items() if len(planned) >= 4}
    assert any("UPDATE robot_run" in sql for sql in often)
    assert not [sql for sql, planned in often.items() if all(planned[-3:])]


def test_a_word_that_an_index_names_stands_in_the_sql() -> None:
    """PostgreSQL's kept plans, too, use the index only then."""
    named = [(table, *each) for table in db.metadata.tables.values() for each in NAMED.findall(asked_by_indexes(table))]
    assert named
    for table, column, word in named:
        statement = select(table).where(table.c[column] == word).compile()
        assert f"{column} = '{word}'" in str(statement)
        assert not statement.params


def asked_by_indexes(table: Table) -> str:
    return " ".join(str(each.dialect_options["sqlite"]["where"]) for each in table.indexes)
