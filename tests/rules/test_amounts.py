"""What a comma before three digits means depends on how many decimals the currency has."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rules import amounts


@pytest.mark.parametrize("digits", [0, 1, 2])
def test_where_three_decimals_cannot_be_a_comma_parts_thousands(digits: int) -> None:
    assert amounts.read("1,234", digits) == Decimal(1234)


@pytest.mark.parametrize("digits", [3, 4, None])
def test_where_three_decimals_can_be_nobody_guesses(digits: int | None) -> None:
    with pytest.raises(amounts.Ambiguous):
        amounts.read("1,234", digits)


@pytest.mark.parametrize(
    ("minor", "digits", "said"),
    [
        (1125, 3, "1.125"),
        (5, 3, "0.005"),
        (1000, 3, "1.000"),
        (-1125, 3, "-1.125"),
        (1125, 2, "11.25"),
        (1125, 0, "1125"),
    ],
)
def test_minor_units_are_written_with_as_many_decimals_as_the_currency_has(minor: int, digits: int, said: str) -> None:
    assert amounts.decimal(minor, digits) == said
