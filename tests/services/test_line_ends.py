"""No line ends between a number and its unit or noun, in either language, whatever the number; and none begins with the
point between two parts of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.worktime import Delay
from tests.views.scenes import ZONE
from webapp.i18n import formats, isolates, sentences
from webapp.i18n.line_ends import tied
from webapp.migrations import upgrades
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


CATALOGUE = Path(upgrades.__file__).parents[1] / "translations" / "ru" / "LC_MESSAGES" / "messages.po"


def test_no_number_of_a_plural_is_parted_from_its_noun() -> None:
    with CATALOGUE.open("rb") as file:
        forms = [form for each in read_po(file, locale="ru") if each.pluralizable for form in (*each.id, *each.string)]
    counted = [form for form in forms if re.search(r"%\((num|count)\)[sd] ", form)]
    assert len(counted) > 200
    assert not [form for form in counted if re.search(r"%\((num|count|days)\)[sd] ", tied(form))]


@pytest.mark.parametrize(("language", "said"), [("en", "5\u00a0minutes"), ("ru", "5\u00a0минут")])
def test_a_number_and_its_noun_stand_on_one_line(app: Flask, language: str, said: str) -> None:
    with reading_as(app, Reader(language, ZONE)):
        assert sentences.delay(Delay(5, "minutes")) == said
        assert "\u00a0" in isolates.ngettext("%(num)s deal", "%(num)s deals", 5)


def test_the_point_stays_with_what_precedes_it() -> None:
    assert tied("%(late)s late · %(who)s was told") == "%(late)s late\u00a0· %(who)s was told"


def test_what_leaves_dozor_has_plain_blanks() -> None:
    assert isolates.unmarked("3\u00a0h\u00a0· New") == "3 h · New"
