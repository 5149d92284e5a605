"""What hands find at once: on a card's menu, in a new invoice, in the inbox and on the sheet."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.views.scenes import HTMX, Browser, browser, scene
from webapp.db import session, transaction
from webapp.models import Contact, Deal, Notification
from webapp.services import contacts, deals, invoices

SignIn = Callable[[str], Browser]


@pytest.fixture
def deal(app: Flask) -> int:
    made = scene(app)
    with app.app_context(), transaction():
        client = session().get_one(Contact, made.contact)
        contacts.edit(client, {"phone": "+79125550177", "email": "vera@example.com"}, company.acting("rep1"))
        deals.edit(session().get_one(Deal, made.deal), {"amount_minor": 250_000}, by=company.acting("rep1"))
    return made.deal


def test_a_cards_menu_calls_writes_answers_copies_and_hands_over(app: Flask, sign_in: SignIn, deal: int) -> None:
    rep = sign_in("rep1")
    menu = rep.get(f"/deals/{deal}/moves/new", headers=HTMX).text
    for each in ('href="tel:+79125550177"', 'href="mailto:vera@example.com"', 'data-then="[data-reply]"'):
        assert each in menu
    assert f"/deals/{deal}</span>" in menu
    with app.app_context():
        mine, other, south = (company.person(each) for each in ("rep1", "rep2", "rep3"))
    was: dict[str, Any] = {"was.responsible": mine, "from": "board"}
    answer = rep.post(f"/deals/{deal}", data={**was, "responsible": other}, headers=HTMX)
    assert (answer.status_code, f'id="deal-{deal}"' in answer.text) == (200, True)
    assert "Responsible: Maria Sokolova" in answer.text
    gone = rep.post(f"/deals/{deal}", data={**was, "responsible": south}, headers=HTMX)
    assert gone.status_code in (403, 404, 409, 422), "south is not for a rep of north to give to"
    assert browser(app, "rep3").get(f"/deals/{deal}/moves/new", headers=HTMX).status_code == 404
    with app.app_context():
        assert session().get_one(Deal, deal).responsible_id == other


def test_an_invoice_offers_the_next_number_and_what_is_not_invoiced_yet(app: Flask, sign_in: SignIn, deal: int) -> None:
    with app.app_context(), transaction():
        invoices.issue(session().get_one(Deal, deal), "2026/0099", 30_000, company.acting("rep1"))
    page = sign_in("rep1").get(f"/deals/{deal}").text
    number = re.search(r'id="invoice-number"[^>]*value="([^"]*)"', page)
    amount = re.search(r'id="invoice-amount"[^>]*value="([^"]*)"', page)
    assert number
    assert amount
    # 2,500 less the 1,000 of the scene's invoice and these 300
    assert (number[1], amount[1].replace("\xa0", "")) == ("2026/0100", "1200")


def test_notifications_of_one_thing_lie_together_and_the_unread_alone_are_listed(
    app: Flask, sign_in: SignIn, deal: int
) -> None:
    rep = sign_in("rep1")
    with app.app_context(), transaction() as current:
        told = current.query(Notification).filter_by(user_id=company.person("rep1")).order_by(Notification.seq).all()
        for each in told[1:]:
            each.read_at = each.created_at
        unread, subjects = told[0].seq, {(each.task_id, each.deal_id) for each in told}
    for path in ("/inbox", "/bell"):
        page = rep.get(path, headers=HTMX).text
        assert page.count("data-notice=") == len(told), path
        shown = re.sub(r'<li class="more-of">.*?</details></li>', "", page, flags=re.DOTALL)
        assert shown.count("data-notice=") == len(subjects), path
    alone = rep.get("/inbox?show=unread", headers=HTMX).text
    assert re.findall(r'data-notice="(\d+)"', alone) == [str(unread)]
    assert 'hx-get="/inbox?show=unread"' in alone, "and it stays so when more is told"


def test_a_sheet_leads_to_each_of_its_parts(sign_in: SignIn, deal: int) -> None:
    page = sign_in("rep1").get(f"/deals/{deal}").text
    wanted = re.findall(r'href="#([\w-]+)" data-goes-to', page)
    assert wanted == ["talk-h", "tasks-h", "notes-h", "money-h", "story-h"]
    assert all(f'id="{each}"' in page for each in wanted)


def test_what_mattered_and_is_settled_reads_as_one_sentence_that_names_who_did_it(
    app: Flask, sign_in: SignIn, deal: int
) -> None:
    made = scene(app, title="Answered")
    sign_in("rep1").post(f"/conversations/{made.conversation}/messages", data={"text": "Good morning"})
    page = html.unescape(re.sub(r"<[^>]+>|[\u2068\u2069]", "", sign_in("rep1").get(f"/deals/{made.deal}").text))
    said = re.findall(r"settled it.*", page)
    assert not [each for each in said if "Dozor" in each or not re.search(r"settled it: \S", each)]
