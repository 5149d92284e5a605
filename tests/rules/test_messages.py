"""Placeholders in the firm's texts: filled once, never run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import messages
from rules.facts import Catalogue, FieldSpec

CATALOGUE = Catalogue.build([FieldSpec("deal", "equipment_type", "select", {"en": "Equipment type"})])
FACTS = {"deal.title": "Lathe", "contact.name": "Ann & Co", "deal.equipment_type": "Special"}

RENDERED = [
    ("{contact.name} waits: {deal.title}", "Ann & Co waits: Lathe"),
    ("{deal.title}{deal.title}", "LatheLathe"),
    ("{deal.equipment_type}", "Special"),
    ("no. {invoice.number}.", "no."),
    ("{deal.secret} {nobody}", "{deal.secret} {nobody}"),
    ("{deal.title.__class__} {deal.title!r} {0}", "{deal.title.__class__} {deal.title!r} {0}"),
    ("{deal.title:>9}", "{deal.title:>9}"),
    ("{{deal.title}}", "{Lathe}"),
    ("{{ config }} {% x %} { deal.title } {", "{{ config }} {% x %} { deal.title } {"),
    ("%(deal.title)s $deal.title", "%(deal.title)s $deal.title"),
    ("", ""),
]


@pytest.mark.parametrize(("template", "text"), RENDERED)
def test_a_text_is_filled_in(template: str, text: str) -> None:
    assert messages.render(template, FACTS) == text


HOLES = [
    ("Ivan has not answered {contact.phone}: the deal “{deal.title}”.", "Ivan has not answered: the deal “Lathe”."),
    ("{company.name} has not answered: “{deal.title}”.", "has not answered: “Lathe”."),
    ("{deal.title} waits for {contact.phone}: call", "Lathe waits for: call"),
    ("Клиент ждёт ответа: {contact.phone}. Сделка «{deal.title}».", "Клиент ждёт ответа. Сделка «Lathe»."),
    ("VIP client {contact.phone} has not paid invoice {invoice.number} yet.", "VIP client has not paid invoice yet."),
    ("Счёт № {invoice.number}: {deal.title}", "Счёт: Lathe"),
    ("«{invoice.number}», {deal.title}", "Lathe"),
    ("{deal.title} ({company.name})", "Lathe"),
    ("{deal.title}, {company.name}, {contact.name}", "Lathe, Ann & Co"),
    ("{deal.title} — {company.name} — {contact.name}", "Lathe — Ann & Co"),
    ("{company.name}, {deal.title}", "Lathe"),
    ("{company.name}: {deal.title}", "Lathe"),
    ("{deal.title}\nPhone: {contact.phone}\nCompany: {company.name}", "Lathe"),
    ("Phone: {contact.phone}\n{deal.title}", "Lathe"),
    ("{company.name} {contact.phone} {deal.title}!", "Lathe!"),
    ("{company.name}", ""),
    ("<{company.name}|{deal.title}>", "<|Lathe>"),
    ("a : b ({deal.title}) , c {company.name}", "a : b (Lathe) , c"),
]


@pytest.mark.parametrize(("template", "text"), HOLES)
def test_a_fact_that_is_not_there_leaves_no_hole(template: str, text: str) -> None:
    assert messages.render(template, {**FACTS, "contact.phone": "", "company.name": ""}) == text


def test_what_a_value_says_is_not_taken_for_what_stands_around_nothing() -> None:
    assert messages.render("{deal.title}{company.name}.", {"deal.title": "To do: ", "company.name": ""}) == "To do: ."


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{deal.title} {robot.name} {deal.equipment_type} {contact.email}", ()),
        ("{deal.titel} {name} {deal.titel}", ("deal.titel", "name")),
        ("{company.phone} {invoices.balance}", ("company.phone", "invoices.balance")),
        ("{deal.title!r} {0} {", ("deal.title!r", "0")),
    ],
)
def test_names_that_nobody_knows_are_found(template: str, names: tuple[str, ...]) -> None:
    assert messages.unknown(template, CATALOGUE) == names


def test_every_placeholder_offered_is_known() -> None:
    offered = messages.placeholders(CATALOGUE)
    assert {"deal.equipment_type", "deal.time_on_stage"} <= set(offered)
    assert len(set(offered)) == len(offered)
    assert messages.unknown(" ".join(f"{{{name}}}" for name in offered), CATALOGUE) == ()


WILD = st.one_of(st.text(), st.sampled_from(["{deal.title}", "{{7*7}}", "{contact.name}", "{0.__class__}", r"\1\g<0>"]))


@given(WILD, WILD)
def test_a_value_is_put_in_as_it_is_whatever_it_says(title: str, name: str) -> None:
    text = messages.render("<{deal.title}|{contact.name}>", {"deal.title": title, "contact.name": name})
    assert text == f"<{title}|{name}>"


@given(st.text(alphabet="{}.!:abc_ deal.title"))
def test_any_template_renders(template: str) -> None:
    text = messages.render(template, {})
    assert text == template or "{deal.title}" in template
    assert [each for each in text if each.isalpha()] == [*filter(str.isalpha, template.replace("{deal.title}", ""))]
