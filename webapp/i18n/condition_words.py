"""A condition in the reader's words: "Contact · VIP is yes and (Deal · Amount is at least … or …)". Two different
conditions never read the same; what is no longer there is named all the same. How a run read one: runs.py."""

from __future__ import annotations

from typing import Any

from rules.facts import Condition, FieldSpec, Group, Test
from webapp.i18n import N_, field_words, named
from webapp.i18n.isolates import gettext
from webapp.i18n.named import Named, quoted
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


def condition(wanted: Condition | None, names: Named | None = None) -> str:
    """All of it; "" when nothing is asked."""
    return _group(wanted, names or named.live()) if wanted else ""


def operator_name(key: str) -> str:
    """How an operator reads between a field and its value."""
    return gettext(SHORT_OPERATORS[key]) if key in SHORT_OPERATORS else key


def _group(group: Group, names: Named) -> str:
    joint = gettext(" and ") if group.mode == "all" else gettext(" or ")
    return joint.join(
        f"({_group(each, names)})" if isinstance(each, Group) else _test(each, names) for each in group.items
    )


def _test(wanted: Test, names: Named) -> str:
    spec = names.spec(wanted.entity, wanted.field)
    field = names.field(spec) if spec else gettext("a field that no longer exists (%(field)s)", field=wanted.field)
    many = wanted.value if isinstance(wanted.value, tuple) else (wanted.value,)
    value = ", ".join(value_of(spec, each, names) for each in many)
    pattern = OPERATORS.get(wanted.operator)
    return str(gettext(pattern, field=field, value=value)) if pattern else f"{field} {wanted.operator} {value}".strip()


def value_of(spec: FieldSpec | None, value: Any, names: Named) -> str:
    """A kept value, told apart from every other of its field."""
    if spec is None:
        return gettext("yes") if value is True else gettext("no") if value is False else quoted(str(value))
    if spec.kind in ("user", "stage") and isinstance(value, int):
        return named.person(value) if spec.kind == "user" else names.stage(value)
    if spec.kind == "datetime":
        return field_words.typed(spec, value, "").replace("T", " ")  # to the second, and not by today
    if isinstance(value, list):
        return ", ".join(value_of(spec, each, names) for each in value)
    if spec.options:
        return quoted(named.option(spec, value))
    said = field_words.value(spec, value, setups.current().firm.currency)
    return said if spec.kind in BARE else quoted(said)
