"""A robot is one sentence: two that do different things never read the same, in either language, and nothing in it is
a word of the machine. Kinds, parameters, starts, operators that are declared take part by being declared.
SENTENCES=5000 looks longer."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from flask import Flask

from rules import messages, robots
from rules.facts import Group, Test
from rules.field_kinds import FIELD_KINDS, field_kind
from rules.robot_kinds import ROBOT_KINDS, kind_of
from rules.robots import After, AtOnce, RobotSpec
from rules.triggers import EVENTS, TriggerSpec
from rules.worktime import UNITS, Delay
from tests import company
from tests.rules import any_robot
from webapp.i18n import condition_words, placeholders, sentences
from webapp.snapshots import setups, specs
from webapp.web.templating import Reader, reading_as

EXAMPLES = int(os.environ.get("SENTENCES", "60"))


@pytest.fixture(params=["en", "ru"])
def language(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    with reading_as(app, Reader(request.param, "Europe/Moscow")):
        yield request.param


def meant(spec: RobotSpec) -> Any:
    """What a robot does: a default said aloud is the same as one left unsaid, a group of one is its item."""
    told = {each.key: spec.settings.get(each.key) for each in kind_of(spec.kind).parameters}
    defaults = {each.key: each.default for each in kind_of(spec.kind).parameters}
    settings = {key: defaults[key] if value is None else value for key, value in told.items()}
    field = setups.current().catalogue.get(str(settings.get("entity")), str(settings.get("field")))
    if field is not None and field_kind(field.kind).is_never_empty and settings.get("value") is not None:
        settings["value"] = bool(settings["value"])  # such a field keeps nothing else
    return replace(spec, settings=settings, condition=as_meant(spec.condition))


def as_meant(condition: Any) -> Any:
    if not isinstance(condition, Group):
        return condition
    mode = "all" if len(condition.items) == 1 else condition.mode
    return Group(mode, tuple(as_meant(each) for each in condition.items))


def test_two_robots_that_do_different_things_never_read_the_same(language: str) -> None:
    chance, read = Random(7), {}
    people = tuple(setups.current().people)
    for _ in range(EXAMPLES):
        spec = any_robot.robot(chance, setups.current().catalogue, people, company.stage("new").id)
        kind = kind_of(spec.kind)
        flipped = [
            replace(spec, timing=any_robot.timing(chance, setups.current().catalogue)),
            replace(spec, when=chance.choice(robots.WHENS)),
            replace(spec, once_per_deal=not spec.once_per_deal),
            replace(spec, also_later=not spec.also_later),
            replace(spec, starts=(chance.choice(robots.STARTS),)),
            replace(spec, condition=any_robot.condition(chance, setups.current().catalogue, people)),
            *(
                replace(spec, settings={**spec.settings, each.key: any_robot.value(chance, each, people)})
                for each in kind.parameters
            ),
        ]
        for each in (spec, *flipped):
            for in_its_column in (False, True):
                words = in_its_column, sentences.plain(sentences.robot(each, in_its_column=in_its_column))
                assert read.setdefault(words, meant(each)) == meant(each), words


def test_two_triggers_that_do_different_things_never_read_the_same(language: str) -> None:
    chance, read = Random(7), {}
    setup = setups.current()
    for _ in range(EXAMPLES):
        wanted = any_robot.condition(chance, setup.catalogue, tuple(setup.people))
        stage, back = chance.choice(list(setup.stages)), chance.random() < 0.3
        spec = TriggerSpec(1, chance.choice(EVENTS), stage, condition=wanted, may_go_back=back)
        is_meant = (spec.event, spec.stage_id, as_meant(wanted), back)
        words = sentences.plain(sentences.trigger(spec))
        assert read.setdefault(words, is_meant) == is_meant, words


def test_all_that_can_be_declared_has_words(language: str) -> None:
    operators = {each for kind in FIELD_KINDS.values() for each in kind.operators}
    assert operators - condition_words.OPERATORS.keys() == set()
    assert operators - condition_words.SHORT_OPERATORS.keys() == set()
    assert set(robots.STARTS) - sentences.STARTS.keys() == set()
    assert set(EVENTS) - sentences.EVENTS.keys() == set()
    assert placeholders.NAMES.keys() == messages.ALLOWED
    assert set(UNITS) == sentences.UNITS.keys() == sentences.UNIT_NAMES.keys()
    wordless = []
    for kind in ROBOT_KINDS.values():
        wordless += [kind.key] if not kind.sentence.get(language) else []
        for each in kind.parameters:
            wordless += [(kind.key, each.key)] if not each.label.get(language) else []
            wordless += [(kind.key, each.key, slot) for slot in each.slots if slot not in sentences.SLOTS]
            wordless += [(kind.key, each.key, one) for one in each.choices if not each.names.get(one, {}).get(language)]
            wordless += (
                [] if each.kind in {**sentences.VALUES, **sentences.POINTING} else [(kind.key, each.key, each.kind)]
            )
    assert wordless == []


def test_no_word_of_the_machine_stands_in_a_sentence(language: str) -> None:
    chance = Random(7)
    for _ in range(EXAMPLES):
        people = tuple(setups.current().people)
        spec = any_robot.robot(chance, setups.current().catalogue, people, company.stage("new").id)
        words = sentences.plain(sentences.robot(spec))
        assert not re.search(r"[{}_]|\bNone\b|\bTrue\b|\bFalse\b|%\(", words), words


def test_a_placeholder_reads_as_what_it_is_called(app: Flask) -> None:
    with reading_as(app, Reader("en", "Europe/Moscow")):
        robot = specs.robot_spec(company.robot("vip_notification"))
        said = sentences.plain(sentences.robot(robot))
    assert "“VIP client [Client] has written. Responsible: [Responsible].”" in said


def test_a_part_opens_what_it_says(app: Flask) -> None:
    spec = RobotSpec(
        1,
        "control",
        {},
        0,
        True,
        ("entered",),
        After(Delay(10, "working_minutes")),
        "any",
        Group("all", (Test("contact", "vip", "eq", True),)),
        {"to": "head", "text": {"en": "Late", "ru": "Поздно"}},
        stage_id=1,
    )
    with reading_as(app, Reader("en", "Europe/Moscow")):
        parts = {each.edits: each.words for each in sentences.robot(spec) if each.edits}
        whole = sentences.plain(sentences.robot(spec))
        short = sentences.plain(sentences.robot(replace(spec, timing=AtOnce()), in_its_column=True))
    assert parts == {
        "timing": "10 working minutes",
        "starts": "a deal enters “New”",
        "settings.to": "the head of the responsible",
        "settings.text": "“Late”",
        "condition": "Contact · VIP is yes",
    }
    assert whole == (
        "10 working minutes after a deal enters “New”, control: tell the head of the responsible “Late”,"
        " if Contact · VIP is yes"
    )
    assert short == "At once, control: tell the head of the responsible “Late”, if Contact · VIP is yes"
    with reading_as(app, Reader("ru", "Europe/Moscow")):
        assert sentences.plain(sentences.robot(spec)) == (
            "Через 10 рабочих минут после того, как сделка попала на стадию «Новая», контроль: узнаёт руководитель"
            " ответственного — «Поздно», если Контакт · VIP — да"
        )
