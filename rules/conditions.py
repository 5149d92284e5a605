"""Whether a condition holds, and every value that was read on the way. How it is written as JSON: condition_forms.py.

Nothing is cut short: a test in a branch that no longer matters is read too, since the deal's page shows a tick or a
cross for each. Which operators suit which kind of field is in field_kinds.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import ge, gt, le, lt
from typing import Any

from rules import fields
from rules.condition_forms import NEEDS_NO_VALUE, ConditionError, dump, load, parse
from rules.facts import Catalogue, Condition, FieldSpec, Group, Snapshot, Test, Value
from rules.field_kinds import field_kind

__all__ = [
    "ConditionError",
    "Finding",
    "Verdict",
    "answer_asked",
    "demands",
    "dump",
    "evaluate",
    "load",
    "needs_debt",
    "parse",
    "tests_in",
]

_ORDERED = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


@dataclass(frozen=True, slots=True)
class Finding:
    """One test and what it met. Both values are as stored, ready for JSON. `gone` says what the test asks for and the
    set-up has no more: field, option or operator; empty when all is there. `options_gone` are those options alone."""

    entity: str
    field: str
    operator: str
    expected: Value | tuple[Value, ...]
    actual: Value
    holds: bool
    gone: str = ""
    options_gone: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    holds: bool
    findings: tuple[Finding, ...]


def evaluate(condition: Condition | None, snapshot: Snapshot, catalogue: Catalogue) -> Verdict:
    """Whether the condition holds, and each of its tests in order. Never raises.

    A blank is equal to nothing, neither greater nor less, and in no list, so that ne and not_in hold for it; an
    untouched checkbox says no. A test does not hold when its field is gone, when its kind no longer takes the operator,
    or when an option that it names is gone (of several after `in`, those that are left count).
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


def demands(condition: Condition | None) -> Iterator[Test]:
    """The tests that each have to hold: not those of which one is enough."""
    if condition is None or (condition.mode == "any" and len(condition.items) > 1):
        return
    for item in condition.items:
        if isinstance(item, Test):
            yield item
        else:
            yield from demands(item)


def _needs(condition: Condition | Test | Group, is_such: Callable[[Test], bool]) -> bool:
    """Whether it cannot hold unless such a test does."""
    if isinstance(condition, Test):
        return is_such(condition)
    enough = all if condition.mode == "any" else any
    return bool(condition.items) and enough(_needs(each, is_such) for each in condition.items)


def answer_asked(test: Test) -> bool | None:
    """What a field that says yes or no has to say."""
    if test.operator not in ("eq", "ne"):
        return None
    return (test.value is True) == (test.operator == "eq")


def needs_debt(condition: Condition | None) -> bool:
    """Whether it holds only while something is owed: what waits by it has nothing to wait for once all is paid."""
    return condition is not None and _needs(condition, _asks_for_debt)


def _asks_for_debt(test: Test) -> bool:
    return (test.entity, test.field) == ("invoices", "unpaid") and answer_asked(test) is True


def _judge(item: Test | Group, snapshot: Snapshot, catalogue: Catalogue) -> Verdict:
    if isinstance(item, Group):
        return evaluate(item, snapshot, catalogue)
    actual = snapshot.value(item.entity, item.field)
    spec = catalogue.get(item.entity, item.field)
    gone = _gone(item, spec)
    holds = spec is not None and not gone and _holds(_of_what_is_left(item, spec), spec.kind, actual)
    met = (item.entity, item.field, item.operator, item.value, fields.stored(actual))
    left = _left(item, spec) if spec is not None else ()
    lost = tuple(each for each in _named(item) if each not in left) if gone == "option" else ()
    finding = Finding(*met, holds, gone, lost)
    return Verdict(holds, (finding,))


def _gone(test: Test, spec: FieldSpec | None) -> str:
    if spec is None:
        return "field"
    kind = field_kind(spec.kind)
    if test.operator not in kind.operators:
        return "operator"
    if not kind.has_options or test.operator in NEEDS_NO_VALUE:
        return ""
    named, left = _named(test), _left(test, spec)
    is_whole = bool(left) if test.operator == "in" else len(left) == len(named)
    return "" if is_whole else "option"


def _named(test: Test) -> tuple[Value, ...]:
    return test.value if isinstance(test.value, tuple) else (test.value,)


def _left(test: Test, spec: FieldSpec) -> tuple[Value, ...]:
    """The options that a test names and its field still has."""
    keys = {each.key for each in spec.choices}
    return tuple(each for each in _named(test) if isinstance(each, str) and each in keys)


def _of_what_is_left(test: Test, spec: FieldSpec) -> Test:
    if not field_kind(spec.kind).has_options or not isinstance(test.value, tuple):
        return test
    return replace(test, value=_left(test, spec))


def _holds(test: Test, kind: str, actual: Value) -> bool:
    if test.operator in NEEDS_NO_VALUE:
        return fields.is_blank(actual) == (test.operator == "empty")
    have = fields.comparable(kind, actual)
    if isinstance(test.value, tuple):
        found = have is not None and any(is_met(have, fields.comparable(kind, value)) for value in test.value)
        return found == (test.operator == "in")
    want = fields.comparable(kind, test.value)
    return want is not None and _compare(test.operator, have, want)


def is_met(have: object, want: object) -> bool:
    """Whether one value of a list is the field's; of several, one of them."""
    if isinstance(have, frozenset) and isinstance(want, frozenset):
        return bool(have & want)
    return have == want


def _compare(operator: str, have: Any, want: Any) -> bool:
    if operator == "ne":
        return bool(have != want)
    if have is None:
        return False
    if operator == "eq":
        return bool(have == want)
    if operator == "contains":
        return bool(want) and (want <= have if isinstance(want, frozenset) else want in have)
    return operator in _ORDERED and bool(_ORDERED[operator](have, want))
