"""A condition in the reader's words: "Contact · VIP is yes and (Deal · Amount is at least … or …)". Two different
conditions never read the same; what is no longer there is named all the same. How a run read one: runs.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import gettext

from rules.facts import ENTITIES as ENTITY_KEYS
from rules.facts import Condition, FieldSpec, Group, Test
from webapp.i18n import N_, field_words, formats
from webapp.i18n.runs import ENTITIES
from webapp.snapshots import setups

OPERATORS = {
    "eq": N_("%(field)s is %(value)s"),
    "ne": N_("%(field)s is not %(value)s"),
    "gt": N_("%(field)s is more than %(value)s"),
    "gte": N_("%(field)s is at least %(value)s"),
    "lt": N_("%(field)s is less than %(value)s"),
    "lte": N_("%(field)s is at most %(value)s"),
    "in": N_("%(field)s is one of %(value)s"),
    "not_in": N_("%(field)s is none of %(value)s"),
    "contains": N_("%(field)s contains %(value)s"),
    "empty": N_("%(field)s is empty"),
    "filled": N_("%(field)s is filled in"),
}
# As a choice between the field and the value in the builder.
SHORT_OPERATORS = {
    "eq": N_("is"),
    "ne": N_("is not"),
    "gt": N_("is more than"),
    "gte": N_("is at least"),
    "lt": N_("is less than"),
    "lte": N_("is at most"),
    "in": N_("is one of"),
    "not_in": N_("is none of"),
    "contains": N_("contains"),
    "empty": N_("is empty"),
    "filled": N_("is filled in"),
}
BARE = ("checkbox", "number", "money", "date", "datetime", "phone", "user", "stage")  # words that need no quotes


def condition(wanted: Condition | None) -> str:
    """All of it; "" when nothing is asked."""
    return _group(wanted) if wanted else ""


def operator_name(key: str) -> str:
    """How an operator reads between a field and its value."""
    return gettext(SHORT_OPERATORS[key]) if key in SHORT_OPERATORS else key


def field_name(spec: FieldSpec) -> str:
    """A field with its entity; with its key where another reads the same."""
    mine = _label(spec)
    others = setups.current().catalogue.of(spec.entity)
    return f"{mine} ({spec.key})" if any(each.key != spec.key and _label(each) == mine for each in others) else mine


def quoted(words: str) -> str:
    """In the quotation marks of the reader's language."""
    return str(gettext("“%(words)s”", words=words))


def _label(spec: FieldSpec) -> str:
    entity = gettext(ENTITIES[spec.entity]) if spec.entity in ENTITY_KEYS else spec.entity
    return f"{entity} · {formats.text(spec.label)}"


def _group(group: Group) -> str:
    joint = gettext(" and ") if group.mode == "all" else gettext(" or ")
    return joint.join(f"({_group(each)})" if isinstance(each, Group) else test(each) for each in group.items)


def test(wanted: Test) -> str:
    """One test."""
    spec = setups.current().field_of(wanted.entity, wanted.field)
    field = field_name(spec) if spec else gettext("a field that is gone (%(field)s)", field=wanted.field)
    many = wanted.value if isinstance(wanted.value, tuple) else (wanted.value,)
    value = ", ".join(_value(spec, each) for each in many)
    pattern = OPERATORS.get(wanted.operator)
    return str(gettext(pattern, field=field, value=value)) if pattern else f"{field} {wanted.operator} {value}".strip()


def _value(spec: FieldSpec | None, value: Any) -> str:
    if spec is None:
        return quoted(str(value))
    said = field_words.value(spec, value, setups.current().firm.currency)
    if spec.kind in ("user", "stage") and isinstance(value, int):
        return person(value) if spec.kind == "user" else stage(value)
    if spec.kind == "datetime":
        return field_words.typed(spec, value, "").replace("T", " ")  # to the second, and not by today
    if spec.options:
        return quoted(_told_apart(value, [each.key for each in spec.options], lambda key: _option(spec, key)))
    return said if spec.kind in BARE else quoted(said)


def _option(spec: FieldSpec, key: Any) -> str:
    return next((formats.text(each.label) or each.key for each in spec.options if each.key == key), str(key))


def person(user_id: Any) -> str:
    """A person's name; with the e-mail where two are called the same."""
    people = setups.current().people
    found = people.get(user_id)
    if found is None:
        return gettext("somebody who is not here (%(number)s)", number=user_id)
    is_alone = all(each.id == found.id or each.name != found.name for each in people.values())
    return found.name if is_alone else f"{found.name} ({found.email})"


def stage(stage_id: Any) -> str:
    """A stage's name in quotes; with its pipeline where another is called the same."""
    setup = setups.current()
    found = setup.all_stages.get(stage_id)
    if found is None:
        return gettext("a stage that is gone (%(number)s)", number=stage_id)
    name = formats.text(found.name)
    alike = [each for each in setup.all_stages.values() if formats.text(each.name) == name]
    if len(alike) == 1:
        return quoted(name)
    pipeline = formats.text(setup.pipelines[found.pipeline_id].name)
    is_alone = all(each is found or each.pipeline_id != found.pipeline_id for each in alike)
    return f"{quoted(name)} ({pipeline})" if is_alone else f"{quoted(name)} ({pipeline}, {found.key})"


def _told_apart(one: Any, all_of_them: Iterable[Any], named: Callable[[Any], str]) -> str:
    """The name of one; with its key where another has the same."""
    mine = named(one)
    return f"{mine} ({one})" if any(each != one and named(each) == mine for each in all_of_them) else mine
