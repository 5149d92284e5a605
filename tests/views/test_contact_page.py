"""A contact's page: who it is, every deal with its stage and age, every conversation with its last word, as far as the
reader may see them; a new deal for them in one press, and the way back to where one came from."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import company
from tests.conftest import Clock
from tests.views.drawn_forms import DrawnForm, read
from tests.views.scenes import HTMX, Browser, browser
from webapp.access.scopes import SYSTEM
from webapp.db import session, transaction
from webapp.models import Contact, Deal, Firm, User
from webapp.services import contacts, conversations, deals, merging
from webapp.snapshots import setups

DEALS = (("rep1", "new"), ("rep3", "won"), ("rep1", "new"))  # the last one is deleted
WORDS = {
    "en": (("New 3 d", "Won 3 d"), "Web chat", "waiting for a reply", "Responsible", "Deal"),
    "ru": (("Новая 3 д", "Успех 3 д"), "Чат на сайте", "клиент ждёт ответа", "Ответственный", "Сделка"),
}
NOTHING = {
    "en": ("No deals that you may see.", "No conversations that you may see."),
    "ru": ("Доступных вам сделок нет.", "Доступных вам диалогов нет."),
}


@pytest.fixture
def vera(app: Flask, clock: Clock) -> int:
    """A VIP of rep1's, with DEALS; about each of them they have said something."""
    with app.app_context(), transaction():
        raw = {"name": "Vera Orlova", "phone": "+7 912 000-00-01", "email": "vera@example.com"}
        by = company.acting("rep1")
        contact = contacts.create(raw, by, own={"vip": True}, company="Titan", responsible_id=by.user_id)
        for n, (rep, stage) in enumerate(DEALS):
            owner = company.acting(rep)
            assert owner.user_id is not None
            draft = deals.DealDraft(f"Lathe {n}", company.stage("new"), owner.user_id, contact_id=contact.id)
            deal = deals.create(draft, owner)
            conversations.hear(conversations.of_channel(deal, contact, "chat"), f"Word {n} of <it>", SYSTEM, "text")
            if stage != "new":
                deals.move(deal, company.stage(stage), by=owner, raw={"deal": {"equipment_type": "large"}})
        deals.delete(deal, company.acting("admin"))
        contact_id = contact.id
    clock.go_on(days=3, hours=1)
    return contact_id


def speaks(app: Flask, name: str, locale: str) -> Browser:
    with app.app_context(), transaction() as current:
        current.execute(update(User).where(User.email == company.email(name)).values(locale=locale))
        setups.changed()
    return browser(app, name)


def parts(page: str) -> dict[str, str]:
    """The page's header and sections, by what their headings are called."""
    sections = re.finditer(r'<section aria-labelledby="(\w+)-h">(.*?)</section>', page, re.DOTALL)
    header = re.search(r'<header class="of-contact">(.*?)</header>', page, re.DOTALL)
    assert header
    return {"head": header[1], **{each[1]: each[2] for each in sections}}


def plain(markup: str) -> str:
    return " ".join(re.sub("[\u2068\u2069]", "", html.unescape(re.sub(r"<[^>]+>", " ", markup))).split())


def ids(markup: str) -> set[int]:
    return {int(each) for each in re.findall(r'href="/deals/(\d+)[#"]', markup)}


@pytest.mark.parametrize("locale", WORDS)
def test_it_says_who_it_is_what_is_sold_and_what_was_said(app: Flask, vera: int, locale: str) -> None:
    standing, channel, waits, responsible, new = WORDS[locale]
    page = parts(speaks(app, "admin", locale).get(f"/contacts/{vera}").text)
    head = plain(page["head"])
    for each in ("VIP", "Vera Orlova", "Titan", "vera@example.com", f"{responsible}: Ivan Petrov", new):
        assert each in head
    assert 'href="tel:+79120000001"' in page["head"]
    assert 'href="mailto:vera@example.com"' in page["head"]
    stages = re.findall(
        r'<p class="state[^"]*">(.*?)</p>.*?<span class="age[^>]*>(.*?)</span>', page["deals"], re.DOTALL
    )
    assert sorted(" ".join(map(plain, each)) for each in stages) == sorted(standing)
    lines = [plain(each) for each in re.findall("<li>(.*?)</li>", page["talks"], re.DOTALL)]
    assert [("Lathe" in each, channel in each, waits in each) for each in lines] == [(True,) * 3] * 2
    assert [re.findall("Word . of <it>", each) for each in lines] == [["Word 1 of <it>"], ["Word 0 of <it>"]]
    assert re.findall(r'/deals/\d+#talk-h"', page["talks"])


