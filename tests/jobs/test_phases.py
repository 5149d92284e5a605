"""Work in three phases: nothing is held while it sends, it may be killed between any two, and ends once inside."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from psycopg.errors import DeadlockDetected
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from jobs import runner
from tests.conftest import Clock
from tests.jobs import parcels
from tests.jobs.parcels import Line, Listing, Parcel, PostOffice, Receipt
from webapp.background import outbox
from webapp.db import session, transaction

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    with parcels.known():
        yield


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice().open() as office:
        yield office


def killed_at(point: str, app: Flask, kind: str, row_id: int, clock: Clock) -> None:
    """A process of its own does this row and is killed by SIGKILL."""
    session().close()
    settings = app.config["SETTINGS"]
    words = [settings.data, settings.database_url, settings.redis_url, kind, row_id, point, clock.at.isoformat()]
    done = subprocess.run([sys.executable, "-m", "tests.jobs.parcels", *map(str, words)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def receipts() -> list[str]:
    return list(session().scalars(select(Receipt.answer)))


def state(model: type[Parcel | Listing], row_id: int) -> str:
    found: str = session().get_one(model, row_id, populate_existing=True).state
    session().close()
    return found


def test_nothing_is_held_while_it_sends(office: PostOffice) -> None:
    url = parcels.address_of_database()
    office.before_answer = lambda: parcels.nothing_is_open(url)
    row_id, held = parcels.parcel(office.address), []

    def look(point: str) -> None:
        if point == "prepared":
            held.append((session().open, session().in_transaction()))

    with parcels.watched(look):
        assert runner.do("parcel", row_id)
    assert (held, office.failures) == ([(None, False)], [])
    assert (state(Parcel, row_id), receipts(), office.keys) == ("sent", ["taken"], ["parcel-1"])


def ended_once(at: str) -> Callable[[str], None]:
    """PostgreSQL ends the transaction there to break a deadlock, the first time."""
    left = [at]

    def look(point: str) -> None:
        if point in left:
            left.remove(point)
            raise OperationalError("", {}, DeadlockDetected("deadlock detected"))

    return look


def test_what_was_ended_to_break_a_deadlock_is_begun_once_more() -> None:
    """At once, in the same attempt, and without a complaint; nothing of it is written twice."""
    row_id = parcels.listing(3 * parcels.PART)
    with parcels.watched(ended_once("part 2")):
        assert runner.do("listing", row_id)
    assert session().scalar(select(func.count()).select_from(Line)) == 3 * parcels.PART
    assert session().get_one(Listing, row_id).attempts == 1


@pytest.mark.parametrize("point", ["preparing", "finishing"])
def test_what_sends_ends_past_a_deadlock_and_is_not_sent_again_for_it(office: PostOffice, point: str) -> None:
    row_id = parcels.parcel(office.address)
    with parcels.watched(ended_once(point)):
        assert runner.do("parcel", row_id)
    assert office.keys == ["parcel-1"]
    assert (state(Parcel, row_id), receipts()) == ("sent", ["taken"])


def test_a_page_saves_while_it_sends_slowly(app: Flask, office: PostOffice) -> None:
    def save() -> None:
        with app.app_context(), transaction() as current:
            current.add(Receipt(parcel_id=0, answer="a page"))

    def saved() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(save).result(timeout=10)

    office.before_answer = saved
    assert runner.do("parcel", parcels.parcel(office.address))
    assert office.failures == []
    assert receipts() == ["a page", "taken"]


@pytest.mark.parametrize("point", ["preparing", "prepared", "sent", "finishing"])
def test_killed_between_two_phases_it_is_sent_again_by_its_key_and_ends_once(
    app: Flask, office: PostOffice, clock: Clock, point: str
) -> None:
    row_id = parcels.parcel(office.address)
    killed_at(point, app, "parcel", row_id, clock)
    assert receipts() == []
    sent_before = len(office.keys)
    assert sent_before == (1 if point in ("sent", "finishing") else 0)
    session().close()
    assert not runner.do("parcel", row_id)  # its lease is still good
    clock.go_on(seconds=60)
    while runner.drain():
        pass
    assert (state(Parcel, row_id), receipts()) == ("sent", ["taken"])
    assert office.keys == ["parcel-1"] * (sent_before + 1)


def test_who_loses_the_lease_while_sending_finishes_nothing(app: Flask, office: PostOffice, clock: Clock) -> None:
    row_id = parcels.parcel(office.address)

    def another_takes_it() -> None:
        office.before_answer = lambda: None
        clock.go_on(seconds=31)
        with app.app_context():
            assert runner.do("parcel", row_id)

    office.before_answer = another_takes_it
    assert not runner.do("parcel", row_id)
    assert office.failures == []
    assert (state(Parcel, row_id), receipts(), office.keys) == ("sent", ["taken"], ["parcel-1"] * 2)


def test_sending_has_a_whole_lease_however_long_it_was_prepared(office: PostOffice, clock: Clock) -> None:
    row_id = parcels.parcel(office.address)
    held = []
    office.before_answer = lambda: held.append(clock.go_on(seconds=25))
    with parcels.watched(lambda point: clock.go_on(seconds=25) if point == "preparing" else None):
        assert runner.do("parcel", row_id)
    assert len(held) == 1
    assert state(Parcel, row_id) == "sent"


@pytest.mark.complains("failed, attempt")
@pytest.mark.complains("gave up")
def test_what_cannot_be_sent_comes_again_and_ends_as_failed(clock: Clock) -> None:
    row_id = parcels.parcel("http://127.0.0.1:9/")  # nobody listens there
    for _ in range(outbox.MAX_ATTEMPTS + 2):
        runner.drain()
        clock.go_on(minutes=10)
    row = session().get_one(Parcel, row_id, populate_existing=True)
    assert (row.state, row.attempts, receipts()) == ("failed", outbox.MAX_ATTEMPTS, [])


def test_a_long_work_killed_in_the_middle_goes_on_without_doing_a_line_twice(app: Flask, clock: Clock) -> None:
    row_id = parcels.listing(10_000)
    killed_at("part 8", app, "listing", row_id, clock)
    assert written() == (7 * parcels.PART, 7 * parcels.PART)
    clock.go_on(seconds=60)
    runner.drain()
    assert state(Listing, row_id) == "written"
    assert written() == (10_000, 10_000)


def written() -> tuple[int, int]:
    """How many lines there are, and how many different ones."""
    found = session().execute(select(func.count(), func.count(Line.number.distinct()))).one()
    session().close()
    return found[0], found[1]


def test_a_long_work_keeps_its_lease_for_as_long_as_it_gets_on(app: Flask, clock: Clock) -> None:
    row_id = parcels.listing(5 * parcels.PART)
    others = []

    def slowly(point: str) -> None:
        clock.go_on(seconds=25)
        if point.startswith("going on"):
            with app.app_context():
                others.append(outbox.claim("listing", row_id))

    with parcels.watched(slowly):
        assert runner.do("listing", row_id)
    row = session().get_one(Listing, row_id, populate_existing=True)
    assert (row.state, row.attempts, others) == ("written", 1, [None] * 4)


def test_a_long_work_lets_others_have_their_turn_and_no_turn_counts_as_a_failure(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TURN_SECONDS", -1.0)
    turns = 2 * outbox.MAX_ATTEMPTS
    row_id = parcels.listing(turns * parcels.PART)
    done = [runner.do("listing", row_id) for _ in range(turns)]
    row = session().get_one(Listing, row_id, populate_existing=True)
    assert (all(done), row.state, row.attempts) == (True, "written", turns)
    assert written() == (turns * parcels.PART, turns * parcels.PART)


@pytest.mark.complains("failed, attempt")
@pytest.mark.complains("gave up")
def test_a_long_work_that_fails_at_the_same_part_again_and_again_is_given_up(clock: Clock) -> None:
    row_id = parcels.listing(4 * parcels.PART)

    def break_at(point: str) -> None:
        if point == "part 3":
            raise ZeroDivisionError

    with parcels.watched(break_at):
        for _ in range(outbox.MAX_ATTEMPTS + 3):
            runner.drain()
            clock.go_on(minutes=10)
    row = session().get_one(Listing, row_id, populate_existing=True)
    assert (row.state, row.written, written()[0]) == ("failed", 2 * parcels.PART, 2 * parcels.PART)
