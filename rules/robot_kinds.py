"""Kinds of robots and the parameters they declare. Forms and API schemas are drawn from these, and a robot is
checked against them: everything wrong is said at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules import conditions, robots
from rules.facts import Catalogue
from rules.robots import AroundField, TimingError

NAME_LIMIT = 200
TEXT_LIMIT = 2000
URGENCIES = ("normal", "urgent")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a robot kind. `kind`: text, textarea, people, person, sender, duration, checkbox, choice;
    `slots` are the roles that a people or person parameter takes besides a user."""

    key: str
    kind: str
    required: bool = True
    default: Any = None
    slots: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RobotKind:
    key: str
    parameters: tuple[Parameter, ...]

    def get(self, key: str) -> Parameter | None:
        return next((each for each in self.parameters if each.key == key), None)


@dataclass(frozen=True, slots=True)
class RobotProblem:
    """What is wrong with a robot, and where: `path` like settings.to."""

    path: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


_TEXT = Parameter("text", "textarea")
_URGENCY = Parameter("urgency", "choice", required=False, default="normal", choices=URGENCIES)

ROBOT_KINDS: Mapping[str, RobotKind] = {
    "notify": RobotKind(
        "notify",
        (
            Parameter("sender", "sender", required=False, default="firm", slots=("firm",)),
            Parameter("to", "people", slots=("responsible", "head")),
            _TEXT,
            _URGENCY,
        ),
    ),
    # A Control has no sender: that is what makes it one (as in the lesson).
    "control": RobotKind(
        "control", (Parameter("to", "person", required=False, default="head", slots=("head",)), _TEXT, _URGENCY)
    ),
    "task": RobotKind(
        "task",
        (
            Parameter("title", "text"),
            _TEXT,
            Parameter("creator", "person", required=False, default="head", slots=("head",)),
            Parameter("assignee", "person", required=False, default="responsible", slots=("responsible", "head")),
            Parameter("due", "duration", required=False),
            Parameter("accept", "checkbox", required=False, default=False),
            Parameter("result_required", "checkbox", required=False, default=False),
            Parameter("remind", "duration", required=False),
        ),
    ),
}


def check_robot(raw: Mapping[str, Any], catalogue: Catalogue) -> tuple[RobotProblem, ...]:
    """Everything that is wrong with a robot in its JSON form: kind, starts, timing, when, condition, settings."""
    problems: list[RobotProblem] = []
    kind = ROBOT_KINDS.get(str(raw.get("kind")))
    if kind is None:
        problems.append(RobotProblem("kind", "not_an_option", {"options": list(ROBOT_KINDS)}))
    else:
        problems += _settings(kind, raw.get("settings"))
    problems += _text("name", raw.get("name") or {}, NAME_LIMIT)
    starts = raw.get("starts")
    if not isinstance(starts, list | tuple) or not starts or any(each not in robots.STARTS for each in starts):
        problems.append(RobotProblem("starts", "not_an_option", {"options": list(robots.STARTS)}))
    if raw.get("when", "any") not in robots.WHENS:
        problems.append(RobotProblem("when", "not_an_option", {"options": list(robots.WHENS)}))
    problems += _timing(raw.get("timing"), catalogue)
    try:
        conditions.parse(raw.get("condition"), catalogue)
    except conditions.ConditionError as error:
        problems.append(RobotProblem(f"condition.{error.path}".rstrip("."), error.code, error.facts))
    return tuple(problems)


def _timing(raw: Any, catalogue: Catalogue) -> list[RobotProblem]:
    """A timer that counts from a field which holds no date would wait for ever without a word."""
    try:
        timing = robots.timing_from(raw)
    except TimingError as error:
        return [RobotProblem("timing", error.code, error.facts)]
    if not isinstance(timing, AroundField):
        return []
    spec = catalogue.get(timing.entity, timing.field)
    if spec is None:
        return [RobotProblem("timing", "unknown_field")]
    return [] if spec.kind in ("date", "datetime") else [RobotProblem("timing", "not_a_date_field")]


def _settings(kind: RobotKind, settings: Any) -> list[RobotProblem]:
    if not isinstance(settings, Mapping):
        return [RobotProblem("settings", "not_an_object")]
    problems = [RobotProblem(f"settings.{key}", "unknown_key") for key in settings if kind.get(key) is None]
    for each in kind.parameters:
        value = settings.get(each.key)
        if value is None:
            if each.required:
                problems.append(RobotProblem(f"settings.{each.key}", "blank"))
        else:
            problems += _value(each, value, f"settings.{each.key}")
    return problems


def _value(parameter: Parameter, value: Any, path: str) -> list[RobotProblem]:
    if parameter.kind in ("text", "textarea"):
        return _text(path, value, NAME_LIMIT if parameter.kind == "text" else TEXT_LIMIT)
    if parameter.kind == "checkbox":
        return [] if isinstance(value, bool) else [RobotProblem(path, "not_yes_or_no")]
    if parameter.kind == "choice":
        return (
            [] if value in parameter.choices else [RobotProblem(path, "not_an_option", {"options": parameter.choices})]
        )
    if parameter.kind == "duration":
        try:
            robots.delay_from(value)
        except TimingError as error:
            return [RobotProblem(path, error.code, error.facts)]
        return []
    many = value if parameter.kind == "people" and isinstance(value, list) else [value]
    return [] if many and all(_is_slot(parameter, each) for each in many) else [RobotProblem(path, "not_a_person")]


def _text(path: str, value: Any, limit: int) -> list[RobotProblem]:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        return [RobotProblem(path, "not_text")]
    if not any(each.strip() for each in value.values()):
        return [RobotProblem(path, "blank")]
    return (
        [RobotProblem(path, "too_long", {"limit": limit})] if any(len(each) > limit for each in value.values()) else []
    )


def _is_slot(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, Mapping):
        user_id = value.get("user")
        return len(value) == 1 and isinstance(user_id, int) and not isinstance(user_id, bool) and 0 < user_id < 2**31
    return value in parameter.slots
