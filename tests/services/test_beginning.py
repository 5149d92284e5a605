"""What has not had the time to give a sign of life is not "not running"; what gives none in the usual time is."""

from __future__ import annotations

import time

import pytest
import redis

from tests.services.test_silence import beats
from webapp.background import beginning, heartbeats, redis_client

pytestmark = [pytest.mark.usefixtures("inside")]
USUAL = heartbeats.DEAD_AFTER.total_seconds()


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "_noted", [])


def began(seconds_ago: float) -> None:
    beginning._noted[:] = [time.monotonic() - seconds_ago]


def said() -> str:
    heartbeats._last_look.clear()
    return heartbeats.trouble()


@pytest.mark.parametrize("last", [{}, {"worker": 3600, "ticker": 3600}], ids=["the very first start", "a later one"])
def test_nothing_is_missed_that_has_had_no_time_to_come(last: dict[str, int]) -> None:
    beats(**last)
    assert said() == "worker, ticker", "whoever started this noted nothing"
    beginning.note()
    assert said() == ""
    began(USUAL - 1)
    assert said() == ""
    began(USUAL + 1)
    assert said() == "worker, ticker"
    beats(worker=1, ticker=1)
    assert said() == ""


def test_what_dies_at_once_is_missed_as_soon_as_what_dies_later() -> None:
    beats(worker=int(USUAL) + 1, ticker=1)
    began(USUAL + 2)
    assert said() == "worker"


def test_what_is_started_again_later_is_not_new() -> None:
    began(USUAL + 1)
    beginning.note()
    assert not heartbeats.is_starting()


def test_what_has_had_no_time_is_starting_and_then_silent() -> None:
    """To a monitor it is no more there than what is dead, and it is told which of the two it is."""
    beats(ticker=1)
    began(USUAL - 1)
    seen = heartbeats.health()
    assert (seen.worker, seen.is_well, seen.starting) == (False, False, ("worker",))
    assert seen.is_only_starting
    redis_client.breaker().trip(redis.RedisError("gone"))
    assert not heartbeats.health().is_only_starting
    began(USUAL + 1)
    seen = heartbeats.health()
    assert (seen.worker, seen.starting) == (False, ())


def test_what_needs_no_time_is_missed_at_once() -> None:
    beats()
    beginning.note()
    redis_client.breaker().trip(redis.RedisError("gone"))
    assert said() == "redis"
    assert not heartbeats.health().worker, "a monitor is told of all as it is"
