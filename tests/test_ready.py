"""What stands ready answers as SQLAlchemy does: the same rows, the same numbers, the same failures."""

from __future__ import annotations

import gc
import threading
from datetime import UTC
from typing import Any

import pytest
from sqlalchemy import Float, String, bindparam, delete, event, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, NoResultFound, SQLAlchemyError

from tests.services import acts
from webapp import clock
from webapp.db import among, connection, db, execute_core, is_sqlite, outages, ready, session, transaction
from webapp.models import Deal, Heartbeat, Stage

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
TABLES = sorted(db.metadata.tables)
_OF_ID = select(Deal.id, Deal.title, Deal.fields, Deal.entered_at).where(Deal.id == bindparam("deal"))
_OF_IDS = select(Deal.id, Deal.entered_at).where(among(Deal.id, "deals"), Deal.source.in_(["manual", "form"]))
_TITLE = update(Deal).where(Deal.id == bindparam("deal")).values(title=bindparam("called"))
_HEARD = insert(db.metadata.tables["heartbeat"])


def is_ready(query: Any) -> bool:
    return any(each is not None for each in ready._ready.get(query, {}).values())


def plain(rows: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows]


def kinds(rows: Any) -> list[type]:
    return [type(value) for row in rows for value in row]


def made() -> int:
    """A deal with a visit, runs, tasks and lines of the journal."""
    return acts.deal()


def test_rows_of_each_table_are_read_alike() -> None:
    made()
    for table in TABLES:
        query = select(db.metadata.tables[table])
        by_sqlalchemy = connection().execute(query).all()
        answers = [execute_core(query) for _ in range(3)]
        assert is_ready(query), table
        for answer in answers:
            assert plain(answer) == plain(by_sqlalchemy), table
            assert kinds(answer) == kinds(by_sqlalchemy), table
            assert [row._fields for row in answer] == [row._fields for row in by_sqlalchemy], table


def test_something_is_read_of_every_kind() -> None:
    """What the test above compares is not all empty, nor all numbers."""
    made()
    found = {type(v) for table in TABLES for row in execute_core(select(db.metadata.tables[table])) for v in row}
    assert {each.__name__ for each in found} >= {"int", "str", "float", "bool", "datetime", "dict", "list", "NoneType"}


def test_values_are_given_at_each_execution() -> None:
    first, second = made(), acts.deal()
    for deal_id in (first, second, first, 10**9, second):
        found = execute_core(_OF_ID, deal=deal_id)
        assert [row.id for row in found] == ([deal_id] if deal_id < 10**9 else [])
    assert is_ready(_OF_ID)


@pytest.mark.parametrize("lengths", [(0, 1, 0), (1, 3, 2, 1), (3, 3, 0)])
def test_lists_of_any_length(lengths: tuple[int, ...]) -> None:
    deals = [made() for _ in range(3)]
    for many in (*lengths, *lengths):
        assert sorted(execute_core(_OF_IDS, deals=deals[:many]).scalars()) == deals[:many]


def test_a_write_says_how_many_it_wrote() -> None:
    deal_id = made()
    with transaction():
        counts = [execute_core(_TITLE, deal=each, called=f"Press {n}").rowcount for n, each in enumerate([deal_id] * 3)]
        none = execute_core(_TITLE, deal=10**9, called="Nobody's").rowcount
    assert (counts, none, is_ready(_TITLE)) == ([1, 1, 1], 0, True)
    assert execute_core(_OF_ID, deal=deal_id).one().title == "Press 2"


def test_what_is_pending_is_written_first() -> None:
    deal_id = made()
    for n in range(3):
        with transaction() as current:
            current.get_one(Deal, deal_id).title = f"Press {n}"
            assert execute_core(_OF_ID, deal=deal_id).one().title == f"Press {n}"


def _lose(deal_id: int) -> None:
    with transaction():
        execute_core(_TITLE, deal=deal_id, called="Lost")
        raise ZeroDivisionError


def test_a_transaction_that_ends_badly_takes_it_back() -> None:
    deal_id = made()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            _lose(deal_id)
    assert execute_core(_OF_ID, deal=deal_id).one().title != "Lost"


def test_a_value_that_was_not_given_is_named() -> None:
    for _ in range(3):
        with pytest.raises(SQLAlchemyError, match="required for bind parameter 'deal'"):
            execute_core(_OF_ID)


def test_a_refused_write_is_refused_as_sqlalchemy_does() -> None:
    row = {"name": "test:here:1", "role": "test", "at": clock.now(), "lag_seconds": 0.0}
    with transaction():
        execute_core(_HEARD, **row)
    for _ in range(3):
        with pytest.raises(IntegrityError) as caught, transaction():
            execute_core(_HEARD, **row)
        assert isinstance(caught.value, DBAPIError)
        assert not caught.value.connection_invalidated
    assert execute_core(select(func.count()).select_from(Heartbeat).where(Heartbeat.role == "test")).scalar() == 1


def test_a_connection_that_was_cut_is_an_outage_and_the_next_one_is_asked() -> None:
    """On SQLite there is none to cut."""
    deal_id = made()
    for _ in range(2):
        execute_core(_OF_ID, deal=deal_id)
    if is_sqlite():
        return
    mine = execute_core(select(func.pg_backend_pid())).scalar_one()
    with db.engine.connect() as another:
        another.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
    with pytest.raises(DBAPIError) as caught:
        execute_core(_OF_ID, deal=deal_id)
    assert caught.value.connection_invalidated
    assert outages.known(caught.value) is not None
    session().rollback()
    assert execute_core(_OF_ID, deal=deal_id).scalar() == deal_id


