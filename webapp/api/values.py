"""Values in JSON: money goes as decimal strings both ways, whether it is an amount, a field or part of a condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rules.facts import FieldSpec
from rules.field_kinds import field_kind, money_from_json
from rules.fields import FieldError
from rules.robot_kinds import RobotKind
from rules.setup import Stage
from webapp import phones
from webapp.api.types import Money
from webapp.errors import Refused, invalid
from webapp.snapshots.json_values import shown
from webapp.snapshots.setups import current


def minor(amount: Money, field: str = "amount") -> int:
    """An amount in minor units of the firm's currency. Raises Refused naming `field`."""
    try:
        return money_from_json(amount, current().reading(None))
    except FieldError as error:
        raise invalid(field, error.code, **error.facts) from None


def own_currency(currency: str | None) -> None:
    """One currency a firm: another is refused."""
    if currency is not None and currency != current().firm.currency:
        raise invalid("currency", "foreign_currency", currency=current().firm.currency)


def named_stage(name: str, field: str = "stage") -> Stage:
    """A stage that stands by key outside of a deal (see SetupSnapshot.stage_named). Raises Refused naming `field`."""
    try:
        return current().stage_by_id(_stage_id(name))
    except FieldError as error:
        raise invalid(field, error.code, **error.facts) from None


def _stage_id(name: Any) -> int:
    setup = current()
    found = setup.stage_named(name) if isinstance(name, str) else None
    if found is not None:
        return found.id
    is_known = any(each.key == name for each in setup.stages.values())
    raise FieldError("ambiguous_stage" if is_known else "unknown_stage")


def taken_fields(entity: str, raw: Mapping[str, Any] | None) -> dict[str, Any]:
    """Field values as services take them. Money must be a decimal string, a time have its zone: else Refused."""
    catalogue, problems, taken = current().catalogue, {}, {}
    for key, value in (raw or {}).items():
        try:
            taken[key] = _taken(catalogue.get(entity, key), value)
        except FieldError as error:
            problems[key] = {"code": error.code, **error.facts}
    if problems:
        raise Refused("bad_fields", problems=problems)
    return taken


def with_extension(phone: str | None, extension: str | None) -> str | None:
    """A number as services take it. Raises Refused for an extension of no number."""
    if extension and not phone:
        raise invalid("phone", "blank")
    return phones.whole(phone, extension) or None


def _taken(spec: FieldSpec | None, value: Any) -> Any:
    if spec is None or value is None:
        return value
    if spec.kind == "stage":
        return _stage_id(value)
    return field_kind(spec.kind).from_json(value, current().reading(None))


def shown_settings(kind: RobotKind, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A robot's kept settings in JSON form."""
    setup, spec = current(), _field_set(settings)
    said = dict(settings)
    for each in kind.parameters:
        if each.key in said and each.kind == "stage":
            said[each.key] = setup.name_of_stage(said[each.key])
        elif each.key in said and each.kind == "value":
            said[each.key] = shown(spec, said[each.key], setup)
    return said


def taken_settings(kind: RobotKind, settings: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as sent, over those that are kept: stages by their ids, values as services take them. What else is wrong
    with them is for the rules to say."""
    spec, taken = _field_set({**kept, **settings}), dict(settings)
    for each in kind.parameters:
        if taken.get(each.key) is None or each.kind not in ("stage", "value"):
            continue
        try:
            value = taken[each.key]
            taken[each.key] = _stage_id(value) if each.kind == "stage" else _taken(spec, value)
        except FieldError as error:
            raise invalid(f"settings.{each.key}", error.code, **error.facts) from None
    return taken


def _field_set(settings: Mapping[str, Any]) -> FieldSpec | None:
    return current().catalogue.get(str(settings.get("entity") or "deal"), str(settings.get("field")))


def shown_condition(condition: Any) -> Any:
    """A kept condition in JSON form."""
    setup = current()
    return _each_test(condition, lambda spec, value: shown(spec, value, setup))


def taken_condition(condition: Any) -> Any:
    """A condition as sent, with money in minor units; what else is wrong with it is for the rules to say."""
    return _each_test(condition, _taken_operand)


def _taken_operand(spec: FieldSpec | None, value: Any) -> Any:
    try:
        return [_taken(spec, each) for each in value] if isinstance(value, list) else _taken(spec, value)
    except FieldError as error:
        raise invalid("condition", error.code, **error.facts) from None


def _each_test(node: Any, change: Callable[[FieldSpec | None, Any], Any]) -> Any:
    if isinstance(node, list):
        return [_each_test(each, change) for each in node]
    if not isinstance(node, dict):
        return node
    if "operator" not in node:
        return {key: _each_test(each, change) for key, each in node.items()}
    spec = current().catalogue.get(str(node.get("entity")), str(node.get("field")))
    return {**node, "value": change(spec, node["value"])} if node.get("value") is not None else node
