"""Whoever records a payment, or issues an invoice, has seen those before it: two who were told of the same one do not
write it down twice."""

from __future__ import annotations

import html

import pytest
from flask import Flask
from sqlalchemy import select

from tests.views.drawn_forms import DrawnForm, form_of, read
from tests.views.scenes import HTMX, Browser, Scene, browser
from webapp.db import session
from webapp.models import Invoice

BOTH_WAYS = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


def forms(page: str, scene: Scene) -> tuple[DrawnForm, DrawnForm]:
    """Of the whole, and of a part."""
    whole, part = (each for each in read(page).forms if each.action == f"/invoices/{scene.invoice}/payments")
    return whole, part


def paid(app: Flask, scene: Scene) -> int:
    with app.app_context():
        found = session().get_one(Invoice, scene.invoice).paid_minor
        session().close()
        return found


@pytest.fixture
def rep(app: Flask, north: Scene) -> Browser:
    return browser(app, "rep1")


@BOTH_WAYS
@pytest.mark.parametrize("which", [0, 1], ids=["the whole", "a part"])
def test_a_payment_that_came_since_is_shown_first(
    app: Flask, north: Scene, rep: Browser, headers: dict[str, str], which: int
) -> None:
    more = {"amount": "400"} if which else {}
    form = forms(rep.get(f"/deals/{north.deal}").text, north)[which]
    head = browser(app, "north")
    head.post(f"/invoices/{north.invoice}/payments", data={"amount": "400"})
    assert paid(app, north) == 40_000
    late = rep.post(form.action, data=form.data(**more), headers=headers)
    assert (late.status_code, paid(app, north)) == (409, 40_000)
    said = html.unescape(late.text).replace("\xa0", " ")
    assert "Anna Krylova recorded a payment in the meantime. What is still owed: " in said
    fresh = forms(late.text, north)[which]
    assert fresh.value("amount") == list(more.values())
    assert rep.post(fresh.action, data=fresh.data(), headers=headers).status_code in (200, 303)
    assert paid(app, north) == (80_000 if which else 100_000)


@BOTH_WAYS
def test_an_invoice_that_was_issued_since_is_shown_first(
    app: Flask, north: Scene, rep: Browser, headers: dict[str, str]
) -> None:
    path, mine = f"/deals/{north.deal}/invoices", {"number": "B-7", "amount": "1500"}
    form = form_of(rep.get(f"/deals/{north.deal}").text, path)
    browser(app, "north").post(path, data={"number": "A-7", "amount": "1500"})
    late = rep.post(form.action, data=form.data(**mine), headers=headers)
    assert (late.status_code, numbers(app, north)[1:]) == (409, ["A-7"])
    assert "Anna Krylova issued invoice A-7 in the meantime." in html.unescape(late.text)
    fresh = form_of(late.text, path)
    assert (fresh.value("number"), fresh.value("amount")) == (["B-7"], ["1500"])
    assert rep.post(path, data=fresh.data(), headers=headers).status_code in (200, 303)
    assert numbers(app, north)[1:] == ["A-7", "B-7"]


def test_invoices_that_are_shown_are_in_nobodys_way(app: Flask, north: Scene, rep: Browser) -> None:
    path = f"/deals/{north.deal}/invoices"
    for number in ("A-7", "B-7"):
        form = form_of(rep.get(f"/deals/{north.deal}").text, path)
        answer = rep.post(path, data=form.data(number=number, amount="1500"), headers=HTMX)
        assert answer.status_code == 200
    assert numbers(app, north)[1:] == ["A-7", "B-7"]


def numbers(app: Flask, scene: Scene) -> list[str]:
    with app.app_context():
        found = session().scalars(select(Invoice.number).where(Invoice.deal_id == scene.deal).order_by(Invoice.id))
        kept = [*found]
        session().close()
        return kept


@pytest.mark.parametrize(("which", "sum_"), [(0, 100_000), (1, 40_000)], ids=["the whole", "a part"])
def test_one_that_nothing_came_before_is_recorded_at_once(
    app: Flask, north: Scene, rep: Browser, which: int, sum_: int
) -> None:
    form = forms(rep.get(f"/deals/{north.deal}").text, north)[which]
    answer = rep.post(form.action, data=form.data(**({"amount": "400"} if which else {})), headers=HTMX)
    assert (answer.status_code, paid(app, north)) == (200, sum_)


def test_what_was_paid_in_full_meanwhile_is_said_as_before(app: Flask, north: Scene, rep: Browser) -> None:
    form, _ = forms(rep.get(f"/deals/{north.deal}").text, north)
    browser(app, "north").post(form.action)
    late = rep.post(form.action, data=form.data(), headers=HTMX)
    assert (late.status_code, "It is already paid." in late.text) == (409, True)
