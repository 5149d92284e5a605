"""How a robot's run stands or ended, in one line; and its condition, test by test, as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.facts import FieldSpec
from rules.field_kinds import field_kind
from rules.robot_kinds import RobotKind, kind_of
from webapp.i18n import N_, deliveries, field_words, formats
from webapp.i18n.facts import said
from webapp.i18n.isolates import gettext, isolated, ngettext
from webapp.snapshots import setups

STATES = {
    "waiting": N_("Waits"),
    "fired": N_("Done"),
    "condition_false": N_("Did not run"),
    "called_off": N_("Called off"),
    "failed": N_("Failed"),
    "no_recipient": N_("Nobody to tell"),
}
ENTITIES = {
    "deal": N_("Deal"),
    "contact": N_("Contact"),
    "company": N_("Company"),
    "invoices": N_("Invoices"),
    "conversation": N_("Conversation"),
}
OPERATORS = {
    "eq": N_("must be %(value)s"),
    "ne": N_("must not be %(value)s"),
    "gt": N_("must be more than %(value)s"),
    "gte": N_("must be at least %(value)s"),
    "lt": N_("must be less than %(value)s"),
    "lte": N_("must be at most %(value)s"),
    "in": N_("must be one of: %(value)s"),
    "not_in": N_("must not be any of: %(value)s"),
    "contains": N_("must contain “%(value)s”"),
    "empty": N_("must be empty"),
    "filled": N_("must be filled in"),
}


@dataclass(frozen=True, slots=True)
class Tick:
    """One test of a condition: what it looked at, what it met, what it wanted."""

    holds: bool
    field: str
    actual: str
    wanted: str
    gone: str = ""  # what the test asks for and the set-up has no more, in words


def robot_kind(key: str) -> RobotKind:
    """A kind of robot with its words, in all languages."""
    return kind_of(key)


def states() -> dict[str, str]:
    """How a run stands, in words."""
    return {key: gettext(words) for key, words in STATES.items()}


def reason(run_reason: Mapping[str, Any], setup: setups.SetupSnapshot) -> str:
    """Why a run ended as it did, in a short sentence; empty when its state says it all."""
    code = run_reason.get("code")
    name = setup.name_of(run_reason.get("by_id"))
    if code == "told":
        people = ", ".join(setup.name_of(each) for each in run_reason.get("people", []))
        return gettext("told %(people)s", people=people)
    if code in COMPOSED:
        return COMPOSED[code](run_reason, name, setup)
    if code == "condition_false":
        return "; ".join(_gone(each, setup) for each in run_reason.get("gone", []))
    if code == "task_open":
        return gettext("the earlier task is still open")
    return gettext(REASONS[code]) if code in REASONS else ""


def _handed_over(run_reason: Mapping[str, Any], _: str, setup: setups.SetupSnapshot) -> str:
    people = ", ".join(setup.name_of(each) for each in run_reason.get("people", []))
    return gettext("%(people)s is responsible now", people=people)


def _refused(run_reason: Mapping[str, Any], _: str, setup: setups.SetupSnapshot) -> str:
    missing = ", ".join(map(said, run_reason.get("missing", [])))
    return gettext("the deal needs first: %(missing)s", missing=missing) if missing else gettext("it was refused")


def _field_set(run_reason: Mapping[str, Any], _: str, setup: setups.SetupSnapshot) -> str:
    spec = setup.field_of(run_reason["entity"], run_reason["field"])
    return gettext("%(field)s is set", field=formats.text(spec.label) if spec else run_reason["field"])


def _settled(start: str) -> str:
    words = SETTLED.get(start, "")
    return gettext(words) if words else ""


SETTLED = {
    "unanswered": N_("the client was answered"),
    "client_silent": N_("the conversation went on"),
    "invoice_overdue": N_("the invoice is paid"),
    "task_overdue": N_("the task is no longer needed"),
    "no_next_step": N_("a next step was set"),
}


COMPOSED = {
    "settled": lambda why, *_: _settled(str(why.get("start"))),
    "left_stage": lambda why, name, _: _left(why, name),
    "handed_over": _handed_over,
    "refused": _refused,
    "field_set": _field_set,
    "webhook_told": lambda why, *_: gettext("sent to “%(name)s”", name=str(why.get("webhook"))),
    "no_way": lambda why, *_: deliveries.no_way(str(why.get("why"))),
    "moved": lambda why, *_: gettext("the deal moved to %(stage)s", stage=formats.stage(why.get("to"))),
}
REASONS = {
    "closed": N_("the deal was closed"),
    "already_so": N_("it was so already"),
    "invoice_paid": N_("the invoice is paid"),
    "deleted": N_("the deal was deleted"),
    "chain_cut": N_("the chain of events grew too long"),
    "too_often": N_("it had run too often on this deal that day, and the admins were notified"),
    "taken_back": N_("the move was undone"),
    "kind_gone": N_("this robot no longer exists"),
    "switched_off": N_("the robot was switched off"),
    "rearmed": N_("the robot was changed and started anew"),
    "no_recipient": N_("there was nobody to tell"),
    "client_written_to": N_("a message went to the client"),
    "task_created": N_("the task was created"),
    "dropped_after_restore": N_("it was due before a backup was restored, and was dropped"),
    "too_late": N_("it was more than a day late, so nothing was sent outside the firm"),
    "failed": N_("it failed too often, and the admins were notified"),
}


LED_BY_TRIGGER = N_("trigger “%(name)s” took the deal to %(stage)s")


def _left(run_reason: Mapping[str, Any], name: str) -> str:
    to = formats.stage(run_reason.get("to"))
    via = run_reason.get("cause", {})
    if via.get("via") in ("trigger", "robot") and via.get("name"):
        led = N_("robot “%(name)s” took the deal to %(stage)s") if via["via"] == "robot" else LED_BY_TRIGGER
        return gettext(led, name=formats.text(via["name"]), stage=to)
    if name:
        return gettext("%(who)s moved the deal to %(stage)s", who=name, stage=to)
    return gettext("the deal moved to %(stage)s", stage=to)


def ticks(findings: list[Any], setup: setups.SetupSnapshot) -> list[Tick]:
    """The tests of a condition as they were read when the robot came up."""
    return [_tick(each, setup) for each in findings]


def _tick(finding: Mapping[str, Any], setup: setups.SetupSnapshot) -> Tick:
    spec = setup.field_of(finding["entity"], finding["field"])
    entity = gettext(ENTITIES.get(finding["entity"], finding["entity"]))
    label = formats.text(spec.label) if spec else finding["field"]
    actual = field_words.value(spec, finding["actual"], setup.firm.currency) if spec else str(finding["actual"])
    gone = _gone(finding, setup) if finding.get("gone") else ""
    return Tick(
        finding["holds"], f"{entity} · {isolated(label)}", actual or _blank(spec), _wanted(finding, spec, setup), gone
    )


def _gone(finding: Mapping[str, Any], setup: setups.SetupSnapshot) -> str:
    """What a test asks for and the set-up has no more: its field, its options, or that comparison of its field."""
    spec = setup.field_of(finding["entity"], finding["field"])
    field = formats.text(spec.label) if spec else finding["field"]
    if finding["gone"] == "option":
        lost = _options_gone(finding, spec)
        options = ", ".join(gettext("“%(words)s”", words=_option(each, spec, setup)) for each in lost)
        return ngettext(
            "the option %(options)s of the field %(field)s no longer exists",
            "the options %(options)s of the field %(field)s no longer exist",
            len(lost),
            options=options,
            field=field,
        )
    if finding["gone"] == "operator":
        return gettext("the field %(field)s can no longer be compared like this", field=field)
    return gettext("the field %(field)s no longer exists", field=field)


def _options_gone(finding: Mapping[str, Any], spec: FieldSpec | None) -> list[Any]:
    """Those options that were gone. A run that kept but what it asked for names those that are gone today."""
    if "options" in finding:
        return list(finding["options"])
    expected = finding["expected"]
    asked = expected if isinstance(expected, list) else [expected]
    there = {each.key for each in spec.choices} if spec else set()
    return [each for each in asked if each not in there] or asked


def _option(key: Any, spec: FieldSpec | None, setup: setups.SetupSnapshot) -> str:
    return field_words.value(spec, key, setup.firm.currency) if spec else str(key)


def _blank(spec: FieldSpec | None) -> str:
    """An untouched checkbox says no; anything else untouched is empty."""
    return gettext("no") if spec is not None and field_kind(spec.kind).is_never_empty else gettext("empty")


def _wanted(finding: Mapping[str, Any], spec: FieldSpec | None, setup: setups.SetupSnapshot) -> str:
    expected = finding["expected"]
    many = expected if isinstance(expected, list) else [expected]
    words = [field_words.value(spec, each, setup.firm.currency) if spec else str(each) for each in many]
    wanted = OPERATORS.get(finding["operator"])
    return gettext(wanted, value=", ".join(words)) if wanted else ""
