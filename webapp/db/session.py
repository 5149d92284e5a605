"""The database: one way to open it, one way to write to it.

`transaction()` is the only commit in Dozor. What must happen after it is given to `after_commit`;
what happened inside it is given to `emit`, and is followed by the reactor before the commit.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

from flask import current_app, has_app_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, Executable
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from webapp.db import saving
from webapp.db.types import Base

log = logging.getLogger(__name__)

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": True})

# SQLite has one writer. Waiting for a place here is fair; waiting inside SQLite is by luck, and its tail is long.
_writer = threading.Lock()

Reactor = Callable[[Any], None]
_reactor: Reactor | None = None


def set_reactor(reactor: Reactor) -> None:
    """Say who follows the events of a transaction (the composition root calls this once)."""
    global _reactor
    _reactor = reactor


def session() -> Session:
    """The session of this request or job."""
    return db.session()


def execute_core(query: Executable, **bound: Any) -> CursorResult[*tuple[Any, ...]]:
    """A statement over columns, asked of the connection itself: the mapper's part in it takes longer than the
    database's. What is pending is written first; rows that the session holds already do not change by it."""
    current = session()
    if current.info.get("writing"):
        current.flush()
    return connection().execute(query, bound)


def connection() -> Connection:
    """The session's own. It is kept at hand while its transaction is open: to look it up takes longer than a small
    statement does."""
    current = session()
    of, found = current.info.get("connection", (None, None))
    if found is None or of is not current.get_transaction():
        found = current.connection()
        current.info["connection"] = (current.get_transaction(), found)
    return cast(Connection, found)


def is_writing() -> bool:
    """Whether a transaction is open here."""
    return has_app_context() and bool(session().info.get("writing"))


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


@contextmanager
def transaction() -> Iterator[Session]:
    """Write, all or nothing. Whatever was read before is forgotten, so nothing stale is written back.

    On SQLite it takes the write lock at once (a read that later wants to write fails under load).
    On leaving: the events are followed, the commit is made, then the `after_commit` callbacks run.
    """
    current = session()
    if current.info.get("writing"):
        raise RuntimeError("a transaction is already open: pass its work on instead of opening another")
    current.close()
    with _writer if is_sqlite() else nullcontext():
        current.info.update(writing=True, events=[], after=[])
        try:
            opened = current.connection(execution_options={"writes": True})
            saving.must_be_in_place(opened, current_app.config["SETTINGS"].data / "backups")
            yield current
            _follow(current)
            current.commit()
            saving.saved(db.engine)
        except BaseException as error:
            current.rollback()
            current.info["after"] = []
            if (cannot := saving.note(db.engine, error)) is not None:
                raise cannot from error
            raise
        finally:
            current.info["writing"] = False
    _run_callbacks(current.info.pop("after"))


@contextmanager
def new_transaction() -> Iterator[Session]:
    """A transaction beside this session, as an `after_commit` callback needs one: what its caller still holds stays."""
    with current_app.app_context(), transaction() as current:
        yield current


@contextmanager
def savepoint() -> Iterator[None]:
    """A part of a transaction that may fail alone: its writes, events and callbacks go with it."""
    current = session()
    events, after = list(current.info["events"]), list(current.info["after"])
    try:
        with current.begin_nested():
            yield
    except BaseException:
        current.info["events"], current.info["after"] = events, after
        raise


def emit(*events: Any) -> None:
    """Note what a service did; the reactor follows it before the commit."""
    session().info["events"].extend(events)


def after_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once this transaction is safely in the database, and never if it is not."""
    if not session().info.get("writing"):
        raise RuntimeError("after_commit needs an open transaction")
    session().info["after"].append(callback)


def _follow(current: Session) -> None:
    while current.info["events"]:
        events, current.info["events"] = current.info["events"], []
        for each in events:
            if _reactor is not None:
                _reactor(each)


def _run_callbacks(callbacks: list[Callable[[], None]]) -> None:
    for callback in callbacks:
        try:
            callback()
        except Exception:  # the rows are written: an alarm clock that does not answer must not undo them
            log.exception("after-commit callback failed")
