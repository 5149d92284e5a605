from __future__ import annotations

import pytest

from rules.numbering import following


@pytest.mark.parametrize(
    ("number", "next_one"),
    [
        ("1042", "1043"),
        ("0099", "0100"),
        ("999", "1000"),
        ("2026/0099", "2026/0100"),
        ("INV-7", "INV-8"),
        ("7-A", "8-A"),
        ("Счёт № 12", "Счёт № 13"),
        ("draft", ""),
        ("", ""),
    ],
)
def test_papers_are_numbered_on(number: str, next_one: str) -> None:
    assert following(number) == next_one
