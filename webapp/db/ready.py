"""Statements that stand ready: what is asked a second time is asked of the driver itself.

SQLAlchemy writes the SQL, once, and says how values go in and come out. Its part in each further execution (the key
under which it finds what it compiled, a context, a result that describes itself) takes several times as long as the
database does over a small statement. What needs more of it than that stays with it: defaults of columns, values that
are computed when asked for, and whatever somebody listens to.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler

from webapp.db.types import SqlRow

_PLACE = re.compile(r"%\((\w+)\)s(::)?|%%")
Process = Callable[[Any], Any] | None
LENGTHS_KEPT = 16  # of the lists that one statement was given: the text of each has as many parameters
# Rows are read by the names of their columns. That they could also be asked for by the columns of a statement that is
# built anew each time, while its SQL is known, takes as long as the statement; the mapper leaves it out, so do we.
BY_NAME = {"_result_disable_adapt_to_context": True}


class Answer(list[SqlRow]):
    """The rows of a statement, all of them; `rowcount`, of one that writes, is how many it wrote."""

    rowcount = -1

    def all(self) -> list[SqlRow]:
        return self

    def first(self) -> SqlRow | None:
        return self[0] if self else None

    def one(self) -> SqlRow:
        if len(self) == 1:
            return self[0]
        raise (MultipleResultsFound if self else NoResultFound)(f"{len(self)} rows where one was to be")

    def scalar(self) -> Any:
        return self[0][0] if self else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalars(self) -> list[Any]:
        return [row[0] for row in self]


class Ready:
    """A statement in one dialect, for the values that are `given` by name at each execution."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect, given: Mapping[str, Any]) -> None:
        self._compiled = compiled
        self._given = {name: bind.key for bind, name in compiled.bind_names.items() if bind.key in given}
        self._lists = [key for bind in compiled.post_compile_params if (key := bind.key) in given]
        self._into = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in compiled.bind_names.items()
        }
        self._texts: dict[tuple[int, ...], _Text] = {}
        self._columns, self._dialect = compiled._result_columns, dialect
        names = [each.keyname for each in self._columns]
        self._make = partial(tuple.__new__, namedtuple("Row", names, rename=True)) if names else None
        self._out: list[tuple[int, Callable[[Any], Any]]] | None = None

    def execute(self, connection: Connection, bound: Mapping[str, Any]) -> Answer:
        text = self._text(bound)
        values: Any = None
        try:
            values = text.filled(bound)
            return self._answer(text.ask(connection, values))
        except BaseException as error:
            self._failed(error, connection, text.sql, values)

    @classmethod
    def together(cls, connection: Connection, asked: Sequence[Asked], *, is_last: bool) -> list[Answer]:
        """Several that PostgreSQL is asked in one journey."""
        texts: list[Any] = [ready._text(bound) for ready, bound in asked]
        driver: Any = connection.connection.dbapi_connection
        values: Any = None
        try:
            values = [text.filled(bound) for text, (_, bound) in zip(texts, asked, strict=True)]
            questions = [(text.sql, each, text.typed) for text, each in zip(texts, values, strict=True)]
            cursors = driver.ask_together(questions, is_last=is_last)
            return [ready._answer(cursor) for (ready, _), cursor in zip(asked, cursors, strict=True)]
        except BaseException as error:
            asked[-1][0]._failed(error, connection, "; ".join(each.sql for each in texts), values)

    def _answer(self, cursor: Any) -> Answer:
        answer = Answer() if self._make is None else self._rows(cursor, self._make)
        answer.rowcount = cursor.rowcount
        cursor.close()
        return answer

    def put(self, connection: Connection, bound: Mapping[str, Any], or_raise: Exception | None) -> None:
        """The same for a write whose answer nobody asks for, unless it wrote no row."""
        text = self._text(bound)
        values: Any = None
        try:
            values = text.filled(bound)
            text.put(connection, values, or_raise)
        except BaseException as error:
            self._failed(error, connection, text.sql, values)

    def _failed(self, error: BaseException, connection: Connection, sql: str, values: Any) -> NoReturn:
        """Raises what SQLAlchemy would: the driver's error as its own; what interrupts a job as it is."""
        is_drivers = isinstance(error, self._dialect.loaded_dbapi.Error)
        if values is not None and isinstance(error, Exception) and not is_drivers:
            raise error
        connection._handle_dbapi_exception(error, sql, values, None, None)

    def _rows(self, cursor: Any, make: Callable[[Any], Any]) -> Answer:
        if self._out is None:
            self._out = [*self._processed(cursor.description)]
        if not self._out:
            return Answer(map(make, cursor.fetchall()))
        answer = Answer()
        for each in cursor.fetchall():
            row = [*each]
            for at, process in self._out:
                row[at] = process(row[at])
            answer.append(make(row))
        return answer

    def _processed(self, description: Any) -> Iterator[tuple[int, Callable[[Any], Any]]]:
        """The columns that are not read as the driver gives them, and how they are."""
        for at, (column, described) in enumerate(zip(self._columns, description, strict=True)):
            process = column.type.dialect_impl(self._dialect).result_processor(self._dialect, described[1])
            if process is not None:
                yield at, process

    def _text(self, bound: Mapping[str, Any]) -> _Text:
        lengths = (*[len(bound[each]) for each in self._lists],)
        found = self._texts.get(lengths)
        if found is None:
            if len(self._texts) >= LENGTHS_KEPT:
                self._texts.clear()
            found = self._texts[lengths] = self._written(bound)
        return found

    def _written(self, bound: Mapping[str, Any]) -> _Text:
        expanded = self._compiled.construct_expanded_state(dict(bound))
        parts = {part: (name, n) for name, many in expanded.parameter_expansion.items() for n, part in enumerate(many)}
        order = (expanded.positiontup if self._compiled.positional else [*expanded.parameters]) or []
        constants: list[Any] = []
        fills = []
        for at, part in enumerate(order):
            name, n = parts.get(part, (part, None))
            process = self._into[name]
            if name in self._given:
                fills.append((at, self._given[name], n, process))
                constants.append(None)
            else:
                value = expanded.parameters[part]
                constants.append(value if process is None else process(value))
        if self._compiled.positional:
            return _Text(expanded.statement, constants, fills)
        return _Numbered(*numbered(expanded.statement, order), constants, fills)


