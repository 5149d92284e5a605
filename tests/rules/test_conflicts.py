"""What cannot work as it reads is found, and what can is left in peace."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from rules import conditions
from rules.conflicts import can_hold, conflicts
from rules.facts import Catalogue, FieldSpec, Group, Option, Snapshot, Test
from rules.parameters import Parameter
from rules.robot_kinds import CONTROL, ROBOT_KINDS, RobotKind
from rules.robots import After, AtOnce, RobotSpec
from rules.setup import Pipeline, Setup, Stage
from rules.triggers import TriggerSpec
from rules.worktime import Delay
from tests.rules import any_robot

TYPE = FieldSpec("deal", "type", "select", {"en": "Type"}, (Option("a", {}), Option("b", {})))
VIP = FieldSpec("contact", "vip", "checkbox", {"en": "VIP"})
CATALOGUE = Catalogue.build((TYPE, VIP))
STAGES = tuple(Stage(n, 1, f"s{n}", {"en": f"S{n}"}, n) for n in (1, 2, 3))
FIRM = Setup(pipelines=(Pipeline(1, "p", {"en": "P"}),), stages=STAGES, fields=(TYPE, VIP))


def a(*items: Test | Group) -> Group:
    return Group("all", items)


def one_of(*items: Test | Group) -> Group:
    return Group("any", items)


def asks(field: str, operator: str, value: object = None) -> Test:
    entity, _, key = field.partition(".")
    return Test(entity, key, operator, value)  # type: ignore[arg-type]


IS_A, IS_B = asks("deal.type", "eq", "a"), asks("deal.type", "eq", "b")
NEVER = {
    "two options at once": a(IS_A, IS_B),
    "an option that is gone": a(asks("deal.type", "eq", "c")),
    "filled, and none of those there are": a(asks("deal.type", "not_in", ("a", "b")), asks("deal.type", "filled")),
    "yes and no": a(asks("contact.vip", "eq", True), asks("contact.vip", "ne", True)),
    "empty and something": a(asks("deal.type", "empty"), IS_A),
    "more and less": a(asks("deal.amount", "gt", 500), asks("deal.amount", "lt", 400)),
    "more than itself": a(asks("deal.amount", "gt", 500), asks("deal.amount", "eq", 500)),
    "a field that is gone": a(asks("deal.gone", "eq", 1)),
    "an operator that is gone": a(asks("contact.vip", "contains", "x")),
    "never inside of never": a(one_of(a(IS_A, IS_B), asks("deal.gone", "filled"))),
    "in groups of all": a(IS_A, a(IS_B)),
}
CAN = {
    "nothing": None,
    "one or the other": one_of(IS_A, IS_B),
    "blank, so none of them": a(asks("deal.type", "not_in", ("a", "b"))),
    "one of those left": a(asks("deal.type", "in", ("a", "c"))),
    "blank": a(asks("deal.type", "ne", "a"), asks("deal.type", "empty")),
    "between": a(asks("deal.amount", "gte", 400), asks("deal.amount", "lte", 400)),
    "a field in two groups": one_of(a(IS_A), a(IS_B)),
}


@pytest.mark.parametrize("name", NEVER)
def test_a_condition_that_nothing_can_meet_is_found(name: str) -> None:
    assert not can_hold(NEVER[name], CATALOGUE)


@pytest.mark.parametrize("name", CAN)
def test_a_condition_that_something_can_meet_is_left_in_peace(name: str) -> None:
    assert can_hold(CAN[name], CATALOGUE)


def test_what_holds_for_some_deal_is_never_said_to_be_impossible() -> None:
    chance = Random(5)
    held = 0
    for _ in range(600):
        wanted = any_robot.condition(chance, CATALOGUE, (1, 2))
        fields = list(CATALOGUE.fields.values())
        values: dict[str, dict[str, object]] = {}
        for spec in fields:
            if chance.random() < 0.7:
                values.setdefault(spec.entity, {})[spec.key] = any_robot.stored(chance, spec, (1, 2))
        if conditions.evaluate(wanted, Snapshot(values), CATALOGUE).holds:  # type: ignore[arg-type]
            held += 1
            assert can_hold(wanted, CATALOGUE), wanted
    assert held > 50


def robot(n: int, stage: int, to: int | None = None, **more: object) -> RobotSpec:
    kind, settings = ("mover", {"stage": to}) if to else (CONTROL.key, {"text": {"en": "x"}})
    spec = RobotSpec(n, kind, {}, 0, True, ("entered",), AtOnce(), "any", None, settings, stage_id=stage)
    return replace(spec, **more)  # type: ignore[arg-type]


@pytest.fixture
def mover(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = (Parameter("stage", "stage"),)
    monkeypatch.setitem(ROBOT_KINDS, "mover", RobotKind("mover", {}, "arrow", {}, {}, parameters))


@pytest.mark.usefixtures("mover")
def test_robots_that_move_in_a_circle_are_named_together() -> None:
    round_and_round = (robot(1, 1, 2), robot(2, 2, 3), robot(3, 3, 1), robot(4, 1))
    (found,) = conflicts(replace(FIRM, robots=round_and_round))
    assert (found.code, sorted(found.robots)) == ("circle", [1, 2, 3])
    assert conflicts(replace(FIRM, robots=round_and_round[:2])) == ()
    assert conflicts(replace(FIRM, robots=(*round_and_round[:2], robot(3, 3, 1, is_on=False)))) == ()


def setter(n: int, key: str, value: object, asks_for: Test, stage: int | None = None) -> RobotSpec:
    """A robot that sets a field when another changes."""
    settings = {"entity": "deal", "field": key, "value": value}
    spec = RobotSpec(n, "set_field", {}, 0, True, ("field_changed",), AtOnce(), "any", a(asks_for), settings)
    return replace(spec, stage_id=stage)


def test_robots_and_triggers_that_set_each_other_off_are_named_together() -> None:
    sets_back = replace(setter(1, "type", None, IS_A), starts=("entered",), stage_id=1, condition=None)
    sets = replace(setter(2, "type", "a", IS_A), starts=("entered",), stage_id=2, condition=None)
    there = TriggerSpec(7, "field_changed", 2, condition=a(asks("deal.type", "empty")))
    back = TriggerSpec(8, "field_changed", 1, condition=a(IS_A), may_go_back=True)
    (found,) = conflicts(replace(FIRM, robots=(sets_back, sets), triggers=(there, back)))[-1:]
    assert (found.code, sorted(found.robots), sorted(found.triggers)) == ("circle", [1, 2], [7, 8])


@pytest.mark.parametrize("what", ["forward only", "the same value", "another field", "off", "of one's own"])
def test_what_comes_to_rest_is_no_circle(what: str) -> None:
    sets_back = replace(setter(1, "type", None, IS_A), starts=("entered",), stage_id=1, condition=None)
    sets = replace(setter(2, "type", "a", IS_A), starts=("entered",), stage_id=2, condition=None)
    there = TriggerSpec(7, "field_changed", 2, condition=a(asks("deal.type", "empty")))
    back = TriggerSpec(8, "field_changed", 1, condition=a(IS_A), may_go_back=True)
    if what == "forward only":
        back = replace(back, may_go_back=False)
    if what == "the same value":
        sets_back = replace(sets_back, settings=sets.settings)
    if what == "another field":
        back = replace(back, condition=a(asks("contact.vip", "eq", True)))
    if what == "off":
        sets = replace(sets, is_on=False)
    if what == "of one's own":  # on leaving no stage and entering the same it does nothing
        there = replace(there, stage_id=1)
    found = conflicts(replace(FIRM, robots=(sets_back, sets), triggers=(there, back)))
    assert "circle" not in {each.code for each in found}


WAITS, OWES = asks("conversation.unanswered", "eq", True), asks("invoices.unpaid", "eq", True)
CLAIMS: list[tuple[str, dict[str, object], list[str]]] = [
    ("{deal.responsible} has not answered {contact.name}", {}, ["claims_waits"]),
    ("Клиент ждёт ответа", {}, ["claims_waits"]),
    ("Клиент ждёт ответа", {"condition": a(WAITS)}, []),
    ("Клиент ждёт ответа", {"condition": a(a(WAITS), IS_A)}, []),
    ("Клиент ждёт ответа", {"condition": one_of(WAITS, IS_A)}, ["claims_waits"]),
    ("Waiting for a reply", {"starts": ("unanswered",)}, []),
    ("Waiting for a reply", {"starts": ("unanswered", "entered")}, ["claims_waits"]),
    ("Waiting for a reply", {"starts": ("client_wrote",)}, []),
    ("Waiting for a reply", {"starts": ("client_wrote",), "timing": After(Delay(1, "hours"))}, ["claims_waits"]),
    ("VIP client has written", {}, ["claims_wrote"]),
    ("VIP client has written", {"starts": ("client_wrote",)}, []),
    ("Обратился VIP-клиент", {"condition": a(asks("contact.vip", "eq", True))}, ["claims_wrote"]),
    ("The invoice is unpaid", {"condition": a(OWES)}, []),
    ("Счёт ещё не оплачен", {}, ["claims_unpaid"]),
    ("Счёт ещё не оплачен", {"starts": ("invoice_overdue",)}, []),
    ("Сделка без следующего шага: написал клиент", {}, ["claims_wrote", "claims_no_step"]),
    ("Look at this deal, please", {}, []),
    ("Rewritten, prepaid, repaid", {}, []),
]


@pytest.mark.parametrize(("text", "more", "codes"), CLAIMS)
def test_a_text_that_claims_what_may_not_be_so_is_named(text: str, more: dict[str, object], codes: list[str]) -> None:
    says = robot(1, 1, **{"settings": {"text": {"en": "Look", "ru": text}}, **more})
    assert [each.code for each in conflicts(replace(FIRM, robots=(says,))) if each.code != "never_true"] == codes


def test_two_triggers_on_one_event_are_named_unless_told_apart() -> None:
    both = (TriggerSpec(1, "dialogue_taken", 2), TriggerSpec(2, "dialogue_taken", 3))
    (found,) = conflicts(replace(FIRM, triggers=both))
    assert (found.code, found.triggers) == ("two_triggers", (1, 2))
    apart = (replace(both[0], condition=a(IS_A)), replace(both[1], condition=a(IS_B)))
    assert conflicts(replace(FIRM, triggers=apart)) == ()
    assert conflicts(replace(FIRM, triggers=(both[0], replace(both[1], is_on=False)))) == ()


def test_a_requirement_that_a_trigger_cannot_fill_is_named() -> None:
    asked = replace(FIRM, fields=(replace(TYPE, required_from=(2,)), VIP))
    (found,) = conflicts(replace(asked, triggers=(TriggerSpec(1, "dialogue_taken", 2),)))
    assert (found.code, found.fields) == ("cannot_fill", (("deal", "type"),))
    told = TriggerSpec(1, "dialogue_taken", 2, condition=a(asks("deal.type", "filled")))
    assert conflicts(replace(asked, triggers=(told,))) == ()
    assert conflicts(replace(asked, triggers=(TriggerSpec(1, "invoice_paid_in_full", 3),))) == ()


@pytest.mark.parametrize("event", ["dialogue_taken", "inquiry_received"])
def test_a_first_word_passes_over_the_stage_that_is_the_first_to_require_a_field(event: str) -> None:
    """Deals come there from the first stage, and nobody was asked on the way."""
    asked = replace(FIRM, fields=(replace(TYPE, required_from=(2,)), VIP), triggers=(TriggerSpec(1, event, 3),))
    (found,) = conflicts(asked)
    assert (found.code, found.fields) == ("cannot_fill", (("deal", "type"),))
    assert conflicts(replace(asked, fields=(replace(TYPE, required_from=(1,)), VIP))) == ()
