"""A robot is rehearsed as it would be set up: whatever the API refuses in a robot that is made, for whichever kind of
field or setting, it refuses in one that is rehearsed, with the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rules.field_kinds import FIELD_KINDS
from rules.robot_kinds import ROBOT_KINDS
from tests.api.callers import Caller

NOBODY = 999_999
WRONG: tuple[Any, ...] = (NOBODY, "x", "", -1, 1.5, True, {"user": NOBODY}, {"user": "x"}, {"a": 1}, [NOBODY], ["x"])
WRONG += ([{"user": NOBODY}], "2026-02-31", "rep1@dozor.example", "head")
OPTIONS = [{"key": "a", "label": {"en": "First"}}, {"key": "b", "label": {"en": "Second"}}]
BASE = {"stage": "payment", "name": {"en": "Look"}, "timing": {"at_once": True}}
CONTROL = {**BASE, "kind": "control", "settings": {"text": {"en": "Look"}}}


@pytest.fixture
def admin(calling: Callable[[str], Caller]) -> Caller:
    return calling("admin")


def fields(admin: Caller) -> Iterator[tuple[str, str, str]]:
    """One of each kind, as entity, key, kind: own ones are made, of the others one that is there."""
    for each in FIELD_KINDS.values():
        if each.is_own:
            options = {"options": OPTIONS} if each.has_options else {}
            made = {"entity": "deal", "kind": each.key, "key": f"own_{each.key}", "label": {"en": each.key}, **options}
            admin.post("/fields", made)
            yield "deal", f"own_{each.key}", each.key
    yield from (("deal", "responsible", "user"), ("deal", "stage", "stage"))


def test_what_a_condition_cannot_ask_is_not_rehearsed(admin: Caller) -> None:
    sent = [
        {**CONTROL, "condition": {"all": [{"entity": entity, "field": key, "operator": operator, "value": value}]}}
        for entity, key, kind in list(fields(admin))
        for operator in FIELD_KINDS[kind].operators[:1]
        for value in WRONG
    ]
    assert unlike(admin, sent) == []


@pytest.mark.parametrize("kind", ROBOT_KINDS)
def test_what_a_setting_cannot_be_is_not_rehearsed(admin: Caller, kind: str) -> None:
    list(fields(admin))
    whole = {"text": {"en": "Look"}, "title": {"en": "Look"}, "to": "head", "creator": "head", "stage": "sales/won"}
    whole |= {"assignee": "responsible", "due": {"amount": 1, "unit": "days"}, "entity": "deal", "field": "own_number"}
    own = {each.key: whole[each.key] for each in ROBOT_KINDS[kind].parameters if each.key in whole}
    sent = [
        {**BASE, "kind": kind, "settings": {**own, each.key: value}}
        for each in ROBOT_KINDS[kind].parameters
        for value in WRONG
    ]
    assert unlike(admin, sent) == []


def unlike(admin: Caller, robots: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    found = []
    for each in robots:
        made, rehearsed = answer(admin, "/robots", each), answer(admin, "/rehearsals", {"robot": each, "days": 1})
        if made != rehearsed:
            found.append((each["settings"], each.get("condition"), made, rehearsed))
    return found


def answer(admin: Caller, path: str, body: dict[str, Any]) -> Any:
    """Taken, or what is wrong with it."""
    said = admin.call("POST", path, body)
    if said.status_code < 300:
        return "taken"
    wrong = said.get_json().get("fields", [])
    return said.status_code, sorted(
        (each.get("key", each.get("field", each.get("path", ""))).removeprefix("robot."), each["code"])
        for each in wrong
    )
