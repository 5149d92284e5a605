"""Invoices of a deal, and their payments."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from rules.facts import FieldSpec
from rules.fields import FieldError, parse
from webapp.access.records import deal_for, invoice_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused, invalid
from webapp.i18n.refusals import problems, refusal
from webapp.queries import deals
from webapp.services import invoices
from webapp.web.responses import fragment, page, redirect_to, wants_fragment

pages = Blueprint("invoices", __name__)
AMOUNT = FieldSpec("invoice", "amount", "money", {}, is_built_in=True)
DUE = FieldSpec("invoice", "due_on", "date", {}, is_built_in=True)


@pages.post("/deals/<int:deal_id>/invoices")
def create(deal_id: int) -> Response:
    """Issue an invoice."""
    try:
        with transaction():
            deal = deal_for(deal_id, write=True, for_update=True)
            amount = _parsed(AMOUNT, "amount")
            due_on = _parsed(DUE, "due_on")
            invoices.issue(
                deal,
                request.form.get("number", ""),
                amount if isinstance(amount, int) else 0,
                viewer().actor,
                due_on=date.fromisoformat(due_on) if isinstance(due_on, str) else None,
            )
    except Refused as error:
        if error.reason != "bad_fields":
            raise
        said = {"invoice_typed": request.form, "invoice_problems": problems(error), "invoice_message": refusal(error)}
        return _sheet(deal_id, error.status, **said)
    return _sheet(deal_id) if wants_fragment() else redirect_to(f"/deals/{deal_id}")


@pages.post("/invoices/<int:invoice_id>/payments")
def pay(invoice_id: int) -> Response:
    """Note a payment; a blank amount pays the whole balance."""
    deal_id = 0
    try:
        with transaction():
            invoice, deal = invoice_for(invoice_id, write=True)
            deal_id = deal.id
            amount = _parsed(AMOUNT, "amount")
            invoices.pay(invoice, deal, amount if isinstance(amount, int) else None, viewer().actor)
    except Refused as error:
        if error.reason not in ("bad_fields", "wrong_state") or not deal_id:
            raise
        if error.reason == "wrong_state":
            return _sheet(deal_id, error.status, message=refusal(error))
        typed = request.form.get("amount", "")
        return _sheet(deal_id, error.status, paid_wrong=invoice_id, paid_typed=typed, paid_problem=refusal(error))
    return _sheet(deal_id) if wants_fragment() else redirect_to(f"/deals/{deal_id}")


def _parsed(spec: FieldSpec, name: str) -> object:
    try:
        return parse(spec, request.form.get(name, ""))
    except FieldError as error:
        raise invalid(name, error.code, **error.facts) from None


def _sheet(deal_id: int, status: int = 200, **context: Any) -> Response:
    found = deals.sheet(deal_for(deal_id), viewer().scope)
    build, template = (fragment, "deals/_sheet.html") if wants_fragment() else (page, "deals/show.html")
    return build(template, status=status, page=found, people=found.people, **context)