@pytest.mark.parametrize("sees", ["own", "department", "all"])
def test_it_shows_the_deals_and_words_that_one_may_see_and_no_others(app: Flask, vera: int, sees: str) -> None:
    with app.app_context(), transaction() as current:
        current.execute(update(Firm).values(rep_sees=sees))
        setups.changed()
        every = set(session().scalars(select(Deal.id).where(Deal.contact_id == vera)))
    shown = {}
    for name in company.PEOPLE:
        who = browser(app, name)
        page = parts(who.get(f"/contacts/{vera}").text)
        shown[name] = {each for each in every if who.get(f"/deals/{each}").status_code == 200}
        assert ids(page["deals"]) == ids(page["talks"]) == shown[name], name
        told = plain(page["deals"] + page["talks"])
        assert [words in told for words in NOTHING["en"]] == [not shown[name]] * 2, name
    assert len(shown["admin"]) == len(DEALS) - 1
    assert (len(shown["rep1"]), len(shown["rep2"])) == {"own": (1, 0), "department": (1, 1), "all": (2, 2)}[sees]


@pytest.mark.parametrize("locale", NOTHING)
def test_of_one_without_deals_it_says_so_and_leaves_out_what_is_not_known(
    app: Flask, clock: Clock, locale: str
) -> None:
    with app.app_context(), transaction():
        bare = contacts.create({"name": "Petr"}, SYSTEM).id
    page = parts(speaks(app, "rep1", locale).get(f"/contacts/{bare}").text)
    assert tuple(plain(page[each]).partition(" ")[2] for each in ("deals", "talks")) == NOTHING[locale]
    assert "tel:" not in page["head"]
    assert "mailto:" not in page["head"]
    assert WORDS[locale][3] not in plain(page["head"])


def new_deal(who: Browser, path: str) -> DrawnForm:
    return next(each for each in read(who.get(path).text).forms if each.action == "/deals")


def test_a_new_deal_is_opened_with_the_contact_filled_in(app: Flask, vera: int) -> None:
    with app.app_context(), transaction():
        for _ in range(12):  # namesakes, more than are offered
            contacts.create({"name": "Vera Orlova"}, SYSTEM)
    who = browser(app, "rep2")
    (path,) = [each for each in read(who.get(f"/contacts/{vera}").text).paths if each.startswith("/deals/new?")]
    form = new_deal(who, path)
    assert (form.value("contact"), form.value("client")) == (["Vera Orlova"], [str(vera)])
    assert f'href="/contacts/{vera}" data-close' in who.get(path).text
    refused = who.post("/deals", data=form.data(title=" "))
    assert refused.status_code == 422
    again = next(each for each in read(refused.text).forms if each.action == "/deals")
    assert again.value("client") == [str(vera)]
    made = who.post("/deals", data=again.data(title="A press")).location
    with app.app_context():
        deal = session().scalars(select(Deal).where(Deal.title == "A press")).one()
        assert (deal.contact_id, made) == (vera, f"/deals/{deal.id}")
        assert len(set(session().scalars(select(Contact.phone).where(Contact.name == "Vera Orlova")))) == 2  # none made


def test_nobody_is_filled_in_where_there_is_no_such_contact(app: Flask, vera: int) -> None:
    with app.app_context(), transaction():
        double = contacts.create({"name": "Twice"}, company.acting("rep1"))
        merging.merge(double, session().get_one(Contact, vera), {}, company.acting("rep1"))
        gone = double.id
    who = browser(app, "rep1")
    for wrong in (str(gone), "987654", "x", "-1", "9" * 30):
        form = new_deal(who, f"/deals/new?client={wrong}")
        assert (form.value("contact"), form.value("client")) == ([""], []), wrong


