"""The database: one way to open it, one way to write to it.

`transaction()` is the only commit in Dozor. What must happen after it is given to `after_commit`;
what happened inside it is given to `emit`, and is followed by the reactor before the commit; then what people are told
is written. All of it stands in one `Transaction`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import cache
from typing import Any

from flask import current_app, has_app_context
from flask.globals import app_ctx
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as SqlAlchemySession
from sqlalchemy import Executable, Table, Update, bindparam, event, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.orm.attributes import set_committed_value

from webapp import clock
from webapp.db import postgresql, ready, saving, sqlite, waiting
from webapp.db.ready import Answer
from webapp.db.transaction import Transaction
from webapp.db.types import Base

log = logging.getLogger(__name__)


class DozorSession(SqlAlchemySession):
    """A session that knows its open transaction. What it keeps at hand of one is forgotten where that, or a savepoint
    in it, begins or ends. There is one database, which flask-sqlalchemy would look for at each question."""

    open: Transaction | None = None
    kept_connection: Connection | None = None
    kept_setup: object = None  # of webapp.snapshots.setups

    def __init__(self, db: SQLAlchemy, **options: Any) -> None:
        super().__init__(db, **options)
        self.engine = db.engine

    def get_bind(self, *_of: Any, bind: Engine | Connection | None = None, **_what: Any) -> Engine | Connection:
        return bind or self.engine


@event.listens_for(DozorSession, "after_transaction_create")
@event.listens_for(DozorSession, "after_transaction_end")
def _forget(current: DozorSession, at: SessionTransaction) -> None:
    if at.nested or at.parent is None:  # not the parts that each flush is made of
        current.kept_connection = current.kept_setup = None


@event.listens_for(DozorSession, "after_begin")
def _begun(current: DozorSession, _at: SessionTransaction, connection: Connection) -> None:
    if current.open is None:
        postgresql.read_only(connection)


class Database(SQLAlchemy):
    """Puts a session away whatever has become of its connection."""

    def _teardown_session(self, exc: BaseException | None) -> None:
        try:
            super()._teardown_session(exc)
        except DBAPIError as error:
            # The answer is made and what was to be kept is kept: a connection that has gone has nothing to take back.
            log.warning("the database went before a session was put away: %s", error.orig)
            self.session.registry.clear()


db = Database(
    model_class=Base,
    session_options={
        "class_": DozorSession,
        "scopefunc": app_ctx._get_current_object,  # type: ignore[attr-defined]  # it is asked dozens of times a request
        "expire_on_commit": False,
        "autoflush": True,
    },
)

# SQLite has one writer. Waiting for a place here is fair; waiting inside SQLite is by luck, and its tail is long.
_writer = threading.Lock()
_in_line: set[int] = set()  # threads of this process that wait for it

Reactor = Callable[[object], None]
Teller = Callable[[Sequence[object]], None]
Publisher = Callable[[Transaction], None]
_reactor: Reactor | None = None
_teller: Teller | None = None
_publisher: Publisher | None = None


def set_followers(reactor: Reactor, teller: Teller, publisher: Publisher) -> None:
    """Say who follows the events of a transaction before its commit, who then writes what people are told, and who
    publishes its jobs and changes after it (the composition root calls this once)."""
    global _reactor, _teller, _publisher
    _reactor, _teller, _publisher = reactor, teller, publisher


def session() -> DozorSession:
    """The session of this request or job."""
    return db.session.registry()  # type: ignore[return-value]  # of which class they are, the options say


def execute_core(query: Executable, **bound: Any) -> Answer:
    """A statement over columns, asked of the connection itself: the mapper's part in it takes longer than the
    database's. What is pending is written first; rows that the session holds already do not change by it."""
    current = session()
    if current.open is not None:
        current.flush()
    return ready.execute(_connection(current), query, bound)


def execute_together(*asked: tuple[Executable, Mapping[str, Any]]) -> list[Answer]:
    """Several such statements, none of which needs another's answer: on PostgreSQL in one journey, in this order, each
    seeing what is there when its turn comes."""
    current = session()
    if current.open is not None:
        current.flush()
    return ready.execute_together(_connection(current), asked)


