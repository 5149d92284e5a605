"""A condition while somebody builds it: what is typed need not hold together yet. It is a tree of what stands in the
controls, read from the names of a form and written into them, changed by one press at a time (add a test, wrap it in a
group, take it away), and turned into the JSON form that conditions.parse reads.

Names: "if.mode", "if.0.field" (deal.amount), "if.0.operator", "if.0.value" (several for a list), "if.1.0.field" within
the group that stands second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rules.condition_forms import DEPTH_LIMIT, ITEM_LIMIT, MODES, NEEDS_NO_VALUE
from rules.facts import Catalogue, Mode
from rules.field_kinds import field_kind

ROOT = "if"
TAKES_A_LIST = ("in", "not_in")
_PATH = re.compile(rf"{ROOT}((?:\.[0-9]{{1,2}})*)\.(mode|field|operator|value|was)")


@dataclass(frozen=True, slots=True)
class TypedTest:
    """`field` as "contact.vip"; `values` as typed. `was` is the field for which the controls were drawn."""

    field: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()
    was: str = ""


@dataclass(frozen=True, slots=True)
class TypedGroup:
    mode: Mode = "all"
    items: tuple[TypedTest | TypedGroup, ...] = ()


Typed = TypedTest | TypedGroup
Fields = Mapping[str, tuple[str, ...]]


def read(fields: Fields) -> TypedGroup:
    """What stands in a form. What is none of a builder's is passed over."""
    tree: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, values in fields.items():
        if found := _PATH.fullmatch(name):
            tree.setdefault(found[1], {})[found[2]] = values
    group = _read(tree, "")
    return group if isinstance(group, TypedGroup) else TypedGroup(items=(group,))


def _read(tree: Mapping[str, Fields], path: str) -> Typed:
    own = tree.get(path, {})
    if "field" in own:
        return TypedTest(_last(own, "field"), _last(own, "operator"), own.get("value", ()), _last(own, "was"))
    start = f"{path}."
    numbers = {each.removeprefix(start).split(".")[0] for each in tree if each.startswith(start)}
    items = tuple(_read(tree, f"{start}{number}") for number in sorted(numbers, key=int))
    return TypedGroup("any" if _last(own, "mode") == "any" else "all", items)


def _last(own: Fields, name: str) -> str:
    return own.get(name, ("",))[-1]


def write(group: TypedGroup) -> dict[str, tuple[str, ...]]:
    """The names of a form with what stands in them: read(write(g)) == g."""
    return dict(_written(group, ROOT))


def _written(item: Typed, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(item, TypedTest):
        yield f"{path}.field", (item.field,)
        yield f"{path}.operator", (item.operator,)
        yield f"{path}.was", (item.was,)
        if item.values:
            yield f"{path}.value", item.values
        return
    yield f"{path}.mode", (item.mode,)
    for number, each in enumerate(item.items):
        yield from _written(each, f"{path}.{number}")


def suited(item: TypedGroup, catalogue: Catalogue) -> TypedGroup:
    """Each test with an operator that its field takes; another field begins anew."""
    return replace(
        item,
        items=tuple(
            suited(each, catalogue) if isinstance(each, TypedGroup) else _suited(each, catalogue) for each in item.items
        ),
    )


def _suited(test: TypedTest, catalogue: Catalogue) -> TypedTest:
    operators = operators_of(test.field, catalogue)
    operator = test.operator if test.operator in operators else next(iter(operators), "")
    is_new = test.was not in ("", test.field)
    return TypedTest(
        test.field, operators[0] if is_new and operators else operator, () if is_new else test.values, test.field
    )


def operators_of(field: str, catalogue: Catalogue) -> tuple[str, ...]:
    entity, _, key = field.partition(".")
    spec = catalogue.get(entity, key)
    return field_kind(spec.kind).operators if spec else ()


def pressed(group: TypedGroup, act: str) -> TypedGroup:
    """After one press: "test:if.1" adds a test to that group, "group:if.1" a group with a test, "without:if.1.0" takes
    away. An act that leads nowhere changes nothing."""
    verb, _, name = act.partition(":")
    steps = name.removeprefix(ROOT).split(".")[1:]
    if not all(each.isdecimal() and len(each) < 3 for each in steps):
        return group
    path = tuple(map(int, steps))
    if verb == "without":
        return _tidied(_without(group, path)) if path else group
    fresh: dict[str, Typed] = {"test": TypedTest(), "group": TypedGroup("any", (TypedTest(),))}
    may = verb in fresh and (verb == "test" or len(path) + 1 < DEPTH_LIMIT)
    return _with(group, path, fresh[verb]) if may else group


def _with(group: TypedGroup, path: tuple[int, ...], fresh: Typed) -> TypedGroup:
    if not path:
        is_full = len(group.items) >= ITEM_LIMIT
        return group if is_full else replace(group, items=(*group.items, fresh))
    return replace(
        group,
        items=tuple(
            _with(each, path[1:], fresh) if n == path[0] and isinstance(each, TypedGroup) else each
            for n, each in enumerate(group.items)
        ),
    )


def _without(group: TypedGroup, path: tuple[int, ...]) -> TypedGroup:
    items: list[Typed] = []
    for n, each in enumerate(group.items):
        if n != path[0]:
            items.append(each)
        elif len(path) > 1:
            items.append(_without(each, path[1:]) if isinstance(each, TypedGroup) else each)
    return replace(group, items=tuple(items))


def _tidied(group: TypedGroup) -> TypedGroup:
    """Without groups that have nothing in them."""
    items = (_tidied(each) if isinstance(each, TypedGroup) else each for each in group.items)
    return replace(group, items=tuple(each for each in items if isinstance(each, TypedTest) or each.items))


def as_raw(group: TypedGroup) -> dict[str, object] | None:
    """As conditions.parse reads it; None when nothing is asked. A test of no field is left for parse to refuse."""
    return {group.mode: [_raw(each) for each in group.items]} if group.items else None


def _raw(item: Typed) -> object:
    if isinstance(item, TypedGroup):
        return {item.mode: [_raw(each) for each in item.items]}
    entity, _, key = item.field.partition(".")
    line: dict[str, object] = {"entity": entity, "field": key, "operator": item.operator}
    if item.operator in TAKES_A_LIST:
        line["value"] = [each for each in item.values if each.strip()]
    elif item.operator not in NEEDS_NO_VALUE:
        line["value"] = next(iter(item.values), "")
    return line


__all__ = ["MODES", "ROOT", "TypedGroup", "TypedTest", "as_raw", "operators_of", "pressed", "read", "suited", "write"]
