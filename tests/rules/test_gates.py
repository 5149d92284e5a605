"""The gate: what a stage asks for, whichever way a deal comes to it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import gates
from rules.facts import Catalogue, FieldSpec, Group, Option, Snapshot, StageFacts, Test, Value
from tests.rules.stages import DATA_COLLECTION, ELSEWHERE, LOST, NEW, PAYMENT, PROCESSING, STAGES, WON

OPTIONS = tuple(Option(key, {"en": key}) for key in ("standard", "special"))
IF_VIP = Group("all", (Test("contact", "vip", "eq", True),))
CATALOGUE = Catalogue.build(
    [
        FieldSpec("contact", "vip", "checkbox", {"en": "VIP"}),
        FieldSpec("deal", "equipment_type", "select", {"en": "Equipment type"}, OPTIONS, required_from=(PROCESSING,)),
        FieldSpec("deal", "escort", "user", {"en": "Escort"}, required_from=(PAYMENT,), required_if=IF_VIP),
        FieldSpec("contact", "phone", "phone", {"en": "Phone"}, required_from=(DATA_COLLECTION,)),
        FieldSpec("deal", "closed_on", "date", {"en": "Closed"}, required_from=(WON,)),
        FieldSpec("deal", "why_lost", "text", {"en": "Why lost"}, required_from=(LOST,)),
        FieldSpec("deal", "orphan", "text", {"en": "Orphan"}, required_from=(ELSEWHERE,)),
        FieldSpec("deal", "in_both", "text", {"en": "In both"}, required_from=(PAYMENT, ELSEWHERE)),
    ]
)


def missing(to: int, deal: dict[str, Value] | None = None, contact: dict[str, Value] | None = None) -> list[str]:
    snapshot = Snapshot({"deal": deal or {}, "contact": contact or {}})
    return [lack.key for lack in gates.missing_fields(CATALOGUE, STAGES, to, snapshot)]


ASKED = [
    (NEW, []),
    (DATA_COLLECTION, ["phone"]),
    (PROCESSING, ["phone", "equipment_type"]),
    (PAYMENT, ["phone", "equipment_type", "escort", "in_both"]),
    (WON, ["phone", "equipment_type", "escort", "closed_on", "in_both"]),
    (LOST, []),
]


@pytest.mark.parametrize(("to", "keys"), ASKED)
def test_a_stage_asks_for_what_is_required_up_to_it(to: int, keys: list[str]) -> None:
    assert sorted(spec.key for spec in gates.asks_for(CATALOGUE, STAGES, to)) == sorted(keys)
    assert sorted(missing(to, contact={"vip": True})) == sorted(keys)


@pytest.mark.parametrize(
    ("to", "deal", "contact", "keys"),
    [
        (PAYMENT, {"in_both": "x", "equipment_type": "special"}, {"phone": "112"}, []),
        (PAYMENT, {"in_both": "x", "equipment_type": "special"}, {"phone": "112", "vip": True}, ["escort"]),
        (PAYMENT, {"in_both": "x", "equipment_type": "special", "escort": 3}, {"phone": "112", "vip": True}, []),
        (PROCESSING, {"equipment_type": ""}, {"phone": "112"}, ["equipment_type"]),
        (PROCESSING, {"equipment_type": "special"}, {"phone": " "}, ["phone"]),
        (LOST, {}, {"vip": True}, []),
    ],
)
def test_only_what_is_blank_and_called_for_is_missing(
    to: int, deal: dict[str, Value], contact: dict[str, Value], keys: list[str]
) -> None:
    assert missing(to, deal, contact) == keys


def test_what_is_missing_says_how_to_ask_for_it() -> None:
    (lack,) = gates.missing_fields(CATALOGUE, STAGES, PROCESSING, Snapshot({"contact": {"phone": "112"}}))
    assert lack == gates.Missing("deal", "equipment_type", {"en": "Equipment type"}, "select", OPTIONS)


def test_a_required_checkbox_is_answered_by_no() -> None:
    catalogue = Catalogue.build([FieldSpec("deal", "insured", "checkbox", {"en": "Insured"}, required_from=(NEW,))])
    for value, count in ((None, 1), (False, 0), (True, 0)):
        snapshot = Snapshot({"deal": {"insured": value}})
        assert len(gates.missing_fields(catalogue, STAGES, NEW, snapshot)) == count


def test_won_asks_for_everything_wherever_it_stands() -> None:
    stages = (StageFacts(WON, 0, "won"), StageFacts(NEW, 1, "open"), StageFacts(PROCESSING, 2, "open"))
    assert [spec.key for spec in gates.asks_for(CATALOGUE, stages, WON)] == ["equipment_type", "closed_on"]


def test_a_stage_of_another_pipeline_is_no_target() -> None:
    with pytest.raises(KeyError):
        gates.asks_for(CATALOGUE, STAGES, ELSEWHERE)


VALUES = st.none() | st.just("") | st.just("special") | st.booleans()


@given(
    st.dictionaries(st.sampled_from(["equipment_type", "escort", "closed_on", "why_lost"]), VALUES),
    st.dictionaries(st.sampled_from(["vip", "phone"]), VALUES),
)
def test_a_later_stage_never_asks_for_less(deal: dict[str, Value], contact: dict[str, Value]) -> None:
    lacks = [set(missing(stage.id, deal, contact)) for stage in STAGES if stage.kind != "lost"]
    assert all(earlier <= later for earlier, later in pairwise(lacks))
