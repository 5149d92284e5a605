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
    ("no. {invoice.number}.", "no. ."),
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
    assert messages.render(template, {}) == template.replace("{deal.title}", "")
