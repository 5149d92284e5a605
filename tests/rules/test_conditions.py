"""Conditions: what holds on what, with every value read; and how their JSON is read and refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import conditions, fields
from rules.condition_forms import DEPTH_LIMIT
from rules.conditions import Finding
from rules.facts import Catalogue, FieldSpec, Group, Option, Snapshot, Test, Value
from tests.rules.readings import reading

CATALOGUE = Catalogue.build(
    [
        FieldSpec("contact", "vip", "checkbox", {"en": "VIP"}, shown_as="mark"),
        FieldSpec(
            "deal",
            "equipment_type",
            "select",
            {"en": "Equipment type"},
            tuple(Option(key, {"en": key.title()}) for key in ("standard", "large", "special")),
        ),
        FieldSpec(
            "deal",
            "extras",
            "multi_select",
            {"en": "Extras"},
            (Option("lamp", {"en": "Lamp"}), Option("pump", {"en": "Pump"}), Option("old", {"en": "Old"}, True)),
        ),
        FieldSpec("deal", "site", "link", {"en": "Site"}),
        FieldSpec("deal", "wishes", "multi_select", {"en": "Wishes"}, (Option("a", {"en": "A"}),)),
        FieldSpec("deal", "weight", "number", {"en": "Weight"}),
        FieldSpec("deal", "delivery_on", "date", {"en": "Delivery"}),
    ]
)
DEAL = Snapshot(
    {
        "deal": {
            "title": "Lathe for Straße",
            "amount": 100_000,
            "responsible": 7,
            "stage": 3,
            "equipment_type": "special",
            "extras": ["lamp", "old"],
            "site": "https://example.org/a",
            "created_at": datetime(2026, 11, 23, 7, tzinfo=UTC),
            "delivery_on": "2026-12-01",
        },
        "contact": {"vip": True, "phone": "+79123456789"},
        "invoices": {"unpaid": False, "count": 0, "nearest_due_on": date(2026, 11, 30)},
        "conversation": {},
    }
)


def a_test(entity: Any, field: Any, operator: Any, value: Any = None) -> dict[str, Any]:
    return {"entity": entity, "field": field, "operator": operator, "value": value}


VIP = a_test("contact", "vip", "eq", True)
NOT_VIP = a_test("contact", "vip", "eq", False)
SPECIAL = a_test("deal", "equipment_type", "eq", "special")
LARGE = a_test("deal", "equipment_type", "eq", "large")

HOLDS: list[tuple[tuple[str, str, str, Any], bool]] = [
    (("contact", "vip", "eq", True), True),
    (("contact", "vip", "ne", True), False),
    (("conversation", "replied", "eq", False), True),
    (("conversation", "replied", "eq", "yes"), False),
    (("deal", "title", "eq", "LATHE FOR STRASSE"), True),
    (("deal", "title", "contains", "lathe"), True),
    (("deal", "title", "contains", "mill"), False),
    (("deal", "title", "in", ["mill", "lathe for straße"]), True),
    (("deal", "amount", "gt", "999.99"), True),
    (("deal", "amount", "gt", 100_000), False),
    (("deal", "amount", "gte", "1 000"), True),
    (("deal", "amount", "lt", "1000,01"), True),
    (("deal", "amount", "lte", 99_999), False),
    (("deal", "responsible", "eq", "7"), True),
    (("deal", "responsible", "in", [1, 2]), False),
    (("deal", "responsible", "not_in", [1, 2]), True),
    (("deal", "stage", "ne", 1), True),
    (("deal", "equipment_type", "in", ["large", "special"]), True),
    (("deal", "equipment_type", "filled", None), True),
    (("deal", "equipment_type", "empty", None), False),
    (("deal", "created_at", "gt", "2026-11-23T09:59+03:00"), True),
    (("deal", "created_at", "eq", "2026-11-23T10:00+03:00"), True),
    (("deal", "delivery_on", "gt", "30.11.2026"), True),
    (("invoices", "nearest_due_on", "lte", "2026-11-30"), True),
    (("invoices", "count", "eq", 0), True),
    (("invoices", "count", "filled", None), True),
    (("contact", "phone", "contains", "912 345"), True),
    (("contact", "phone", "eq", "+7 (912) 345-67-89"), True),
    (("deal", "site", "eq", "Example.org/a"), True),
    (("deal", "site", "contains", "example"), True),
    (("deal", "extras", "contains", "lamp"), True),
    (("deal", "extras", "contains", "pump"), False),
    (("deal", "extras", "in", ["pump", "lamp"]), True),
    (("deal", "extras", "in", ["pump"]), False),
    (("deal", "extras", "not_in", ["pump"]), True),
    (("deal", "extras", "not_in", ["pump", "lamp"]), False),
    (("deal", "extras", "filled", None), True),
    # what is not there
    (("deal", "wishes", "contains", "a"), False),
    (("deal", "wishes", "in", ["a"]), False),
    (("deal", "wishes", "not_in", ["a"]), True),
    (("deal", "wishes", "empty", None), True),
    (("deal", "weight", "gt", 0), False),
    (("deal", "weight", "lt", 10), False),
    (("deal", "weight", "eq", 0), False),
    (("deal", "weight", "ne", 0), True),
    (("deal", "weight", "empty", None), True),
    (("contact", "email", "contains", "@x"), False),
    (("conversation", "channel", "in", ["chat"]), False),
    (("conversation", "channel", "not_in", ["chat"]), True),
    (("company", "name", "empty", None), True),
]


@pytest.mark.parametrize(("line", "holds"), HOLDS)
def test_one_line_holds(line: tuple[str, str, str, Any], holds: bool) -> None:
    condition = conditions.parse({"all": [a_test(*line)]}, CATALOGUE, reading())
    assert conditions.evaluate(condition, DEAL, CATALOGUE).holds is holds


GROUPS: list[tuple[dict[str, Any], bool, list[bool]]] = [
    ({"all": [VIP, SPECIAL]}, True, [True, True]),
    ({"all": [NOT_VIP, SPECIAL]}, False, [False, True]),
    ({"any": [VIP, LARGE]}, True, [True, False]),
    ({"any": [NOT_VIP, LARGE]}, False, [False, False]),
    ({"all": [VIP, {"any": [LARGE, SPECIAL]}]}, True, [True, False, True]),
    ({"all": [NOT_VIP, {"any": [LARGE, SPECIAL]}]}, False, [False, False, True]),
    ({"any": [{"all": [VIP, LARGE]}, {"all": [NOT_VIP, {"any": [SPECIAL]}]}]}, False, [True, False, False, True]),
]


@pytest.mark.parametrize(("raw", "holds", "lines"), GROUPS)
def test_groups_hold_and_every_line_is_read(raw: dict[str, Any], holds: bool, lines: list[bool]) -> None:
    verdict = conditions.evaluate(conditions.parse(raw, CATALOGUE, reading()), DEAL, CATALOGUE)
    assert verdict.holds is holds
    assert [finding.holds for finding in verdict.findings] == lines


@pytest.mark.parametrize("raw", [None, {"all": []}, {"any": []}])
def test_no_condition_always_holds(raw: dict[str, Any] | None) -> None:
    condition = conditions.parse(raw, CATALOGUE, reading())
    assert condition is None
    assert conditions.dump(condition) is None
    assert conditions.evaluate(condition, DEAL, CATALOGUE) == conditions.Verdict(True, ())


def test_a_finding_tells_what_was_asked_and_what_was_there() -> None:
    raw = {"all": [a_test("deal", "amount", "gt", "500"), a_test("invoices", "nearest_due_on", "lt", "2026-11-01")]}
    verdict = conditions.evaluate(conditions.parse(raw, CATALOGUE, reading()), DEAL, CATALOGUE)
    assert verdict.findings == (
        Finding("deal", "amount", "gt", 50_000, 100_000, True),
        Finding("invoices", "nearest_due_on", "lt", "2026-11-01", "2026-11-30", False),
    )


@pytest.mark.parametrize(
    "line",
    [
        Test("deal", "archived_field", "ne", "x"),
        Test("deal", "equipment_type", "gt", "a"),
        Test("deal", "weight", "ne", "heavy"),
        Test("contact", "vip", "eq", "special"),
        Test("deal", "title", "like", "x"),
    ],
)
def test_a_line_out_of_date_does_not_hold(line: Test) -> None:
    snapshot = DEAL.with_values("deal", {"weight": 5}).with_values("contact", {"vip": False})
    verdict = conditions.evaluate(Group("all", (line,)), snapshot, CATALOGUE)
    assert [finding.holds for finding in verdict.findings] == [False]


def test_the_tests_of_a_condition_are_found_however_deep() -> None:
    condition = conditions.parse({"all": [VIP, {"any": [LARGE, {"all": [SPECIAL]}]}]}, CATALOGUE, reading())
    assert [line.field for line in conditions.tests_in(condition)] == ["vip", "equipment_type", "equipment_type"]
    assert list(conditions.tests_in(None)) == []


REFUSED: list[tuple[Any, str, str]] = [
    ([], "not_a_group", ""),
    ("all", "not_a_group", ""),
    ({}, "not_a_group", ""),
    ({"none": [VIP]}, "not_a_group", ""),
    ({"all": [VIP], "any": [VIP]}, "not_a_group", ""),
    ({"all": "vip"}, "not_a_list", "all"),
    ({"all": [VIP, {"any": []}]}, "empty_group", "all.1.any"),
    ({"all": [VIP] * 51}, "too_many", "all"),
    ({"all": [VIP, 5]}, "not_a_test", "all.1"),
    ({"all": [{"any": [{"all": [{"any": [VIP]}]}]}]}, "too_deep", "all.0.any.0.all.0"),
    ({"all": [{**VIP, "colour": 1}]}, "unknown_key", "all.0.colour"),
    ({"all": [a_test("weather", "vip", "eq", True)]}, "unknown_entity", "all.0.entity"),
    ({"all": [a_test([], "vip", "eq", True)]}, "unknown_entity", "all.0.entity"),
    ({"all": [a_test("deal", "vip", "eq", True)]}, "unknown_field", "all.0.field"),
    ({"all": [a_test("deal", {}, "eq", True)]}, "unknown_field", "all.0.field"),
    ({"all": [a_test("contact", "vip", "gt", True)]}, "unknown_operator", "all.0.operator"),
    ({"all": [a_test("contact", "vip", [], True)]}, "unknown_operator", "all.0.operator"),
    ({"any": [VIP, {"all": [a_test("deal", "amount", "gt", "much")]}]}, "not_a_number", "any.1.all.0.value"),
    ({"all": [a_test("deal", "equipment_type", "eq", "huge")]}, "not_an_option", "all.0.value"),
    ({"all": [a_test("deal", "equipment_type", "in", "large")]}, "list_needed", "all.0.value"),
    ({"all": [a_test("deal", "equipment_type", "in", [])]}, "list_needed", "all.0.value"),
    ({"all": [a_test("deal", "equipment_type", "in", ["large", "huge"])]}, "not_an_option", "all.0.value.1"),
    ({"all": [a_test("deal", "responsible", "in", [1] * 51)]}, "too_many", "all.0.value"),
    ({"all": [a_test("deal", "title", "eq", " ")]}, "value_needed", "all.0.value"),
    ({"all": [a_test("deal", "title", "empty", "x")]}, "value_not_taken", "all.0.value"),
    ({"all": [a_test("deal", "title", "contains", 5)]}, "not_text", "all.0.value"),
]


@pytest.mark.parametrize(("raw", "code", "path"), REFUSED)
def test_a_bad_condition_is_refused_by_the_place(raw: Any, code: str, path: str) -> None:
    with pytest.raises(conditions.ConditionError) as refused:
        conditions.parse(raw, CATALOGUE, reading())
    assert (refused.value.code, refused.value.path) == (code, path)


def test_three_groups_deep_is_read() -> None:
    raw = {"all": [{"any": [{"all": [VIP]}]}]}
    assert conditions.dump(conditions.parse(raw, CATALOGUE, reading())) == raw


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text("abcé я", min_size=1).map(str.strip).filter(bool).map(lambda words: " ".join(words.split())),
    "long_text": st.sampled_from(["ab", "a b"]),
    "link": st.sampled_from(["https://example.org", "http://example.org/a?b=c"]),
    "number": st.integers(-(10**15), 10**15) | st.floats(-1e9, 1e9).filter(lambda n: not n.is_integer()),
    "money": st.integers(0, 10**15),
    "checkbox": st.booleans(),
    "date": st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.isoformat),
    "datetime": st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(
        lambda at: at.replace(tzinfo=UTC).isoformat()
    ),
    "phone": st.from_regex(r"\+7912[0-9]{7}", fullmatch=True),
    "email": st.just("ann@example.org"),
    "user": st.integers(1, 10**17),
    "stage": st.sampled_from([1, 5]),
}


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    spec = draw(st.sampled_from(list(CATALOGUE.fields.values())))
    operator = draw(st.sampled_from(fields.operators_for(spec.kind)))
    line = {"entity": spec.entity, "field": spec.key, "operator": operator}
    if operator in ("empty", "filled"):
        return line
    one = st.sampled_from([option.key for option in spec.choices]) if spec.options else VALUES[spec.kind]
    return {**line, "value": draw(st.lists(one, min_size=1, max_size=3) if operator in ("in", "not_in") else one)}


def groups(depth: int = DEPTH_LIMIT) -> st.SearchStrategy[dict[str, Any]]:
    items = lines() if depth == 1 else lines() | groups(depth - 1)
    return st.dictionaries(
        st.sampled_from(["all", "any"]), st.lists(items, min_size=1, max_size=4), min_size=1, max_size=1
    )


ANY_VALUE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.datetimes(),
    st.datetimes(timezones=st.timezones()), st.lists(st.sampled_from(["lamp", "old", "gone"])),
)  # fmt: skip
ENTITY_KEYS = list(CATALOGUE.fields)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    values: dict[str, dict[str, Value]] = {}
    for entity, key in draw(st.lists(st.sampled_from(ENTITY_KEYS), unique=True)):
        values.setdefault(entity, {})[key] = draw(ANY_VALUE)
    return Snapshot(values)


@given(groups())
def test_what_is_read_is_written_back_the_same(raw: Mapping[str, Any]) -> None:
    assert conditions.dump(conditions.parse(raw, CATALOGUE, reading())) == raw


@given(groups(), snapshots())
def test_judging_never_raises_and_reads_every_line(raw: Mapping[str, Any], snapshot: Snapshot) -> None:
    condition = conditions.parse(raw, CATALOGUE, reading())
    verdict = conditions.evaluate(condition, snapshot, CATALOGUE)
    assert [finding.field for finding in verdict.findings] == [line.field for line in conditions.tests_in(condition)]


@given(st.sampled_from(ENTITY_KEYS), st.text(max_size=8), ANY_VALUE | st.tuples(ANY_VALUE, ANY_VALUE), snapshots())
def test_judging_never_raises_on_a_condition_out_of_date(
    at: tuple[str, str], operator: str, value: Any, snapshot: Snapshot
) -> None:
    for asked in (operator, "eq", "ne", "gt", "in", "contains", "empty"):
        line = Test(*at, asked, value)
        assert len(conditions.evaluate(Group("any", (line,)), snapshot, CATALOGUE).findings) == 1


# Kept conditions

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "entity", "field", "operator", "value", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_is_kept_is_loaded_and_judged_without_an_error(raw: Any) -> None:
    conditions.evaluate(conditions.load(raw), DEAL, CATALOGUE)


SPECIAL = {"entity": "deal", "field": "equipment_type", "operator": "eq", "value": "special"}
BLANK = {"entity": "deal", "field": "equipment_type", "operator": "empty"}


@pytest.mark.parametrize("raw", [{"all": [SPECIAL]}, {"any": [{"all": [SPECIAL, BLANK]}]}, None])
def test_what_was_read_strictly_is_loaded_alike(raw: Any) -> None:
    assert conditions.load(raw) == conditions.parse(raw, CATALOGUE, reading())


@pytest.mark.parametrize(
    ("operator", "value"), [("eq", "special"), ("ne", "special"), ("in", ["special"]), ("not_in", ["special", "large"])]
)
def test_a_test_for_an_option_that_is_gone_does_not_hold(operator: str, value: Any) -> None:
    kept = conditions.load({"all": [{**SPECIAL, "operator": operator, "value": value}]})
    without = Catalogue.build(
        [FieldSpec("deal", "equipment_type", "select", {"en": "Type"}, (Option("large", {"en": "Large"}),))]
    )
    assert not conditions.evaluate(kept, DEAL, without).holds
    assert not conditions.evaluate(kept, DEAL, Catalogue.build()).holds


GONE = [
    (Test("deal", "archived_field", "ne", "x"), "field"),
    (Test("deal", "equipment_type", "gt", "special"), "operator"),
    (Test("deal", "equipment_type", "eq", "removed"), "option"),
    (Test("deal", "equipment_type", "ne", "removed"), "option"),
    (Test("deal", "equipment_type", "not_in", ("removed", "standard")), "option"),
    (Test("deal", "equipment_type", "in", ("removed", "another")), "option"),
    (Test("deal", "equipment_type", "in", ("removed", "special")), ""),
    (Test("deal", "equipment_type", "filled"), ""),
    (Test("deal", "extras", "contains", "old"), "option"),
    (Test("deal", "extras", "not_in", ("old", "pump")), "option"),
    (Test("deal", "extras", "in", ("old", "lamp")), ""),
    (Test("deal", "extras", "eq", "lamp"), "operator"),
]


@pytest.mark.parametrize(("line", "gone"), GONE)
def test_a_finding_says_what_is_gone_and_what_is_gone_never_holds(line: Test, gone: str) -> None:
    (finding,) = conditions.evaluate(Group("all", (line,)), DEAL, CATALOGUE).findings
    assert (finding.gone, finding.holds) == (gone, not gone)
    lost = ("removed", "another", "old") if gone == "option" else ()
    assert set(finding.options_gone) == {each for each in lost if each in (line.value or ())}


def test_an_option_that_is_gone_is_met_by_no_deal_that_still_has_it() -> None:
    kept = Group("all", (Test("deal", "equipment_type", "in", ("special", "large")),))
    large = FieldSpec("deal", "equipment_type", "select", {"en": "Type"}, (Option("large", {"en": "Large"}),))
    assert not conditions.evaluate(kept, DEAL, Catalogue.build([large])).holds


@given(groups())
def test_what_is_stored_is_loaded_as_it_was(raw: dict[str, Any]) -> None:
    condition = conditions.parse(raw, CATALOGUE, reading())
    assert conditions.load(conditions.dump(condition)) == condition


@pytest.mark.parametrize("raw", [1, "x", [], {"none": []}, {"all": [1]}, {"all": [{"entity": "deal"}]}])
def test_a_condition_that_cannot_be_read_does_not_hold(raw: object) -> None:
    assert not conditions.evaluate(conditions.load(raw), DEAL, CATALOGUE).holds
