"""A robot and a trigger as one sentence in the reader's language. The sentence is made of parts, and each part that can
be changed says what it changes, so that a screen makes it a button which opens that alone.

Two robots that do different things never read the same. What a kind of robot says of itself stands in its declaration
(rules/robot_kinds.py); how starts, timings and conditions read stands here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rules import robots
from rules.facts import Condition
from rules.parameters import Parameter
from rules.robot_kinds import RobotKind, kind_of
from rules.robots import After, AroundField, AtOnce, RobotSpec
from rules.triggers import TriggerSpec
from rules.worktime import Delay
from webapp.i18n import N_, condition_words, formats, named, placeholders
from webapp.i18n.isolates import gettext, ngettext, npgettext
from webapp.i18n.named import Named, quoted

STARTS = {
    "entered": N_("a deal enters %(stage)s"),
    "client_wrote": N_("the client writes"),
    "unanswered": N_("the client is left without a reply"),
    "client_silent": N_("the client falls silent"),
    "field_changed": N_("a field changes"),
    "invoice_issued": N_("an invoice is issued"),
    "invoice_overdue": N_("an invoice becomes overdue"),
    "task_overdue": N_("a task becomes overdue"),
    "task_accepted": N_("the work on a task is accepted"),
    "no_next_step": N_("a deal is left without a next step"),
}
EVENTS = {
    "dialogue_taken": N_("the client gets the first reply"),
    "invoice_paid_in_full": N_("an invoice is paid in full"),
    "inquiry_received": N_("an inquiry is received"),
    "client_wrote": N_("the client writes"),
    "call_missed": N_("a call is missed"),
    "field_changed": N_("a field changes"),
    "invoice_issued": N_("an invoice is issued"),
    "task_accepted": N_("the work on a task is accepted"),
    "task_returned": N_("the work on a task is returned"),
    "webhook": N_("another system calls its secret address"),
}
SLOTS = {
    "head": N_("the head of the responsible"),
    "responsible": N_("the responsible"),
    "firm": N_("the firm"),
    "next_in_turn": N_("the next in turn"),
}
_HOLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence. `edits` says what it changes: starts, timing, condition, options, settings.KEY, stage,
    event; "" is a plain word between the parts."""

    words: str
    edits: str = ""


Sentence = tuple[Part, ...]


def plain(sentence: Iterable[Part]) -> str:
    """The sentence as one line of text."""
    return "".join(part.words for part in sentence)


def robot(spec: RobotSpec, names: Named | None = None, *, in_its_column: bool = False) -> Sentence:
    """What a robot does, in the words of what is live unless `names` are those of a draft. In the column of its stage
    the words "after a deal enters …" are left out."""
    names = names or named.live()
    parts = [*_when(spec, names, in_its_column), Part(", "), *_does(kind_of(spec.kind), spec.settings, names)]
    parts += _if(spec.condition, names)
    options = {
        gettext("in working hours only"): spec.when == "working_hours",
        gettext("once per deal"): spec.once_per_deal,
        gettext("also if the condition becomes true later"): spec.also_later,
    }
    for words, is_on in options.items():
        parts += [Part(", "), Part(words, "options")] if is_on else []
    return _capital(parts)


def trigger(spec: TriggerSpec, names: Named | None = None, *, in_its_column: bool = False) -> Sentence:
    """What a trigger does. In the column of the stage that it leads to the words "a deal goes to …" are left out."""
    names = names or named.live()
    event = Part(event_name(spec.event), "event")
    stage = Part(names.stage(spec.stage_id), "stage")
    whole = _filled(gettext("when {event}, the deal moves to {stage}"), {"event": event, "stage": stage})
    back = [Part(", "), Part(gettext("also back"), "options")] if spec.may_go_back else []
    return _capital([*([event] if in_its_column else whole), *_if(spec.condition, names), *back])


def start_name(key: str) -> str:
    """A start by itself, as a choice."""
    if key == "entered":
        return str(gettext("a deal enters the stage"))
    return str(gettext(STARTS[key])) if key in STARTS else key


def event_name(key: str) -> str:
    """What a trigger waits for."""
    return str(gettext(EVENTS[key])) if key in EVENTS else key


def event_title(key: str) -> str:
    """The same at the beginning of a line: as a choice, and as what a new trigger is called."""
    name = event_name(key)
    return name[:1].upper() + name[1:]


def call_outcomes() -> dict[str, str]:
    """What became of a call of a trigger's own address."""
    return {
        "taken": gettext("accepted"),
        "unknown": gettext("no such deal here"),
        "off": gettext("the trigger was off"),
    }


def slot_name(slot: Any) -> str:
    """Who stands in a slot: a role, or somebody by name."""
    if isinstance(slot, Mapping):
        return named.person(slot.get("user"))
    return gettext(SLOTS[slot]) if slot in SLOTS else str(slot)


