"""What each kind of field takes, refuses and stores."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import fields
from rules.facts import FieldSpec, Option, Value
from rules.field_kinds import FIELD_KINDS, field_kind
from tests.rules.readings import reading

OPTIONS = (
    *(Option(key, {"en": key.title()}) for key in ("standard", "large", "special")),
    Option("old", {"en": "Old"}, is_archived=True),
)
MOSCOW = ZoneInfo("Europe/Moscow")


def a_field(kind: str) -> FieldSpec:
    return FieldSpec("deal", "it", kind, {"en": "It"}, OPTIONS if field_kind(kind).has_options else ())


TAKEN: list[tuple[str, object, Value]] = [
    ("text", "  two\r\nlines ", "two lines"),
    ("long_text", "  two\r\nlines ", "two\nlines"),
    ("long_text", "   ", None),
    ("text", "   ", None),
    ("text", None, None),
    ("number", "12", 12),
    ("number", "-3", -3),
    ("number", "−3", -3),
    ("number", "1 000,50", 1000.5),
    ("number", "1\u202f000\u00a0000", 1_000_000),
    ("number", "1,000,000", 1_000_000),
    ("number", "1,000.5", 1000.5),
    ("number", "1.000.000,5", 1_000_000.5),
    ("number", "1.125", 1.125),
    ("number", "0,125", 0.125),
    ("number", "007", 7),
    ("number", 2.0, 2),
    ("number", 2.5, 2.5),
    ("number", 0, 0),
    ("money", "1 000,50", 100_050),
    ("money", "1,000", 100_000),
    ("money", "1000.5", 100_050),
    ("money", "1'000.50", 100_050),
    ("money", "12.50", 1250),
    ("money", "0.500", 50),
    ("money", 100_050, 100_050),
    ("money", "", None),
    ("checkbox", "on", True),
    ("checkbox", "False", False),
    ("checkbox", "", False),
    ("checkbox", None, None),
    ("checkbox", True, True),
    ("select", " special ", "special"),
    ("select", "", None),
    ("multi_select", " special ", ["special"]),
    ("multi_select", "special,standard", ["standard", "special"]),
    ("multi_select", ["special", "special"], ["special"]),
    ("multi_select", ("large",), ["large"]),
    ("multi_select", "", None),
    ("multi_select", [], None),
    ("link", " example.org ", "https://example.org"),
    ("link", "HTTP://Example.org/A?b=c#d", "http://example.org/A?b=c#d"),
    ("link", "example.org:8080/a", "https://example.org:8080/a"),
    ("link", "пример.рф/цены", "https://пример.рф/цены"),
    ("link", "http://localhost:5000", "http://localhost:5000"),
    ("link", "  ", None),
    ("date", "2026-11-23", "2026-11-23"),
    ("date", "3.11.2026", "2026-11-03"),
    ("date", date(2026, 11, 23), "2026-11-23"),
    ("datetime", "2026-11-23T10:00+03:00", "2026-11-23T07:00:00+00:00"),
    ("datetime", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00+00:00"),
    ("datetime", datetime(2026, 11, 23, 10, tzinfo=UTC), "2026-11-23T10:00:00+00:00"),
    ("phone", "+7 (912) 345-67-89", "+79123456789"),
    ("phone", "8 912 345-67-89", "+79123456789"),
    ("email", " ann@example.org ", "ann@example.org"),
    ("user", "7", 7),
    ("user", 7, 7),
    ("stage", 3, 3),
]
REFUSED: list[tuple[str, object, str]] = [
    ("text", 5, "not_text"),
    ("text", "a\x00b", "not_text"),
    ("text", "\ud800", "not_text"),
    ("text", "x" * 501, "too_long"),
    ("long_text", "x" * 10_001, "too_long"),
    ("multi_select", "huge", "not_an_option"),
    ("multi_select", ["special", "old"], "not_an_option"),
    ("multi_select", [["special"]], "not_an_option"),
    ("multi_select", 5, "not_a_list"),
    ("multi_select", {"special": 1}, "not_a_list"),
    ("select", "old", "not_an_option"),
    ("link", "javascript:alert(1)", "not_a_link"),
    ("link", "java\tscript:alert(1)", "not_a_link"),
    ("link", "data:text/html,x", "not_a_link"),
    ("link", "ftp://example.org", "not_a_link"),
    ("link", "https://", "not_a_link"),
    ("link", "example", "not_a_link"),
    ("link", "two words.org", "not_a_link"),
    ("link", "https://user:pass@example.org", "not_a_link"),
    ("link", 'https://example.org/"onclick=', "not_a_link"),
    ("link", "http://[::1", "not_a_link"),
    ("link", "example.org:99999999", "not_a_link"),
    ("link", 7, "not_a_link"),
    ("link", "https://example.org/" + "x" * 2000, "too_long"),
    ("number", "twelve", "not_a_number"),
    ("number", "1 2", "not_a_number"),
    ("number", "1e5", "not_a_number"),
    ("number", "١٢", "not_a_number"),
    ("number", "1" * 28, "not_a_number"),
    ("number", True, "not_a_number"),
    ("number", [], "not_a_number"),
    ("number", float("nan"), "not_a_number"),
    ("number", float("inf"), "not_a_number"),
    ("number", "1,125", "ambiguous_number"),
    ("number", "1" + "0" * 16, "too_large"),
    ("number", 10**400, "too_large"),
    ("money", "0.005", "too_precise"),
    ("money", "15.000", "ambiguous_number"),
    ("number", "5²", "not_a_number"),
    ("money", "-5", "negative"),
    ("money", -5, "negative"),
    ("money", 10.5, "not_a_number"),
    ("money", False, "not_a_number"),
    ("money", 10**16, "too_large"),
    ("money", "1" + "0" * 14, "too_large"),
    ("checkbox", "perhaps", "not_yes_or_no"),
    ("checkbox", 1, "not_yes_or_no"),
    ("select", "huge", "not_an_option"),
    ("select", ["special"], "not_an_option"),
    ("date", "tomorrow", "not_a_date"),
    ("date", "31.02.2026", "not_a_date"),
    ("date", 20261123, "not_a_date"),
    ("date", datetime(2026, 11, 23, tzinfo=UTC), "not_a_date"),
    ("date", "0202-01-01", "date_out_of_range"),
    ("datetime", "soon", "not_a_time"),
    ("datetime", "0001-01-01T00:00+14:00", "date_out_of_range"),
    ("phone", "call me", "not_a_phone"),
    ("phone", "12", "not_a_phone"),
    ("phone", "112", "not_a_phone"),
    ("phone", "1234567890123456", "not_a_phone"),
    ("phone", "+7+912345", "not_a_phone"),
    ("phone", 79123456789, "not_a_phone"),
    ("email", "ann", "not_an_email"),
    ("email", "ann@example", "not_an_email"),
    ("email", "ann@a b.org", "not_an_email"),
    ("email", "a" * 250 + "@b.org", "not_an_email"),
    ("user", "0", "not_a_user"),
    ("user", "Ann", "not_a_user"),
    ("user", True, "not_a_user"),
    ("user", 10**18, "not_a_user"),
    ("stage", "processing", "not_a_stage"),
    ("stage", True, "not_a_stage"),
]


@pytest.mark.parametrize(("kind", "raw", "value"), TAKEN)
def test_a_field_takes(kind: str, raw: object, value: Value) -> None:
    got = fields.parse(a_field(kind), raw, reading())
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(("kind", "raw", "code"), REFUSED)
def test_a_field_refuses(kind: str, raw: object, code: str) -> None:
    with pytest.raises(fields.FieldError) as refused:
        fields.parse(a_field(kind), raw, reading())
    assert refused.value.code == code


def test_only_those_who_may_be_chosen_are_where_it_is_said_who_that_is() -> None:
    among = replace(reading(), people={7, 8})
    assert fields.parse(a_field("user"), "7", among) == 7
    assert fields.parse(a_field("user"), 9, reading()) == 9
    for raw in (9, "9"):
        with pytest.raises(fields.FieldError) as refused:
            fields.parse(a_field("user"), raw, among)
        assert refused.value.code == "no_such_person"


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        ("checkbox", None, False, True),
        ("checkbox", False, True, False),
        ("checkbox", None, True, False),
        ("multi_select", ["a", "b"], ["b", "a"], True),
        ("multi_select", ["a", "b"], ["a"], False),
        ("multi_select", None, ["a"], False),
        ("text", "ost", "Ost", False),
        ("text", None, "", False),
        ("number", 1, 1.0, True),
        ("gone", "x", "x", True),
        ("gone", "x", "y", False),
    ],
)
def test_what_says_the_same_is_no_change(kind: str, one: Value, other: Value, same: bool) -> None:
    assert fields.is_same(kind, one, other) is same
    assert fields.is_same(kind, other, one) is same


def test_a_line_is_one_short_line() -> None:
    assert fields.parse(a_field("text"), " two \n lines ", reading()) == "two lines"
    with pytest.raises(fields.FieldError) as refused:
        fields.parse(a_field("text"), "x" * 501, reading())
    assert (refused.value.code, refused.value.facts) == ("too_long", {"limit": 500})


def test_an_ambiguous_number_names_both_readings() -> None:
    with pytest.raises(fields.FieldError) as refused:
        fields.parse(a_field("number"), "1,125", reading())
    assert refused.value.facts == {"either": "1125", "other": "1.125"}


@pytest.mark.parametrize(
    ("digits", "raw", "minor"), [(0, "1 500", 1500), (0, "1,500", 1500), (0, "1.500", 1500), (3, "1.125", 1125)]
)
def test_money_counts_in_the_smallest_unit_of_its_currency(digits: int, raw: str, minor: int) -> None:
    assert fields.parse(a_field("money"), raw, reading(digits=digits)) == minor


def test_an_instant_without_a_zone_is_local() -> None:
    assert fields.parse(a_field("datetime"), "2026-11-23T10:00", reading(MOSCOW)) == "2026-11-23T07:00:00+00:00"


@pytest.mark.parametrize(
    ("value", "is_blank"),
    [(None, True), ("", True), (" ", True), ([], True), (["a"], False), (False, False), (0, False), ("x", False)],
)
def test_no_and_zero_are_answers(value: Value, is_blank: bool) -> None:
    assert fields.is_blank(value) is is_blank


TEXTS = ("text", "long_text", "phone", "email", "link", "multi_select")


@pytest.mark.parametrize("kind", FIELD_KINDS)
def test_every_kind_can_be_asked_something(kind: str) -> None:
    assert ("eq" in fields.operators_for(kind)) == (kind != "multi_select"), "of several one asks for each by itself"
    assert ("gt" in fields.operators_for(kind)) == (kind in ("number", "money", "date", "datetime"))
    assert ("contains" in fields.operators_for(kind)) == (kind in TEXTS)


COMPARED: list[tuple[str, Value, object]] = [
    ("text", "Straße", "strasse"),
    ("text", "", None),
    ("text", 5, None),
    ("checkbox", None, False),
    ("checkbox", "on", None),
    ("number", True, None),
    ("date", "2026-11-23", date(2026, 11, 23)),
    ("date", datetime(2026, 11, 23, 10, tzinfo=UTC), date(2026, 11, 23)),
    ("date", "soon", None),
    ("datetime", "2026-11-23T10:00+03:00", datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=3)))),
    ("datetime", datetime(2026, 11, 23, 10), datetime(2026, 11, 23, 10, tzinfo=UTC)),
    ("datetime", date(2026, 11, 23), None),
    ("phone", "+7 912", "+7912"),
    ("user", "7", None),
    ("multi_select", ["Large", "special"], frozenset({"large", "special"})),
    ("multi_select", "large", frozenset({"large"})),
    ("multi_select", [], None),
    ("multi_select", [5, None], None),
    ("multi_select", 5, None),
    ("link", "https://Example.org", "https://example.org"),
]


@pytest.mark.parametrize(("kind", "value", "compared"), COMPARED)
def test_values_compare_as_their_kind(kind: str, value: Value, compared: object) -> None:
    assert fields.comparable(kind, value) == compared


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.datetimes(),
    st.lists(st.integers()), st.dictionaries(st.text(), st.integers()),
    st.from_regex(r"-?[0-9]{1,6}([ .,][0-9]{3})*([.,][0-9]{1,3})?", fullmatch=True),
    st.from_regex(r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](T[012][0-9]:[0-5][0-9](Z|[+-]0[0-9]:00)?)?", fullmatch=True),
)  # fmt: skip


@given(st.sampled_from(sorted(FIELD_KINDS)), ANYTHING)
def test_whatever_is_taken_is_json_and_parses_to_itself(kind: str, raw: Any) -> None:
    try:
        value = fields.parse(a_field(kind), raw, reading())
    except fields.FieldError:
        return
    assert fields.parse(a_field(kind), json.loads(json.dumps(value)), reading()) == value


@given(st.sampled_from((*FIELD_KINDS, "gone")), ANYTHING)
def test_comparing_never_raises(kind: str, value: Any) -> None:
    compared = fields.comparable(kind, value)
    assert compared is None or compared == compared or kind in ("number", "money")  # NaN


@pytest.mark.parametrize("raw", ["31.12.2026", "2026-12-31\u200bT14:30", " 2026-12-31T14:30 "])
def test_a_moment_in_json_says_its_zone_however_it_is_written(raw: str) -> None:
    with pytest.raises(fields.FieldError, match="zone_missing"):
        field_kind("datetime").from_json(raw, reading())


@pytest.mark.parametrize(
    ("kind", "digits", "limit"), [("number", 2, 10**15), ("money", 2, 10**13), ("money", 0, 10**15)]
)
def test_a_limit_is_told_in_the_unit_that_was_typed(kind: str, digits: int, limit: int) -> None:
    """So that the limit itself can be typed, and one more cannot."""
    spec, as_typed = a_field(kind), reading(digits=digits)
    with pytest.raises(fields.FieldError) as refused:
        fields.parse(spec, f"{limit + 1}", as_typed)
    assert (refused.value.code, refused.value.facts) == ("too_large", {"limit": limit})
    assert fields.parse(spec, f"{limit}", as_typed) == 10**15
