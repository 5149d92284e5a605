"""Random robots, triggers and conditions, drawn from the declarations: whatever kind, parameter, field kind, operator,
start and unit there is takes part by being declared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from rules import robots
from rules.condition_forms import NEEDS_NO_VALUE
from rules.facts import Catalogue, Condition, FieldSpec, Group, Test, Value
from rules.field_kinds import field_kind
from rules.parameters import Parameter
from rules.robot_kinds import ROBOT_KINDS
from rules.robots import LONGEST, After, AroundField, AtOnce, RobotSpec, Timing
from rules.worktime import Delay

WORDS = ("Call them", "Press", "a, b", "ok")
START = datetime(2026, 11, 24, tzinfo=UTC)


def robot(chance: Random, catalogue: Catalogue, people: tuple[int, ...], stage_id: int) -> RobotSpec:
    kind = chance.choice(list(ROBOT_KINDS.values()))
    return RobotSpec(
        id=1,
        kind=kind.key,
        name={"en": "A robot"},
        position=0,
        is_on=True,
        starts=tuple(chance.sample(robots.STARTS, chance.randint(1, min(2, len(robots.STARTS))))),
        timing=timing(chance, catalogue),
        when=chance.choice(robots.WHENS),
        condition=condition(chance, catalogue, people),
        settings=settings(chance, kind.parameters, people),
        once_per_deal=chance.random() < 0.3,
        also_later=chance.random() < 0.3,
        stage_id=stage_id,
    )


def settings(chance: Random, parameters: tuple[Parameter, ...], people: tuple[int, ...]) -> dict[str, Any]:
    return {each.key: value(chance, each, people) for each in parameters if each.required or chance.random() < 0.7}


def value(chance: Random, parameter: Parameter, people: tuple[int, ...]) -> Any:
    """A value that a parameter takes; None for a kind of parameter that this room does not know."""
    slots = [*parameter.slots, *({"user": each} for each in people)]
    return {
        "text": lambda: text(chance),
        "textarea": lambda: text(chance),
        "checkbox": lambda: chance.random() < 0.5,
        "choice": lambda: chance.choice(parameter.choices),
        "duration": lambda: {"amount": chance.randint(1, 9), "unit": chance.choice(list(LONGEST))},
        "person": lambda: chance.choice(slots),
        "sender": lambda: chance.choice(slots),
        "people": lambda: chance.sample(slots, 2),
        "field": lambda: chance.choice(("vip", "press")),
        "value": lambda: chance.choice((True, False, None)),
        "stage": lambda: chance.randint(1, 9),
    }.get(parameter.kind, lambda: None)()


def text(chance: Random) -> dict[str, str]:
    words = chance.choice(WORDS)
    return {"en": words, "ru": words}


def timing(chance: Random, catalogue: Catalogue) -> Timing:
    length = Delay(chance.randint(0, 9), chance.choice(list(LONGEST)))
    moments = [each for each in catalogue.fields.values() if field_kind(each.kind).is_moment]
    field = chance.choice(moments)
    around = AroundField(field.entity, field.key, length, chance.choice(("before", "after")))
    return chance.choice((AtOnce(), After(length), around))


def condition(chance: Random, catalogue: Catalogue, people: tuple[int, ...], depth: int = 1) -> Condition | None:
    """A group of up to three tests, groups among them."""
    if depth == 1 and chance.random() < 0.3:
        return None
    items: list[Test | Group] = []
    for _ in range(chance.randint(1, 3)):
        inner = condition(chance, catalogue, people, depth + 1) if depth < 3 and chance.random() < 0.3 else None
        items.append(inner or test(chance, chance.choice(list(catalogue.fields.values())), people))
    return Group(chance.choice(("all", "any")), tuple(items))


def test(chance: Random, spec: FieldSpec, people: tuple[int, ...]) -> Test:
    operator = chance.choice(field_kind(spec.kind).operators)
    if operator in NEEDS_NO_VALUE:
        return Test(spec.entity, spec.key, operator)
    if operator in ("in", "not_in"):
        many = tuple(dict.fromkeys(stored(chance, spec, people) for _ in range(2)))
        return Test(spec.entity, spec.key, operator, many)
    return Test(spec.entity, spec.key, operator, "ab" if operator == "contains" else stored(chance, spec, people))


def stored(chance: Random, spec: FieldSpec, people: tuple[int, ...]) -> Value:
    """A value of this kind as it is kept."""
    if spec.options:
        return chance.choice(spec.options).key
    if spec.kind == "datetime":
        return (START + timedelta(minutes=chance.randint(0, 9))).isoformat()
    if spec.kind == "date":
        return (START + timedelta(days=chance.randint(0, 9))).date().isoformat()
    if spec.kind in ("user", "stage"):
        return chance.choice(people) if spec.kind == "user" else 1
    plain: dict[str, Value] = {
        "checkbox": chance.random() < 0.5,
        "number": chance.randint(0, 9),
        "money": chance.randint(0, 9) * 50,
        "phone": f"+7912555017{chance.randint(0, 9)}",
        "email": f"a{chance.randint(0, 9)}@b.example",
        "link": f"https://b.example/{chance.randint(0, 9)}",
    }
    return plain.get(spec.kind, chance.choice(WORDS))
