"""An employee's words to a client: a reply in a conversation, or the first word."""

from __future__ import annotations

from flask import Blueprint, Response

from webapp.access.records import conversation_for, deal_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import conversations
from webapp.web.forms import Form
from webapp.web.sheets import deal_sheet, saved_sheet

pages = Blueprint("messages", __name__)
REPLY = Form(names=("text", "seen"), refusals=("bad_fields", "stale"))
ELSEWHERE = Form(names=("how", "text"))
FIRST = Form(names=("text", "to", "seen"), refusals=("bad_fields", "stale"))


@pages.post("/conversations/<int:conversation_id>/messages")
def create(conversation_id: int) -> Response:
    """Answer the client; the sheet comes back with the answer in it."""
    posted = REPLY.posted()
    try:
        with transaction():
            conversation, deal = conversation_for(conversation_id, write=True)
            conversations.reply(conversation, posted.text("text"), viewer().actor, seen=posted.id("seen"))
            deal_id = deal.id
    except Refused as error:
        _, deal = conversation_for(conversation_id)
        return deal_sheet(deal.id, posted.refused(error, f"reply-{conversation_id}"))
    return saved_sheet(deal_id)


@pages.post("/conversations/<int:conversation_id>/answers_elsewhere")
def answer_elsewhere(conversation_id: int) -> Response:
    """Say that one has answered by phone or otherwise; the sheet comes back with that in it."""
    posted = ELSEWHERE.posted()
    try:
        with transaction():
            conversation, deal = conversation_for(conversation_id, write=True)
            conversations.answer_elsewhere(conversation, posted.text("how"), posted.text("text"), viewer().actor)
            deal_id = deal.id
    except Refused as error:
        _, deal = conversation_for(conversation_id)
        return deal_sheet(deal.id, posted.refused(error, f"elsewhere-{conversation_id}"))
    return saved_sheet(deal_id)


@pages.post("/deals/<int:deal_id>/messages")
def write_first(deal_id: int) -> Response:
    """Write to a client who has not written yet."""
    form = FIRST.posted()
    try:
        with transaction():
            deal = deal_for(deal_id, write=True, for_update=True)
            seen = form.id("seen") or 0
            conversations.write_first(deal, form.text("text"), viewer().actor, to=form.id("to"), seen=seen)
    except Refused as error:
        return deal_sheet(deal_id, form.refused(error, "first-word"))
    return saved_sheet(deal_id)
