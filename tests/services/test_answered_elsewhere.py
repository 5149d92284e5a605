"""Answered elsewhere: a reply for every clock and the trigger, that nothing goes out for, shown as claimed."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Conversation, Delivery, ImportantItem, Message
from webapp.services import conversations

pytestmark = [pytest.mark.usefixtures("inside", "clock")]


def claim(deal_id: int, how: str = "call", text: str = "They take it", by: str = "rep1") -> None:
    with transaction():
        acts.locked(deal_id)
        talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
        conversations.answer_elsewhere(talk, how, text, company.acting(by))


def test_it_stops_the_clock_takes_the_dialogue_and_sends_nothing(clock: Clock) -> None:
    deal_id = acts.inquiry()
    claim(deal_id)
    talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
    assert (talk.unanswered_since, talk.replied_at) == (None, clock())
    assert acts.stage_of(deal_id) == "data_collection"
    assert acts.run_of(deal_id, "reaction_control").state == "called_off"
    assert session().scalar(select(func.count(Delivery.id)).where(Delivery.deal_id == deal_id)) == 0
    (entry,) = acts.journal(deal_id, "message.claimed")
    assert entry.new == {"text": "They take it", "how": "call"}


def test_it_settles_what_mattered_as_claimed_and_is_counted_for_whoever_claims(clock: Clock) -> None:
    deal_id = acts.inquiry()
    clock.go_on(minutes=11)
    acts.work()
    claim(deal_id, "in_person", "")
    item = session().scalars(select(ImportantItem).where(ImportantItem.deal_id == deal_id)).one()
    assert (item.state, item.reason["code"]) == ("settled", "claimed")
    claimed = select(Message.by_id, func.count()).where(Message.claimed.is_not(None)).group_by(Message.by_id)
    assert [tuple(each) for each in session().execute(claimed)] == [(company.person("rep1"), 1)]


def test_only_ways_that_there_are(clock: Clock) -> None:
    deal_id = acts.inquiry()
    with pytest.raises(Refused):
        claim(deal_id, "pigeon")
    assert acts.run_of(deal_id, "reaction_control").state == "waiting"
