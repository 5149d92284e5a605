"""Invoices of a deal, and their payments."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response

from rules.facts import FieldSpec
from rules.fields import FieldError, parse
from webapp.access.records import deal_for, invoice_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused, invalid
from webapp.services import invoices
from webapp.web.forms import Form, Posted
from webapp.web.sheets import deal_sheet, saved_sheet

pages = Blueprint("invoices", __name__)
AMOUNT = FieldSpec("invoice", "amount", "money", {}, is_built_in=True)
DUE = FieldSpec("invoice", "due_on", "date", {}, is_built_in=True)
ISSUE = Form(names=("number", "amount", "due_on"))
PAYMENT = Form(names=("amount",), refusals=("bad_fields", "wrong_state"))


@pages.post("/deals/<int:deal_id>/invoices")
def create(deal_id: int) -> Response:
    """Issue an invoice."""
    form = ISSUE.posted()
    try:
        with transaction():
            deal = deal_for(deal_id, write=True, for_update=True)
            amount, due_on = _parsed(AMOUNT, form), _parsed(DUE, form)
            invoices.issue(
                deal,
                form.text("number"),
                amount if isinstance(amount, int) else 0,
                viewer().actor,
                due_on=date.fromisoformat(due_on) if isinstance(due_on, str) else None,
            )
    except Refused as error:
        return deal_sheet(deal_id, form.refused(error, "invoice"))
    return saved_sheet(deal_id)


@pages.post("/invoices/<int:invoice_id>/payments")
def pay(invoice_id: int) -> Response:
    """Note a payment; a blank amount pays the whole balance."""
    form, deal_id = PAYMENT.posted(), 0
    try:
        with transaction():
            invoice, deal = invoice_for(invoice_id, write=True)
            deal_id = deal.id
            amount = _parsed(AMOUNT, form)
            invoices.pay(invoice, deal, amount if isinstance(amount, int) else None, viewer().actor)
    except Refused as error:
        if not deal_id:
            raise
        place = "deal" if error.reason == "wrong_state" else f"payment-{invoice_id}"
        return deal_sheet(deal_id, form.refused(error, place))
    return saved_sheet(deal_id)


def _parsed(spec: FieldSpec, form: Posted) -> object:
    try:
        return parse(spec, form.text(spec.key))
    except FieldError as error:
        raise invalid(spec.key, error.code, **error.facts) from None