def delay(length: Delay) -> str:
    """After how long, before how long: "10 working minutes". In the accusative, where a language has cases."""
    return _length(length, UNITS)


def length(of: Delay) -> str:
    """How long, standing alone or as a norm: in the nominative."""
    return _length(of, UNITS_ALONE)


def length_of(of: Delay) -> str:
    """Instead of how long: in the genitive."""
    return _length(of, UNITS_OF)


# The case of a length in a clause (rules/robot_kinds.py) → its words.
CASES: dict[str, Callable[[Delay], str]] = {"nominative": length, "genitive": length_of, "accusative": delay}


def _length(of: Delay, units: Mapping[str, Callable[[int], str]]) -> str:
    one = units.get(of.unit)
    return one(of.amount) if one else f"{of.amount} {of.unit}"


UNITS: dict[str, Callable[[int], str]] = {
    "seconds": lambda n: ngettext("%(num)s second", "%(num)s seconds", n),
    "minutes": lambda n: ngettext("%(num)s minute", "%(num)s minutes", n),
    "hours": lambda n: ngettext("%(num)s hour", "%(num)s hours", n),
    "days": lambda n: ngettext("%(num)s day", "%(num)s days", n),
    "working_minutes": lambda n: ngettext("%(num)s working minute", "%(num)s working minutes", n),
    "working_hours": lambda n: ngettext("%(num)s working hour", "%(num)s working hours", n),
    "working_days": lambda n: ngettext("%(num)s working day", "%(num)s working days", n),
}


UNITS_ALONE: dict[str, Callable[[int], str]] = {
    "seconds": lambda n: npgettext("nominative", "%(num)s second", "%(num)s seconds", n),
    "minutes": lambda n: npgettext("nominative", "%(num)s minute", "%(num)s minutes", n),
    "hours": lambda n: npgettext("nominative", "%(num)s hour", "%(num)s hours", n),
    "days": lambda n: npgettext("nominative", "%(num)s day", "%(num)s days", n),
    "working_minutes": lambda n: npgettext("nominative", "%(num)s working minute", "%(num)s working minutes", n),
    "working_hours": lambda n: npgettext("nominative", "%(num)s working hour", "%(num)s working hours", n),
    "working_days": lambda n: npgettext("nominative", "%(num)s working day", "%(num)s working days", n),
}
UNITS_OF: dict[str, Callable[[int], str]] = {
    "seconds": lambda n: npgettext("genitive", "%(num)s second", "%(num)s seconds", n),
    "minutes": lambda n: npgettext("genitive", "%(num)s minute", "%(num)s minutes", n),
    "hours": lambda n: npgettext("genitive", "%(num)s hour", "%(num)s hours", n),
    "days": lambda n: npgettext("genitive", "%(num)s day", "%(num)s days", n),
    "working_minutes": lambda n: npgettext("genitive", "%(num)s working minute", "%(num)s working minutes", n),
    "working_hours": lambda n: npgettext("genitive", "%(num)s working hour", "%(num)s working hours", n),
    "working_days": lambda n: npgettext("genitive", "%(num)s working day", "%(num)s working days", n),
}


UNIT_NAMES = {
    "seconds": N_("seconds"),
    "minutes": N_("minutes"),
    "hours": N_("hours"),
    "days": N_("days"),
    "working_minutes": N_("working minutes"),
    "working_hours": N_("working hours"),
    "working_days": N_("working days"),
}


def unit_name(key: str) -> str:
    """A unit of time as a choice."""
    return str(gettext(UNIT_NAMES[key])) if key in UNIT_NAMES else key


def parameter_name(parameter: Parameter) -> str:
    """What stands over a parameter's control."""
    return formats.text(parameter.label) or parameter.key


def _if(condition: Condition | None, names: Named) -> list[Part]:
    if condition is None:
        return []
    return [Part(gettext(", if ")), Part(condition_words.condition(condition, names), "condition")]


def _when(spec: RobotSpec, names: Named, in_its_column: bool) -> list[Part]:
    """The start and the timing."""
    timing = spec.timing
    length = Part(delay(timing.delay), "timing") if isinstance(timing, After | AroundField) else Part("")
    holes = {"delay": length, "start": Part(_starts(spec, names), "starts")}
    is_short = in_its_column and spec.starts == ("entered",)
    if isinstance(timing, AroundField):
        holes["field"] = Part(_field(timing, names), "timing")
        return _filled(_around(timing.side, is_short), holes)
    if isinstance(timing, AtOnce):
        return [Part(gettext("at once"), "timing")] if is_short else _filled(gettext("as soon as {start}"), holes)
    return _filled(gettext("{delay} later") if is_short else gettext("{delay} after {start}"), holes)


