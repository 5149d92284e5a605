"""Whoever has a deal open sees what is said in it, also where nothing else of the deal changes by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import open_transaction, session, transaction
from webapp.models import Contact, Conversation, Message
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


def test_the_same_words_answer_again_once_the_client_has_said_more(inside: Flask, clock: Clock) -> None:
    """A page that has not caught up says what it saw last; pressed twice, it is one answer."""
    deal_id, rep = acts.inquiry(), company.acting("rep1")
    with transaction():
        acts.locked(deal_id)
        talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
        seen = session().scalars(select(func.max(Message.id)).where(Message.conversation_id == talk.id)).one()
        first = conversations.reply(talk, "I will look.", rep, seen=seen)
        assert conversations.reply(talk, "I will look.", rep, seen=seen).id == first.id
        conversations.hear(talk, "And when?", acts.FORM, "text")
        assert talk.unanswered_since is not None
        assert conversations.reply(talk, "I will look.", rep, seen=seen).id != first.id
        assert talk.unanswered_since is None


def test_what_stands_below_a_word_of_theirs_is_found_as_it_is_written(inside: Flask, clock: Clock) -> None:
    """A name may have signs by which a database means any other."""
    deal_id, name = acts.inquiry(), "A%b_c/d"
    with transaction():
        acts.locked(deal_id)
        talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
        conversations.hear(talk, "Hello\n\nA%bxc/d", acts.FORM, "text")
        conversations.hear(talk, "Hello\n\nAnybody_c/d", acts.FORM, "text")
        conversations.hear(talk, name, acts.FORM, "text")
        assert not conversations.has_heard(talk, name)
        conversations.hear(talk, f"Hello\n\n{name}", acts.FORM, "text")
        assert conversations.has_heard(talk, name)
