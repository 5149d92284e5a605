"""Writes that nobody waits for: they go with what is asked next, in their order, and fail as any write does."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest
from psycopg.pq import ExecStatus
from sqlalchemy import bindparam, delete, func, insert, literal_column, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.services import acts
from webapp import clock
from webapp.db import (
    connection,
    db,
    execute_core,
    execute_last,
    execute_later,
    execute_surely,
    execute_together,
    is_sqlite,
    libpq,
    outages,
    savepoint,
    session,
    transaction,
)
from webapp.db.libpq import KEPT, Connection
from webapp.models import Deal, Heartbeat

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
_HEARD = insert(db.metadata.tables["heartbeat"])
_COUNT = select(func.count()).select_from(Heartbeat).where(Heartbeat.role == "test")
_TITLE = update(Deal.__table__).where(Deal.id == bindparam("deal")).values(title=bindparam("called"))
_READ = select(Deal.title).where(Deal.id == bindparam("deal"))


def beat(n: int = 0) -> dict[str, Any]:
    return {"name": f"test:here:{n}", "role": "test", "at": clock.now(), "lag_seconds": 0.0}


@pytest.fixture(autouse=True)
def stand_ready(inside: object) -> None:
    """What is asked for the first time goes through SQLAlchemy, at once."""
    for query, bound in ((_HEARD, beat(-1)), (_HEARD, beat(-2)), (_TITLE, {"deal": -1, "called": ""})):
        with transaction():
            execute_core(query, **bound)
            execute_core(_COUNT)
            execute_core(_READ, deal=-1)
    with transaction():
        execute_later(_TITLE, deal=-1, called="")
    session().query(Heartbeat).filter(Heartbeat.role == "test").delete()
    session().commit()


def unsent() -> int:
    driver: Any = connection().connection.dbapi_connection
    return 0 if is_sqlite() else len(driver._unsent)


def test_it_waits_and_goes_with_the_next_question() -> None:
    deal_id = acts.deal()
    with transaction():
        execute_later(_TITLE, deal=deal_id, called="Press 1")
        execute_later(_TITLE, deal=deal_id, called="Press 2")
        assert unsent() == (0 if is_sqlite() else 3), "with BEGIN"
        assert execute_core(_READ, deal=deal_id).scalar() == "Press 2"
        assert unsent() == 0
        execute_later(_TITLE, deal=deal_id, called="Press 3")
    assert execute_core(_READ, deal=deal_id).scalar() == "Press 3"


def test_the_mapper_and_plain_sql_read_what_was_written_before() -> None:
    deal_id = acts.deal()
    for n, ask in enumerate((
        lambda: session().get_one(Deal, deal_id).title,
        lambda: connection().execute(text(f"SELECT title FROM deal WHERE id = {deal_id}")).scalar(),
        lambda: session().scalar(select(Deal.title).where(Deal.id == deal_id)),
    )):  # fmt: skip
        with transaction():
            execute_later(_TITLE, deal=deal_id, called=f"Press {n}")
            assert ask() == f"Press {n}"


def test_more_than_are_kept() -> None:
    with transaction():
        for n in range(3 * KEPT):
            execute_later(_HEARD, **beat(n))
            assert unsent() <= KEPT
    assert execute_core(_COUNT).scalar() == 3 * KEPT


def _fail_after(deal_id: int) -> None:
    with transaction():
        execute_later(_TITLE, deal=deal_id, called="Lost")
        _ = 1 / 0


def test_what_is_taken_back_was_never_written() -> None:
    deal_id = acts.deal()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            _fail_after(deal_id)
        assert unsent() == 0
        assert execute_core(_READ, deal=deal_id).scalar() != "Lost"


def _write_twice(deal_id: int, *, is_asked: bool) -> None:
    with transaction():
        execute_later(_TITLE, deal=deal_id, called="Lost")
        execute_later(_HEARD, **beat())
        execute_later(_HEARD, **beat())
        if is_asked:
            execute_core(_COUNT)


@pytest.mark.parametrize("is_asked", [True, False])
def test_what_is_wrong_with_it_is_raised_by_the_question_or_the_commit(*, is_asked: bool) -> None:
    deal_id = acts.deal()
    for _ in range(2):
        with pytest.raises(IntegrityError) as caught:
            _write_twice(deal_id, is_asked=is_asked)
        assert not caught.value.connection_invalidated
        assert execute_core(_COUNT).scalar() == 0
        assert execute_core(_READ, deal=deal_id).scalar() != "Lost"
    with transaction():
        execute_later(_HEARD, **beat())
    assert execute_core(_COUNT).scalar() == 1


class _Lost(Exception):
    pass


def _write_surely(deal_id: int, *, is_asked: bool, in_savepoint: bool = False) -> None:
    with transaction():
        execute_later(_HEARD, **beat())
        with savepoint() if in_savepoint else nullcontext():
            execute_surely(_TITLE, _Lost(), deal=deal_id, called="Press")
        if is_asked:
            execute_core(_COUNT)
            pytest.fail("it has asked on")


@pytest.mark.parametrize("in_savepoint", [False, True])
@pytest.mark.parametrize("is_asked", [True, False])
def test_what_must_find_its_row_and_does_not_takes_back_the_whole(*, is_asked: bool, in_savepoint: bool) -> None:
    """Whether or not anything is asked before the commit."""
    deal_id = acts.deal()
    for _ in range(3):
        with pytest.raises(_Lost):
            _write_surely(-1, is_asked=is_asked, in_savepoint=in_savepoint)
        assert execute_core(_COUNT).scalar() == 0
        _write_surely(deal_id, is_asked=False, in_savepoint=in_savepoint)
        assert execute_core(_READ, deal=deal_id).scalar() == "Press"
        session().execute(delete(Heartbeat).where(Heartbeat.role == "test"))
        session().commit()


def test_several_questions_are_answered_in_their_order_each_seeing_what_is_written_before_it() -> None:
    deal_id = acts.deal()
    for n in range(3):
        with transaction():
            execute_later(_TITLE, deal=deal_id, called="Press")
            first, written, second = execute_together(
                (_READ, {"deal": deal_id}),
                (_TITLE, {"deal": deal_id, "called": f"Mill {n}"}),
                (_READ, {"deal": deal_id}),
            )
            assert (first.scalar(), written.rowcount, second.scalar()) == ("Press", 1, f"Mill {n}")
        found, count = execute_together((_READ, {"deal": deal_id}), (_COUNT, {}))
        assert (found.scalar(), count.scalar()) == (f"Mill {n}", 0)


def test_none_of_them_is_forgotten_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection keeps a limited number of statements, and then begins anew."""
    monkeypatch.setattr(libpq, "MOST", 5)
    others = [select(literal_column(str(n))) for n in range(12)]
    deal_id = acts.deal()
    for _ in range(3):
        with transaction():
            execute_later(_TITLE, deal=deal_id, called="Press")
            for n, each in enumerate(others):
                title, count, number = execute_together((_READ, {"deal": deal_id}), (_COUNT, {}), (each, {}))
                assert (title.scalar(), count.scalar(), number.scalar()) == ("Press", 0, n)


