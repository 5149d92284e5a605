"""Whether a robot in its JSON form is right, all that is wrong at once; and the form in which its settings are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rules import conditions, fields, robots
from rules.facts import Catalogue, Raw
from rules.field_kinds import field_kind
from rules.fields import ReadContext
from rules.parameters import LINE_LIMIT, Problem, check_settings, check_text
from rules.robot_kinds import ROBOT_KINDS, Known, RobotKind, field_set
from rules.robots import AroundField, TimingError


def kept_settings(kind: RobotKind, settings: Raw, catalogue: Catalogue, context: ReadContext) -> Raw:
    """Settings that were found to be right, in the form in which they are kept: a field's value as its kind has it."""
    parameter = next((each for each in kind.parameters if each.kind == "value"), None)
    spec = field_set(settings, catalogue)
    if parameter is None or spec is None or settings.get(parameter.key) is None:
        return settings
    return {**settings, parameter.key: fields.parse(spec, settings[parameter.key], context)}


def check_robot(
    raw: Raw,
    catalogue: Catalogue,
    context: ReadContext,
    stages: Mapping[int, tuple[int, str]] | None = None,
    webhooks: Collection[str] = (),
) -> tuple[Problem, ...]:
    """Everything that is wrong with a robot in its JSON form: kind, starts, timing, when, condition, settings. `stages`
    and `webhooks` as in Known."""
    known = Known(catalogue, context, stages or {}, webhooks)
    problems = _settings(raw, known)
    problems += check_text("name", raw.get("name") or {}, LINE_LIMIT)
    starts = raw.get("starts")
    if not isinstance(starts, list | tuple) or not starts or any(each not in robots.STARTS for each in starts):
        problems.append(Problem("starts", "not_an_option", {"options": list(robots.STARTS)}))
    if raw.get("when", "any") not in robots.WHENS:
        problems.append(Problem("when", "not_an_option", {"options": list(robots.WHENS)}))
    problems += _timing(raw.get("timing"), catalogue)
    try:
        conditions.parse(raw.get("condition"), catalogue, context)
    except conditions.ConditionError as error:
        problems.append(Problem(f"condition.{error.path}".rstrip("."), error.code, error.facts))
    return tuple(problems)


def _settings(raw: Raw, known: Known) -> list[Problem]:
    kind, settings = ROBOT_KINDS.get(str(raw.get("kind"))), raw.get("settings")
    if kind is None:
        return [Problem("kind", "not_an_option", {"options": list(ROBOT_KINDS)})]
    problems = check_settings(kind.parameters, settings)
    if problems or kind.check is None or not isinstance(settings, Mapping):
        return problems
    return kind.check(settings, known)


def _timing(raw: object, catalogue: Catalogue) -> list[Problem]:
    """A timer that counts from a field which holds no date would wait for ever without a word."""
    try:
        timing = robots.timing_from(raw)
    except TimingError as error:
        return [Problem("timing", error.code, error.facts)]
    if not isinstance(timing, AroundField):
        return []
    spec = catalogue.get(timing.entity, timing.field)
    if spec is None:
        return [Problem("timing", "unknown_field")]
    return [] if field_kind(spec.kind).is_moment else [Problem("timing", "not_a_date_field")]
