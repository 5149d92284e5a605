"""How little and how much may be typed into the starter set."""

from __future__ import annotations

from flask import Flask

from tests import company
from webapp.errors import Refused
from webapp.services import starter_set
from webapp.services.starter_set import StarterSet

ASKS = {"minutes": "reaction", "days": "unpaid", "amount": "large"}
LONG = ("000090", "9" * 5000)  # no number is six signs long
TAKEN = {"minutes": ("1", "01440"), "days": ("1", "90"), "amount": ("0.01", "5000")}
REFUSED = {"minutes": ("0", "1441", "-1", "", *LONG), "days": ("0", "91", "-1", "", *LONG), "amount": ("0", "0.00", "")}


def read(name: str, typed: str, by: str = "admin") -> StarterSet | dict[str, str]:
    """What is wanted, or what is wrong with it."""
    try:
        return starter_set.read({ASKS[name]: "on", name: typed}, company.acting(by))
    except Refused as refused:
        return {field: problem["code"] for field, problem in refused.problems.items()}


def test_the_least_and_the_most_are_taken_and_what_is_beyond_is_refused(inside: Flask) -> None:
    assert {(name, each): read(name, each) for name, typed in TAKEN.items() for each in typed} == {
        ("minutes", "1"): StarterSet(minutes=1),
        ("minutes", "01440"): StarterSet(minutes=1440),
        ("days", "1"): StarterSet(days=1),
        ("days", "90"): StarterSet(days=90),
        ("amount", "0.01"): StarterSet(large=1),
        ("amount", "5000"): StarterSet(large=500_000),
    }
    codes = {"minutes": "bad_amount", "days": "bad_amount", "amount": "not_positive"}
    for name, typed in REFUSED.items():
        assert [read(name, each) for each in typed] == [{name: codes[name]}] * len(typed)


def test_a_number_beside_what_is_not_wanted_is_not_looked_at(inside: Flask) -> None:
    typed = {"minutes": "0", "days": "0", "amount": "0"}
    assert starter_set.read(typed, company.acting("admin")) == StarterSet()
