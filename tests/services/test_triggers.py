"""Triggers: what leads where, and that a refused one never undoes what set it off."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from rules import chains
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import Conversation, Invoice, Message, Payment, Trigger
from webapp.services import inquiries
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def lead(key: str, stage: str, **columns: object) -> None:
    """Set the lesson's trigger up otherwise."""
    with transaction():
        row = session().scalars(select(Trigger).where(Trigger.key == key)).one()
        row.stage_id = company.stage(stage).id
        for column, value in columns.items():
            setattr(row, column, value)
        setups.changed()


def test_a_refused_trigger_leaves_the_answer_standing_and_tells_the_responsible(clock: Clock) -> None:
    lead("dialogue_taken", "processing")
    deal_id = acts.inquiry()
    acts.reply(deal_id, by="north", text="I will take over")
    assert acts.stage_of(deal_id) == "new"
    assert session().scalars(select(Message.text).order_by(Message.id)).all()[-1] == "I will take over"
    assert session().scalars(select(Conversation)).one().replied_at is not None
    (entry,) = acts.journal(deal_id, "trigger.refused")
    assert entry.new["code"] == "required_fields"
    assert entry.new["to"] == company.stage("processing").id
    assert acts.journal(deal_id, "deal.moved") == []
    (told,) = acts.told("rep1", "trigger.refused")
    assert told.facts["trigger.name"]["text"]["en"] == "Dialogue taken"
    assert told.facts["trigger.missing"]["texts"] == [{"en": "Equipment type", "ru": "Тип оборудования"}]


def test_after_a_refused_trigger_the_deals_timers_still_wait(clock: Clock) -> None:
    lead("dialogue_taken", "processing")
    deal_id = acts.inquiry()
    acts.reply(deal_id)
    assert acts.run_of(deal_id, "reaction_control").state == "waiting"
    assert acts.deal_of(deal_id).visit_id == acts.run_of(deal_id, "reaction_control").visit_id


def test_a_payment_stands_when_its_trigger_is_refused(clock: Clock) -> None:
    deal_id = acts.deal("data_collection")
    acts.invoice(deal_id)
    acts.pay(deal_id)
    assert session().scalars(select(Invoice)).one().paid_at is not None
    assert session().scalars(select(Payment.amount_minor)).all() == [100_000]
    assert acts.stage_of(deal_id) == "data_collection"
    assert len(acts.told("rep1", "trigger.refused")) == 1


def test_a_trigger_moves_forward_only(clock: Clock) -> None:
    deal_id = acts.inquiry()
    acts.move(deal_id, "payment", raw={"deal": {"equipment_type": "large"}})
    acts.reply(deal_id)
    assert acts.stage_of(deal_id) == "payment"


def test_a_trigger_that_is_off_or_whose_condition_is_false_moves_nothing(clock: Clock) -> None:
    vip = {"all": [{"entity": "contact", "field": "vip", "operator": "eq", "value": True}]}
    lead("dialogue_taken", "data_collection", condition=vip)
    deal_id = acts.inquiry()
    acts.reply(deal_id)
    assert acts.stage_of(deal_id) == "new"
    lead("dialogue_taken", "data_collection", condition=None, is_on=False)
    other = acts.inquiry(phone="+79005550002")
    acts.reply(other)
    assert acts.stage_of(other) == "new"


def test_what_a_trigger_does_is_journalled_with_what_set_it_off(clock: Clock) -> None:
    deal_id = acts.inquiry()
    acts.reply(deal_id)
    (moved,) = acts.journal(deal_id, "deal.moved")
    assert moved.by_id is None
    assert moved.cause["via"] == "trigger"
    assert moved.cause["name"]["en"] == "Dialogue taken"
    assert moved.cause["set_off_by"] == company.person("rep1")


@pytest.mark.parametrize(("depth", "stage"), [(chains.DEPTH_LIMIT - 1, "data_collection"), (chains.DEPTH_LIMIT, "new")])
def test_a_chain_that_is_too_deep_is_cut_and_journalled(clock: Clock, depth: int, stage: str) -> None:
    deal_id = acts.inquiry()
    with transaction():
        acts.locked(deal_id)
        talk = session().scalars(select(Conversation)).one()
        inquiries.reply(talk, "Hello", Actor(company.person("rep1"), via="trigger", depth=depth))
    assert acts.stage_of(deal_id) == stage
    assert len(acts.journal(deal_id, "chain.cut")) == (depth == chains.DEPTH_LIMIT)
