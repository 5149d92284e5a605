"""Whoever has a deal open sees what is said in it, also where nothing else of the deal changes by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import open_transaction, session, transaction
from webapp.models import Contact, Conversation
from webapp.services import conversations


def said_by(deal_id: int, act: Callable[[Any], object]) -> list[int]:
    """Of which deals open pages are told."""
    with transaction():
        acts.locked(deal_id)
        own = select(Conversation).where(Conversation.deal_id == deal_id).order_by(Conversation.id)
        act(session().scalars(own).first())  # a call opens another one beside it
        return list(open_transaction().changes.deals)


def test_every_word_in_a_conversation_is_told_to_open_pages(inside: Flask, clock: Clock) -> None:
    """The first reply moves the deal, and is told with the move. Those after it move nothing."""
    deal_id, rep = acts.inquiry(), company.acting("rep1")
    acts.reply(deal_id)
    deal = acts.deal_of(deal_id)
    client = session().get_one(Contact, deal.contact_id)
    for act in (
        lambda talk: conversations.hear(talk, "And when?", acts.FORM, "text"),
        lambda talk: conversations.reply(talk, "Tomorrow.", rep),
        lambda talk: conversations.reply(talk, "Or the day after.", rep),
        lambda talk: conversations.answer_elsewhere(talk, "call", "She agrees.", rep),
        lambda talk: conversations.talk(deal, client, "☎", rep),
        lambda talk: conversations.write_first(deal, "Good evening!", rep),
    ):
        assert said_by(deal_id, act) == [deal_id]
