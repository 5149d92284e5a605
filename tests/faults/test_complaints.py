"""I15: what no fault explains is a violation, whatever else goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests import servers
from tests.complaints import Complaint, Complaints, Fault, loud
from tests.faults.crowd import Ledger, Worker
from tests.faults.keeper import Keeper
from tests.stack import Stack

LOG = """\
INFO jobs.worker ready
ERROR webapp.db.session after-commit callback failed
Traceback (most recent call last):
  File "a.py", line 1, in a
    raise redis.ConnectionError
redis.exceptions.ConnectionError: Error 111

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 2, in a
    boom()
ZeroDivisionError: division
WARNING webapp.background.redis_client Redis does not answer
[2026-11-26 02:54:26,870] ERROR in app: Exception on /deals/1/moves [POST]
Traceback (most recent call last):
  File "a.py", line 1, in a
sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked
[SQL: UPDATE deals]
(Background on this error at: https://sqlalche.me/e/21/e3q8)
[2026-11-26 02:54:26 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:8)
"""


def test_a_log_is_read_by_what_was_raised_last() -> None:
    """An excuse for the first exception of a chain is none for what broke while it was handled."""
    first, second, third = loud(LOG)
    assert first.startswith("ZeroDivisionError: division (ERROR webapp.db.session")
    assert second.startswith("sqlalchemy.exc.OperationalError")
    assert second.endswith("Exception on /deals/1/moves [POST])")
    assert third.endswith("WORKER TIMEOUT (pid:8)")


def test_what_the_driver_says_stands_before_advice() -> None:
    advice = "(raised as a result of Query-invoked autoflush; consider using a no_autoflush block)"
    (said,) = loud(
        f"Traceback (most recent call last):\n  File\nsqlalchemy.exc.OperationalError: {advice}\n"
        "(psycopg.OperationalError) server closed the connection unexpectedly\n[SQL: SELECT 1]\n"
    )
    assert said.startswith("sqlalchemy.exc.OperationalError: (psycopg.OperationalError) server closed the connection")


def test_a_record_that_is_still_being_written_is_read_whole(tmp_path: Path) -> None:
    log, complaints = tmp_path / "web.log", Complaints(tmp_path)
    for cut in range(1, len(LOG) + 1):
        log.write_text(LOG[:cut])
        complaints.listen()
    assert complaints.heard == []
    complaints.listen()
    complaints.listen(to_the_end=True)
    assert [each.said for each in complaints.heard] == list(loud(LOG))


AWAY = "redis.exceptions.ConnectionError: Error 111"


@pytest.mark.parametrize(
    ("said", "after", "is_explained"),
    [(AWAY, 1, True), (AWAY, 100, False), (AWAY, -1, False), ("RuntimeError: planted", 1, False)],
)
def test_a_fault_explains_its_own_kind_in_its_own_time(
    tmp_path: Path, said: str, after: float, is_explained: bool
) -> None:
    complaints = Complaints(tmp_path)
    now = time.monotonic()
    with complaints.fault("redis"):
        pass
    complaints.heard.append(Complaint("worker", said, now + after))
    assert (complaints.unexplained() == []) is is_explained


@pytest.mark.parametrize(
    ("began", "woke", "said", "is_explained"),
    [
        (-5, 34, AWAY, True),
        (-5, 34, "RuntimeError: planted", False),
        (-5, 1, AWAY, False),
        (20, 34, AWAY, False),  # it was awake when that was done, and for as long after as a wake lasts
    ],
)
def test_who_slept_finds_what_was_done_when_they_wake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, began: float, woke: float, said: str, is_explained: bool
) -> None:
    complaints, now = Complaints(tmp_path), [0.0]
    monkeypatch.setattr("tests.complaints.time.monotonic", lambda: now[0])
    with complaints.fault("redis"):
        pass
    complaints.faults.append(Fault("stopped", began, woke))
    complaints.heard.append(Complaint("worker", said, 36))
    assert (complaints.unexplained() == []) is is_explained


@pytest.mark.parametrize(("silent_for", "is_explained"), [(1, True), (100, False)])
def test_a_log_that_never_rests_is_judged_by_when_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent_for: float, is_explained: bool
) -> None:
    """It is read once it rests, which a busy one does long after the wake of the fault that it complains of."""
    log, complaints, now = tmp_path / "worker.log", Complaints(tmp_path), [0.0]
    monkeypatch.setattr("tests.complaints.time.monotonic", lambda: now[0])
    with complaints.fault("redis"):
        pass
    now[0] += silent_for
    text = f"{LOG[:32]}ERROR rq.worker could not connect to Redis\n"
    for _ in range(10):
        log.write_text(text)
        complaints.listen()
        text, now[0] = f"{text}INFO jobs.worker goes on\n", now[0] + 10
    complaints.listen()
    complaints.listen()
    assert len(complaints.heard) == 1
    assert (complaints.unexplained() == []) is is_explained


@pytest.fixture
def stack(tmp_path: Path, database_url: str, own_redis: servers.RedisServer) -> Iterator[Stack]:
    running = Stack(tmp_path, database_url, own_redis)
    running.entry = "tests.faults.planted:app"  # by name: imported, it would break the product of all tests that follow
    yield running
    running.end()


def test_a_bug_in_one_move_of_a_hundred_is_called_a_bug(stack: Stack) -> None:
    """While Redis is away, and by a client who asks again until there is an answer."""
    stack.start()
    somebody = Worker(stack, Ledger(), 0, pause=0)
    deal, _, _ = somebody.inquiry("client")
    with stack.complaints.fault("redis"):
        stack.redis.kill()
        for n in range(100):
            somebody.move(deal, ("data_collection", "new")[n % 2])
    assert somebody.ledger.broken == []
    with pytest.raises(AssertionError, match="unexplained") as found:
        stack.stop()
    assert "RuntimeError: planted" in str(found.value)
    assert "answer: 500 POST /deals/" in str(found.value)
    assert "redis" not in str(found.value)


def test_a_redis_that_was_killed_is_away_until_it_answers_again(stack: Stack) -> None:
    """However long after its death that is: a busy machine starts it late."""
    began = time.monotonic()
    stack.redis.kill()
    assert stack.complaints.faults == []
    Keeper(stack).look()
    (fault,) = stack.complaints.faults
    assert fault.kind == "redis"
    assert began < fault.began < (fault.ended or 0) <= time.monotonic()
    assert redis.Redis.from_url(stack.redis.url).ping()
