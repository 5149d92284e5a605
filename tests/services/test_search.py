"""Words are found and sorted alike on both databases, however they are written and kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import insert, literal, select, update

from rules import texts
from tests import company
from tests.rules.test_texts import GHOSTS, SPACES
from tests.services import acts
from tests.views.scenes import ZONE, browser
from webapp import clock
from webapp.db import Base, folding, session, transaction
from webapp.models import Company, Contact, Deal, Task
from webapp.queries import contacts as lists
from webapp.queries import listings
from webapp.queries.search import search
from webapp.services import contacts, deals, tasks
from webapp.web.templating import Reader, reading_as

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("clock")]
WRITTEN = ("Артём", "АРТЁМ", "артем", "и\u0306од", "Йод", "Andre\u0301", "André", "Ost – West", "ООО «Север»",
           "\uff33even", "№ 5", "½", "a\u00a0 b", "x²", "Ǆ", "ﬁne", "ΣΊΣΥΦΟΣ", "Straße", "日本", "0% _ \\", "it’s",
           "")  # fmt: skip


EVERY = [*WRITTEN, *(f"Sever{ghost}mash" for ghost in GHOSTS), *(f"a{space}b" for space in SPACES)]


def test_sql_sorts_as_the_rules_do(app: Flask) -> None:
    with app.app_context():
        for each in EVERY:
            for locale, first in (("en", "latin"), ("ru", "cyrillic")):
                place = folding.alphabetical(literal(texts.fold(each), folding.Folded), locale)
                assert session().scalar(select(place)) == texts.place_in_alphabet(each, first), ascii(each)


FOLDING = {
    (mapper.class_, column.key, column.info["folds"])
    for mapper in Base.registry.mappers
    for column in mapper.local_table.c
    if "folds" in column.info
}


def misfolded() -> list[Any]:
    """Rows whose words are not kept as they are sought, read from the database itself."""
    found = []
    for model, name, source in FOLDING:
        for key, words, kept in session().execute(select(model.id, getattr(model, source), getattr(model, name))):
            said = [words] if isinstance(words, str) else words.values()
            if kept.split("\n") != list(dict.fromkeys(texts.fold(each) for each in said)):
                found.append((model.__name__, key, words, kept))
    return found


def test_what_is_sought_follows_what_is_written(app: Flask) -> None:
    assert {model for model, _, _ in FOLDING} == {Company, Contact, Deal, Task}
    with app.app_context():
        rep, deal_id, contact_id = company.acting("rep1"), acts.deal(title="Пресс «Ёлка»"), acts.contact("Артём")
        with transaction() as current:
            current.execute(insert(Company), [{"name": each} for each in EVERY if each])
            deal = current.get_one(Deal, deal_id)
            task = tasks.create_by_hand("Call  АРТЁМ", "", company.person("rep1"), rep, deal=deal)
        assert misfolded() == []
        with transaction() as current:
            deals.edit(current.get_one(Deal, deal_id), {"title": "Станок №\u00a05"}, by=rep)
            contacts.edit(current.get_one(Contact, contact_id), {"name": "Élan"}, rep)
        assert misfolded() == []
        with transaction() as current:
            current.get_one(Task, task.id).title = {"en": "Ship it", "ru": "Отгрузить Ёлку"}
        assert misfolded() == []
        kept = (
            select(Deal.title_folded, Task.title_folded).join(Task, Task.deal_id == Deal.id).where(Task.id == task.id)
        )
        assert session().execute(kept).one() == ("станок no 5", "ship it\nотгрузить елку")
        with transaction() as current:
            current.execute(update(Contact).values(name="beside the objects"))
        assert misfolded()  # which no code of ours does: see below


def test_nobody_writes_words_past_their_objects() -> None:
    """A statement that sets such a column would leave its folded one behind."""
    sources = "|".join({source for _, _, source in FOLDING})
    of = "|".join(model.__name__ for model, _, _ in FOLDING)
    written = re.compile(rf"update\(({of})\)(?:(?!\n\n).)*\.values\([^)]*\b({sources})=", re.DOTALL)
    for path in [*Path("webapp").rglob("*.py"), *Path("jobs").rglob("*.py")]:
        assert not written.search(path.read_text()), path


@pytest.mark.parametrize("sought", ["о", "нет такого"])
def test_a_search_is_the_databases_own_work(app: Flask, sought: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are to look through, Python folds what was typed and nothing else."""
    asked = list[str]()
    with app.app_context():
        for n in range(40):
            acts.deal(title=f"Станок {n}")
        scope = company.acting("rep1").scope
        assert scope is not None
        fold = texts.fold
        monkeypatch.setattr(texts, "fold", lambda raw: asked.append(raw) or fold(raw))
        search(scope, sought)
        lists.listed(sought)
        listings.contacts(sought, listings.Place(10))
    assert set(asked) == {sought}


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


@pytest.mark.parametrize(
    "sought",
    [
        *("8 (912) 555-01-77", "\u202a+7 912 555\u201101\u201177\u202c", "9125550177", "+7 912 555 01 77 доб. 5"),
        *("tel:+79125550177", "т. 8 912 555-01-77", "+7 912 555-01-77/78", "\uff0b\uff17 912 555 01 77"),
    ],
)
def test_a_number_is_found_however_it_is_pasted(app: Flask, sought: str) -> None:
    with app.app_context():
        made = acts.contact(phone="+79125550177")
        assert [each.id for each in listings.contacts(sought, listings.Place(10)).rows] == [made]
    assert f"/contacts/{made}" in browser(app, "rep1").get(f"/search?q={quote(sought)}").text


@pytest.mark.parametrize(
    "sought",
    [
        *("info@почта.рф", "INFO@Почта", "info@xn--80a1acny.xn--p1ai", "mailto:info@почта.рф?subject=Hello"),
        *("Vera <info@почта.рф>", "info@почта.рф\u200b.", "\uff49nfo@почта.рф"),
    ],
)
def test_an_address_is_found_however_it_is_pasted(app: Flask, sought: str) -> None:
    with app.app_context():
        made, _ = acts.contact(), acts.contact("Another", "+79005550098")
        with transaction() as current:
            contacts.edit(current.get_one(Contact, made), {"email": "info@почта.рф"}, company.acting("rep1"))
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