def test_who_listens_hears_each_statement() -> None:
    deal_id, heard = made(), []
    for _ in range(2):
        execute_core(_OF_ID, deal=deal_id)

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    session().rollback()  # a connection that is taken now asks its listeners
    execute_core(_OF_ID, deal=deal_id)
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(heard) == 1


def test_one_row_is_one() -> None:
    deal_id = made()
    for _ in range(3):
        assert execute_core(_OF_ID, deal=deal_id).one().id == execute_core(_OF_ID, deal=deal_id).scalar_one() == deal_id
        assert execute_core(_OF_ID, deal=10**9).first() is None
        with pytest.raises(NoResultFound):
            execute_core(_OF_ID, deal=10**9).one()


def test_statements_that_are_built_anew_do_not_stay() -> None:
    deal_id = made()
    gc.collect()
    before = len(ready._ready)
    for _ in range(50):
        execute_core(select(Stage.id).where(Stage.id == deal_id))
    gc.collect()
    assert len(ready._ready) <= before + 1


def test_a_deletion_counts() -> None:
    gone = delete(Heartbeat).where(Heartbeat.role == bindparam("which"))
    with transaction():
        assert [execute_core(gone, which="nobody").rowcount for _ in range(3)] == [0, 0, 0]


def test_an_instant_is_in_utc_whatever_zone_the_server_is_in() -> None:
    deal_id = made()
    if not is_sqlite():
        name = connection().engine.url.database
        connection().exec_driver_sql(f"ALTER DATABASE \"{name}\" SET timezone TO 'Asia/Tokyo'")
        session().commit()
        db.engine.dispose()  # so that the next connection is a new one
    read = [execute_core(_OF_ID, deal=deal_id).one().entered_at for _ in range(2)]
    assert [each.tzinfo for each in (*read, session().get_one(Deal, deal_id).entered_at)] == [UTC] * 3


_ECHO = select(
    Deal.id,
    Deal.title.like("%press%").label("is_press"),
    (bindparam("n") + Deal.id).label("sum"),
    bindparam("words", type_=String).label("words"),
).where(Deal.id == bindparam("deal"))


def test_numbers_of_any_size_nothing_at_all_and_signs_of_percent() -> None:
    """PostgreSQL is told of each value's type only what the SQL does not say; one type must not stay for the next."""
    deal_id = made()
    with transaction():
        execute_core(_TITLE, deal=deal_id, called="A press, 50 % off, 100%")
    for n, words in (
        (1, "a"),
        (40_000, None),
        (2**31 - 100, "50 % \\ ' \" 🙂"),
        (-1, ""),
        (5, None),
        (0, "%(deal)s $1 %%"),
    ):
        row = execute_core(_ECHO, deal=deal_id, n=n, words=words).one()
        assert tuple(row) == (deal_id, True, n + deal_id, words)
    assert is_ready(_ECHO)


def test_what_a_connection_keeps_prepared_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    if is_sqlite():
        return
    from webapp.db import libpq

    monkeypatch.setattr(libpq, "MOST", 5)
    deal_id = made()
    prepared = text("SELECT count(*) FROM pg_prepared_statements")
    for n in range(30):
        assert execute_core(_OF_IDS, deals=[deal_id] * (n % 9 + 1)).scalars() == [deal_id]
        assert execute_core(_OF_ID, deal=deal_id).scalar() == deal_id
        assert connection().execute(prepared).scalar_one() <= 5


def test_a_prepared_statement_outlives_what_is_taken_back() -> None:
    if is_sqlite():
        return
    deal_id = made()
    names = text("SELECT count(*), max(generic_plans + custom_plans) FROM pg_prepared_statements WHERE name ~ '^dozor'")
    execute_core(_OF_ID, deal=deal_id)  # the first time in a process it is asked of SQLAlchemy
    session().rollback()
    db.engine.dispose()  # so that the next connection has none
    for _ in range(4):
        assert execute_core(_OF_ID, deal=deal_id).scalar() == deal_id
        session().rollback()
    many, times = connection().execute(names).one()
    assert (many, times) == (1, 4), "each rollback has its statements planned anew"


def test_while_one_waits_for_the_database_others_go_on() -> None:
    if is_sqlite():
        return
    waits = select(func.pg_sleep(bindparam("seconds", type_=Float)))
    for _ in range(2):
        execute_core(waits, seconds=0.0)
    steps, at_work = [0], threading.Event()

    def count() -> None:
        at_work.set()
        while at_work.is_set():
            steps[0] += 1

    beside = threading.Thread(target=count)
    beside.start()
    at_work.wait()
    before = steps[0]
    execute_core(waits, seconds=0.3)
    gone_on = steps[0] - before
    at_work.clear()
    beside.join()
    assert gone_on > 1_000


def _write_and_be_cut(deal_id: int) -> None:
    with transaction():
        execute_core(_TITLE, deal=deal_id, called="Never said to be kept")
        mine = execute_core(select(func.pg_backend_pid())).scalar_one()
        with db.engine.connect() as another:
            another.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})


def test_a_connection_that_is_cut_before_the_commit_is_an_outage() -> None:
    if is_sqlite():
        return
    deal_id = made()
    with pytest.raises(DBAPIError) as caught:
        _write_and_be_cut(deal_id)
    assert outages.known(caught.value) is not None
    session().rollback()
    assert execute_core(_OF_ID, deal=deal_id).one().title != "Never said to be kept"


def _write_twice() -> None:
    with transaction():
        connection().execute(text("CREATE TABLE twice (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        connection().execute(text("INSERT INTO twice VALUES (1), (1)"))


def test_a_refused_commit_is_refused() -> None:
    """What is only checked at the end: PostgreSQL refuses then."""
    if is_sqlite():
        return
    with pytest.raises(IntegrityError):
        _write_twice()
    assert connection().execute(text("SELECT to_regclass('twice')")).scalar() is None
