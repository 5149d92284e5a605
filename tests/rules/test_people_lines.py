"""Lines of people as they are pasted."""

from __future__ import annotations

import pytest

from rules.people_lines import PersonLine, department_of, read

NAMES = {1: {"en": "Sales", "ru": "Продажи"}, 2: {"en": "North"}, 3: {"en": "Fair"}, 4: {"en": "fair "}}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("Ann, a@x.org, Sales, head", [PersonLine(1, "Ann", "a@x.org", "Sales", "head")]),
        ("Ann\ta@x.org\tSales\tЗаместитель", [PersonLine(1, "Ann", "a@x.org", "Sales", "deputy")]),
        ("Ann; a@x.org; Sales / North", [PersonLine(1, "Ann", "a@x.org", "Sales / North", "member")]),
        ("\r\n Ann , a@x.org\r\n,,\r\nBo,b@x.org,,boss", [
            PersonLine(2, "Ann", "a@x.org", "", "member"), PersonLine(4, "Bo", "b@x.org", "", None),
        ]),
        ("Ann", [PersonLine(1, "Ann", "", "", "member")]),
        (" \n", []),
    ],
)  # fmt: skip
def test_a_line_is_a_person(typed: str, wanted: list[PersonLine]) -> None:
    assert read(typed) == wanted


@pytest.mark.parametrize(
    ("typed", "found"), [("sales", 1), ("ПРОДАЖИ", 1), ("Sales / North", 2), ("Fair", None), ("South", None)]
)
def test_a_department_is_found_by_its_name_in_any_language(typed: str, found: int | None) -> None:
    assert department_of(typed, NAMES) == found