Asked = tuple[Ready, Mapping[str, Any]]


class _Text:
    """SQL, and what it takes in order, with the constants at their places."""

    def __init__(self, sql: str, constants: list[Any], fills: Sequence[tuple[int, str, int | None, Process]]) -> None:
        self.sql, self.constants, self.fills = sql, constants, fills

    def filled(self, bound: Mapping[str, Any]) -> list[Any]:
        values = self.constants.copy()
        for place, key, n, process in self.fills:
            value = bound[key] if n is None else bound[key][n]
            values[place] = value if process is None else process(value)
        return values

    def ask(self, connection: Connection, values: list[Any]) -> Any:
        driver: Any = connection.connection.dbapi_connection
        return driver.execute(self.sql, values)

    def put(self, connection: Connection, values: list[Any], or_raise: Exception | None) -> None:
        cursor = self.ask(connection, values)
        written = cursor.rowcount
        cursor.close()
        if not written and or_raise is not None:
            raise or_raise


class _Numbered(_Text):
    """The same for PostgreSQL, whose connections keep it prepared (`webapp/db/libpq.py`)."""

    def __init__(self, sql: str, typed: list[bool], *rest: Any) -> None:
        super().__init__(sql, *rest)
        self.typed = typed

    def ask(self, connection: Connection, values: list[Any]) -> Any:
        driver: Any = connection.connection.dbapi_connection
        return driver.ask(self.sql, values, self.typed)

    def put(self, connection: Connection, values: list[Any], or_raise: Exception | None) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.put(self.sql, values, self.typed, or_raise)


def numbered(sql: str, names: Sequence[str]) -> tuple[str, list[bool]]:
    """SQL with places as the server itself writes them, $1 for the first of `names`; and of each, whether every place
    of it says its type: then the value need not."""
    typed = dict.fromkeys(names, True)
    at = {name: f"${n}" for n, name in enumerate(names, 1)}

    def placed(match: re.Match[str]) -> str:
        name, cast = match.groups()
        if name is None:
            return "%"
        typed[name] &= cast is not None
        return at[name] + (cast or "")

    return _PLACE.sub(placed, sql), [*typed.values()]


_ready: WeakKeyDictionary[Executable, dict[Any, Ready | None]] = WeakKeyDictionary()


def execute(connection: Connection, query: Executable, bound: Mapping[str, Any]) -> Answer:
    """All that the statement answers. A statement that is built anew for each question is not here a second time."""
    if (ready := _of(connection, query, bound)) is not None:
        return ready.execute(connection, bound)
    result = connection.execute(query, bound, execution_options=BY_NAME)
    answer = Answer(result.all() if result.returns_rows else ())
    answer.rowcount = result.rowcount
    return answer


def execute_together(
    connection: Connection, asked: Sequence[tuple[Executable, Mapping[str, Any]]], *, is_last: bool = False
) -> list[Answer]:
    """All that these answer, of which none needs another's: on PostgreSQL in one journey, and `is_last` with it the
    transaction is committed."""
    if connection.dialect.name != "sqlite":
        found = [(_of(connection, query, bound), bound) for query, bound in asked]
        known = [(ready, bound) for ready, bound in found if ready is not None]
        if len(known) == len(asked):
            return Ready.together(connection, known, is_last=is_last)
    return [execute(connection, query, bound) for query, bound in asked]


def put(connection: Connection, query: Executable, bound: Mapping[str, Any], or_raise: Exception | None = None) -> None:
    """Write, and do not wait for the answer: on PostgreSQL it goes with what is asked next (webapp/db/libpq.py), and
    there `or_raise` is raised if it wrote no row."""
    if (ready := _of(connection, query, bound)) is not None:
        ready.put(connection, bound, or_raise)
    elif not connection.execute(query, bound).rowcount and or_raise is not None:
        raise or_raise


def _of(connection: Connection, query: Executable, bound: Mapping[str, Any]) -> Ready | None:
    """The statement as it stands ready; None: whoever listens is to hear it, or it is asked for the first time."""
    if connection._has_events or connection.engine._has_events:
        return None
    known = _ready.get(query)
    if known is None:
        _ready[query] = {}
        return None
    key = (connection.dialect.name, *bound)
    if key not in known:
        known[key] = _made(query, connection.dialect, bound)
    return known[key]


def _made(query: Executable, dialect: Dialect, bound: Mapping[str, Any]) -> Ready | None:
    compiled = query.compile(dialect=dialect, column_keys=sorted(bound))  # type: ignore[attr-defined]
    if not isinstance(compiled, SQLCompiler) or compiled.insert_prefetch or compiled.update_prefetch:
        return None
    binds = compiled.bind_names
    if any(each.callable for each in binds) or compiled.literal_execute_params or {*bound} - {b.key for b in binds}:
        return None
    return Ready(compiled, dialect, bound)
