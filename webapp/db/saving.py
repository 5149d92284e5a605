"""Whether what is written is saved: a disk that is full, a database that only reads, a file that has been taken away
under the processes that have it open. What stands in such a file is rescued, and nothing more is written into it."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sqlite3
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from webapp import clock

log = logging.getLogger(__name__)
FELT_FOR_SECONDS = 30.0
LEAST_FREE_BYTES = 1024 * 1024
SIGNS = ("disk is full", "disk i/o error", "readonly database", "unable to open", "no space left", "read-only")
STATES = ("53100", "25006")  # PostgreSQL: disk_full, read_only_sql_transaction

_failed_at: dict[str, float] = {}


class CannotSave(SQLAlchemyError):
    """Nothing can be saved now, for the reason in the log; what was to be written is not."""


def watch(engine: Engine) -> None:
    """SQLite goes on in a file that was removed. So each connection knows which file it has opened."""

    @event.listens_for(engine, "connect")
    def connected(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(file_of(engine))


@lru_cache(maxsize=8)
def file_of(engine: Engine) -> Path | None:
    """The file of an SQLite database."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)


def _identity(file: Path | None) -> tuple[int, int] | None:
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found is not None else None


def is_in_place(connection: Connection) -> bool:
    """Whether the open file is the one that stands at its path."""
    file = file_of(connection.engine)
    return file is None or connection.connection.info.get("file") == _identity(file)


def must_be_in_place(connection: Connection, folder: Path) -> None:
    """Under the write lock: what is in a file that was taken away is copied into `folder`, once by each connection, and
    nothing is added. Raises CannotSave."""
    if is_in_place(connection):
        return
    known = connection.connection.info
    target: Path | None = known.get("rescued")
    if target is None or not target.exists():
        target = known["rescued"] = _rescue(connection.connection.dbapi_connection, folder)
    if target is None:
        raise CannotSave(f"{file_of(connection.engine)} was taken away or replaced, and could not be copied")
    raise CannotSave(f"{file_of(connection.engine)} was taken away or replaced; what was in it is in {target}")


def rescue(connection: Connection, folder: Path) -> None:
    """The same from a connection that only reads, and that goes on reading."""
    raw: Any = connection.connection.dbapi_connection
    raw.execute("ROLLBACK")
    try:
        raw.execute("BEGIN IMMEDIATE")
        must_be_in_place(connection, folder)
    except (CannotSave, sqlite3.Error):
        pass
    finally:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raw.execute("BEGIN")


def _rescue(raw: Any, folder: Path) -> Path | None:
    """A copy, by the time and by what is in it: a number of the file system is given again, and a firm's second loss
    would have been taken for its first. Several processes that lose the same file make one. None: it failed."""
    making = folder / f"rescued.{os.getpid()}.{threading.get_ident()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        copy = sqlite3.connect(making)
        # SQLite copies nothing out of a connection that holds the write lock. Whoever gets it now is refused too.
        raw.execute("ROLLBACK")
        raw.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.close()
        return _kept(making, folder)
    except (OSError, sqlite3.Error):
        log.exception("the database file was taken away, and what was in it could not be copied")
        return None
    finally:
        making.unlink(missing_ok=True)


def _kept(made: Path, folder: Path) -> Path:
    """Where the copy stands: there already, if another has rescued the same."""
    with made.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    for known in folder.glob(f"rescued-*-{content}.db"):
        return known
    target = folder / f"rescued-{clock.now():%Y%m%dT%H%M%S}-{content}.db"
    os.replace(made, target)
    log.critical("the database file was taken away: all that was in it is in %s", target)
    return target


def note(engine: Engine, error: BaseException) -> CannotSave | None:
    """Remember a write that failed for want of a place to write to; None for any other failure."""
    failure = known(error)
    if failure is not None:
        _failed_at[str(engine.url)] = time.monotonic()
    return failure


def known(error: BaseException) -> CannotSave | None:
    """This failure as one for want of a place to write to; None for any other."""
    if isinstance(error, DBAPIError):
        said = str(error.orig).lower()
        is_sign = getattr(error.orig, "sqlstate", None) in STATES or any(each in said for each in SIGNS)
        return CannotSave(str(error.orig)) if is_sign else None
    return error if isinstance(error, CannotSave) else None


def saved(engine: Engine) -> None:
    """A write stands."""
    if _failed_at:  # to name a database takes longer than a small statement
        _failed_at.pop(str(engine.url), None)


def is_possible(engine: Engine) -> bool:
    """As far as one can tell without writing: no write has just failed, and there is room beside the file."""
    failed_at = _failed_at.get(str(engine.url))
    if failed_at is not None and time.monotonic() - failed_at < FELT_FOR_SECONDS:
        return False
    file = file_of(engine)
    try:
        return file is None or shutil.disk_usage(file.parent).free >= LEAST_FREE_BYTES
    except OSError:
        return False
