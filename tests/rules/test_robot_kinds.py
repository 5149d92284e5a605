"""Kinds of robots: what each takes, and that everything wrong with one is said at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.facts import Catalogue, FieldSpec
from rules.parameters import LINE_LIMIT, TEXT_LIMIT
from rules.robot_checks import check_robot
from rules.robot_kinds import ROBOT_KINDS, RobotKind, kind_of
from tests.rules.readings import reading

CATALOGUE = Catalogue.build(
    [
        FieldSpec("contact", "vip", "checkbox", {"en": "VIP"}),
        FieldSpec("deal", "delivery_on", "date", {"en": "Delivery"}),
    ]
)
TEXT = {"en": "{deal.responsible} is late with {deal.title}", "ru": "{deal.responsible} опаздывает: {deal.title}"}
CONTROL: dict[str, Any] = {
    "kind": "control",
    "name": {"en": "Reaction control", "ru": "Контроль реакции"},
    "starts": ["entered"],
    "timing": {"after": {"amount": 10, "unit": "minutes"}},
    "when": "any",
    "condition": {"all": [{"entity": "conversation", "field": "replied", "operator": "eq", "value": False}]},
    "settings": {"to": "head", "text": TEXT, "urgency": "urgent"},
}
NOTIFY = {
    **CONTROL,
    "kind": "notify",
    "starts": ["entered", "client_wrote"],
    "timing": {"at_once": True},
    "settings": {"sender": "firm", "to": ["head", {"user": 3}], "text": TEXT},
}
TASK = {
    **CONTROL,
    "kind": "task",
    "settings": {
        "title": {"en": "Processing a deal with a VIP client"},
        "text": TEXT,
        "creator": "head",
        "assignee": "responsible",
        "due": {"amount": 3, "unit": "days"},
        "accept": True,
        "result_required": True,
        "remind": {"amount": 1, "unit": "days"},
    },
}


def problems(robot: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in check_robot(robot, CATALOGUE, reading())]


def with_settings(robot: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**robot, "settings": {**robot["settings"], **changes}}


def around(side: str, entity: str, field: str) -> dict[str, Any]:
    return {**CONTROL, "timing": {side: {"entity": entity, "field": field, "amount": 1, "unit": "days"}}}


@pytest.mark.parametrize("robot", [CONTROL, NOTIFY, TASK])
def test_the_lessons_robots_are_in_order(robot: dict[str, Any]) -> None:
    assert problems(robot) == []


@pytest.mark.parametrize(
    "robot",
    [
        with_settings(CONTROL, to={"user": 7}),
        with_settings(NOTIFY, to="responsible"),
        with_settings(NOTIFY, to=["responsible", "head"], sender={"user": 2}),
        with_settings(TASK, creator={"user": 2}, assignee={"user": 3}),
        with_settings(TASK, assignee="head"),
        with_settings(TASK, due=None, remind=None),
        {**CONTROL, "settings": {"text": TEXT}},
        {**CONTROL, "condition": None},
        {key: value for key, value in CONTROL.items() if key not in ("when", "condition")},
        around("before_field", "deal", "delivery_on"),
        around("after_field", "conversation", "last_client_message_at"),
    ],
)
def test_what_a_kind_leaves_open_may_be_chosen(robot: dict[str, Any]) -> None:
    assert problems(robot) == []


@pytest.mark.parametrize(
    ("robot", "path", "code"),
    [
        # lesson: no sender can be set on a Control, and its addressee is the head or one employee
        (with_settings(CONTROL, sender="firm"), "settings.sender", "unknown_key"),
        (with_settings(CONTROL, to=["head"]), "settings.to", "not_a_person"),
        (with_settings(CONTROL, to="responsible"), "settings.to", "not_a_person"),
        (with_settings(CONTROL, to="everybody"), "settings.to", "not_a_person"),
        (with_settings(CONTROL, to={"user": "7"}), "settings.to", "not_a_person"),
        (with_settings(CONTROL, to={"user": True}), "settings.to", "not_a_person"),
        (with_settings(CONTROL, to={"user": 0}), "settings.to", "not_a_person"),
        (with_settings(CONTROL, to={"user": 10**30}), "settings.to", "not_a_person"),
        (with_settings(CONTROL, to={"user": 7, "as": "boss"}), "settings.to", "not_a_person"),
        (with_settings(NOTIFY, to=[]), "settings.to", "not_a_person"),
        (with_settings(NOTIFY, to=["head", "firm"]), "settings.to", "not_a_person"),
        (with_settings(NOTIFY, to=None), "settings.to", "blank"),
        (with_settings(NOTIFY, sender="head"), "settings.sender", "not_a_person"),
        (with_settings(TASK, creator="responsible"), "settings.creator", "not_a_person"),
        (with_settings(TASK, accept="yes"), "settings.accept", "not_yes_or_no"),
        (with_settings(TASK, accept=1), "settings.accept", "not_yes_or_no"),
        (with_settings(TASK, due=3), "settings.due", "not_a_delay"),
        (with_settings(TASK, due={"amount": 3, "unit": "moons"}), "settings.due", "unknown_unit"),
        (with_settings(TASK, remind={"amount": -3, "unit": "days"}), "settings.remind", "bad_amount"),
        (with_settings(TASK, title=None), "settings.title", "blank"),
        (with_settings(TASK, title={"en": "x" * (LINE_LIMIT + 1)}), "settings.title", "too_long"),
        (with_settings(CONTROL, urgency="panic"), "settings.urgency", "not_an_option"),
        (with_settings(CONTROL, urgency=["urgent"]), "settings.urgency", "not_an_option"),
        (with_settings(CONTROL, text="late"), "settings.text", "not_text"),
        (with_settings(CONTROL, text={"en": 5}), "settings.text", "not_text"),
        (with_settings(CONTROL, text={}), "settings.text", "blank"),
        (with_settings(CONTROL, text={"en": " ", "ru": ""}), "settings.text", "blank"),
        (with_settings(CONTROL, text={"en": "x" * (TEXT_LIMIT + 1)}), "settings.text", "too_long"),
        (with_settings(CONTROL, colour="red"), "settings.colour", "unknown_key"),
        ({**CONTROL, "settings": None}, "settings", "not_an_object"),
        ({**CONTROL, "settings": []}, "settings", "not_an_object"),
        ({**CONTROL, "kind": "pigeon"}, "kind", "not_an_option"),
        ({**CONTROL, "kind": ["control"]}, "kind", "not_an_option"),
        ({**CONTROL, "name": None}, "name", "blank"),
        ({**CONTROL, "name": {"en": "  "}}, "name", "blank"),
        ({**CONTROL, "name": "Control"}, "name", "not_text"),
        ({**CONTROL, "name": {"en": 5}}, "name", "not_text"),
        ({**CONTROL, "name": {"en": "x" * (LINE_LIMIT + 1)}}, "name", "too_long"),
        ({**CONTROL, "starts": []}, "starts", "not_an_option"),
        ({**CONTROL, "starts": None}, "starts", "not_an_option"),
        ({**CONTROL, "starts": 5}, "starts", "not_an_option"),
        ({**CONTROL, "starts": "entered"}, "starts", "not_an_option"),
        ({**CONTROL, "starts": ["entered", "sneezed"]}, "starts", "not_an_option"),
        ({**CONTROL, "when": "full_moon"}, "when", "not_an_option"),
        ({**CONTROL, "timing": None}, "timing", "not_a_timing"),
        ({**CONTROL, "timing": {"after": {"amount": 10**9, "unit": "days"}}}, "timing", "bad_amount"),
        ({**CONTROL, "condition": []}, "condition", "not_a_group"),
        ({**CONTROL, "condition": {"all": [{"entity": "moon"}]}}, "condition.all.0.entity", "unknown_entity"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(robot: dict[str, Any], path: str, code: str) -> None:
    assert problems(robot) == [(path, code)]


@pytest.mark.parametrize(
    ("entity", "field", "code"),
    [("deal", "moon_phase", "unknown_field"), ("deal", "title", "not_a_date_field"), ("moon", "x", "unknown_field")],
)
def test_a_timer_around_what_holds_no_date_would_wait_for_ever(entity: str, field: str, code: str) -> None:
    assert problems(around("before_field", entity, field)) == [("timing", code)]


def test_everything_wrong_is_said_at_once() -> None:
    assert [path for path, _ in problems({})] == ["kind", "name", "starts", "timing"]
    wrong = {**with_settings(TASK, title=None, due=5), "name": {}, "when": "never"}
    assert [path for path, _ in problems(wrong)] == ["settings.title", "settings.due", "name", "when"]


@pytest.mark.parametrize(
    ("robot", "facts"),
    [
        (with_settings(CONTROL, text={"en": "x" * 3000}), {"limit": TEXT_LIMIT}),
        (with_settings(TASK, due={"amount": 10**6, "unit": "days"}), {"limit": 1000}),
        (with_settings(CONTROL, urgency="panic"), {"options": ("normal", "urgent")}),
    ],
)
def test_a_problem_carries_what_its_words_need(robot: dict[str, Any], facts: dict[str, Any]) -> None:
    assert [dict(each.facts) for each in check_robot(robot, CATALOGUE, reading())] == [facts]


def test_every_default_is_one_that_its_parameter_takes() -> None:
    for kind in ROBOT_KINDS.values():
        defaults = {each.key: each.default for each in kind.parameters if each.default is not None}
        robot = {**CONTROL, "kind": kind.key, "settings": {"to": "head", **defaults}}
        assert all(code in ("blank", "unknown_key", "unknown_webhook") for _, code in problems(robot)), kind.key


@pytest.mark.parametrize("kind", ROBOT_KINDS.values(), ids=ROBOT_KINDS)
def test_a_kind_says_the_same_in_both_languages(kind: RobotKind) -> None:
    for words in (kind.name, kind.waits, kind.acts):
        assert set(words) == {"en", "ru"}
        assert words["en"] != words["ru"]
        assert len({frozenset(re.findall(r"{(\w+)}", each)) for each in words.values()}) == 1
    assert "{left}" in kind.waits["en"]


@pytest.mark.parametrize(
    ("kind", "settings", "slot"),
    [
        ("control", {}, "head"),
        ("control", {"to": {"user": 7}}, "head"),
        ("control", {"to": {"user": 8}}, {"user": 8}),
        ("notify", {"to": {"user": 7}}, {"user": 7}),
        ("notify", {"to": ["head", {"user": 8}]}, ["head", {"user": 8}]),
        ("task", {}, "responsible"),
        ("task", {"assignee": "head", "to": {"user": 8}}, "head"),
        ("of yesterday", {"to": "head"}, None),
    ],
)
def test_whom_it_reaches(kind: str, settings: dict[str, Any], slot: Any) -> None:
    assert kind_of(kind).slot(settings, responsible_id=7) == slot


def test_a_control_has_no_sender_and_a_notification_has_one() -> None:
    assert ROBOT_KINDS["control"].get("sender") is None
    assert ROBOT_KINDS["notify"].get("sender") is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["kind", "name", "starts", "timing", "when", "condition", "settings"])
SETTINGS = st.sampled_from(["to", "text", "sender", "creator", "due", "accept", "urgency", "title"])


@given(st.sampled_from([CONTROL, NOTIFY, TASK]), KEYS, JSON, SETTINGS, JSON)
def test_no_json_is_too_strange_to_be_refused(robot: Any, key: str, value: Any, setting: str, other: Any) -> None:
    check_robot({**robot, key: value}, CATALOGUE, reading())
    check_robot(with_settings(robot, **{setting: other}), CATALOGUE, reading())
