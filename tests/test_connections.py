"""Durability rests on settings of each connection: read back from the product's own, also from one in another thread
and from one that came after a restart of the pool."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, update
from sqlalchemy.exc import DBAPIError

from tests import servers
from webapp.db import db, jot, postgresql, prepare, session, transaction
from webapp.db.sqlite import IF_FREE
from webapp.models import User

pytestmark = pytest.mark.waits_for_the_disk
SQLITE = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: what was answered outlives a power cut
    "foreign_keys": 1,
    "busy_timeout": 15_000,
}
POSTGRESQL = {
    "synchronous_commit": "on",
    "transaction_isolation": "read committed",
    "idle_in_transaction_session_timeout": "20s",
    "max_parallel_workers_per_gather": "0",  # a page of a large firm would wait for a process to be started
}


def read_back(app: Flask, ask: str, names: dict[str, Any]) -> dict[str, Any]:
    with app.app_context():
        found = {each: session().connection().exec_driver_sql(f"{ask} {each}").scalar() for each in names}
        with transaction():
            assert {each: session().connection().exec_driver_sql(f"{ask} {each}").scalar() for each in names} == found
        session().close()
        return found


def in_each_way(app: Flask, ask: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    here = read_back(app, ask, names)
    with ThreadPoolExecutor(1) as other:
        there = other.submit(read_back, app, ask, names).result()
    with app.app_context():
        db.engine.dispose()
    return [here, there, read_back(app, ask, names)]


def test_each_connection_to_sqlite_keeps_what_it_was_told(app: Flask) -> None:
    assert in_each_way(app, "PRAGMA", SQLITE) == [SQLITE] * 3


def test_the_connection_to_sqlite_that_has_just_written_is_taken_first(app: Flask) -> None:
    """It alone need not read the file's pages anew."""
    with app.app_context():
        first, last = db.engine.raw_connection(), db.engine.raw_connection()
        has_written = last.dbapi_connection
        first.close()
        last.close()
        with closing(db.engine.raw_connection()) as taken:
            assert taken.dbapi_connection is has_written


@pytest.mark.postgres
def test_each_connection_to_postgresql_keeps_what_its_server_says(app: Flask, postgres: servers.Postgres) -> None:
    """The servers of tests do without; what a server promises, no connection of the product takes back."""
    with app.app_context():
        name = db.engine.url.query.get("dbname") or db.engine.url.database
        db.engine.dispose()
    postgres.run(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
    assert in_each_way(app, "SHOW", POSTGRESQL) == [POSTGRESQL] * 3


def told_within_and_after(app: Flask, ask: str) -> list[Any]:
    """What a connection is told in a transaction that a power cut may forget, also in one that fails, and after it."""
    found: list[Any] = []

    def look() -> None:
        found.append(session().connection().exec_driver_sql(ask).scalar())

    with app.app_context():
        with transaction(may_be_forgotten=True):
            look()
        with transaction():
            look()
        with pytest.raises(ZeroDivisionError), transaction(may_be_forgotten=True):
            raise ZeroDivisionError
        look()
        session().close()
    return found


def test_what_sqlite_may_forget_waits_for_no_disk_and_what_comes_after_it_does(app: Flask) -> None:
    assert told_within_and_after(app, "PRAGMA synchronous") == [1, 2, 2]


@pytest.mark.postgres
def test_what_postgresql_may_forget_waits_for_no_disk_and_what_comes_after_it_does(
    app: Flask, postgres: servers.Postgres
) -> None:
    with app.app_context():
        name = db.engine.url.query.get("dbname") or db.engine.url.database
        db.engine.dispose()
    postgres.run(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
    assert told_within_and_after(app, "SHOW synchronous_commit") == ["off", "on", "on"]


@pytest.mark.postgres
def test_a_process_that_stands_still_gives_back_what_it_held(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a paused machine does, in the middle of a transaction: nobody else waits until it wakes."""
    monkeypatch.setattr(postgresql, "IDLE_SECONDS", 1)
    held, woken = threading.Event(), threading.Event()

    def stands_still() -> None:
        with app.app_context(), transaction() as current:
            current.execute(update(User).values(name="Never"))
            held.set()
            woken.wait(20)

    with app.app_context():
        db.engine.dispose()
    with ThreadPoolExecutor(1) as other:
        still = other.submit(stands_still)
        assert held.wait(10)
        with app.app_context(), transaction() as current:
            began = time.monotonic()
            current.execute(update(User).values(name="Somebody else"))
            took = time.monotonic() - began
        woken.set()
        with pytest.raises(DBAPIError):
            still.result(10)
    with app.app_context():
        assert set(session().scalars(select(User.name))) == {"Somebody else"}
        session().close()
    assert took < 10


@pytest.mark.postgres
def test_an_answer_outlives_a_database_that_goes_after_it_was_made(app: Flask, postgres: servers.Postgres) -> None:
    """Nothing is left to be written when a session is put away: the next one starts with a connection of its own."""
    with app.app_context():
        name = db.engine.url.query.get("dbname") or db.engine.url.database
        names = set(session().scalars(select(User.name)))
        postgres.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
    with app.app_context():
        assert set(session().scalars(select(User.name))) == names


@pytest.mark.postgres
def test_a_connection_that_was_cut_while_it_lay_in_the_pool_is_not_used(app: Flask, postgres: servers.Postgres) -> None:
    with app.app_context():
        name = db.engine.url.query.get("dbname") or db.engine.url.database
        names = set(session().scalars(select(User.name)))
    postgres.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
    time.sleep(2 * postgresql.JUST_NOW_SECONDS)
    with app.app_context():
        assert set(session().scalars(select(User.name))) == names


def test_what_nobody_would_wait_for_is_left_out_while_another_process_writes(app: Flask) -> None:
    """The lock of another process is met where the transaction begins."""
    with app.app_context():
        path = db.engine.url.database
        assert path
        fact = update(User).values(name="Somebody else")
        elsewhere = sqlite3.connect(path, isolation_level=None)
        elsewhere.execute("BEGIN IMMEDIATE")
        assert jot(fact) is False
        elsewhere.execute("ROLLBACK")
        elsewhere.close()
        assert jot(fact) is True
        session().close()


def test_a_connection_that_wrote_only_reads_when_it_is_taken_again(app: Flask) -> None:
    """Also after it did not get the lock. There is one, so that it is the same each time."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    engine = create_engine(url, pool_size=1, max_overflow=0)
    prepare(engine)
    elsewhere = sqlite3.connect(str(engine.url.database), timeout=0, isolation_level=None)
    try:
        with engine.connect().execution_options(writes=True) as writer:
            for _ in range(2):  # the option stays for as long as the connection is kept
                with writer.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
                    elsewhere.execute("BEGIN IMMEDIATE")
        elsewhere.execute("BEGIN IMMEDIATE")
        with engine.connect().execution_options(writes=IF_FREE) as aside, pytest.raises(DBAPIError, match="locked"):
            aside.begin()
        with engine.connect() as reader:
            assert reader.scalar(select(User.id).limit(1))
        elsewhere.execute("ROLLBACK")
    finally:
        elsewhere.close()
        engine.dispose()


def test_no_listener_makes_each_statement_ask_all_events(app: Flask) -> None:
    with app.app_context():
        session().scalar(select(User.id))
        assert not db.engine._has_events
        assert not db.engine.dialect._has_events