def back(page: str) -> str:
    found = re.search(r'href="([^"]*)" data-back>', page)
    assert found
    return html.unescape(found[1])


@pytest.mark.parametrize(
    "came", ["/", "/?mine=1", "/deals/1", "/contacts?q=vera&sort=new", "/inbox", f"/search?q={quote('Вера')}"]
)
def test_it_leads_back_to_where_one_came_from_also_after_it_was_saved(app: Flask, vera: int, came: str) -> None:
    who, here = browser(app, "rep1"), f"/contacts/{vera}"
    page = who.get(here, headers={"Referer": f"http://localhost{came}"}).text
    assert back(page) == came
    form = next(each for each in read(page).forms if each.action == here)
    wrong = who.post(here, data=form.data(email="vera@"), headers={"Referer": f"http://localhost{here}"})
    assert (wrong.status_code, back(wrong.text)) == (422, came)
    saved = who.post(here, data=form.data(name="Vera Petrova"), headers={"Referer": f"http://localhost{here}"})
    after = who.get(saved.location, headers={"Referer": f"http://localhost{here}"}).text
    assert "Vera Petrova" in plain(parts(after)["head"])
    assert back(after) == came


@pytest.mark.parametrize(
    "came",
    [
        "", "https://elsewhere.example/deals/1", "http://localhost/contacts/new", "http://localhost/contacts/{}",
        "http://localhost/contacts/{}/merges/new?q=a", "http://localhost/sign-in?next=/", "http://localhost//elsewhere.example",
    ],
)  # fmt: skip
def test_from_elsewhere_or_from_itself_it_leads_to_the_list(app: Flask, vera: int, came: str) -> None:
    who, here = browser(app, "rep1"), f"/contacts/{vera}"
    assert back(who.get(here, headers={"Referer": came.format(vera)} if came else {}).text) == "/contacts"


@pytest.mark.parametrize("asked", ["//elsewhere.example", "https://elsewhere.example", "javascript:alert(1)", "/\\x"])
def test_nobody_is_led_out_of_dozor(app: Flask, vera: int, asked: str) -> None:
    assert back(browser(app, "rep1").get(f"/contacts/{vera}", query_string={"from": asked}).text) == "/contacts"


def test_every_deal_and_word_of_a_large_client_is_counted_and_reached_and_the_way_back_stays(
    app: Flask, vera: int
) -> None:
    with app.app_context(), transaction():
        by, client = company.acting("rep1"), session().get_one(Contact, vera)
        for n in range(55):
            deal = deals.create(deals.DealDraft(f"Lathe {n}", company.stage("new"), 5, contact_id=vera), by)
            conversations.hear(conversations.of_channel(deal, client, "chat"), "A word", SYSTEM, "text")
    who, found = browser(app, "admin"), {}
    for part in ("deals", "talks"):
        path, seen = f"/contacts/{vera}?from=/inbox", []
        while path:
            page = who.get(path).text
            seen += re.findall(r'href="/deals/(\d+)[#"]', parts(page)[part])
            assert back(page) == "/inbox"
            assert f"57 {'deals' if part == 'deals' else 'conversations'}" in plain(parts(page)[part])
            onward = re.search(r'href="([^"]+)">Next<', parts(page)[part])
            path = html.unescape(onward[1]) if onward else ""
        found[part] = seen
    assert len(found["deals"]) == len(set(found["deals"])) == 57
    assert set(found["talks"]) == set(found["deals"])


def test_the_panel_of_the_search_leads_on_where_it_has_not_room_for_all(app: Flask, vera: int) -> None:
    who, on = browser(app, "rep1"), 'href="/search?q=Vera"'
    assert on not in who.get("/search?q=Vera", headers=HTMX).text
    with app.app_context(), transaction():
        for _ in range(8):
            contacts.create({"name": "Vera"}, SYSTEM)
    assert on in who.get("/search?q=Vera", headers=HTMX).text
