"""Invoices of a deal, and their payments."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response

from rules.errors import FieldError
from rules.readers import read_day
from webapp.access.records import deal_for, invoice_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused, invalid
from webapp.services import invoices, values
from webapp.web.forms import Form, Posted, read_minor
from webapp.web.sheets import deal_sheet, saved_sheet

pages = Blueprint("invoices", __name__)
ISSUE = Form(names=("number", "amount", "due_on", "latest"), refusals=("bad_fields", "stale"))
PAYMENT = Form(names=("amount", "paid"), refusals=("bad_fields", "wrong_state", "stale"))


@pages.post("/deals/<int:deal_id>/invoices")
def create(deal_id: int) -> Response:
    """Issue an invoice."""
    posted = ISSUE.posted()
    try:
        with transaction():
            deal = deal_for(deal_id, write=True, for_update=True)
            amount, due_on = values.money(posted.text("amount"), viewer().actor), _day(posted, "due_on")
            invoices.issue(
                deal,
                posted.text("number"),
                amount or 0,
                viewer().actor,
                due_on=due_on,
                latest_shown=posted.id("latest"),
            )
    except Refused as error:
        return deal_sheet(deal_id, posted.refused(error, "invoice"))
    return saved_sheet(deal_id)


@pages.post("/invoices/<int:invoice_id>/payments")
def pay(invoice_id: int) -> Response:
    """Note a payment; without an amount it pays the whole balance. An amount that is asked for is not left blank."""
    posted, deal_id = PAYMENT.posted(), 0
    try:
        with transaction():
            invoice, deal = invoice_for(invoice_id, write=True)
            deal_id = deal.id
            amount = values.money(posted.text("amount"), viewer().actor)
            if "amount" in posted and amount is None:
                raise invalid("amount", "blank")
            invoices.pay(invoice, deal, amount, viewer().actor, shown_minor=read_minor(posted.text("paid")))
    except Refused as error:
        if not deal_id:
            raise
        place = "deal" if error.reason == "wrong_state" else f"payment-{invoice_id}"
        return deal_sheet(deal_id, posted.refused(error, place))
    return saved_sheet(deal_id)


def _day(posted: Posted, name: str) -> date | None:
    try:
        return read_day(posted.text(name))
    except FieldError as error:
        raise invalid(name, error.code, **error.facts) from None