def _ask_together_in_vain() -> None:
    with transaction():
        execute_together((_COUNT, {}), (_HEARD, beat()), (_HEARD, beat()), (_COUNT, {}))


def test_one_of_several_that_fails_takes_back_the_whole() -> None:
    for _ in range(3):
        with pytest.raises(IntegrityError) as caught:
            _ask_together_in_vain()
        assert not caught.value.connection_invalidated
        assert execute_core(_COUNT).scalar() == 0


def test_the_last_question_is_committed_in_the_same_journey(monkeypatch: pytest.MonkeyPatch) -> None:
    deal_id = acts.deal()
    said: list[bytes] = []
    plain = Connection._at_once
    monkeypatch.setattr(Connection, "_at_once", lambda self, command: (said.append(command), plain(self, command))[1])
    for n in range(3):
        said.clear()
        with transaction():
            execute_later(_HEARD, **beat(n))
            assert execute_last(_TITLE, deal=deal_id, called=f"Press {n}").rowcount == 1
        assert said == []
        assert (execute_core(_READ, deal=deal_id).scalar(), execute_core(_COUNT).scalar()) == (f"Press {n}", n + 1)


def _fail_last(deal_id: int, how: str) -> None:
    with transaction():
        if how == "before":
            execute_surely(_TITLE, _Lost(), deal=-1, called="Lost")
        execute_later(_HEARD, **beat())
        if how == "itself":
            execute_last(_HEARD, **beat())
        execute_last(_TITLE, deal=deal_id, called="Lost")


