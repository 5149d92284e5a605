"""What an act holds before it decides: of two people who do the same at once, the second then finds what the first has
left. On SQLite a writer is alone anyway, so what is heard here is what PostgreSQL would be told."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Delete, Executable, Insert, Join, Select, Table, Update, event, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import FromClause

from webapp.db import Base, db, locks, transaction

ASKED = re.compile(r"\bFOR (UPDATE|NO KEY UPDATE|SHARE|KEY SHARE)\b")
FREE, SHARED, ANEW = ":free", ":shared", ":anew"
HOW = {"UPDATE": None, "NO KEY UPDATE": FREE, "SHARE": ":still", "KEY SHARE": SHARED}
MOST_IDS = 100  # of a firm of tests
_dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Act:
    """`holds` are tables of which a row is held, and names in quotes, at `before`: when that table is read first
    ("read task") or written ("write task"); or before whatever is written. `why`: what two at once would do else.
    With FREE behind a table it is so held that others may write rows that name the row meanwhile, with SHARED that they
    may hold it likewise; with ANEW the row is read again once it is held, also where it was looked at before."""

    why: str
    holds: str
    do: Callable[..., object]
    given: Callable[[], object] | None = None  # what the act is done to
    before: str = "write"
    alone: bool = False  # it opens transactions of its own


@dataclass
class Heard:
    """Steps in their order, each with what was held by then."""

    held: set[str] = field(default_factory=set)
    steps: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    def forget(self) -> None:
        self.held, self.steps = set(), []

    def first(self, wanted: str) -> frozenset[str] | None:
        return next((held for step, held in self.steps if step == wanted or step.startswith(f"{wanted} ")), None)


def not_held(acts: Mapping[str, Act]) -> dict[str, str]:
    """Each act is done: those that do not hold what they should, and what that is."""
    found = {}
    for name, act in acts.items():
        given = () if act.given is None else (_in_a_transaction(act.given),)
        models = [_model(each.removesuffix(ANEW)) for each in named(act.holds) if each.endswith(ANEW)]
        with listening(models) as heard:
            if act.alone:
                act.do(*given)
            else:
                with transaction() as current:
                    looked_at = [row for each in models for row in current.scalars(select(each))]
                    heard.forget()
                    act.do(*given)
                    del looked_at
        held = heard.first(act.before)
        assert held is not None, f"{name}: nothing that is meant by “{act.before}” came up"
        if missing := [each for each in named(act.holds) if not any(_is(each, one) for one in held)]:
            found[name] = f"{', '.join(missing)} before {act.before}: {act.why}"
    return found


def _in_a_transaction(act: Callable[[], object]) -> object:
    with transaction():
        return act()


def named(holds: str) -> list[str]:
    """Tables, and names in quotes, of which * is any id."""
    return [each[0] or each[1] for each in re.findall(r'("[^"]+")|(\S+)', holds)]


def _is(wanted: str, held: str) -> bool:
    if not wanted.startswith('"'):
        return wanted == held
    name = wanted.strip('"')
    names = [name.replace("*", str(n)) for n in range(MOST_IDS)] if "*" in name else [name]
    return held in {str(_number(each)) for each in names}


def _number(name: str) -> int:
    return zlib.crc32(name.encode()) - 2**31


def _model(table: str) -> type[Any]:
    return next(each.class_ for each in Base.registry.mappers if each.class_.__tablename__ == table)


@contextmanager
def listening(models: Sequence[type[Any]] = ()) -> Iterator[Heard]:
    """What the database is told in this block. Names are locked as on PostgreSQL, where they would not be on SQLite.
    Of these models it is heard when a row is read again."""
    heard = Heard()

    def executed(_: Connection, said: Executable, __: object, bound: Mapping[str, Any], ___: object) -> None:
        heard.held |= _locks_of(said, bound)
        heard.steps += [(each, frozenset(heard.held)) for each in _steps_of(said)]

    def ended(_: Connection) -> None:
        heard.held = set()

    def read_again(row: Any, *_: object) -> None:
        heard.held |= {f"{row.__tablename__}{ANEW}"}

    def has_names(raw: Any, *_: object) -> None:
        if db.engine.dialect.name == "sqlite":
            raw.create_function("pg_advisory_xact_lock", 2, lambda *_: None)

    events = {"before_execute": executed, "commit": ended, "rollback": ended, "checkout": has_names}
    for name, listener in events.items():
        event.listen(db.engine, name, listener)
    for model in models:
        event.listen(model, "refresh", read_again)
    try:
        with patch.object(locks, "is_sqlite", lambda: False):
            yield heard
    finally:
        for name, listener in events.items():
            event.remove(db.engine, name, listener)
        for model in models:
            event.remove(model, "refresh", read_again)


def _locks_of(said: Executable, bound: Mapping[str, Any]) -> set[str]:
    if isinstance(said, Insert) and said.select is not None:
        said = said.select
    if not isinstance(said, Select):
        return set()
    told = said.compile(dialect=_dialect)
    text = str(told)
    if "pg_advisory_xact_lock" in text:
        return {str(each) for each in (told.params | dict(bound)).values()}
    asked = ASKED.search(text)
    if asked is None:
        return set()
    tables = {table for each in said.get_final_froms() for table in _tables(each)}
    if (marks := HOW[asked[1]]) is None:
        return tables
    return {f"{each}{marks}" for each in tables} | (tables if marks == FREE else set())


def _tables(of: FromClause) -> set[str]:
    if isinstance(of, Join):
        return _tables(of.left) | _tables(of.right)
    return {of.name} if isinstance(of, Table) else set()


def _steps_of(said: Executable) -> list[str]:
    if isinstance(said, Insert | Update | Delete):
        return [f"write {said.table.name}"] if isinstance(said.table, Table) else []
    if isinstance(said, Select):
        return sorted({f"read {each.name}" for each in visitors.iterate(said) if isinstance(each, Table)})
    return []


@contextmanager
def quicker(table: str, *changes: Executable) -> Iterator[None]:
    """When a row of this table, or a name in quotes, is asked for, to be held, somebody else has it still: once it is
    there, they have written this."""
    left = list(changes)

    def executed(connection: Connection, said: Executable, _: object, bound: Mapping[str, Any], __: object) -> None:
        if left and any(_is(table, each) for each in _locks_of(said, bound)):
            now, left[:] = list(left), []
            for each in now:
                connection.execute(each)

    with listening():
        event.listen(db.engine, "before_execute", executed)
        try:
            yield
        finally:
            event.remove(db.engine, "before_execute", executed)
    assert not left, f"no {table} was asked for"
