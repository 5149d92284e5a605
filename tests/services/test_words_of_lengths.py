"""A length of time in every sentence that takes one: in its number, and in the case that the sentence asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rules.robot_kinds import ROBOT_KINDS
from rules.robots import After, AroundField, RobotSpec
from rules.worktime import UNITS, Delay
from tests import company
from webapp.i18n import important, readers, season_words, sentences
from webapp.i18n.isolates import unmarked
from webapp.snapshots import specs

pytestmark = pytest.mark.usefixtures("inside", "clock")
AMOUNTS = (1, 2, 5, 21)
SECONDS = {"working_minutes": 60}  # what waits is said in these
# unit → 1, 2 and 5 of them: alone, then of them, then for or in so long
RUSSIAN = {
    "seconds": ("секунда секунды секунд", "секунды секунд секунд", "секунду секунды секунд"),
    "minutes": ("минута минуты минут", "минуты минут минут", "минуту минуты минут"),
    "hours": ("час часа часов", "часа часов часов", "час часа часов"),
    "days": ("день дня дней", "дня дней дней", "день дня дней"),
    "working_minutes": (
        "рабочая_минута рабочие_минуты рабочих_минут",
        "рабочей_минуты рабочих_минут рабочих_минут",
        "рабочую_минуту рабочие_минуты рабочих_минут",
    ),
    "working_hours": (
        "рабочий_час рабочих_часа рабочих_часов",
        "рабочего_часа рабочих_часов рабочих_часов",
        "рабочий_час рабочих_часа рабочих_часов",
    ),
    "working_days": (
        "рабочий_день рабочих_дня рабочих_дней",
        "рабочего_дня рабочих_дней рабочих_дней",
        "рабочий_день рабочих_дня рабочих_дней",
    ),
}
ALONE, OF, FOR = range(3)


def form(of: Delay, case: int, language: str) -> str:
    if language == "en":
        noun = of.unit.replace("_", " ")
        return f"{of.amount} {noun[:-1] if of.amount == 1 else noun}"
    nth = {1: 0, 21: 0, 2: 1, 5: 2}[of.amount]
    return f"{of.amount} {RUSSIAN[of.unit][case].split()[nth].replace('_', ' ')}"


def a_robot(of: Delay | None = None, kind: str = "task", **settings: Any) -> RobotSpec:
    spec = replace(specs.robot_spec(company.robot("vip_task")), kind=kind, settings=settings)
    return replace(spec, timing=After(of)) if of else spec


def setting(kind: str, key: str) -> Callable[[Delay], str]:
    def words(of: Delay) -> str:
        return sentences.plain(sentences.robot(a_robot(kind=kind, **{key: {"amount": of.amount, "unit": of.unit}})))

    return words


def around(side: str) -> Callable[[Delay], str]:
    def words(of: Delay) -> str:
        timing = AroundField("invoices", "nearest_due_on", of, side)
        return sentences.plain(sentences.robot(replace(a_robot(), timing=timing)))

    return words


def waits(kind: str) -> Callable[[Delay], str]:
    facts = {"contact.name": "Vera", "person.name": "Vera"}
    return lambda of: important.title(kind, facts, of.amount * SECONDS[of.unit])


def season(**change: Any) -> Callable[[Delay], str]:
    return lambda of: season_words.of_run({"usual": {"amount": of.amount, "unit": of.unit}, "name": "S", **change})


# what says it → (the sentence, the case, the words around it in English, and in Russian)
SAID: dict[str, tuple[Callable[[Delay], str], int, str, str]] = {
    "after a start": (lambda of: sentences.plain(sentences.robot(a_robot(of))), FOR, "{} after", "ерез {} после"),
    "before a date": (around("before"), FOR, "{} before", "за {} до даты"),
    "after a date": (around("after"), FOR, "{} after", "через {} после даты"),
    "due": (setting("task", "due"), ALONE, "due in {}", "срок — {}"),
    "remind": (setting("task", "remind"), FOR, "with a reminder {} before", "с напоминанием за {} до срока"),
    "accept within": (setting("task", "accept_within"), OF, "to be accepted within {}", "принять в течение {}"),
    "take within": (setting("control", "take_within"), FOR, "the next level after {}", "следующий уровень через {}"),
    "a late reply": (waits("late_reply"), FOR, "a reply for {}", "ждёт ответа {}"),
    "silence": (waits("silent"), FOR, "been silent for {}", "не слышно {}"),
    "a norm": (important.norm, ALONE, "norm {}", "норма {}"),
    "longer in a season": (season(factor=300), ALONE, "{} × 3", "{} × 3"),
    "another in a season": (season(replace={}), OF, "instead of {}", "вместо {}"),
}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("place", SAID)
def test_a_length_stands_in_its_number_and_case(place: str, language: str) -> None:
    sentence, case, english, russian = SAID[place]
    units = SECONDS if place in ("a late reply", "silence") else UNITS
    with readers.reading(language, "Europe/Moscow"):
        for of in [Delay(n, unit) for unit in units for n in AMOUNTS]:
            wanted = (english if language == "en" else russian).format(form(of, case, language))
            words = unmarked(sentence(of))
            assert re.search(rf"{re.escape(wanted)}(?!\w)", words), (wanted, words)


def test_every_length_that_a_robot_is_set_up_with_takes_part() -> None:
    durations = {each.key for kind in ROBOT_KINDS.values() for each in kind.parameters if each.kind == "duration"}
    assert {each.replace("_", " ") for each in durations} <= SAID.keys()
