"""An employee's reply in a conversation."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp import auth
from webapp.db import transaction
from webapp.errors import Refused
from webapp.pages import fragment, go_to, page, wants_fragment, whole
from webapp.queries import deals
from webapp.services import inquiries
from webapp.words.refusals import refusal

pages = Blueprint("messages", __name__)


@pages.post("/conversations/<int:conversation_id>/messages")
def create(conversation_id: int) -> Response:
    """Answer the client; the sheet comes back with the answer in it."""
    problem, status = "", 200
    try:
        with transaction():
            conversation, deal = auth.conversation_for(conversation_id, write=True)
            text, seen = request.form.get("text", ""), whole(request.form.get("seen"))
            inquiries.reply(conversation, text, auth.viewer().actor, seen=seen)
    except Refused as error:
        if error.reason != "bad_fields":
            raise
        problem, status = refusal(error), error.status
        conversation, deal = auth.conversation_for(conversation_id)
    if status == 200 and not wants_fragment():
        return go_to(f"/deals/{deal.id}")
    found = deals.page(auth.deal_for(deal.id), auth.viewer().scope)
    typed = request.form.get("text", "") if problem else ""
    context = {"page": found, "people": found.people, "reply_problem": problem, "reply_text": typed}
    if wants_fragment():
        return fragment("deals/_sheet.html", status=status, **context)
    return page("deals/show.html", status=status, **context)
