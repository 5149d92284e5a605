"""Conditions as JSON: input is read with the place of every mistake (parse), what is stored without a word (load)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rules import fields
from rules.facts import Catalogue, Condition, FieldSpec, Group, Mode, Raw, Test, Value
from rules.field_kinds import field_kind
from rules.fields import FieldError, ReadContext

DEPTH_LIMIT = 3
ITEM_LIMIT = 50  # items of one group, and values of one list
NEEDS_NO_VALUE = ("empty", "filled")
MODES: tuple[Mode, ...] = ("all", "any")
UNREADABLE = Test("", "", "")  # names no field, so it holds for nothing
_TAKES_A_LIST = ("in", "not_in")


class ConditionError(Exception):
    """A condition that cannot be read; `path` leads to the bad place, as "all.1.any.0.value"."""

    def __init__(self, code: str, path: str, **facts: object) -> None:
        super().__init__(f"{code} at {path or 'the top'}")
        self.code = code
        self.path = path
        self.facts = facts


def parse(raw: object, catalogue: Catalogue, context: ReadContext) -> Condition | None:
    """Read `{"all": [{"entity", "field", "operator", "value"} or a group, …]}`; None or an empty group asks nothing.

    `context` is for values as typed (see fields.parse). Raises ConditionError.
    """
    if raw is None or raw in ({"all": []}, {"any": []}):
        return None
    return _Reader(catalogue, context).group(raw, "", 1)


def load(raw: object) -> Condition | None:
    """What is stored, read trusting its shape. Never raises: a part that cannot be read becomes a test of no field, and
    such a test does not hold. Whether its fields, options and operators are still there is for `evaluate` to say."""
    if raw is None or raw in ({"all": []}, {"any": []}):
        return None
    found = _loaded(raw, 1)
    return found if isinstance(found, Group) else Group("all", (found,))


def _loaded(raw: object, depth: int) -> Test | Group:
    if not isinstance(raw, Mapping) or depth > DEPTH_LIMIT:
        return UNREADABLE
    for mode in MODES:
        if isinstance(items := raw.get(mode), list | tuple):
            return Group(mode, tuple(_loaded(each, depth + 1 if _is_group(each) else depth) for each in items))
    entity, key, operator = raw.get("entity"), raw.get("field"), raw.get("operator")
    if not (isinstance(entity, str) and isinstance(key, str) and isinstance(operator, str)):
        return UNREADABLE
    value = raw.get("value")
    return Test(entity, key, operator, tuple(value) if isinstance(value, list) else value)


def _is_group(raw: object) -> bool:
    return isinstance(raw, Mapping) and any(mode in raw for mode in MODES)


def dump(condition: Condition | None) -> dict[str, object] | None:
    """The JSON form; what parse makes of it is equal to `condition`."""
    if condition is None:
        return None
    return {condition.mode: [_dump_test(item) if isinstance(item, Test) else dump(item) for item in condition.items]}


def _dump_test(test: Test) -> dict[str, object]:
    line: dict[str, object] = {"entity": test.entity, "field": test.field, "operator": test.operator}
    if test.operator not in NEEDS_NO_VALUE:
        line["value"] = list(test.value) if isinstance(test.value, tuple) else test.value
    return line


@dataclass(frozen=True, slots=True)
class _Reader:
    catalogue: Catalogue
    context: ReadContext

    def group(self, raw: object, path: str, depth: int) -> Group:
        if depth > DEPTH_LIMIT:
            raise ConditionError("too_deep", path, limit=DEPTH_LIMIT)
        mode, items = _opened(raw, path)
        if not isinstance(items, list | tuple):
            raise ConditionError("not_a_list", _at(path, mode))
        if not items:
            raise ConditionError("empty_group", _at(path, mode))
        if len(items) > ITEM_LIMIT:
            raise ConditionError("too_many", _at(path, mode), limit=ITEM_LIMIT)
        return Group(mode, tuple(self.item(item, _at(path, mode, n), depth) for n, item in enumerate(items)))

    def item(self, raw: object, path: str, depth: int) -> Test | Group:
        if not isinstance(raw, Mapping):
            raise ConditionError("not_a_test", path)
        if "all" in raw or "any" in raw:
            return self.group(raw, path, depth + 1)
        return self.test(raw, path)

    def test(self, raw: Raw, path: str) -> Test:
        for key in raw:
            if key not in ("entity", "field", "operator", "value"):
                raise ConditionError("unknown_key", _at(path, key))
        spec = self.spec(raw, path)
        operator = raw.get("operator")
        if operator not in fields.operators_for(spec.kind):
            raise ConditionError("unknown_operator", _at(path, "operator"), operators=fields.operators_for(spec.kind))
        value = self.value(spec, operator, raw.get("value"), _at(path, "value"))
        return Test(spec.entity, spec.key, operator, value)

    def spec(self, raw: Raw, path: str) -> FieldSpec:
        entity, key = raw.get("entity"), raw.get("field")
        if not isinstance(entity, str) or not self.catalogue.of(entity):
            raise ConditionError("blank" if entity == "" else "unknown_entity", _at(path, "entity"))
        spec = self.catalogue.get(entity, key) if isinstance(key, str) else None
        if spec is None:
            raise ConditionError("unknown_field", _at(path, "field"))
        return spec

    def value(self, spec: FieldSpec, operator: str, raw: object, path: str) -> Value | tuple[Value, ...]:
        if operator in NEEDS_NO_VALUE:
            if not fields.is_blank(raw):
                raise ConditionError("value_not_taken", path)
            return None
        if operator not in _TAKES_A_LIST:
            return self.one(spec, operator, raw, path)
        if not isinstance(raw, list | tuple) or not raw:
            raise ConditionError("list_needed", path)
        if len(raw) > ITEM_LIMIT:
            raise ConditionError("too_many", path, limit=ITEM_LIMIT)
        return tuple(self.one(spec, operator, one, _at(path, n)) for n, one in enumerate(raw))

    def one(self, spec: FieldSpec, operator: str, raw: object, path: str) -> Value:
        try:
            value = fields.parse(_asked(spec, operator), raw, self.context)
        except FieldError as error:
            raise ConditionError(error.code, path, **error.facts) from None
        if fields.is_blank(value):
            raise ConditionError("value_needed", path)
        return value


def _asked(spec: FieldSpec, operator: str) -> FieldSpec:
    """The field as one value after this operator is read: a piece of a text is a text, one of several is one."""
    if element := field_kind(spec.kind).element:
        return replace(spec, kind=element)
    return FieldSpec(spec.entity, spec.key, "text", spec.label) if operator == "contains" else spec


def _opened(raw: object, path: str) -> tuple[Mode, object]:
    if not isinstance(raw, Mapping) or len(raw) != 1:
        raise ConditionError("not_a_group", path)
    if "all" in raw:
        return "all", raw["all"]
    if "any" in raw:
        return "any", raw["any"]
    raise ConditionError("not_a_group", path)


def _at(path: str, *steps: object) -> str:
    return ".".join(str(step) for step in (path, *steps) if step != "")
