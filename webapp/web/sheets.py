"""A deal's sheet as an answer: whatever is done on it comes back with the sheet as it is then."""

from __future__ import annotations

from flask import Response, request

from webapp.access.records import deal_for, may_read_deal
from webapp.access.viewer import viewer
from webapp.db import session
from webapp.errors import Refused
from webapp.models import Deal
from webapp.queries import contacts, deals
from webapp.web import out_of_sight
from webapp.web.forms import BLANK, FormState, read_id
from webapp.web.responses import fragment, page, redirect_to, wants_fragment


def known_client(error: Refused | None) -> int | None:
    """Who has the phone or the e-mail of a client who was typed in: offered first, or said to be somebody else."""
    return error.facts["id"] if error is not None and error.reason == "known_contact" else None


def deal_sheet(deal_id: int, form: FormState = BLANK, known: int | None = None) -> Response:
    """The sheet, a page of its own or laid over the board; `form` is the one of its forms that was refused, `known` the
    contact that has what was typed there."""
    lines = read_id(request.args.get("lines")) or deals.LINES
    before = read_id(request.args.get("before"))
    found = deals.sheet(deal_for(deal_id), viewer().scope, min(lines, deals.MOST_LINES), before)
    clients = contacts.choices(form.at("deal").typed.get("contact", ""), known)
    build, template = (fragment, "deals/_sheet.html") if wants_fragment() else (page, "deals/show.html")
    return build(template, status=form.status, page=found, form=form, clients=clients, known=known)


def saved_sheet(deal_id: int) -> Response:
    """After something was saved on it; back on the board, when by that it is the matter of others."""
    deal = session().get_one(Deal, deal_id)
    if not may_read_deal(deal):
        return out_of_sight.back_to("/", out_of_sight.of_deal(deal))
    return deal_sheet(deal_id) if wants_fragment() else redirect_to(f"/deals/{deal_id}")
