"""Copies of the whole database, made while it is in use, and put back.

A copy counts only after the database itself has found it whole. What a restore replaces is kept beside it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from webapp.box import dumps
from webapp.config import give_to_owner
from webapp.models import column_totals

TAILS = ("-wal", "-shm")


class BackupError(Exception):
    """One line that says what went wrong and what to do."""


def backup(url: str, target: Path) -> None:
    """Copy the database of `url` into the new file `target`; readers and writers go on meanwhile."""
    if target.exists():
        raise BackupError(f"{target} exists already: name a new file.")
    making = target.with_name(target.name + ".part")
    try:
        making.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise BackupError(f"cannot write {target}: {error.strerror}.") from None
    try:
        if is_file(url):
            _copy(file_of(url), making)
        else:
            dumps.dump(url, making)
        os.replace(making, target)
    except dumps.DumpError as error:
        raise BackupError(str(error)) from None
    finally:
        making.unlink(missing_ok=True)


def restore(
    url: str,
    source: Path,
    *,
    force: bool,
    now: datetime,
    keep_in: Path,
    ready: Callable[[Path], None] = lambda _: None,
    known: Callable[[str | None], None] = lambda _: None,
) -> Path | None:
    """Put a copy in the place of the database. Only with `force` over one that holds something, which is kept: its
    new path is returned (beside an SQLite file, else in `keep_in`). Refused while anybody uses the database.

    Nothing is replaced by what cannot be used: a file is made `ready` before it comes into its place, which is the last
    step; of a dump the revision must be `known`, and a mark in the database makes whoever starts it hold first."""
    if not source.is_file():
        raise BackupError(f"{source} is not a file.")
    if is_file(url):
        return _put_back(source, file_of(url), force, now, ready)
    try:
        return _load(url, source, force, _free(keep_in / f"replaced-{now:%Y%m%dT%H%M%S}.dump"), known)
    except dumps.DumpError as error:
        raise BackupError(str(error)) from None


def is_file(url: str) -> bool:
    return url.startswith("sqlite")


def file_of(url: str) -> Path:
    """The file of an SQLite address."""
    name = make_url(url).database
    if not name:
        raise BackupError("a database in memory cannot be copied.")
    return Path(name)


def holds_something(path: Path) -> bool:
    """Whether an SQLite file has any table."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with _opened(path) as connection:
        return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=15)
    try:
        yield connection
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path}: {error}.") from None
    finally:
        connection.close()


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise BackupError(f"there is no database at {source}.")
    with _opened(source) as old, _opened(target) as new:
        old.backup(new)  # all pages in one step: a writer waits for a moment, and the copy is of one instant
        new.execute("PRAGMA journal_mode=DELETE")
    _must_be_whole(target)


def _must_be_whole(path: Path) -> None:
    with _opened(path) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'firm'").fetchone()[0]
    if found != "ok":
        raise BackupError(f"{path} is damaged: {found}.")
    if not tables:
        raise BackupError(f"{path} is not a backup of Dozor.")


def _put_back(source: Path, target: Path, force: bool, now: datetime, ready: Callable[[Path], None]) -> Path | None:
    try:
        _must_be_whole(source)
    except BackupError as error:
        raise BackupError(f"{error} Nothing was changed: take another copy.") from None
    target.parent.mkdir(parents=True, exist_ok=True)
    making = target.with_name(target.name + ".part")
    _remove(making)
    try:
        _copy(source, making)
        _only_our_triggers(making)
        ready(making)
        with _opened(making) as connection:  # what has been made ready stands in the one file
            connection.execute("PRAGMA journal_mode=DELETE")
        must_be_left_alone(target)
        kept = _set_aside(target, force, now) if target.is_file() and target.stat().st_size else None
        for tail in TAILS:
            target.with_name(target.name + tail).unlink(missing_ok=True)
        give_to_owner(making)
        os.replace(making, target)
    finally:
        _remove(making)
    return kept


def _remove(making: Path) -> None:
    for tail in ("", *TAILS):
        making.with_name(making.name + tail).unlink(missing_ok=True)


def _only_our_triggers(path: Path) -> None:
    """A copy from elsewhere may carry what the database would run by itself at every change. What is ours is made anew,
    as this Dozor has it."""
    with _opened(path) as connection:
        found = connection.execute("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchall()
        for kind, name in found:
            quoted = name.replace('"', '""')
            connection.execute(f'DROP {kind} IF EXISTS "{quoted}"')
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'column_total'").fetchone():
            for statement in column_totals.ON_SQLITE:
                connection.execute(statement)
        connection.commit()


def must_be_left_alone(target: Path) -> None:
    """Whoever has the file open, a web process or a console, would go on writing into what is no longer it."""
    if not target.is_file():
        return
    connection = sqlite3.connect(target, timeout=1, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BackupError(f"{target} is in use: stop Dozor, and whatever else has it open, first.") from None
    except sqlite3.DatabaseError:  # damaged: all the more reason to replace it
        pass
    finally:
        connection.close()


def _set_aside(target: Path, force: bool, now: datetime) -> Path | None:
    kept = _free(target.with_name(f"{target.stem}-replaced-{now:%Y%m%dT%H%M%S}{target.suffix}"))
    try:
        if not holds_something(target):
            return None
        if force:
            _copy(target, kept)  # a copy, not a rename: what still stands in the write-ahead log comes along
    except BackupError:  # damaged: kept as it is
        if force:
            os.replace(target, kept)
    if not force:
        raise BackupError(f"{target} holds a firm already: add --force to replace it (the old file is kept beside).")
    give_to_owner(kept)
    return kept


def _free(wanted: Path) -> Path:
    """That, or by a number more: what an earlier restore of the same second has kept is not written over."""
    numbered = (wanted.with_stem(f"{wanted.stem}-{number}") for number in itertools.count(2))
    return next(each for each in itertools.chain([wanted], numbered) if not each.exists())


def _load(url: str, source: Path, force: bool, kept: Path, known: Callable[[str | None], None]) -> Path | None:
    dumps.must_be_of_dozor(url, source)
    known(dumps.revision(url, source))
    is_full = dumps.holds_something(url)
    if is_full and not force:
        raise BackupError("the database holds a firm already: add --force to replace it (a copy is kept).")
    if is_full:
        backup(url, kept)
    kept.parent.mkdir(parents=True, exist_ok=True)
    dumps.load(url, source, kept.with_suffix(".sql"))
    return kept if is_full else None