def execute_last(query: Executable, **bound: Any) -> Answer:
    """The last statement of a transaction in which nothing is emitted or told: on PostgreSQL it is committed in the
    same journey, whatever its answer is."""
    current = session()
    current.flush()
    return ready.execute_together(_connection(current), [(query, bound)], is_last=True)[0]


def execute_later(query: Executable, **bound: Any) -> None:
    """A write whose answer nobody asks for, and that neither reads nor names anything pending, which is not written for
    it. On PostgreSQL it goes with what is asked next, or with the commit, and what is wrong with it is raised there;
    in a savepoint at once, since whoever opened that may mend it."""
    current = session()
    if current.in_nested_transaction():
        ready.execute(_connection(current), query, bound)
    else:
        ready.put(_connection(current), query, bound)


def execute_surely(query: Executable, or_raise: Exception, **bound: Any) -> None:
    """A write like that of `execute_later`, of which one thing matters: `or_raise` is raised when it found no row, here
    or by whatever is asked next, and always before the commit. The transaction is not to stand then."""
    current = session()
    if current.in_nested_transaction():
        if not ready.execute(_connection(current), query, bound).rowcount:
            raise or_raise
    else:
        ready.put(_connection(current), query, bound, or_raise)


def write_core(row: Any, **columns: Any) -> None:
    """These columns of a row that the session holds, written at once: a flush takes ten times as long. The object says
    the same, until a savepoint is taken back."""
    session().flush()
    execute_later(_of_table(row.__table__), row=row.id, **columns)
    for name, value in columns.items():
        set_committed_value(row, name, value)


@cache
def _of_table(table: Table) -> Update:
    return update(table).where(table.c.id == bindparam("row"))


def connection() -> Connection:
    """The session's own. It is kept at hand while its transaction is open: to look it up takes longer than a small
    statement does."""
    return _connection(session())


def _connection(current: DozorSession) -> Connection:
    if current.kept_connection is None:
        found = current.connection()  # which may begin a transaction, and so forget
        current.kept_connection = found
        return found
    return current.kept_connection


def is_writing() -> bool:
    """Whether a transaction is open here."""
    return has_app_context() and session().open is not None


def is_sqlite() -> bool:
    return session().engine.dialect.name == "sqlite"


def open_transaction() -> Transaction:
    """The one that is open here. Raises RuntimeError when there is none."""
    found = session().open
    if found is None:
        raise RuntimeError("this needs an open transaction")
    return found


def instant() -> datetime:
    """When what the open transaction writes down happened: one instant for all of it, by which whoever reads knows what
    belongs together. The clock is asked at the first call: by then whatever is written is locked, so that who came
    second is not the earlier one. Leases, alarms and what measures how long something takes ask `clock.now()`."""
    mine = open_transaction()
    if mine.at is None:
        mine.at = clock.now()
    return mine.at


@contextmanager
def transaction(*, may_be_forgotten: bool = False) -> Iterator[DozorSession]:
    """Write, all or nothing. Whatever was read before is forgotten, so nothing stale is written back.

    On SQLite it takes the write lock at once (a read that later wants to write fails under load).
    `may_be_forgotten`: by a power cut, so its commit does not wait for the disk; what is committed after it is there
    only if it is.
    On leaving: the events are followed that `follow` has not, people are told, the commit is made, jobs and changes are
    published, `later` is called.
    """
    current = session()
    if current.open is not None:
        raise RuntimeError("a transaction is already open: pass its work on instead of opening another")
    current.close()
    with _one_writer() if is_sqlite() else nullcontext():
        mine = current.open = Transaction()
        try:
            writes = sqlite.UNSYNCED if may_be_forgotten else True
            opened = current.kept_connection = current.connection(execution_options={"writes": writes})
            if may_be_forgotten and not is_sqlite():
                execute_later(postgresql.UNSYNCED)
            saving.must_be_in_place(opened, current_app.config["SETTINGS"].data / "backups")
            yield current
            _follow(mine)
            if mine.tellings and _teller is not None:
                _teller(mine.tellings)
            current.commit()
            saving.saved(current.engine)
        except BaseException as error:
            current.rollback()
            if (cannot := saving.note(current.engine, error)) is not None:
                raise cannot from error
            raise
        finally:
            current.open = None
    _publish(mine)


