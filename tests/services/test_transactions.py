"""The one way to write: all or nothing, one at a time in a session, and what follows only after the commit."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from redis.client import PubSub
from sqlalchemy import Connection, insert, select, text

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.background import outbox, redis_client
from webapp.changes import announcements
from webapp.db import (
    Changes,
    Owner,
    after_commit,
    db,
    emit,
    open_transaction,
    savepoint,
    session,
    transaction,
    trial,
    write_core,
)
from webapp.models import Company, User

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def companies() -> list[str]:
    return list(session().scalars(select(Company.name).order_by(Company.name)))


def test_an_exception_takes_everything_back_with_its_callbacks(clock: Clock) -> None:
    called: list[str] = []

    def fails() -> None:
        with transaction() as current:
            current.add(Company(name="Never"))
            current.flush()
            after_commit(lambda: called.append("never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with transaction() as current:
        current.add(Company(name="Kept"))
        after_commit(lambda: called.append("kept"))
        assert called == []
    assert (companies(), called) == (["Kept"], ["kept"])


@pytest.mark.complains("after-commit callback failed")
def test_a_callback_sees_what_was_written_and_one_that_fails_stops_nobody(clock: Clock) -> None:
    seen: list[list[str]] = []

    def fails() -> None:
        raise ZeroDivisionError

    with transaction() as current:
        current.add(Company(name="Kept"))
        after_commit(fails)
        after_commit(lambda: seen.append(companies()))
    assert seen == [["Kept"]]


def test_a_part_that_fails_goes_with_its_rows_events_and_callbacks(clock: Clock) -> None:
    called: list[str] = []

    def fails() -> None:
        with savepoint():
            session().add(Company(name="Inside"))
            session().flush()
            emit("an event that nobody may follow")
            outbox.arm("run", 1, NOON)
            announcements.deal_changed(1, 2)
            after_commit(lambda: called.append("inside"))
            raise ZeroDivisionError

    with transaction() as current:
        current.add(Company(name="Before"))
        after_commit(lambda: called.append("before"))
        with pytest.raises(ZeroDivisionError):
            fails()
        mine = open_transaction()
        assert (mine.events, mine.jobs, bool(mine.changes)) == ([], [], False)
        current.add(Company(name="After"))
    assert (companies(), called) == (["After", "Before"], ["before"])


def test_a_transaction_within_another_is_refused(clock: Clock) -> None:
    with pytest.raises(RuntimeError, match="already open"), transaction(), transaction():
        pass
    with transaction() as current:  # and the next one is none the worse for it
        current.add(Company(name="Kept"))
    assert companies() == ["Kept"]


def test_after_commit_outside_of_a_transaction_is_refused(clock: Clock) -> None:
    with pytest.raises(RuntimeError, match="open transaction"):
        after_commit(lambda: None)


def test_what_was_read_before_is_forgotten_so_that_nothing_stale_is_written_back(app: Flask, clock: Clock) -> None:
    rep1 = company.person("rep1")
    held = session().get_one(User, rep1)

    def elsewhere() -> None:
        with transaction() as current:
            current.get_one(User, rep1).name = "Elsewhere"

    acts.at_the_same_moment(app, elsewhere)
    with transaction() as current:
        assert current.get_one(User, rep1).name == "Elsewhere"
        assert held not in current


def test_on_sqlite_the_write_lock_is_taken_before_anything_is_read(clock: Clock) -> None:
    if db.engine.dialect.name != "sqlite":
        with transaction() as current:
            assert current.connection().get_isolation_level() == "READ COMMITTED"
        return
    other = sqlite3.connect(str(db.engine.url.database), timeout=0, isolation_level=None)
    try:
        with transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        session().scalar(select(Company.id))  # a reader takes no lock, and is in nobody's way
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    finally:
        other.close()


def test_on_postgresql_a_page_that_only_reads_begins_no_transaction(clock: Clock) -> None:
    if db.engine.dialect.name == "sqlite":
        return
    session().scalar(select(Company.id))
    assert standing(session().connection()) == "idle"
    with transaction() as current:
        current.add(Company(name="Kept"))
        current.flush()
        assert standing(current.connection()) == "idle in transaction"
    session().scalar(select(Company.id))
    session().close()
    with db.engine.connect() as one, one.begin() as all_of_it:  # on a connection that has only read just now
        one.execute(insert(Company).values(name="Taken back", fields={}))
        all_of_it.rollback()
    assert companies() == ["Kept"]


def standing(of: Connection) -> str:
    """What the server says that a connection does."""
    driver: Any = of.connection.dbapi_connection
    state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
    with db.engine.connect() as aside:
        return str(aside.execute(state, {"pid": driver.info.backend_pid}).scalar_one())


def test_jobs_and_changes_are_published_before_any_callback_whatever_the_order_of_calls(app: Flask) -> None:
    heard: list[Changes] = []
    with redis_client.client().pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(announcements.channel(app))
        while not redis_client.client().pubsub_numsub(announcements.channel(app))[0][1]:
            channel.get_message(timeout=0.1)
        with transaction():
            after_commit(lambda: heard.append(announcements.decoded(next_message(channel))))
            announcements.inbox_changed(7)
            announcements.inbox_changed(7)
    assert heard == [Changes(people=[7])]


def next_message(channel: PubSub) -> bytes:
    found = None
    for _ in range(50):
        found = found or channel.get_message(timeout=0.1)
    assert found is not None
    return bytes(found["data"])


def test_what_a_message_says_is_what_was_noted() -> None:
    noted = Changes(
        {3: [1, 2]},
        {3: [Owner(4, None)]},
        people=[5],
        tasks=[6],
        important=[8],
        calls=[9],
        rights=[None, 7],
        draft=[True],
    )
    assert announcements.decoded(announcements._encoded(noted).encode()) == noted


@pytest.mark.parametrize(
    "message",
    [
        *(b"[]", b"nonsense", b'"x"', b"7", b"null", b"\xff", b'{"deals": [1]}', b'{"people": ["x"]}'),
        *(b'{"left": {"1": [[1]]}}', b'{"people": [1e999]}', b'{"people": 1}', b"[" * 100_000),
    ],
    ids=lambda each: each[:24],
)
def test_a_message_that_is_none_of_ours_is_named_so(message: bytes) -> None:
    with pytest.raises(ValueError):
        announcements.decoded(message)


def test_a_row_that_is_written_past_the_mapper_says_so_until_it_is_taken_back(clock: Clock) -> None:
    def fails(row: Company, name: str) -> None:
        with savepoint():
            write_core(row, name=name)
            assert row.name == name
            raise ZeroDivisionError

    with transaction() as current:
        row = Company(name="First")
        current.add(row)
        current.flush()
        row.fields = {"segment": "a"}
        write_core(row, name="Second")
        assert (row.name, companies()) == ("Second", ["Second"])
        with pytest.raises(ZeroDivisionError):
            fails(row, "Third")
        assert (row.name, row.fields) == ("Second", {"segment": "a"})
        with trial():
            write_core(row, name="Fourth")
        assert row.name == "Second"
        row.version += 1
    assert session().execute(select(Company.name, Company.version, Company.fields)).one() == (
        "Second",
        2,
        {"segment": "a"},
    )