@pytest.mark.parametrize(("how", "error"), [("itself", IntegrityError), ("before", _Lost)])
def test_a_last_question_that_fails_commits_nothing(how: str, error: type[Exception]) -> None:
    deal_id = acts.deal()
    for _ in range(3):
        with pytest.raises(error):
            _fail_last(deal_id, how)
        assert execute_core(_COUNT).scalar() == 0
        assert execute_core(_READ, deal=deal_id).scalar() != "Lost"


def _write_in_a_savepoint() -> None:
    with savepoint():
        execute_later(_HEARD, **beat(2))
        execute_later(_HEARD, **beat(2))


def test_in_a_savepoint_it_is_done_at_once() -> None:
    with transaction():
        execute_later(_HEARD, **beat(1))
        with pytest.raises(IntegrityError):
            _write_in_a_savepoint()
        execute_later(_HEARD, **beat(3))
    assert sorted(session().scalars(select(Heartbeat.name).where(Heartbeat.role == "test"))) == [
        "test:here:1",
        "test:here:3",
    ]


def _cut(deal_id: int, *, is_begun: bool, is_asked: bool) -> None:
    with transaction():
        mine: Any = connection().connection.dbapi_connection
        if is_begun:
            execute_core(_COUNT)
        with db.engine.connect() as another:
            another.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine.info.backend_pid})
        execute_later(_TITLE, deal=deal_id, called="Lost")
        if is_asked:
            execute_core(_COUNT)


@pytest.mark.parametrize("is_asked", [True, False])
def test_a_connection_that_was_cut_is_an_outage(*, is_asked: bool) -> None:
    """On SQLite there is none to cut."""
    deal_id = acts.deal()
    if is_sqlite():
        return
    for is_begun in (True, False):
        with pytest.raises(DBAPIError) as caught:
            _cut(deal_id, is_begun=is_begun, is_asked=is_asked)
        assert caught.value.connection_invalidated
        assert outages.known(caught.value) is not None
        assert execute_core(_READ, deal=deal_id).scalar() != "Lost"


def test_what_libpq_says_of_a_lost_connection_is_an_outage_also_before_it_knows_that_it_is_lost() -> None:
    """A failure without a state of the server's, on a connection that is thought to be whole."""
    if is_sqlite():
        return
    with db.engine.connect() as at:
        mine: Any = at.connection.dbapi_connection
        said = mine.pgconn.make_empty_result(ExecStatus.FATAL_ERROR)
        with pytest.raises(psycopg.Error) as caught:
            mine._good(said)
    assert outages.known(DBAPIError.instance("SELECT", {}, caught.value, psycopg.Error)) is not None


class _TooLate(Exception):
    pass


def _wait_too_long(deal_id: int) -> None:
    with transaction():
        execute_later(_TITLE, deal=deal_id, called="Lost")
        execute_later(_HEARD, **beat())
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        execute_core(_COUNT)


def test_who_is_interrupted_halfway_leaves_nothing_and_the_next_gets_another_connection() -> None:
    """A job that has taken too long is interrupted by a signal, at any point."""
    deal_id = acts.deal()
    if is_sqlite():
        return

    def late(*_: object) -> None:
        raise _TooLate

    is_held, engine = threading.Event(), db.engine

    def hold() -> None:
        with engine.begin() as another:
            another.exec_driver_sql(f"SELECT id FROM deal WHERE id = {deal_id} FOR UPDATE")
            is_held.set()
            time.sleep(0.6)

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(5)
    before = signal.signal(signal.SIGALRM, late)
    try:
        with pytest.raises(_TooLate):
            _wait_too_long(deal_id)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        thread.join()
    for n in range(3):
        with transaction():
            execute_later(_HEARD, **beat(n))
    assert execute_core(_COUNT).scalar() == 3
    assert execute_core(_READ, deal=deal_id).scalar() != "Lost"
