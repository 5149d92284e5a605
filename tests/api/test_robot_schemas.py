"""The API describes the settings of each kind as the kind's parameters are checked: what its schema takes is taken,
what it refuses is refused."""

from __future__ import annotations

from typing import Any

import pytest

from rules.parameters import Parameter, check_settings
from rules.robot_kinds import ROBOT_KINDS, RobotKind
from tests.api.described import TYPES
from webapp.api.parameters import SCHEMAS, settings_schema

KINDS = list(ROBOT_KINDS.values())
PARAMETERS = [pytest.param(kind, each, id=f"{kind.key}-{each.key}") for kind in KINDS for each in kind.parameters]
TEXT = {"en": "Look"}
RIGHT: dict[str, list[Any]] = {
    "text": [TEXT],
    "textarea": [TEXT],
    "checkbox": [True, False],
    "duration": [{"amount": 3, "unit": "working_days"}],
    "choice": [],
    "person": [{"user": 7}],
    "sender": [{"user": 7}],
    "people": [{"user": 7}, [{"user": 7}, {"user": 8}]],
    "field": ["vip"],
    "value": ["special", True, 3, 1.5, ["a", "b"]],
    "stage": ["sales/new"],
    "webhook": ["erp"],
}
WORDS = ("field", "stage", "value", "webhook")  # any word may be one
WRONG = ["neighbour", 3, {"user": 0}, {"user": 7, "role": "head"}, {"amount": 3}, {"amount": 1, "unit": "moons"}, []]


KNOWN = {"type", "title", "default", "enum", "anyOf", "properties", "required", "additionalProperties", "items"}
KNOWN |= {"minimum", "maximum", "minItems", "minProperties", "maxLength"}


def fits(schema: dict[str, Any], value: Any) -> bool:
    """As much of JSON Schema as is used here; another word in a schema is an error of the test."""
    assert set(schema) <= KNOWN
    wanted = TYPES.get(schema.get("type", ""), object)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema and not any(fits(each, value) for each in schema["anyOf"]):
        return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", {})
        if others is False and not set(value) <= set(known):
            return False
        if not set(schema.get("required", ())) <= set(value) or len(value) < schema.get("minProperties", 0):
            return False
        return all(fits(known.get(key, others), each) for key, each in value.items())
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(fits(schema.get("items", {}), each) for each in value)
    if wanted is int:
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return not isinstance(value, str) or len(value) <= schema.get("maxLength", len(value))


def both(kind: RobotKind, settings: dict[str, Any]) -> tuple[bool, bool]:
    """Whether the description takes these settings, and whether the check does: a stage stands by its key outside."""
    stages = [each.key for each in kind.parameters if each.kind == "stage"]
    kept = {key: 1 if key in stages and isinstance(value, str) else value for key, value in settings.items()}
    kept |= {key: str(value) for key, value in settings.items() if key in stages and isinstance(value, int)}
    return fits(settings_schema(kind), settings), not check_settings(kind.parameters, kept)


def whole(kind: RobotKind) -> dict[str, Any]:
    """Settings with everything that is required."""
    return {each.key: right(each)[0] for each in kind.parameters if each.required}


def right(parameter: Parameter) -> list[Any]:
    return [*parameter.slots, *parameter.choices, *RIGHT[parameter.kind]]


@pytest.mark.parametrize(("kind", "parameter"), PARAMETERS)
def test_what_is_right_is_described_as_right(kind: RobotKind, parameter: Parameter) -> None:
    for value in right(parameter):
        assert both(kind, {**whole(kind), parameter.key: value}) == (True, True), value


@pytest.mark.parametrize(("kind", "parameter"), PARAMETERS)
def test_what_is_wrong_is_described_as_wrong(kind: RobotKind, parameter: Parameter) -> None:
    for value in WRONG:
        if (
            parameter.kind in WORDS
            and not isinstance(value, dict)
            and (value == "neighbour" or parameter.kind == "value")
        ):
            continue
        assert both(kind, {**whole(kind), parameter.key: value}) == (False, False), value


@pytest.mark.parametrize("kind", KINDS, ids=lambda each: str(each.key))
def test_what_is_missing_or_unknown_is_described_as_wrong(kind: RobotKind) -> None:
    assert both(kind, whole(kind)) == (True, True)
    assert both(kind, {**whole(kind), "colour": "red"}) == (False, False)
    for key in whole(kind):
        assert both(kind, {each: value for each, value in whole(kind).items() if each != key}) == (False, False)


def test_every_kind_of_parameter_is_described() -> None:
    assert {each.kind for kind in KINDS for each in kind.parameters} <= set(SCHEMAS)
