"""What a property has found is told soon, if not as the smallest example that there is."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.internal.conjecture import engine


def test_to_make_an_example_smaller_takes_a_part_of_what_a_test_may_take(request: pytest.FixtureRequest) -> None:
    longest = float(request.config.getini("timeout"))
    assert longest / 4 >= engine.MAX_SHRINKING_SECONDS


def test_hypothesis_keeps_to_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", 0.5)

    @settings(database=None, deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
    @given(some.lists(some.integers(), min_size=40))
    def falls(numbers: list[int]) -> None:
        time.sleep(0.02)
        assert len(set(numbers)) < 3, "more than two"

    began = time.monotonic()
    with pytest.raises(AssertionError, match="more than two"):
        falls()
    assert time.monotonic() - began < 5
