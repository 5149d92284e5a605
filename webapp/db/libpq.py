"""Connections to PostgreSQL that ask libpq itself, in one call, for what Dozor asks all day.

psycopg's cursor, which can stop halfway, sends, waits and fetches step by step: three times what the call takes, and at
each step another thread may take the interpreter. Its prepared statements are forgotten at each ROLLBACK; so it
prepares none (`prepare_threshold`), and those that stand ready are prepared here, once a connection: the server plans
them no more. What goes in and comes out is adapted by psycopg, by its rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

MOST = 300  # statements that one connection keeps, some 15 kB of the server's memory each; then it begins anew
GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


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
    """Raises psycopg's errors. What waits for the server is not interrupted by a signal before it answers."""

    @cached_property
    def _turns(self) -> Any:
        return Transformer(self)

    @cached_property
    def _known(self) -> dict[tuple[str, tuple[int, ...]], bytes]:
        return {}

    def ask(self, sql: str, values: Sequence[Any], typed: Sequence[bool]) -> Answered:
        """Execute SQL with places $1, $2 …; `typed` says of each whether the SQL itself says its type."""
        given = self._turns.dump_sequence(values, [PyFormat.TEXT] * len(values))
        types = (*[0 if known else oid for oid, known in zip(self._turns.types or (), typed, strict=True)],)
        if not self.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE:
            self._at_once(b"BEGIN")
        name = self._known.get((sql, types)) or self._prepare(sql, types)
        return Answered(self._good(self.pgconn.exec_prepared(name, given)), self._turns)

    def commit(self) -> None:
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            self._at_once(b"COMMIT")

    def rollback(self) -> None:
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            self._at_once(b"ROLLBACK")

    def _prepare(self, sql: str, types: tuple[int, ...]) -> bytes:
        if len(self._known) >= MOST:
            self._at_once(b"DEALLOCATE ALL")
            self._known.clear()
        name = b"dozor_%d" % len(self._known)
        self._good(self.pgconn.prepare(name, sql.encode(), types))
        self._known[sql, types] = name
        return name

    def _at_once(self, command: bytes) -> None:
        self._good(self.pgconn.exec_(command))

    def _good(self, result: PGresult) -> PGresult:
        if result.status in GOOD:
            return result
        if self.pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError(self.pgconn.get_error_message())
        raise error_from_result(result)
