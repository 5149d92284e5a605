"""What there is to choose from on the screen of automation, with its words: drawn from what is declared, so that a new
kind, start, event, unit or field stands there by itself."""

from __future__ import annotations

from typing import Any

from rules import robots, setup_pointers
from rules.facts import FieldSpec
from rules.field_kinds import field_kind
from rules.parameters import Parameter
from rules.robot_kinds import ROBOT_KINDS
from rules.setup import Setup, Stage
from rules.setup_documents import Document, Item
from rules.setup_parts import ROBOT
from rules.triggers import EVENTS
from rules.worktime import UNITS
from webapp.i18n import N_, condition_words, field_words, formats, named, sentences
from webapp.i18n.isolates import gettext, isolated
from webapp.i18n.named import Named
from webapp.snapshots import setups

Pairs = list[tuple[Any, str]]


def given(value: Setup, document: Document, names: Named) -> dict[str, Any]:
    """For templates."""
    fields = list(names.catalogue.fields.values())
    return {
        "robot_kinds": ROBOT_KINDS,
        "events": EVENTS,
        "starts": robots.STARTS,
        "units_of_time": units_of_time(),
        "moments": moments(names),
        "askable": [(_path(each), names.field(each)) for each in fields],
        "operators_of": lambda spec: [
            (each, condition_words.operator_name(each)) for each in field_kind(spec.kind).operators
        ],
        "values_of": lambda spec: values_of(spec, value, names),
        "choices_of": lambda parameter, settings: choices_of(parameter, settings, value, names),
        "kept_of": lambda spec, sent: kept_of(spec, sent, names),
        "slot_value": slot_value,
        "typed_value": typed_value,
        "departments": departments(),
        "takes_any_stage": not ROBOT.part("stage").is_required,  # type: ignore[union-attr]
        "used_in": lambda stage: used_in(stage, value, document),
    }


def units_of_time() -> Pairs:
    return [(each, sentences.unit_name(each)) for each in UNITS]


def moments(names: Named) -> Pairs:
    """Fields that a timer can count from."""
    return [(_path(each), names.field(each)) for each in names.catalogue.fields.values() if _is_moment(each)]


def _is_moment(spec: FieldSpec) -> bool:
    return field_kind(spec.kind).is_moment


def departments() -> Pairs:
    return [(each, formats.text(name)) for each, name in setups.current().departments.items()]


def _path(spec: FieldSpec) -> str:
    return f"{spec.entity}.{spec.key}"


def values_of(spec: FieldSpec, value: Setup, names: Named) -> Pairs:
    """The values of a kind that has only a few; empty: it is typed."""
    if field_kind(spec.kind).is_never_empty:
        return [("on", gettext("yes")), ("off", gettext("no"))]
    if spec.options:
        return [(each.key, named.option(spec, each.key)) for each in spec.choices]
    if spec.kind == "user":
        return people()
    return stages(value, names) if spec.kind == "stage" else []


def people() -> Pairs:
    return [(each.id, named.person(each.id)) for each in setups.current().people.values() if each.is_active]


def stages(value: Setup, names: Named) -> Pairs:
    """By their whole keys: one that is only in the draft has no id, and its number there moves when others add more."""
    return [(names.stage_keys[each.id], names.stage(each.id)) for each in value.stages if not each.is_archived]


def choices_of(parameter: Parameter, settings: Any, value: Setup, names: Named) -> Pairs:
    """What one setting takes."""
    slots: Pairs = [(each, sentences.slot_name(each)) for each in parameter.slots]
    if parameter.kind in ("person", "people", "sender"):
        return slots + [(f"user:{each}", called) for each, called in people()]
    if parameter.kind == "stage":
        return stages(value, names)
    if parameter.kind == "webhook":
        return [(each, named.webhook(each)) for each in setups.current().webhooks]
    if parameter.kind == "field":
        own = names.catalogue.of(settings.get("entity") or "deal")
        return [(each.key, formats.text(each.label)) for each in own if not each.is_built_in]
    return [(each, formats.text(parameter.names.get(each)) or each) for each in parameter.choices]


def kept_of(spec: FieldSpec, sent: str, names: Named) -> str:
    """How a kept value reads that is offered no more."""
    return names.stage_by_key(sent) if spec.kind == "stage" and sent else ""


def slot_value(slot: Any) -> Any:
    """What a control sends for what is kept."""
    if isinstance(slot, dict) and "user" in slot:
        return f"user:{slot['user']}"
    return "" if slot is None else slot


def typed_value(spec: FieldSpec | None, value: Any) -> str:
    """What stands in a field's control for what is kept."""
    return field_words.typed(spec, value, setups.current().firm.currency) if spec else str(value or "")


def used_in_of(document: Document, kind: str, key: str) -> list[str]:
    """What names a thing of the set-up, in words."""
    found = (each.item for each in setup_pointers.pointers(document) if (each.to, each.key) == (kind, key))
    return list(dict.fromkeys(map(_called, found)))


def used_in(stage: Stage, value: Setup, document: Document) -> list[str]:
    """What names a stage, in words."""
    pipeline = next((each.key for each in value.pipelines if each.id == stage.pipeline_id), "")
    return used_in_of(document, "stage", f"{pipeline}/{stage.key}")


def _called(item: Item) -> str:
    kind = gettext(KINDS[item.kind])
    return f"{kind}: {isolated(formats.text(item.name))}"


KINDS = {
    "robot": N_("Robot"),
    "trigger": N_("Trigger"),
    "field": N_("Field"),
    "pipeline": N_("Pipeline"),
    "stage": N_("Stage"),
}
