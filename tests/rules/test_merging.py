"""Of two records that turned out to be one: which values stay, and what stands nowhere any more."""

from __future__ import annotations

import pytest

from rules.facts import Value
from rules.merging import pairs


@pytest.mark.parametrize(
    ("kept", "other", "take", "stays", "left", "is_choice"),
    [
        ("a", "a", True, "a", None, False),
        ("a", None, True, "a", None, False),
        (None, "b", False, "b", None, False),
        ("", "b", False, "b", None, False),
        ([], ["x"], False, ["x"], None, False),
        (False, True, False, True, None, False),  # a mark that one of them has
        (True, False, True, True, None, False),
        ("a", "b", False, "a", "b", True),
        ("a", "b", True, "b", "a", True),
        (0, 5, False, 0, 5, True),  # nothing is less than a nought
        (None, None, True, None, None, False),
    ],
)
def test_blanks_are_filled_and_of_two_values_one_stays(
    kept: Value, other: Value, take: bool, stays: Value, left: Value, is_choice: bool
) -> None:
    (found,) = pairs(["phone"], {"phone": kept}, {"phone": other}, ["phone"] if take else [])
    assert (found.stays, found.left, found.is_choice) == (stays, left, is_choice)
