"""Kinds of robots and the parameters they declare. Forms and API schemas are drawn from these, and a robot is
checked against them: everything wrong is said at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules import conditions, robots
from rules.facts import Catalogue
from rules.robots import TimingError

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
class Kind:
    key: str
    parameters: tuple[Parameter, ...]

    def get(self, key: str) -> Parameter | None:
        return next((each for each in self.parameters if each.key == key), None)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a robot, and where: `path` like settings.to."""

    path: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


_TEXT = Parameter("text", "textarea")
_URGENCY = Parameter("urgency", "choice", required=False, default="normal", choices=URGENCIES)

KINDS: Mapping[str, Kind] = {
    "notify": Kind(
        "notify",
        (
            Parameter("sender", "sender", required=False, default="firm", slots=("firm",)),
            Parameter("to", "people", slots=("responsible", "head")),
            _TEXT,
            _URGENCY,
        ),
    ),
    # A Control has no sender: that is what makes it one (lesson; settled.md, Notification and Control).
    "control": Kind(
        "control", (Parameter("to", "person", required=False, default="head", slots=("head",)), _TEXT, _URGENCY)
    ),
    "task": Kind(
        "task",
        (
            Parameter("title", "text"),
            _TEXT,
            Parameter("creator", "person", required=False, default="head", slots=("head",)),
            Parameter("assignee", "person", required=False, default="responsible", slots=("responsible",)),
            Parameter("due", "duration", required=False),
            Parameter("accept", "checkbox", required=False, default=False),
            Parameter("result_required", "checkbox", required=False, default=False),
            Parameter("remind", "duration", required=False),
        ),
    ),
}


def check_robot(raw: Mapping[str, Any], catalogue: Catalogue) -> tuple[Problem, ...]:
    """Everything that is wrong with a robot in its JSON form: kind, starts, timing, when, condition, settings."""
    problems: list[Problem] = []
    kind = KINDS.get(str(raw.get("kind")))
    if kind is None:
        problems.append(Problem("kind", "not_an_option", {"options": list(KINDS)}))
    else:
        problems += _settings(kind, raw.get("settings"))
    if not any((raw.get("name") or {}).values()):
        problems.append(Problem("name", "blank"))
    starts = raw.get("starts") or ()
    if not starts or any(each not in robots.STARTS for each in starts):
        problems.append(Problem("starts", "not_an_option", {"options": list(robots.STARTS)}))
    if raw.get("when", "any") not in robots.WHENS:
        problems.append(Problem("when", "not_an_option", {"options": list(robots.WHENS)}))
    try:
        robots.timing_from(raw.get("timing"))
    except TimingError as error:
        problems.append(Problem("timing", error.code, error.facts))
    try:
        conditions.parse(raw.get("condition"), catalogue)
    except conditions.ConditionError as error:
        problems.append(Problem(f"condition.{error.path}", error.code, error.facts))
    return tuple(problems)


def _settings(kind: Kind, settings: Any) -> list[Problem]:
    if not isinstance(settings, Mapping):
        return [Problem("settings", "not_an_object")]
    problems = [Problem(f"settings.{key}", "unknown_key") for key in settings if kind.get(key) is None]
    for each in kind.parameters:
        value = settings.get(each.key)
        if value is None:
            if each.required:
                problems.append(Problem(f"settings.{each.key}", "blank"))
        elif (code := _wrong(each, value)) is not None:
            problems.append(Problem(f"settings.{each.key}", code))
    return problems


def _wrong(parameter: Parameter, value: Any) -> str | None:
    if parameter.kind in ("text", "textarea"):
        return _wrong_text(value)
    if parameter.kind == "checkbox":
        return None if isinstance(value, bool) else "not_yes_or_no"
    if parameter.kind == "choice":
        return None if value in parameter.choices else "not_an_option"
    if parameter.kind == "duration":
        try:
            robots.delay_from(value)
        except TimingError as error:
            return error.code
        return None
    many = value if parameter.kind == "people" and isinstance(value, list) else [value]
    return None if many and all(_is_slot(parameter, each) for each in many) else "not_a_person"


def _wrong_text(value: Any) -> str | None:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        return "not_text"
    if not any(each.strip() for each in value.values()):
        return "blank"
    return "too_long" if any(len(each) > TEXT_LIMIT for each in value.values()) else None


def _is_slot(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, Mapping):
        return set(value) == {"user"} and isinstance(value["user"], int) and not isinstance(value["user"], bool)
    return value in parameter.slots
