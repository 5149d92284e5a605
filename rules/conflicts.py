"""What in a set-up cannot work as it reads: two triggers on one event, robots and triggers that set each other off in a
circle, a condition that nothing can meet, a requirement that a trigger can never fill, a text that claims what may not
be so. Said while somebody edits, and listed by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rules import circles, claims, field_kinds, gates, setup
from rules.condition_forms import NEEDS_NO_VALUE
from rules.facts import Catalogue, Condition, FieldSpec, Group, Test
from rules.fields import comparable
from rules.robots import RobotSpec
from rules.setup import Setup, Stage
from rules.triggers import FIRST_WORDS, OWN, TriggerSpec


@dataclass(frozen=True, slots=True)
class Conflict:
    """`code` is two_triggers, circle, never_true, cannot_fill or one of rules/claims.py; the ids are those of what is
    in it, `fields` the fields (entity, key) that it is about."""

    code: str
    robots: tuple[int, ...] = ()
    triggers: tuple[int, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


def conflicts(value: Setup) -> tuple[Conflict, ...]:
    """All of them, of what is on."""
    robots = [each for each in value.robots if each.is_on]
    triggers = [each for each in value.triggers if each.is_on and _stage(value, each.stage_id) is not None]
    catalogue = setup.catalogue(value)
    return (
        *_two_triggers(value, triggers),
        *_circles(value, robots, triggers),
        *_never_true(robots, triggers, catalogue),
        *_cannot_fill(value, triggers),
        *(Conflict(code, robots=(each.id,)) for each in robots for code in claims.unfounded(each)),
    )


def _stage(value: Setup, stage_id: int | None) -> Stage | None:
    found = setup.stage_by_id(value, stage_id) if stage_id is not None else None
    return None if found is None or found.is_archived else found


def _two_triggers(value: Setup, triggers: list[TriggerSpec]) -> Iterator[Conflict]:
    """Of two on one event in one pipeline the first alone is heard, unless their conditions tell them apart."""
    alike: dict[tuple[str, int], list[TriggerSpec]] = {}
    for each in triggers:
        stage = _stage(value, each.stage_id)
        if stage is not None and each.event not in OWN:
            alike.setdefault((each.event, stage.pipeline_id), []).append(each)
    for found in alike.values():
        same = [each for each in found if each.condition is None or each.condition == found[0].condition]
        if len(same) > 1:
            yield Conflict("two_triggers", triggers=tuple(each.id for each in same))


def _circles(value: Setup, robots: list[RobotSpec], triggers: list[TriggerSpec]) -> Iterator[Conflict]:
    stages = {each.id: each for each in value.stages if not each.is_archived}
    for found in circles.circles(robots, triggers, stages):
        mine = {kind: tuple(each.id for each in found if each.kind == kind) for kind in ("robot", "trigger")}
        yield Conflict("circle", robots=mine["robot"], triggers=mine["trigger"])


def _never_true(robots: list[RobotSpec], triggers: list[TriggerSpec], catalogue: Catalogue) -> Iterator[Conflict]:
    for robot in robots:
        if not can_hold(robot.condition, catalogue):
            yield Conflict("never_true", robots=(robot.id,))
    for trigger in triggers:
        if not can_hold(trigger.condition, catalogue):
            yield Conflict("never_true", triggers=(trigger.id,))


def can_hold(condition: Condition | None, catalogue: Catalogue) -> bool:
    """Whether there may be a deal for which it holds. Only what is certain is denied."""
    if condition is None:
        return True
    if condition.mode == "any":
        return any(_item_can(each, catalogue) for each in condition.items)
    tests = list(_flat(condition))
    by_field: dict[tuple[str, str], list[Test]] = {}
    for each in tests:
        by_field.setdefault((each.entity, each.field), []).append(each)
    together = all(_agree(found, catalogue) for found in by_field.values())
    return together and all(_item_can(each, catalogue) for each in condition.items)


def _item_can(item: Test | Group, catalogue: Catalogue) -> bool:
    return can_hold(item, catalogue) if isinstance(item, Group) else _agree([item], catalogue)


def _flat(group: Group) -> Iterator[Test]:
    """The tests that must hold together."""
    for each in group.items:
        if isinstance(each, Test):
            yield each
        elif each.mode == "all":
            yield from _flat(each)


def _agree(tests: list[Test], catalogue: Catalogue) -> bool:
    """Whether one value of a field can meet all of its tests."""
    spec = catalogue.get(tests[0].entity, tests[0].field)
    if spec is None:
        return False
    kind = field_kinds.field_kind(spec.kind)
    if any(each.operator not in kind.operators for each in tests):
        return False
    operators = {each.operator for each in tests}
    if "empty" in operators and operators - {"empty", "ne", "not_in"}:
        return False
    if kind.key == "checkbox":
        return any(all(_meets(value, each, kind.key) for each in tests) for value in (True, False))
    if kind.element:  # of several values, each test may be met by another
        return True
    if kind.has_options:
        values = [None, *(option.key for option in spec.choices)]
        return any(all(_meets(value, each, kind.key) for each in tests) for value in values)
    return _in_order(tests, kind.key)


def _meets(value: object, test: Test, kind: str) -> bool:
    """For what has a few values alone; of other operators nothing is known."""
    if test.operator in NEEDS_NO_VALUE:
        return (value is None) == (test.operator == "empty")
    have = comparable(kind, value)  # type: ignore[arg-type]
    if isinstance(test.value, tuple):
        found = have is not None and have in [comparable(kind, each) for each in test.value]
        return found == (test.operator == "in") if test.operator in ("in", "not_in") else True
    same = have is not None and have == comparable(kind, test.value)
    return same == (test.operator == "eq") if test.operator in ("eq", "ne") else True


def _in_order(tests: list[Test], kind: str) -> bool:
    """No two equalities that differ, no lower bound above an upper one."""
    lows, highs = _bounds(tests, kind, "eq", "gt", "gte"), _bounds(tests, kind, "eq", "lt", "lte")
    return not any(
        low > high or (low == high and (low_is_out or high_is_out))
        for low, low_is_out in lows
        for high, high_is_out in highs
    )


def _bounds(tests: list[Test], kind: str, *operators: str) -> list[tuple[Any, bool]]:
    """Each with whether it is out of bounds itself."""
    told = [each for each in tests if each.operator in operators and not isinstance(each.value, tuple)]
    found = [(comparable(kind, each.value), each.operator in ("gt", "lt")) for each in told]  # type: ignore[arg-type]
    return [each for each in found if each[0] is not None]


def _cannot_fill(value: Setup, triggers: list[TriggerSpec]) -> Iterator[Conflict]:
    """A trigger writes nothing, so what its stage asks for, and the stage where its event finds deals did not, may well
    be blank."""
    for each in triggers:
        had = {(spec.entity, spec.key) for spec in _asks(value, _comes_from(value, each))}
        asked = [spec for spec in _asks(value, each.stage_id) if (spec.entity, spec.key) not in had]
        told = {(test.entity, test.field) for test in _tests(each.condition)}
        missing = tuple((spec.entity, spec.key) for spec in asked if (spec.entity, spec.key) not in told)
        if missing:
            yield Conflict("cannot_fill", triggers=(each.id,), fields=missing)


def _comes_from(value: Setup, trigger: TriggerSpec) -> int | None:
    """The stage on which its event finds most deals: a first word comes on the first stage, whatever stands between;
    all else on the one before its own. None: there is none."""
    to = _stage(value, trigger.stage_id)
    stages = [each.id for each in setup.stages_of(value, to.pipeline_id) if each.kind == "open"] if to else []
    before = stages[: stages.index(trigger.stage_id)] if trigger.stage_id in stages else stages
    return next(iter(before if trigger.event in FIRST_WORDS else reversed(before)), None)


def _asks(value: Setup, stage_id: int | None) -> tuple[FieldSpec, ...]:
    """All that a stage asks for."""
    stage = _stage(value, stage_id)
    if stage is None:
        return ()
    stages = [each.facts for each in setup.stages_of(value, stage.pipeline_id)]
    return gates.asks_for(setup.catalogue(value), stages, stage.id)


def _tests(condition: Condition | None) -> Iterator[Test]:
    for each in condition.items if condition else ():
        yield from [each] if isinstance(each, Test) else _tests(each)
