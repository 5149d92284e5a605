"""Whether a condition holds, and every value that was read on the way. How it is written as JSON: condition_forms.py.

Nothing is cut short: a test in a branch that no longer matters is read too, since the deal's page shows a tick or a
cross for each. Which operators suit which kind is in fields.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from rules import fields
from rules.condition_forms import NEEDS_NO_VALUE, ConditionError, dump, load, parse
from rules.facts import Catalogue, Condition, FieldSpec, Group, Snapshot, Test, Value
from rules.field_kinds import field_kind

__all__ = ["ConditionError", "Finding", "Verdict", "dump", "evaluate", "load", "parse", "tests_in"]

_ORDERED = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


@dataclass(frozen=True, slots=True)
class Finding:
    """One test and what it met. Both values are as stored, ready for JSON."""

    entity: str
    field: str
    operator: str
    expected: Value | tuple[Value, ...]
    actual: Value
    holds: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    holds: bool
    findings: tuple[Finding, ...]


def evaluate(condition: Condition | None, snapshot: Snapshot, catalogue: Catalogue) -> Verdict:
    """Whether the condition holds, and each of its tests in order. Never raises.

    A blank is equal to nothing, neither greater nor less, and in no list, so that ne and not_in hold for it; an
    untouched checkbox says no. A test does not hold when its field is gone, when an option that it names is, or when
    the field's kind no longer takes the operator.
    """
    if condition is None:
        return Verdict(True, ())
    verdicts = [_judge(item, snapshot, catalogue) for item in condition.items]
    quorum = all if condition.mode == "all" else any
    return Verdict(
        quorum(verdict.holds for verdict in verdicts),
        tuple(finding for verdict in verdicts for finding in verdict.findings),
    )


def tests_in(condition: Condition | None) -> Iterator[Test]:
    """Every test, however deep: what the condition depends on."""
    for item in condition.items if condition else ():
        if isinstance(item, Test):
            yield item
        else:
            yield from tests_in(item)


def _judge(item: Test | Group, snapshot: Snapshot, catalogue: Catalogue) -> Verdict:
    if isinstance(item, Group):
        return evaluate(item, snapshot, catalogue)
    actual = snapshot.value(item.entity, item.field)
    spec = catalogue.get(item.entity, item.field)
    holds = spec is not None and not _asks_for_what_is_gone(item, spec) and _holds(item, spec.kind, actual)
    finding = Finding(item.entity, item.field, item.operator, item.value, fields.stored(actual), holds)
    return Verdict(holds, (finding,))


def _asks_for_what_is_gone(test: Test, spec: FieldSpec) -> bool:
    if not field_kind(spec.kind).has_options or test.operator in NEEDS_NO_VALUE:
        return False
    known = {each.key for each in spec.options}
    many = test.value if isinstance(test.value, tuple) else (test.value,)
    return any(not isinstance(each, str) or each not in known for each in many)


def _holds(test: Test, kind: str, actual: Value) -> bool:
    if test.operator not in fields.operators_for(kind):
        return False
    if test.operator in NEEDS_NO_VALUE:
        return fields.is_blank(actual) == (test.operator == "empty")
    have = fields.comparable(kind, actual)
    if isinstance(test.value, tuple):
        found = have is not None and have in [fields.comparable(kind, value) for value in test.value]
        return found == (test.operator == "in")
    want = fields.comparable(kind, test.value)
    return want is not None and _compare(test.operator, have, want)


def _compare(operator: str, have: Any, want: Any) -> bool:
    if operator == "ne":
        return bool(have != want)
    if have is None:
        return False
    if operator == "eq":
        return bool(have == want)
    if operator == "contains":
        return bool(want) and want in have
    return operator in _ORDERED and bool(_ORDERED[operator](have, want))
