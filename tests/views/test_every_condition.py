"""Whatever the builder of conditions offers can be saved: every field with every operator that it has."""

from __future__ import annotations

from random import Random

from flask import Flask

from rules import condition_typing
from rules.condition_forms import NEEDS_NO_VALUE
from rules.facts import Group, Test
from rules.field_kinds import field_kind
from tests.rules import any_robot
from tests.views.scenes import browser
from webapp.i18n import named
from webapp.i18n.condition_typing import typed
from webapp.snapshots import drafts, setups

REQUIRED_IF = "/settings/fields/deal/equipment_type/conditions"


def test_each_field_with_each_operator_is_taken(app: Flask) -> None:
    chance, who = Random(5), browser(app, "admin")
    with app.app_context():
        setup, names = setups.current(), named.live()
        people = tuple(setup.people)
        wanted = {
            f"{spec.entity}.{spec.key}": Group(
                "any",
                tuple(
                    Test(spec.entity, spec.key, operator, _value(chance, spec, operator, people))
                    for operator in field_kind(spec.kind).operators
                ),
            )
            for spec in setup.catalogue.fields.values()
        }
        shown = {field: condition_typing.write(typed(group, names)) for field, group in wanted.items()}
    assert {"deal.stage", "contact.vip", "conversation.replied"} <= set(wanted)
    for field, typed_in in shown.items():
        answer = who.post(REQUIRED_IF, data={name: list(values) for name, values in typed_in.items()})
        assert answer.status_code == 303, field
    with app.app_context():
        kept = drafts.current().document.get("field", "deal/equipment_type")
    assert kept is not None
    assert kept.parts["required_if"]


def _value(chance: Random, spec: any_robot.FieldSpec, operator: str, people: tuple[int, ...]) -> any_robot.Value:
    if operator in NEEDS_NO_VALUE:
        return None
    one = "ab" if operator == "contains" else any_robot.stored(chance, spec, people)
    return (one,) if operator in ("in", "not_in") else one
