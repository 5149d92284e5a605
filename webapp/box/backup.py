"""Copies of the whole database, made while it is in use, and put back.

A copy counts only after the database itself has found it whole. What a restore replaces is kept beside it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url


class BackupError(Exception):
    """One line that says what went wrong and what to do."""


def backup(url: str, target: Path) -> None:
    """Copy the database of `url` into the new file `target`; readers and writers go on meanwhile."""
    if target.exists():
        raise BackupError(f"{target} exists already: name a new file.")
    making = target.with_name(target.name + ".part")
    try:
        making.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise BackupError(f"cannot write {target}: {error.strerror}.") from None
    try:
        if is_file(url):
            _copy(file_of(url), making)
        else:
            _dump(url, making)
        os.replace(making, target)
    finally:
        making.unlink(missing_ok=True)


def restore(url: str, source: Path, *, force: bool, now: datetime) -> Path | None:
    """Put a copy in the place of the database. Only with `force` over one that holds something, which is kept:
    its new path is returned (SQLite). Nobody may be using the database."""
    if not source.is_file():
        raise BackupError(f"{source} is not a file.")
    if is_file(url):
        return _put_back(source, file_of(url), force, now)
    _load(url, source, force)
    return None


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


def _put_back(source: Path, target: Path, force: bool, now: datetime) -> Path | None:
    _must_be_whole(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    making = target.with_name(target.name + ".part")
    making.unlink(missing_ok=True)
    _copy(source, making)
    kept = _set_aside(target, force, now) if holds_something(target) else None
    for tail in ("-wal", "-shm"):
        target.with_name(target.name + tail).unlink(missing_ok=True)
    os.chmod(making, 0o640)
    os.replace(making, target)
    return kept


def _set_aside(target: Path, force: bool, now: datetime) -> Path:
    if not force:
        raise BackupError(f"{target} holds a firm already: add --force to replace it (the old file is kept beside).")
    kept = target.with_name(f"{target.stem}-replaced-{now:%Y%m%dT%H%M%S}{target.suffix}")
    _copy(target, kept)  # a copy, not a rename: what still stands in the write-ahead log comes along
    return kept


def _dump(url: str, target: Path) -> None:
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={target}", _plain(url))


def _load(url: str, source: Path, force: bool) -> None:
    over = ["--clean", "--if-exists"] if force else []
    _run(
        "pg_restore",
        "--no-owner",
        "--exit-on-error",
        "--single-transaction",
        *over,
        f"--dbname={_plain(url)}",
        str(source),
    )


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _run(program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            f"{program} is not on PATH: install PostgreSQL's client programs, or copy the database with your own."
        )
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or f"{program}: no reason given").splitlines()
        raise BackupError("; ".join(said[:3]))