@contextmanager
def _one_writer() -> Iterator[None]:
    me = threading.get_ident()
    _in_line.add(me)
    try:
        with _writer:
            _in_line.discard(me)
            yield
    finally:
        _in_line.discard(me)


def is_writer_awaited() -> bool:
    """Whether anybody waits to write, here or in another process. On SQLite: elsewhere nobody waits for all."""
    file = saving.file_of(session().engine)
    return bool(_in_line) or (file is not None and waiting.is_anybody(file.parent))


@contextmanager
def new_transaction() -> Iterator[DozorSession]:
    """A transaction beside this session, as an `after_commit` callback needs one: what its caller still holds stays."""
    with current_app.app_context(), transaction() as current:
        yield current


def jot(fact: Executable) -> bool:
    """Write what nobody would wait for, in a transaction of its own: not at all while others write, or when it fails.
    Whether it stands. What this session reads goes on as it was."""
    if is_sqlite() and not _writer.acquire(blocking=False):
        return False
    try:
        with db.engine.connect().execution_options(writes=sqlite.IF_FREE) as aside, aside.begin():
            if not saving.is_in_place(aside):
                return False
            aside.execute(fact)
        return True
    except DBAPIError:  # on SQLite also while another process writes
        return False
    finally:
        if is_sqlite():
            _writer.release()


@contextmanager
def savepoint() -> Iterator[None]:
    """A part of a transaction that may fail alone: its writes, events, jobs, changes and callbacks go with it."""
    mine = open_transaction()
    before = mine.copy()
    try:
        with session().begin_nested():
            yield
    except BaseException:
        _forget_added(mine, before)
        mine.restore(before)
        session().expire_all()  # of what was written past the session (write_core) it knows nothing
        raise


@contextmanager
def trial() -> Iterator[None]:
    """See what would be: whatever is written inside is taken back at its end, with its events, jobs and changes."""
    mine = open_transaction()
    before, nested = mine.copy(), session().begin_nested()
    try:
        yield
        session().flush()
    finally:
        nested.rollback()
        _forget_added(mine, before)
        mine.restore(before)
        session().expire_all()


def _forget_added(mine: Transaction, since: Transaction) -> None:
    """What a savepoint that was taken back had added is nowhere: SQLite gives its number again."""
    for each in mine.added[len(since.added) :]:
        if each in session():
            session().expunge(each)


def emit(*events: object) -> None:
    """Note what a service did; the reactor follows it before the commit."""
    open_transaction().events.extend(events)


def follow() -> None:
    """Let what follows from the work so far happen now, and forget what was read before it: for whoever answers with
    what the open transaction leaves. What is emitted after this is followed at its end; people are told there, of all.
    Never in a savepoint, which would take back less than what was noted in it."""
    current = session()
    if current.in_nested_transaction():
        raise RuntimeError("events are followed by whoever opened the transaction, not in a savepoint")
    _follow(open_transaction())
    current.flush()
    current.expire_all()  # what was written past the session (execute_core) is read anew


def after_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once this transaction is safely in the database, and never if it is not."""
    open_transaction().later.append(callback)


def _follow(mine: Transaction) -> None:
    while mine.events:
        events, mine.events = mine.events, []
        for each in events:
            if _reactor is not None:
                _reactor(each)


def _publish(mine: Transaction) -> None:
    says = _publisher
    callbacks = [lambda: says(mine)] if says is not None and (mine.jobs or mine.changes) else []
    for callback in [*callbacks, *mine.later]:
        try:
            callback()
        except Exception:  # the rows are written: an alarm clock that does not answer must not undo them
            log.exception("after-commit callback failed")
