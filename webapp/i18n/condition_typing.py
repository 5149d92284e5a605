"""A condition as the controls of its builder show it to this reader: money in units, moments in the reader's zone."""

from __future__ import annotations

from typing import Any

from rules.condition_typing import TypedGroup, TypedTest
from rules.facts import Condition, FieldSpec, Group, Test
from webapp.i18n import field_words
from webapp.i18n.named import Named
from webapp.snapshots import setups


def typed(condition: Condition | None, names: Named) -> TypedGroup:
    """What stands in the controls; read back by conditions.parse it is `condition` again."""
    if condition is None:
        return TypedGroup()
    return TypedGroup(condition.mode, tuple(_item(each, names) for each in condition.items))


def _item(item: Test | Group, names: Named) -> TypedTest | TypedGroup:
    if isinstance(item, Group):
        return typed(item, names)
    spec = names.spec(item.entity, item.field)
    many = item.value if isinstance(item.value, tuple) else (item.value,)
    values = tuple(_value(spec, each, item.operator, names) for each in many) if item.value is not None else ()
    field = f"{item.entity}.{item.field}"
    return TypedTest(field, item.operator, values, field)


def _value(spec: FieldSpec | None, value: Any, operator: str, names: Named) -> str:
    if spec is None or operator == "contains":
        return str(value)
    if spec.kind == "stage":
        return names.stage_key(value)
    return field_words.typed(spec, value, setups.current().firm.currency)
