"""No line ends between a number and its unit, in either language, whatever the number; and none begins with the
point between two parts of it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.views.scenes import ZONE
from webapp.i18n import formats, isolates
from webapp.i18n.line_ends import tied
from webapp.web.templating import Reader, reading_as

SECONDS = st.integers(min_value=0, max_value=400 * 86400)
SIZES = st.integers(min_value=0, max_value=10**13)
AMOUNTS = st.integers(min_value=-(10**12), max_value=10**14)
CURRENCIES = st.sampled_from(["RUB", "USD", "EUR", "KWD", "JPY", "CHF", "BYN"])


def ends(words: str, *, of_two: bool = False) -> bool:
    """Whether a line may end within it; of a span of two units only between these."""
    parts = re.split(r"(?<=\D) (?=\d)", words) if of_two else [words]
    return len(parts) > 2 or any(" " in each for each in parts)


@pytest.mark.parametrize("language", ["en", "ru"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=SECONDS, size=SIZES, minor=AMOUNTS, currency=CURRENCIES)
def test_a_number_and_its_unit_stand_on_one_line(
    app: Flask, language: str, seconds: int, size: int, minor: int, currency: str
) -> None:
    with reading_as(app, Reader(language, ZONE)):
        for span in (formats.span(seconds), formats.working_span(seconds)):
            assert not ends(span, of_two=True), ascii(span)
        written = formats.units()
        for each in (
            formats.money(minor, currency), formats.typed_money(minor, currency), formats.percent(size % 101),
            formats.disk_size(size), formats.file_size(size), formats.number(minor / 100), *written.values(),
        ):  # fmt: skip
            assert not ends(each), ascii(each)


def test_the_point_stays_with_what_precedes_it() -> None:
    assert tied("%(late)s late · %(who)s was told") == "%(late)s late\u00a0· %(who)s was told"


def test_what_leaves_dozor_has_plain_blanks() -> None:
    assert isolates.unmarked("3\u00a0h\u00a0· New") == "3 h · New"
