"""Parameters: what a robot kind is set up with. One declaration, from which it is checked and forms are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules import robots, texts
from rules.facts import Text
from rules.robots import TimingError

LINE_LIMIT = 200
TEXT_LIMIT = 2000
REFERENCES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "field": (str, "unknown_field"),
    "value": ((str, int, float, bool, list), "value_needed"),
    "stage": (int, "unknown_stage"),
    "webhook": (str, "unknown_webhook"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting. `kind`: text, textarea, people, person, sender, duration, checkbox, choice, field, value, stage,
    webhook;    `slots` are the roles that a people or person parameter takes besides a user.

    `label` stands over its control, `says` is its clause in the robot's sentence with {value}, `names` are those of its
    choices. `case`: in which one a length stands in that clause, where a language has cases.
    """

    key: str
    kind: str
    required: bool = True
    default: object = None
    slots: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    label: Text = field(default_factory=dict)
    says: Text = field(default_factory=dict)
    names: Mapping[str, Text] = field(default_factory=dict)
    case: str = "accusative"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a set-up, and where: `path` like settings.to."""

    path: str
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


def check_settings(parameters: tuple[Parameter, ...], settings: object) -> list[Problem]:
    """Everything that is wrong with settings in their JSON form."""
    if not isinstance(settings, Mapping):
        return [Problem("settings", "not_an_object")]
    known = {each.key for each in parameters}
    problems = [Problem(f"settings.{key}", "unknown_key") for key in settings if key not in known]
    for each in parameters:
        value, path = settings.get(each.key), f"settings.{each.key}"
        if value is not None:
            problems += _value(each, value, path)
        elif each.required:
            problems.append(Problem(path, "blank"))
    return problems


def check_text(path: str, value: object, limit: int) -> list[Problem]:
    """A text of the firm: {en, ru}, not blank in all languages."""
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        return [Problem(path, "not_text")]
    if all(texts.is_blank(each) for each in value.values()):
        return [Problem(path, "blank")]
    return [Problem(path, "too_long", {"limit": limit})] if any(len(each) > limit for each in value.values()) else []


def _value(parameter: Parameter, value: object, path: str) -> list[Problem]:
    if parameter.kind in ("text", "textarea"):
        return check_text(path, value, LINE_LIMIT if parameter.kind == "text" else TEXT_LIMIT)
    if parameter.kind == "checkbox":
        return [] if isinstance(value, bool) else [Problem(path, "not_yes_or_no")]
    if parameter.kind == "choice":
        return [] if value in parameter.choices else [Problem(path, "not_an_option", {"options": parameter.choices})]
    if parameter.kind == "duration":
        return _duration(value, path)
    if parameter.kind in REFERENCES:  # whether there is such a one is for the kind's own check to say
        wanted, code = REFERENCES[parameter.kind]
        return (
            []
            if isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
            else [Problem(path, code)]
        )
    many = value if parameter.kind == "people" and isinstance(value, list) else [value]
    return [] if many and all(_is_slot(parameter, each) for each in many) else [Problem(path, "not_a_person")]


def _duration(value: object, path: str) -> list[Problem]:
    try:
        robots.delay_from(value)
    except TimingError as error:
        return [Problem(path, error.code, error.facts)]
    return []


def _is_slot(parameter: Parameter, value: object) -> bool:
    if isinstance(value, Mapping):
        user_id = value.get("user")
        return len(value) == 1 and isinstance(user_id, int) and not isinstance(user_id, bool) and 0 < user_id < 2**31
    return value in parameter.slots
