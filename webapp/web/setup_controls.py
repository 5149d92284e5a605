"""What stands in the controls of the set-up's forms, as their templates draw them, and where in the draft each of them
belongs: so that whoever is second to a control is told who was first, and nobody undoes what they have not touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rules import setup as parts
from rules.field_kinds import field_kind
from rules.robot_kinds import kind_of
from rules.robots import RobotSpec
from rules.setup_edits import AFTER
from rules.setup_units import TOGETHER, WHOLE, Unit
from webapp.access.scopes import Actor
from webapp.config import LOCALES
from webapp.services import drafts as editing
from webapp.snapshots import drafts
from webapp.web import setup_choices
from webapp.web.forms import WAS, Kept, Posted, check
from webapp.web.setup_choices import Pairs
from webapp.web.setup_shown import Shown, shown

Place = tuple[str, Unit]  # a part, and what in it
DELAY = ("how", "amount", "unit", "field")


@dataclass(frozen=True, slots=True)
class Controls:
    """Of one form: what stands in each control, and its place. Those of `together` mean something only as one;
    `options` are how what is chosen reads."""

    kind: str
    key: str
    values: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    together: tuple[tuple[str, ...], ...] = ()
    options: Mapping[str, Pairs] = field(default_factory=dict)

    def put(self, name: str, value: object, part: str, unit: Unit = WHOLE) -> None:
        self.values[name] = "" if value is None else str(value)
        self.places[name] = (part, unit)

    def put_words(self, name: str, words: Mapping[str, str] | None, part: str, unit: Unit = ()) -> None:
        for each in LOCALES:
            self.put(f"{name}.{each}", (words or {}).get(each, ""), part, (*unit, each))


def of(found: Shown, kind: str, key: str, part: str) -> Controls:
    """Of a form, by what it changes: of a stage or pipeline its "words", of a field those too; of a robot a part. What
    is ticked among several, and a condition, go as a whole: of these there are none."""
    return FORMS.get((kind, part), _of_rule)(found, kind, key, part)


def typed_over(posted: Posted, kind: str, key: str, part: str, by: Actor) -> Posted:
    """What was typed over what stands there now, others' changes of the rest included. Raises Refused("stale") where
    somebody else has changed the same control since it was shown."""
    editing.lock()
    controls = of(shown(), kind, key, part)
    changed = _changed(posted, controls.together)
    check(changed, Kept(controls.values, partial(_hand, controls), controls.options), by)
    return posted.over({name: each for name, each in controls.values.items() if name not in changed})


def _hand(controls: Controls, name: str) -> int | None:
    return drafts.last_by(controls.kind, controls.key, *controls.places[name])


def as_typed(posted: Posted, part: str) -> Posted:
    """For a form that goes back: of what means something only as one all goes back as it was typed, be it half of it
    that was changed."""
    return posted.without({WAS + name for name in _bound(posted, _together(part))})


def _bound(posted: Posted, together: Iterable[tuple[str, ...]]) -> set[str]:
    changed = posted.changed
    return {name for each in together if any(one in changed for one in each) for name in each}


def _together(part: str) -> tuple[tuple[str, ...], ...]:
    return DELAY, tuple(f"{part}.{each}" for each in ("amount", "unit"))


def _changed(posted: Posted, together: Iterable[tuple[str, ...]]) -> Posted:
    changed, bound = posted.changed, _bound(posted, together)
    same = {name for name in posted.fields if name not in changed and name.removeprefix(WAS) not in bound}
    return posted.without(same)


def _stage(found: Shown, kind: str, key: str, _part: str) -> Controls:
    stage = found.stage(*key.split("/", 1))
    made = Controls(kind, key, options={"hue": [(n, str(n + 1)) for n in range(8)]})
    made.put_words("name", stage.name, "name")
    made.put("hue", stage.hue, "hue")
    return made


def _pipeline(found: Shown, kind: str, key: str, _part: str) -> Controls:
    pipeline = found.pipeline(key)
    made = Controls(kind, key, options={"department": setup_choices.departments()})
    made.put_words("name", pipeline.name, "name")
    made.put("department", pipeline.department_id, "department")
    return made


def _listed(found: Shown, kind: str, key: str, part: str) -> Controls:
    item, made = found.document.get(kind, key), Controls(kind, key)
    listed: Any = item.parts.get(part) if item else None
    for each in listed if isinstance(listed, list) else ():
        made.put_words(f"option.{each['key']}", each["label"], part, (each["key"], "label"))
    return made


def _field_words(found: Shown, kind: str, key: str, _part: str) -> Controls:
    item, made = found.document.get(kind, key), Controls(kind, key)
    kept: Any = item.parts if item else {}
    made.put_words("label", kept.get("label"), "label")
    made.put_words("help", kept.get("help"), "help")
    made.put("shown_as", kept.get("shown_as"), "shown_as")
    return made


def _required(found: Shown, kind: str, key: str, part: str) -> Controls:
    item = found.document.get(kind, key)
    kept: Any = item.parts.get(part) if item else None
    begins = dict(each.split("/", 1) for each in kept or ())
    stages = {each.key: parts.stages_of(found.value, each.id) for each in found.value.pipelines}
    names = {f"from.{key}": [(one.key, found.names.stage(one.id)) for one in each] for key, each in stages.items()}
    made = Controls(kind, key, options=names)
    for pipeline in stages:
        made.put(f"from.{pipeline}", begins.get(pipeline, ""), part, (pipeline,))
    return made


def _of_rule(found: Shown, kind: str, key: str, part: str) -> Controls:
    rule = found.rule(kind, key)
    start, _, name = part.partition(".")
    made = Controls(kind, key, together=_together(part), options=_choices(found))
    if start == "settings" and isinstance(rule, RobotSpec):
        return _setting(found, made, rule, name)
    for each in PUTS.get(part, ()):
        each(found, made, rule)
    return made


def _choices(found: Shown) -> dict[str, Pairs]:
    stages = setup_choices.stages(found.value, found.names)
    return {"stage": stages, "field": setup_choices.moments(found.names), "unit": setup_choices.units_of_time()}


def _timing(found: Shown, made: Controls, rule: Any) -> None:
    delay, side = getattr(rule.timing, "delay", None), getattr(rule.timing, "side", "")
    moment = f"{rule.timing.entity}.{rule.timing.field}" if side else ""
    made.put("how", f"{side}_field" if side else "after" if delay else "at_once", "timing")
    made.put("amount", delay.amount if delay else 10, "timing")
    made.put("unit", delay.unit if delay else "minutes", "timing")
    made.put("field", moment or next((each for each, _ in setup_choices.moments(found.names)), ""), "timing")
    made.put("when", rule.when, "when")


def _flags(found: Shown, made: Controls, rule: Any) -> None:
    for each in ("once_per_deal", "also_later", "may_go_back"):
        if hasattr(rule, each):
            made.put(each, "on" if getattr(rule, each) else "off", each)


def _name(found: Shown, made: Controls, rule: Any) -> None:
    made.put_words("name", rule.name, "name")


def _event(found: Shown, made: Controls, rule: Any) -> None:
    made.put("event", rule.event, "event")


def _where(found: Shown, made: Controls, rule: Any) -> None:
    item = found.document.get(made.kind, made.key)
    home = item.parts.get("stage") if item else None
    equals = [each.key for each in found.document.of(made.kind) if each.parts.get("stage") == home]
    at = equals.index(made.key) if made.key in equals else 0
    made.put("stage", home, "stage")
    made.put("after", equals[at - 1] if at else "", AFTER)


PUTS: dict[str, tuple[Callable[[Shown, Controls, Any], None], ...]] = {
    "timing": (_timing,),
    "options": (_flags,),
    "name": (_name,),
    "event": (_event,),
    "place": (_where,),
}


def _setting(found: Shown, made: Controls, rule: RobotSpec, name: str) -> Controls:
    parameter = kind_of(rule.kind).get(name)
    control, unit = f"settings.{name}", next((each for each in TOGETHER if name in each), (name,))
    if parameter is None:
        return made
    kept: Any = rule.settings.get(name)
    value: Any = parameter.default if kept is None else kept
    if parameter.kind in ("text", "textarea"):
        made.put_words(control, value, "settings", (name,))
    elif parameter.kind == "checkbox":
        made.put(control, "on" if value else "off", "settings", unit)
    elif parameter.kind == "duration":
        made.put(f"{control}.amount", value["amount"] if value else "", "settings", unit)
        made.put(f"{control}.unit", value["unit"] if value else "days", "settings", unit)
    elif parameter.kind != "people":
        _put_choice(found, made, rule, parameter.kind, control, value, unit)
    return made


def _put_choice(found: Shown, made: Controls, rule: RobotSpec, kind: str, control: str, value: Any, unit: Unit) -> None:
    if kind == "stage":
        made.put(control, found.names.stage_key(value), "settings", unit)
    elif kind != "value":
        made.put(control, setup_choices.slot_value(value), "settings", unit)
    else:
        spec = found.names.spec(str(rule.settings.get("entity") or "deal"), str(rule.settings.get("field") or ""))
        if spec is None or not field_kind(spec.kind).element:
            made.put(control, setup_choices.typed_value(spec, value), "settings", unit)


Form = Callable[[Shown, str, str, str], Controls]
FORMS: dict[tuple[str, str], Form] = {
    ("stage", "words"): _stage,
    ("pipeline", "words"): _pipeline,
    ("pipeline", "lost_reasons"): _listed,
    ("field", "words"): _field_words,
    ("field", "options"): _listed,
    ("field", "required_from"): _required,
}
