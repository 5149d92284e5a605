"""The builder of conditions: whatever condition there is stands in its controls and is read back as it was; a press
does one thing. TYPED=3000 looks longer."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from flask import Flask

from rules import condition_typing, conditions
from rules.condition_typing import TypedGroup, TypedTest, pressed
from tests.rules import any_robot
from webapp.i18n import named
from webapp.i18n.condition_typing import typed
from webapp.i18n.named import Named
from webapp.snapshots import setups
from webapp.web.templating import Reader, reading_as

EXAMPLES = int(os.environ.get("TYPED", "200"))
A, B = TypedTest("contact.vip", "eq", ("on",), "contact.vip"), TypedTest("deal.amount", "gt", ("5",), "deal.amount")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_condition_goes_through_the_form_and_comes_back_as_it_was(app: Flask, language: str) -> None:
    chance = Random(3)
    with reading_as(app, Reader(language, "Europe/Moscow")):
        setup = setups.current()
        names = named.live()
        reading = replace(setup.reading(None), stages=set(names.stage_keys.values()))
        for _ in range(EXAMPLES):
            wanted = any_robot.condition(chance, setup.catalogue, tuple(setup.people))
            shown = typed(wanted, names)
            fields = condition_typing.write(shown)
            again = condition_typing.suited(condition_typing.read(fields), setup.catalogue)
            assert again == shown
            read = conditions.parse(condition_typing.as_raw(again), setup.catalogue, reading)
            assert conditions.dump(read) == by_keys(conditions.dump(wanted), names)


def by_keys(raw: Any, names: Named) -> Any:
    """The same condition with stages by their whole keys, as a draft has them."""
    if isinstance(raw, list):
        return [by_keys(each, names) for each in raw]
    if raw is None or "entity" not in raw:
        return raw and {mode: by_keys(items, names) for mode, items in raw.items()}
    if (raw["entity"], raw["field"]) != ("deal", "stage") or "value" not in raw:
        return raw
    value = raw["value"]
    return {**raw, "value": [*map(names.stage_key, value)] if isinstance(value, list) else names.stage_key(value)}


def test_a_press_adds_wraps_and_takes_away() -> None:
    group = pressed(TypedGroup(), "test:if")
    assert group == TypedGroup("all", (TypedTest(),))
    group = pressed(TypedGroup("all", (A,)), "group:if")
    assert group == TypedGroup("all", (A, TypedGroup("any", (TypedTest(),))))
    group = pressed(group, "test:if.1")
    assert group.items[1] == TypedGroup("any", (TypedTest(), TypedTest()))
    assert pressed(group, "group:if.1").items[1].items[2] == TypedGroup("any", (TypedTest(),))  # type: ignore[union-attr]
    alone = pressed(pressed(group, "without:if.1.0"), "without:if.1.0")
    assert alone == TypedGroup("all", (A,))
    assert pressed(alone, "without:if.0") == TypedGroup()


def test_a_press_that_leads_nowhere_changes_nothing() -> None:
    group = TypedGroup("all", (A, TypedGroup("any", (B, TypedGroup("all", (A,))))))
    for act in ("", "test:if.7", "test:if.x", "group:if.1.1", "without:if", "without:if.9.9", "move:if.1"):
        assert pressed(group, act) == group, act


def test_another_field_begins_anew(app: Flask) -> None:
    with app.app_context():
        catalogue = setups.current().catalogue
    changed = TypedGroup("all", (TypedTest("deal.amount", "eq", ("on",), "contact.vip"),))
    assert condition_typing.suited(changed, catalogue).items == (TypedTest("deal.amount", "eq", (), "deal.amount"),)
    unknown = TypedGroup("all", (TypedTest("deal.amount", "is_red", ("5",), "deal.amount"),))
    assert condition_typing.suited(unknown, catalogue).items == (TypedTest("deal.amount", "eq", ("5",), "deal.amount"),)
    assert condition_typing.read({"if.0.field": ("x",), "other": ("y",), "if.0.bad": ("z",)}) == TypedGroup(
        "all", (TypedTest("x"),)
    )