def _around(side: str, is_short: bool) -> str:
    if side == "before":
        return gettext("{delay} before {field}") if is_short else gettext("once {start}, {delay} before {field}")
    return gettext("{delay} after {field}") if is_short else gettext("once {start}, {delay} after {field}")


def _field(timing: AroundField, names: Named) -> str:
    spec = names.spec(timing.entity, timing.field)
    return quoted(names.field(spec) if spec else f"{timing.entity}.{timing.field}")


def _starts(spec: RobotSpec, names: Named) -> str:
    return gettext(" or ").join(_start(each, spec, names) for each in spec.starts)


def _start(key: str, spec: RobotSpec, names: Named) -> str:
    if key == "entered" and not spec.stage_id:
        return gettext("a deal enters any stage")
    stage = names.stage(spec.stage_id) if spec.stage_id else ""
    return gettext(STARTS[key], stage=stage) if key in STARTS else key


def _does(kind: RobotKind, settings: Mapping[str, Any], names: Named) -> list[Part]:
    """What the kind says of itself, filled; and a clause of every parameter that is set and was not said."""
    said = formats.text(kind.sentence) or formats.text(kind.name).lower()
    said_already = set(_HOLE.findall(said))
    holes = {each.key: Part(_value(each, settings, names), f"settings.{each.key}") for each in kind.parameters}
    parts = _filled(said, holes)
    for each in kind.parameters:
        if each.key not in said_already and _is_said(each, settings):
            clause = formats.text(each.says) or (parameter_name(each) + " {value}")
            parts += [Part(", "), *_clause(clause, holes[each.key], each)]
    return parts


def _is_said(parameter: Parameter, settings: Mapping[str, Any]) -> bool:
    value = settings.get(parameter.key)
    return value is not None and value != parameter.default


def _clause(clause: str, value: Part, parameter: Parameter) -> list[Part]:
    if "{value}" not in clause:  # a tick says all by being there
        return [Part(clause, value.edits)]
    return _filled(clause, {"value": value})


def _value(parameter: Parameter, settings: Mapping[str, Any], names: Named) -> str:
    value = settings.get(parameter.key)
    value = parameter.default if value is None else value
    if parameter.kind in POINTING:
        return POINTING[parameter.kind](value, settings, names)
    if value is None:
        return gettext("(not set yet)")
    words = VALUES.get(parameter.kind)
    return words(parameter, value, names) if words else quoted(str(value))


def _field_set(value: Any, settings: Mapping[str, Any], names: Named) -> str:
    spec = names.spec(settings.get("entity") or "deal", str(value))
    return names.label(spec) if spec else gettext("a field that no longer exists (%(field)s)", field=value)


def _value_set(value: Any, settings: Mapping[str, Any], names: Named) -> str:
    if value is None:
        return gettext("nothing")
    spec = names.spec(settings.get("entity") or "deal", str(settings.get("field")))
    return condition_words.value_of(spec, value, names)


# What can be worded only beside the other settings.
POINTING: dict[str, Callable[[Any, Mapping[str, Any], Named], str]] = {"field": _field_set, "value": _value_set}


def _people(parameter: Parameter, value: Any, names: Named) -> str:
    return gettext(" and ").join(slot_name(each) for each in (value if isinstance(value, list) else [value]))


def _choice(parameter: Parameter, value: Any, names: Named) -> str:
    return formats.text(parameter.names.get(value)) or str(value)


def _duration(parameter: Parameter, value: Any, names: Named) -> str:
    try:
        return CASES[parameter.case](robots.delay_from(value))
    except robots.TimingError:
        return str(value)


def _text(parameter: Parameter, value: Any, names: Named) -> str:
    return quoted(placeholders.in_words(formats.text(value), names))


VALUES: dict[str, Callable[[Parameter, Any, Named], str]] = {
    "text": _text,
    "textarea": _text,
    "people": _people,
    "person": _people,
    "sender": _people,
    "choice": _choice,
    "duration": _duration,
    "checkbox": lambda parameter, value, names: gettext("yes") if value else gettext("no"),
    "stage": lambda parameter, value, names: names.stage(value),
    "webhook": lambda parameter, value, names: named.webhook(value),
}


def _filled(pattern: str, holes: Mapping[str, Part]) -> list[Part]:
    """A pattern with {holes}, as parts."""
    parts: list[Part] = []
    for n, piece in enumerate(_HOLE.split(pattern)):
        if n % 2:
            parts.append(holes.get(piece, Part(piece)))
        elif piece:
            parts.append(Part(piece))
    return parts


def _capital(parts: list[Part]) -> Sentence:
    first = parts[0]
    return (Part(first.words[:1].upper() + first.words[1:], first.edits), *parts[1:])
