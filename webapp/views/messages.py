"""An employee's reply in a conversation."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp.access.records import conversation_for, deal_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n.refusals import refusal
from webapp.queries import deals
from webapp.services import inquiries
from webapp.web.responses import fragment, page, read_id, redirect_to, wants_fragment

pages = Blueprint("messages", __name__)


@pages.post("/conversations/<int:conversation_id>/messages")
def create(conversation_id: int) -> Response:
    """Answer the client; the sheet comes back with the answer in it."""
    problem, status = "", 200
    try:
        with transaction():
            conversation, deal = conversation_for(conversation_id, write=True)
            text, seen = request.form.get("text", ""), read_id(request.form.get("seen"))
            inquiries.reply(conversation, text, viewer().actor, seen=seen)
    except Refused as error:
        if error.reason != "bad_fields":
            raise
        problem, status = refusal(error), error.status
        conversation, deal = conversation_for(conversation_id)
    if status == 200 and not wants_fragment():
        return redirect_to(f"/deals/{deal.id}")
    found = deals.sheet(deal_for(deal.id), viewer().scope)
    typed = request.form.get("text", "") if problem else ""
    context = {"page": found, "people": found.people, "reply_problem": problem, "reply_text": typed}
    if wants_fragment():
        return fragment("deals/_sheet.html", status=status, **context)
    return page("deals/show.html", status=status, **context)
