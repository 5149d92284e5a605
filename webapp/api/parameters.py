"""What a robot of each kind is set up with, as the API describes it: drawn from the kind's own parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from rules.parameters import LINE_LIMIT, TEXT_LIMIT, Parameter
from rules.robot_kinds import ROBOT_KINDS, RobotKind
from rules.worktime import UNITS
from webapp.api.types import MAX_ID
from webapp.config import LOCALES

Schema = dict[str, Any]
USER: Schema = {
    "type": "object",
    "properties": {"user": {"type": "integer", "minimum": 1, "maximum": MAX_ID}},
    "required": ["user"],
    "additionalProperties": False,
}
DURATION: Schema = {
    "type": "object",
    "properties": {"amount": {"type": "integer", "minimum": 0}, "unit": {"enum": list(UNITS)}},
    "required": ["amount", "unit"],
    "additionalProperties": False,
}


def _text(limit: int) -> Schema:
    words: Schema = {"type": "string", "maxLength": limit}
    known = dict.fromkeys(LOCALES, words)
    return {"type": "object", "properties": known, "additionalProperties": words, "minProperties": 1}


def _person(parameter: Parameter) -> Schema:
    return {"anyOf": [{"enum": list(parameter.slots)}, USER]}


def _people(parameter: Parameter) -> Schema:
    one = _person(parameter)
    return {"anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 1}]}


SCHEMAS: dict[str, Callable[[Parameter], Schema]] = {
    "text": lambda _: _text(LINE_LIMIT),
    "textarea": lambda _: _text(TEXT_LIMIT),
    "checkbox": lambda _: {"type": "boolean"},
    "choice": lambda parameter: {"enum": list(parameter.choices)},
    "duration": lambda _: DURATION,
    "person": _person,
    "sender": _person,
    "people": _people,
    "field": lambda _: {"type": "string", "maxLength": 60},
    "value": lambda _: {"anyOf": [{"type": each} for each in ("string", "number", "boolean", "array")]},
    "stage": lambda _: {"type": "string", "maxLength": 121},
    "webhook": lambda _: {"type": "string", "maxLength": 60},
}


def settings_schema(kind: RobotKind, *, is_change: bool = False) -> Schema:
    """The settings of a kind. In a change nothing is required, and null takes a key away."""
    properties = {each.key: _one(each, is_change) for each in kind.parameters}
    required = [each.key for each in kind.parameters if each.required and not is_change]
    shape: Schema = {"type": "object", "title": kind.name["en"], "properties": properties}
    return {**shape, "additionalProperties": False, **({"required": required} if required else {})}


def _one(parameter: Parameter, is_change: bool) -> Schema:
    schema = deepcopy(SCHEMAS[parameter.kind](parameter))
    if is_change:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema if parameter.default is None else {**schema, "default": parameter.default}


def with_robot_kinds(document: Mapping[str, Any]) -> dict[str, Any]:
    """The API's description with one schema per kind, as the kinds are now."""
    made = deepcopy(dict(document))
    schemas = made["components"]["schemas"]
    record, new, changes = (schemas[each]["properties"] for each in ("RobotRecord", "NewRobot", "RobotChanges"))
    for place in (record, new):
        place["kind"] = {**place["kind"], "enum": list(ROBOT_KINDS)}
    for name, places, is_change in (("RobotSettings", (record, new), False), ("RobotSettingsChange", (changes,), True)):
        for key, kind in ROBOT_KINDS.items():
            schemas[f"{name}.{key}"] = settings_schema(kind, is_change=is_change)
        for place in places:
            place["settings"] = {"anyOf": [{"$ref": f"#/components/schemas/{name}.{key}"} for key in ROBOT_KINDS]}
    return made
