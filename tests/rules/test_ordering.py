"""A place between two neighbours: always strictly between, until the column says that it is full."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.ordering import NARROWEST, STEP, between, is_crowded, needs_rebalance, spread

POSITIONS = st.floats(-1e15, 1e15)


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [(None, None, 0.0), (None, 0.0, -STEP), (0.0, None, STEP), (0.0, STEP, STEP / 2), (-STEP, STEP, 0.0)],
)
def test_a_card_finds_its_place(before: float | None, after: float | None, place: float) -> None:
    assert between(before, after) == place
    assert not needs_rebalance(before, after)


@given(POSITIONS, POSITIONS)
def test_a_place_is_strictly_between_or_there_is_no_room(one: float, other: float) -> None:
    before, after = sorted((one, other))
    assert needs_rebalance(before, after) or before < between(before, after) < after


@given(POSITIONS)
def test_an_end_of_the_column_has_always_room(position: float) -> None:
    assert not needs_rebalance(position, None)
    assert not needs_rebalance(None, position)
    assert between(None, position) < position < between(position, None)


@pytest.mark.parametrize("far", [0.0, 1e6, 1e9, 1e12, -1e12])
@pytest.mark.parametrize("to_the_left", [True, False])
def test_halving_goes_on_until_there_is_no_room(far: float, to_the_left: bool) -> None:
    before, after, halvings = far, far + STEP, 0
    while not needs_rebalance(before, after):
        place = between(before, after)
        assert before < place < after
        before, after = (before, place) if to_the_left else (place, after)
        halvings += 1
    assert halvings <= 31
    assert halvings >= 10 or abs(far) > 1e10


@pytest.mark.parametrize(
    ("before", "after"), [(5.0, 5.0), (6.0, 5.0), (1e17, math.nextafter(1e17, math.inf)), (0.0, 5e-324)]
)
def test_equal_crossed_or_touching_neighbours_leave_no_room(before: float, after: float) -> None:
    assert needs_rebalance(before, after)


def test_a_thousand_cards_put_on_top_keep_their_order() -> None:
    positions = [0.0]
    for _ in range(1000):
        positions.insert(0, between(None, positions[0]))
    assert positions == sorted(set(positions))


@given(POSITIONS, POSITIONS)
def test_a_gap_is_called_crowded_before_it_is_full(one: float, other: float) -> None:
    before, after = sorted((one, other))
    assert is_crowded(before, after) or after - before > 50 * NARROWEST


@pytest.mark.parametrize(
    ("first", "last", "n", "positions"),
    [
        (None, None, 2, [STEP, 2 * STEP]),
        (None, 0.0, 2, [-2 * STEP, -STEP]),
        (0.0, None, 2, [STEP, 2 * STEP]),
        (0.0, 6.0, 2, [2.0, 4.0]),
        (0.0, 2.0, 2, []),
        (0.0, None, 0, []),
        (-500.0, None, 2, [STEP - 500, 2 * STEP - 500]),
        (None, 700.0, 2, [700 - 2 * STEP, 700 - STEP]),
        (100.0, 106.0, 2, [102.0, 104.0]),
        (-8.0, -4.0, 3, [-7.0, -6.0, -5.0]),
        (100.0, 101.5, 1, []),
    ],
)
def test_cards_are_spread_between_what_stays(
    first: float | None, last: float | None, n: int, positions: list[float]
) -> None:
    assert spread(first, last, n) == positions


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        (None, None, [-STEP / 2, 0.0, STEP / 2]),
        (None, 100.0, [100 - 0.75 * STEP, 100 - STEP, 100 - 1.25 * STEP]),
        (100.0, None, [100 + 0.75 * STEP, 100 + STEP, 100 + 1.25 * STEP]),
        (100.0, 108.0, [103.0, 104.0, 105.0]),
    ],
)
def test_by_chance_a_place_lies_a_little_aside_and_never_beyond_a_neighbour(
    before: float | None, after: float | None, places: list[float]
) -> None:
    assert [between(before, after, chance) for chance in (0.0, 0.5, 1.0)] == places
