"""Connections to PostgreSQL that ask libpq itself, in one call, for what Dozor asks all day.

psycopg's cursor, which can stop halfway, sends, waits and fetches step by step: three times what the call takes, and at
each step another thread may take the interpreter. Its prepared statements are forgotten at each ROLLBACK; so it
prepares none (`prepare_threshold`), and those that stand ready are prepared here, once a connection: the server plans
them no more. What goes in and comes out is adapted by psycopg, by its rules.

A journey costs two processes a turn of sleep and waking. So questions that do not need each other's answers are sent
together; what nobody waits for (BEGIN, and writes whose answer is not asked for) goes with the next of them or with
COMMIT, where whatever is wrong with it is raised; and COMMIT goes with the last question, where that is known.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

MOST = 300  # statements that one connection keeps, some 15 kB of the server's memory each; then it begins anew
KEPT = 20  # writes that wait to be sent
GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
Question = tuple[str, Sequence[Any], Sequence[bool]]  # what `ask` is given


class Command(NamedTuple):
    """What was prepared, by its name, and what it is given (None: SQL itself); and what is raised if it writes no
    row."""

    name: bytes
    given: Sequence[Any] | None = None
    or_raise: Exception | None = None


BEGIN, COMMIT = Command(b"BEGIN"), Command(b"COMMIT")


@dataclass
class Answered:
    """What a cursor tells of the statement that it executed."""

    result: PGresult
    adapting: Any  # a Transformer

    @property
    def description(self) -> list[tuple[None, int]]:
        return [(None, self.result.ftype(n)) for n in range(self.result.nfields)]

    @property
    def rowcount(self) -> int:
        written = self.result.command_tuples
        return -1 if written is None else written

    def fetchall(self) -> list[tuple[Any, ...]]:
        self.adapting.set_pgresult(self.result)
        return self.adapting.load_rows(0, self.result.ntuples, tuple)

    def close(self) -> None:
        self.adapting.set_pgresult(None)


class Connection(psycopg.Connection[Any]):
    """Raises psycopg's errors. A question that goes by itself is not interrupted by a signal before it is answered; one
    that goes with others is, and the connection is given up."""

    @cached_property
    def _turns(self) -> Any:
        return Transformer(self)

    @cached_property
    def _known(self) -> dict[tuple[str, tuple[int, ...]], bytes]:
        return {}

    @cached_property
    def _readable(self) -> select.poll:
        coming = select.poll()
        coming.register(self.pgconn.socket, select.POLLIN)
        return coming

    @cached_property
    def _unsent(self) -> list[Command]:
        return []

    def ask(self, sql: str, values: Sequence[Any], typed: Sequence[bool]) -> Answered:
        """Execute SQL with places $1, $2 …; `typed` says of each whether the SQL itself says its type."""
        return Answered(self._good(self._after_unsent(self._command(sql, values, typed))), self._turns)

    def ask_together(self, questions: Sequence[Question], *, is_last: bool = False) -> list[Answered]:
        """Several of them in one journey, in their order; `is_last`: and the transaction is committed with them. Of the
        answers only one is read at a time."""
        self._make_room(len(questions))  # or one of them would be forgotten for another before they are sent
        commands = [self._command(*each) for each in questions]
        if is_last:
            self._make_sure()
        answers = self._together(*commands, *([COMMIT] if is_last and not self.autocommit else ()))
        return [Answered(each, self._turns) for each in answers[: len(commands)]]

    def put(self, sql: str, values: Sequence[Any], typed: Sequence[bool], or_raise: Exception | None = None) -> None:
        """Execute the same with what is asked next, or with COMMIT: nobody waits for its answer, unless it is that no
        row was written; then `or_raise` is raised there."""
        if len(self._unsent) >= KEPT:
            self._send()
        self._unsent.append(self._command(sql, values, typed)._replace(or_raise=or_raise))
        if self.autocommit:
            self._send()

    def wait(self, gen: Any, *how: Any, **more: Any) -> Any:
        """What psycopg itself asks comes after what is unsent."""
        self._send()
        return super().wait(gen, *how, **more)

    def commit(self) -> None:
        if self._unsent == [BEGIN]:
            self._unsent.clear()
        self._make_sure()
        if self._unsent:
            self._together(COMMIT)
        elif self.pgconn.transaction_status != TransactionStatus.IDLE:
            self._at_once(b"COMMIT")

    def rollback(self) -> None:
        """Of a connection that was cut off nothing stands; whoever takes it next is told, and gets another."""
        self._unsent.clear()
        if not self.closed and self.pgconn.transaction_status != TransactionStatus.IDLE:
            self._at_once(b"ROLLBACK")

    def _command(self, sql: str, values: Sequence[Any], typed: Sequence[bool]) -> Command:
        """The same as it is sent, a transaction begun for it."""
        given = self._turns.dump_sequence(values, [PyFormat.TEXT] * len(values))
        types = (*[0 if known else oid for oid, known in zip(self._turns.types or (), typed, strict=True)],)
        name = self._known.get((sql, types)) or self._prepare(sql, types)
        is_idle = self.pgconn.transaction_status == TransactionStatus.IDLE
        if is_idle and not self.autocommit and not self._unsent:
            self._unsent.append(BEGIN)
        return Command(name, given)

    def _after_unsent(self, command: Command) -> PGresult:
        return self._together(command)[0] if self._unsent else self.pgconn.exec_prepared(command.name, command.given)

    def _make_sure(self) -> None:
        """Nothing is committed before it is known whether it found its row."""
        if any(each.or_raise is not None for each in self._unsent):
            self._send()

    def _send(self) -> None:
        if self._unsent:
            self._together()

    def _together(self, *last: Command) -> list[PGresult]:
        """Send what is unsent, then these, in one go: the answers of these. Cut off halfway, the connection is of no
        use to anybody."""
        commands, server = (*self._unsent, *last), self.pgconn
        self._unsent.clear()
        server.enter_pipeline_mode()
        try:
            for name, given, _ in commands:
                if given is None:
                    server.send_query_params(name, None)
                else:
                    server.send_query_prepared(name, given)
            server.pipeline_sync()
            answers = [self._answer() for _ in commands]
            self._next()  # that all of it was answered
            server.exit_pipeline_mode()
        except BaseException:
            server.finish()
            raise
        good = [self._good(each) for each in answers]
        for answer, command in zip(good, commands, strict=True):
            if command.or_raise is not None and not answer.command_tuples:
                raise command.or_raise
        return good[len(commands) - len(last) :]

    def _answer(self) -> PGresult:
        answer = self._next()
        self.pgconn.get_result()  # that it was all of this one
        return answer

    def _next(self) -> PGresult:
        """The next answer. To get one that has not come would keep the interpreter from all other threads."""
        server = self.pgconn
        while server.is_busy():
            self._readable.poll()
            server.consume_input()
        answer = server.get_result()
        if answer is None or server.status != ConnStatus.OK:
            raise psycopg.OperationalError(server.get_error_message())
        return answer

    def _prepare(self, sql: str, types: tuple[int, ...]) -> bytes:
        self._make_room(1)
        name = b"dozor_%d" % len(self._known)
        self._good(self.pgconn.prepare(name, sql.encode(), types))
        self._known[sql, types] = name
        return name

    def _make_room(self, count: int) -> None:
        if len(self._known) + count > MOST:
            self._send()  # of what is forgotten here
            self._at_once(b"DEALLOCATE ALL")
            self._known.clear()

    def _at_once(self, command: bytes) -> None:
        self._good(self.pgconn.exec_(command))

    def _good(self, result: PGresult) -> PGresult:
        if result.status in GOOD:
            return result
        if self.pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError(self.pgconn.get_error_message())
        if result.error_field(DiagnosticField.SQLSTATE) is None:  # no word of the server: its connection has just gone
            raise psycopg.OperationalError(result.error_message.decode(errors="replace").strip())
        raise error_from_result(result)
