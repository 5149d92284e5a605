"""What stands in the controls of the set-up's forms, as their templates draw them, and where in the draft each of them
belongs: so that whoever is second to a control is told who was first, and nobody undoes what they have not touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rules import setup as parts
from rules.facts import Condition
from rules.field_kinds import field_kind
from rules.readers import SEVERAL
from rules.robot_kinds import kind_of
from rules.robots import STARTS, RobotSpec
from rules.setup_edits import AFTER, part_of
from rules.setup_units import TOGETHER, WHOLE, Unit
from webapp.access.scopes import Actor
from webapp.config import LOCALES
from webapp.i18n import condition_words, formats, sentences
from webapp.services import drafts as editing
from webapp.snapshots import drafts, setup_hands
from webapp.web import setup_choices
from webapp.web.forms import WAS, Kept, Posted, check
from webapp.web.setup_choices import Pairs
from webapp.web.setup_shown import Shown, shown

Place = tuple[str, Unit]  # a part, and what in it
CONDITION = "condition"  # under which a builder says what it has shown
DELAY = ("how", "amount", "unit", "field")


@dataclass(slots=True)
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

    def put_several(self, name: str, chosen: Collection[object], offered: Pairs, part: str, unit: Unit = WHOLE) -> None:
        """What is ticked among several boxes, in their order, as the form sends it."""
        ticked = [(str(each), words) for each, words in offered if str(each) in map(str, chosen)]
        self.put(name, SEVERAL.join(each for each, _ in ticked), part, unit)
        self.options = {**self.options, name: [(self.values[name], ", ".join(words for _, words in ticked))]}

    def put_words(self, name: str, words: Mapping[str, str] | None, part: str, unit: Unit = ()) -> None:
        for each in LOCALES:
            self.put(f"{name}.{each}", (words or {}).get(each, ""), part, (*unit, each))


def of(found: Shown, kind: str, key: str, part: str) -> Controls:
    """Of a form, by what it changes: of a stage or pipeline its "words", of a field those too; of a robot a part. What
    is ticked among several stands as one text, a condition as it is kept."""
    return FORMS.get((kind, part), _of_rule)(found, kind, key, part)


def begun(found: Shown, kind: str, key: str, part: str, *, was: str | None) -> Controls:
    """As `of`, of a form whose condition is still being built: it has shown what there `was` when that began."""
    made = of(found, kind, key, part)
    if was is not None and CONDITION in made.values:
        made.values[CONDITION] = was
    return made


def typed_over(posted: Posted, kind: str, key: str, part: str, by: Actor) -> Posted:
    """What was typed over what stands there now, others' changes of the rest included. Raises Refused("stale") where
    somebody else has changed the same control since it was shown."""
    editing.lock()
    controls = of(shown(), kind, key, part)
    changed = _changed(posted, controls.together)
    check(changed, Kept(controls.values, partial(_hand, controls), controls.options), by)
    return posted.over({name: each for name, each in controls.values.items() if name not in changed})


def _hand(controls: Controls, name: str) -> int | None:
    if controls.places[name] == (AFTER, WHOLE):
        return setup_hands.last_to_order(controls.kind)
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


def _required_if(found: Shown, kind: str, key: str, part: str) -> Controls:
    every = (*found.value.fields, *found.value.archived_fields)
    spec = next((each for each in every if f"{each.entity}/{each.key}" == key), None)
    made = Controls(kind, key)
    put_condition(made, found, spec.required_if if spec else None, part)
    return made


def _ordered(found: Shown, kind: str, key: str, _part: str) -> Controls:
    """Behind which of its equals it stands."""
    before = part_of(found.document, kind, key, AFTER)
    equals = [(each.key.rpartition("/")[2], formats.text(each.name)) for each in found.document.of(kind)]
    made = Controls(kind, key, options={"after": equals})
    made.put("after", str(before or "").rpartition("/")[2], AFTER)
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


def _starts(found: Shown, made: Controls, rule: Any) -> None:
    offered = [(each, sentences.start_name(each)) for each in STARTS]
    made.put_several("start", rule.starts, offered, "starts")


def _condition(found: Shown, made: Controls, rule: Any) -> None:
    put_condition(made, found, rule.condition, "condition")


def put_condition(made: Controls, found: Shown, condition: Condition | None, part: str) -> None:
    """As the draft keeps it: the builder sends it whole."""
    item = found.document.get(made.kind, made.key)
    made.put(CONDITION, condition_text(item.parts.get(part) if item else None), part)
    made.options = {CONDITION: [(made.values[CONDITION], condition_words.condition(condition, found.names))]}


def condition_text(condition: object) -> str:
    """A condition as a form says that it has shown it."""
    return json.dumps(condition, sort_keys=True, ensure_ascii=False) if condition else ""


def _where(found: Shown, made: Controls, rule: Any) -> None:
    item = found.document.get(made.kind, made.key)
    home = item.parts.get("stage") if item else None
    equals = [each.key for each in found.document.of(made.kind) if each.parts.get("stage") == home]
    at = equals.index(made.key) if made.key in equals else 0
    made.put("stage", home, "stage")
    made.put("after", equals[at - 1] if at else "", AFTER)


PUTS: dict[str, tuple[Callable[[Shown, Controls, Any], None], ...]] = {
    "timing": (_timing,),
    "starts": (_starts,),
    "condition": (_condition,),
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
    elif parameter.kind == "people":
        chosen = [setup_choices.slot_value(each) for each in (value if isinstance(value, list | tuple) else [value])]
        offered = setup_choices.choices_of(parameter, rule.settings, found.value, found.names)
        made.put_several(control, chosen, offered, "settings", unit)
    else:
        _put_choice(found, made, rule, parameter.kind, control, value, unit)
    return made


def _put_choice(found: Shown, made: Controls, rule: RobotSpec, kind: str, control: str, value: Any, unit: Unit) -> None:
    if kind == "stage":
        made.put(control, found.names.stage_key(value), "settings", unit)
    elif kind != "value":
        made.put(control, setup_choices.slot_value(value), "settings", unit)
    else:
        spec = found.names.spec(str(rule.settings.get("entity") or "deal"), str(rule.settings.get("field") or ""))
        if spec is not None and field_kind(spec.kind).element:
            offered = setup_choices.values_of(spec, found.value, found.names)
            made.put_several(control, value or (), offered, "settings", unit)
        else:
            made.put(control, setup_choices.typed_value(spec, value), "settings", unit)


Form = Callable[[Shown, str, str, str], Controls]
FORMS: dict[tuple[str, str], Form] = {
    ("stage", "words"): _stage,
    ("pipeline", "words"): _pipeline,
    ("pipeline", "lost_reasons"): _listed,
    ("field", "words"): _field_words,
    ("field", "options"): _listed,
    ("field", "required_from"): _required,
    ("field", "required_if"): _required_if,
    ("field", "place"): _ordered,
    ("stage", "place"): _ordered,
}
