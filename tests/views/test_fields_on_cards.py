"""A field that is shown on cards: whatever it belongs to and of whatever kind it is, the card of the deal that has it
shows it, that of another does not, and a filter that the board offers finds the one and not the other."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from sqlalchemy import update

from rules.field_kinds import FIELD_KINDS, field_kind
from tests import company
from tests.conftest import Clock
from tests.services.test_field_kinds import EXAMPLES, OPTIONS
from tests.views.scenes import browser
from webapp.db import session, transaction
from webapp.models import Company, Contact, Deal, Field
from webapp.services import contacts, deals
from webapp.snapshots import setups

OWN = [key for key, kind in FIELD_KINDS.items() if kind.is_own]


def a_deal(title: str) -> dict[str, Deal | Contact | Company]:
    """With a client of its own, who works at a company of its own."""
    by = company.acting("rep1")
    client = contacts.create({"name": f"Client of {title}"}, by, company=f"Firm of {title}")
    draft = deals.DealDraft(title, company.stage("new"), company.person("rep1"), contact_id=client.id)
    return {
        "deal": deals.create(draft, by),
        "contact": client,
        "company": session().get_one(Company, client.company_id),
    }


def cards(page: str) -> dict[str, str]:
    """Each card by the title of its deal."""
    found = re.findall(r'<article class="card.*?</article>', page, re.DOTALL)
    return {title: each for each in found for title in ("Has it", "Has not") if title in each}


@pytest.mark.both_databases
@pytest.mark.parametrize("shown_as", ["mark", "tag"])
@pytest.mark.parametrize("entity", ["deal", "contact", "company"])
def test_the_card_of_what_has_it_shows_it_and_the_filter_finds_it(
    app: Flask, clock: Clock, entity: str, shown_as: str
) -> None:
    with app.app_context(), transaction() as current:
        has, has_not = a_deal("Has it"), a_deal("Has not")
        kept = {kind: company.person("rep2") if kind == "user" else EXAMPLES[kind].kept for kind in OWN}
        has[entity].fields = dict(kept)
        for other in has_not.keys() - {entity}:  # of the same keys, and nobody's field
            has_not[other].fields = dict(kept)
        for kind in OWN:
            options = OPTIONS if field_kind(kind).has_options else []
            label = {"en": f"Our {kind}"}
            current.add(Field(entity=entity, key=kind, kind=kind, label=label, options=options, shown_as=shown_as))
        setups.changed()
    who = browser(app, "rep1")
    page = who.get("/").text
    shown = {title: html.unescape(card) for title, card in cards(page).items()}
    for kind in OWN:
        words = "Our checkbox" if kind == "checkbox" else "Maria Sokolova" if kind == "user" else EXAMPLES[kind].en
        for each in words.split(", ") if kind == "multi_select" else [words]:
            assert (each in shown["Has it"], each in shown["Has not"]) == (True, False), kind
    offered = re.findall(rf'name="(tag)" value="({entity}\.[a-z_]+:b)"', page)
    offered += re.findall(rf"[?;](mark)=({entity}\.checkbox)", page)
    assert len(offered) == (2 if shown_as == "tag" else 1)
    for name, value in offered:
        assert set(cards(who.get("/", query_string={name: value}).text)) == {"Has it"}, value


@pytest.mark.both_databases
def test_a_card_that_has_been_looked_at_says_what_is_kept_and_as_the_set_up_has_it_now(app: Flask) -> None:
    who = browser(app, "rep1")
    with app.app_context(), transaction() as current:
        has = a_deal("Has it")
        has["contact"].fields = {"own": "Blue"}
        current.add(Field(entity="contact", key="own", kind="text", label={"en": "Own"}, shown_as="none"))
        setups.changed()

    def becomes(shown_as: str, value: str) -> None:
        with app.app_context(), transaction() as current:
            current.get_one(Contact, has["contact"].id).fields = {"own": value}
            current.execute(
                update(Field).where(Field.entity == "contact", Field.key == "own").values(shown_as=shown_as)
            )
            setups.changed()

    def tags() -> list[str]:
        return re.findall(r'class="tag">([^<]+)<', cards(who.get("/").text)["Has it"])

    assert tags() == []
    becomes("tag", "Blue")
    assert tags() == ["Blue"]
    becomes("tag", "Red")
    assert tags() == ["Red"]
    becomes("none", "Red")
    assert tags() == []
