"""Whom a text names with an @."""

from __future__ import annotations

import pytest

from rules.mentions import mentioned

NAMES = {1: "Anna Krylova", 2: "Anna Krylova-Belova", 3: "Ivan Petrov", 4: "Пётр Ёлкин", 5: "Ivan Petrov", 6: "Bot"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Anna Krylova, they want a discount", {1}),
        ("ask @Anna Krylova-Belova", {2}),
        ("@anna", set()),  # there are two
        ("@ANNA  KRYLOVA and @bot.", {1, 6}),
        ("@Ivan Petrov", {3, 5}),
        ("@ivan", {3, 5}),  # one name, whoever has it
        ("спросить @Петр Елкин", {4}),
        ("@пётр!", {4}),
        ("write to sales@bot or to @bots", set()),
        ("(@Bot)", {6}),
        ("nobody, Anna Krylova", set()),
        ("", set()),
        ("@", set()),
    ],
)
def test_who_is_named(text: str, found: set[int]) -> None:
    assert mentioned(text, NAMES) == found
