"""What a change of the set-up is called, in the reader's language; and lengths of time in their cases."""

from __future__ import annotations

import pytest

from rules.setup_changes import Change
from rules.setup_parts import KINDS
from rules.worktime import Delay
from webapp.i18n import readers, season_words, sentences, setup_changes
from webapp.i18n.isolates import unmarked
from webapp.snapshots import setup_documents

pytestmark = pytest.mark.usefixtures("inside", "clock")


def said(change: Change, language: str) -> str:
    with readers.reading(language, "Europe/Moscow"):
        return unmarked(setup_changes.change(change, setup_documents.live()))


def changed(kind: str, part: str, old: object, new: object) -> Change:
    return Change("changed", kind, "sales", {"en": "Sales", "ru": "Продажи"}, part, old, new)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_part_says_a_key(language: str) -> None:
    """Of each kind of part that is said at all: what a firm would call it."""
    some: dict[str, object] = {"department": "sales/sales_north", "stage": "sales/processing", "flag": True}
    some |= {"stages": ["sales/processing"], "text": {"en": "Words", "ru": "Слова"}}
    assert some.keys() == set(setup_changes.SAID), "a shape was added: what does a reader see of it?"
    for kind in KINDS.values():
        for part in kind.parts:
            if part.shape in some:
                line = said(changed(kind.key, part.key, None, some[part.shape]), language)
                assert not any(word in line for word in ("sales/", "sales_north", "processing")), line


def test_a_department_and_a_stage_are_called_as_the_firm_calls_them() -> None:
    moved = changed("pipeline", "department", None, "sales/sales_north")
    assert said(moved, "ru") == "Воронка «Продажи»: отдел — Отдел продаж «Север»"
    gone = changed("pipeline", "department", None, "sales/nowhere")
    assert said(gone, "en") == "Pipeline “Sales”: department is now sales/nowhere", "what is no more, as it was"


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (["sales/processing"], "Поле «Продажи»: обязательно со стадии «Оформление»"),
        ([], "Поле «Продажи»: больше не обязательно ни на одной стадии"),
    ],
)
def test_from_which_stage_a_field_is_required_is_a_sentence(new: list[str], words: str) -> None:
    assert said(changed("field", "required_from", None, new), "ru") == words


def test_a_text_that_changed_in_the_other_language_alone_says_so() -> None:
    old = {"en": "Type", "ru": "Тип"}
    english = changed("field", "label", old, {**old, "en": "Sort"})
    assert said(english, "en") == "Field “Sales”: name is now “Sort”"
    assert said(english, "ru") == "Поле «Продажи»: название по-английски — «Sort»"
    assert said(changed("field", "label", old, {"en": "Sort", "ru": "Вид"}), "ru").endswith("название — «Вид»")
    assert "по-английски — нет" in said(changed("field", "label", old, {"ru": "Тип"}), "ru")


MINUTES = {
    "delay": ("1 минуту", "2 минуты", "5 минут", "21 минуту"),
    "length": ("1 минута", "2 минуты", "5 минут", "21 минута"),
    "length_of": ("1 минуты", "2 минут", "5 минут", "21 минуты"),
}


@pytest.mark.parametrize("case", MINUTES)
def test_a_length_stands_in_its_case(case: str) -> None:
    with readers.reading("ru", "Europe/Moscow"):
        told = tuple(getattr(sentences, case)(Delay(n, "minutes")) for n in (1, 2, 5, 21))
        every = {unit: getattr(sentences, case)(Delay(2, unit)) for unit in sentences.UNITS}
    assert told == MINUTES[case]
    assert len({*every.values()}) == len(sentences.UNITS)
    assert all(unit not in words for unit, words in every.items())


def test_under_a_season_too() -> None:
    with readers.reading("ru", "Europe/Moscow"):
        kept = {"usual": {"amount": 3, "unit": "days"}, "name": "Акция"}
        assert season_words.of_run({**kept, "replace": {}}) == "вместо 3 дней, сезон «Акция»"
        assert season_words.of_run({**kept, "factor": 300}) == "3 дня × 3, сезон «Акция»"
