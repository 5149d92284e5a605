"""Which decimals the firm's money has and in which country it is are facts, and hold at every door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import HTMX, browser
from webapp.db import session, transaction
from webapp.i18n import formats
from webapp.models import Contact, Deal, Field, FieldRequirement, Firm, Invoice, Payment
from webapp.snapshots import setups
from webapp.web.templating import Reader, reading_as

THOUSAND = [("JPY", 1_000), ("KWD", 1_000_000), ("RUB", 100_000)]


def firm(app: Flask, **facts: Any) -> None:
    with app.app_context(), transaction() as current:
        current.execute(update(Firm).values(**facts))
        setups.changed()


def latest(app: Flask, model: type[Any]) -> Any:
    with app.app_context():
        return session().scalars(select(model).order_by(model.id.desc())).first()


@pytest.mark.parametrize(("currency", "minor"), THOUSAND)
def test_a_thousand_is_a_thousand_at_every_door(
    app: Flask, clock: Clock, currency: str, minor: int, token: Callable[[str], dict[str, str]]
) -> None:
    firm(app, currency=currency)
    who, api = browser(app, "rep1"), app.test_client()
    for more in ({}, {"quick": "1"}):
        who.post("/deals", data={"title": "A press", "amount": "1000", **more}, headers=HTMX)
        assert latest(app, Deal).amount_minor == minor
        with app.app_context(), transaction() as current:
            current.execute(update(Deal).values(amount_minor=0))
    deal_id = latest(app, Deal).id
    who.post(f"/deals/{deal_id}", data={"amount": "1000"})
    assert latest(app, Deal).amount_minor == minor

    page = who.get(f"/deals/{deal_id}").text
    shown = page.split('name="amount" type="text"')[1].split('value="')[1].split('"')[0]
    saved = who.post(f"/deals/{deal_id}", data={"amount": shown, "was.amount": shown}, headers=HTMX)
    assert (saved.status_code, latest(app, Deal).amount_minor) == (200, minor)

    who.post(f"/deals/{deal_id}/invoices", data={"number": "1", "amount": "3000"}, headers=HTMX)
    assert latest(app, Invoice).amount_minor == 3 * minor
    who.post(f"/invoices/{latest(app, Invoice).id}/payments", data={"amount": "1000"}, headers=HTMX)
    assert latest(app, Payment).amount_minor == minor
    narrowed = who.get("/?amount=1000").headers["Location"]
    assert parse_qs(urlsplit(narrowed).query)["least"] == [str(minor)]

    made = api.post("/api/v1/deals", json={"title": "By API", "amount": "1000"}, headers=token("rep1"))
    assert (made.status_code, latest(app, Deal).amount_minor) == (201, minor)


@pytest.mark.parametrize(
    ("currency", "minor", "english", "russian"),
    [
        ("JPY", 1_000, "¥1,000", "1\u00a0000\u00a0¥"),
        ("KWD", 1_000_000, "KWD\u00a01,000", "1\u00a0000\u00a0KWD"),
        ("KWD", 1_000_500, "KWD\u00a01,000.500", "1\u00a0000,500\u00a0KWD"),
        ("RUB", 100_000, "₽1,000", "1\u00a0000\u00a0₽"),
        ("BYN", 100_050, "Br\u00a01,000.50", "1\u00a0000,50\u00a0Br"),
        ("EUR", 100_000, "€1,000", "1\u00a0000\u00a0€"),
    ],
)
def test_it_is_written_as_its_reader_writes_it(
    app: Flask, currency: str, minor: int, english: str, russian: str
) -> None:
    for locale, written in (("en", english), ("ru", russian)):
        with reading_as(app, Reader(locale, "Europe/Moscow")):
            assert formats.money(minor, currency) == written


@pytest.mark.parametrize(("currency", "minor"), THOUSAND)
def test_a_thousand_is_a_thousand_in_the_form_that_a_stage_asks_with(
    app: Flask, clock: Clock, currency: str, minor: int
) -> None:
    firm(app, currency=currency)
    with app.app_context():
        with transaction() as current:
            label = {"en": "Amount"}
            current.add(budget := Field(entity="deal", key="budget", kind="money", label=label))
            current.flush()
            stage = company.stage("data_collection")
            asks = FieldRequirement(field_id=budget.id, pipeline_id=stage.pipeline_id, stage_id=stage.id)
            current.add(asks)
            setups.changed()
        deal_id = acts.deal()
    asked = {"stage": "data_collection", "deal.budget": "1000", "deal.amount": "2000"}
    assert browser(app, "rep1").post(f"/deals/{deal_id}/moves", data=asked, headers=HTMX).status_code == 200
    with app.app_context():
        deal = acts.deal_of(deal_id)
        assert (deal.fields["budget"], deal.amount_minor) == (minor, 2 * minor)


NATIONAL = [
    ("BY", "8 029 123-45-67", "+375291234567"),
    ("DE", "030 1234567", "+49301234567"),
    ("UA", "067 123 45 67", "+380671234567"),
    ("IT", "06 1234 5678", "+390612345678"),
]


@pytest.mark.parametrize(("country", "typed", "number"), NATIONAL)
def test_a_number_is_one_of_the_firms_country_at_every_door(
    app: Flask, clock: Clock, country: str, typed: str, number: str, token: Callable[[str], dict[str, str]]
) -> None:
    firm(app, country=country)
    who = browser(app, "rep1")
    assert who.post("/contacts", data={"name": "Anna", "phone": typed}).status_code == 303
    assert latest(app, Contact).phone == number
    who.post("/deals", data={"title": "A press", "contact": "Anna", "phone": typed})
    assert latest(app, Deal).contact_id == latest(app, Contact).id, "the same contact"
    sent = {"channel": "chat", "contact": {"name": "A.", "phone": typed}, "text": "Hello"}
    answer = app.test_client().post("/api/v1/inquiries", json=sent, headers=token("admin"))
    assert answer.status_code == 201
    with app.app_context():
        assert session().scalars(select(Contact.phone)).all() == [number]


def test_a_firm_without_a_country_asks_for_the_countrys_code(app: Flask, clock: Clock) -> None:
    firm(app, country=None)
    who = browser(app, "rep1")
    refused = who.post("/contacts", data={"name": "Anna", "phone": "030 1234567"})
    assert (refused.status_code, "Write the number with its country code" in refused.text) == (422, True)
    assert who.post("/contacts", data={"name": "Anna", "phone": "+49 30 1234567"}).status_code == 303


def test_a_new_firm_is_in_the_country_of_its_clock(app: Flask, clock: Clock) -> None:
    with app.app_context():
        assert setups.current().firm.country == "RU"
        assert company.person("rep1")
