"""Words are found and sorted alike on both databases, however they are written and kept."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select

from rules import texts
from tests import company
from tests.rules.test_texts import GHOSTS, SPACES
from tests.services import acts
from tests.views.scenes import ZONE, browser
from webapp import clock
from webapp.db import folding, session, transaction
from webapp.models import Company, Contact
from webapp.queries import contacts as lists
from webapp.queries import listings
from webapp.queries.search import search
from webapp.services import contacts
from webapp.web.templating import Reader, reading_as

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("clock")]
WRITTEN = ("Артём", "АРТЁМ", "артем", "и\u0306од", "Йод", "Andre\u0301", "André", "Ost – West", "ООО «Север»",
           "\uff33even", "№ 5", "½", "a\u00a0 b", "x²", "Ǆ", "ﬁne", "ΣΊΣΥΦΟΣ", "Straße", "日本", "0% _ \\", "it’s",
           "")  # fmt: skip


def test_sql_folds_as_the_rules_do(app: Flask) -> None:
    every = [*WRITTEN, *(f"Sever{ghost}mash" for ghost in GHOSTS), *(f"a{space}b" for space in SPACES)]
    with app.app_context():
        for each in every:
            assert session().scalar(select(folding._Folded(literal(each)))) == texts.fold(each), ascii(each)
            for made, first in ((folding._Alphabet, "latin"), (folding._CyrillicAlphabet, "cyrillic")):
                assert session().scalar(select(made(literal(each)))) == texts.place_in_alphabet(each, first)


LETTERS = st.text(st.characters(codec="utf-8", categories=("L", "M", "N", "P", "Z"), max_codepoint=0x24F)
                  | st.characters(min_codepoint=0x400, max_codepoint=0x45F), max_size=8)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(LETTERS)
def test_sql_folds_any_word_of_our_readers(app: Flask, words: str) -> None:
    with app.app_context():
        assert session().scalar(select(folding._Folded(literal(words)))) == texts.fold(words)


@pytest.mark.parametrize(
    ("kept", "sought"),
    [
        ("Артем Ким", "Артём"),
        ("Артём Ким", "АРТЕМ"),
        ("Зи\u0306ма", "зйма"),
        ("André", "andre"),
        ("Two  words", "two words"),
        ("Two words", "two\u00a0words"),
        ("Ost – West", "ost - west"),
        ("Severmash", "sever\u200bmash"),
    ],
)
def test_a_contact_is_found_by_page_and_api(app: Flask, kept: str, sought: str) -> None:
    with app.app_context():
        with transaction() as current:  # as it may have been kept before texts had one form
            current.add(Contact(name=kept, fields={}, created_at=clock.now()))
        scope = company.acting("rep1").scope
        assert scope is not None
        assert [each.name for each in search(scope, sought).contacts] == [kept]
        assert [each.name for each in lists.listed(sought).rows] == [kept]
        assert [each.name for each in listings.contacts(sought, listings.Place(10)).rows] == [kept]


@pytest.mark.parametrize("sought", ["8 (912) 555-01-77", "\u202a+7 912 555\u201101\u201177\u202c", "9125550177"])
def test_a_number_is_found_however_it_is_pasted(app: Flask, sought: str) -> None:
    with app.app_context():
        made = acts.contact(phone="+79125550177")
        assert [each.id for each in listings.contacts(sought, listings.Place(10)).rows] == [made]
    assert f"/contacts/{made}" in browser(app, "rep1").get(f"/search?q={quote(sought)}").text


def test_a_company_is_one_however_it_is_written(app: Flask) -> None:
    with app.app_context(), transaction():
        names = ("Севермаш", "СЕВЕРМАШ", "Север\u200bмаш", "  Севермаш\u00a0")
        assert len({contacts.company_id(each) for each in names}) == 1
        assert session().scalars(select(Company.name)).all() == ["Севермаш"]


@pytest.mark.parametrize(
    ("locale", "order"),
    [
        ("ru", ["1-й цех", "Ежов", "Ёлкин", "Ершов", "Йод", "Кит", "abel", "Élan", "Zorn"]),
        ("en", ["1-й цех", "abel", "Élan", "Zorn", "Ежов", "Ёлкин", "Ершов", "Йод", "Кит"]),
    ],
)
def test_names_stand_in_the_order_of_the_readers_alphabet(app: Flask, locale: str, order: list[str]) -> None:
    with app.app_context():
        for name in sorted(order):
            acts.contact(name, None)
        with reading_as(app, Reader(locale, ZONE)):
            assert [each.name for each in lists.listed("").rows] == order
