"""Triggers: what leads where, and that a refused one never undoes what set it off."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from rules import chains
from rules.triggers import EVENTS
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import Conversation, Deal, Invoice, Message, Payment, Trigger
from webapp.services import calls, conversations, tasks, trigger_addresses
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
        conversations.reply(talk, "Hello", Actor(company.person("rep1"), via="trigger", depth=depth))
    assert acts.stage_of(deal_id) == stage
    assert len(acts.journal(deal_id, "chain.cut")) == (depth == chains.DEPTH_LIMIT)


def on(event: str, stage: str, **columns: object) -> None:
    """One trigger on this event, and no other."""
    with transaction() as current:
        for each in current.scalars(select(Trigger)):
            each.is_on = False
        row = Trigger(stage_id=company.stage(stage).id, event=event, name={"en": "Mine"})
        for column, value in columns.items():
            setattr(row, column, value)
        current.add(row)
        setups.changed()


def edited() -> int:
    deal_id = acts.deal()
    acts.edit(deal_id, amount_minor=700)
    return deal_id


def billed() -> int:
    deal_id = acts.deal()
    acts.invoice(deal_id)
    return deal_id


def paid() -> int:
    deal_id = billed()
    acts.pay(deal_id)
    return deal_id


def handed_in() -> int:
    deal_id = acts.deal()
    with transaction():
        made = tasks.create_by_hand(
            "Call", "", company.person("rep1"), company.acting("north"), deal=acts.locked(deal_id), accept=True
        )
    acts.submit(made.id)
    return deal_id


def accepted() -> int:
    deal_id = handed_in()
    acts.on_task(acts.task_of(deal_id).id, tasks.accept, "north")
    return deal_id


def returned() -> int:
    deal_id = handed_in()
    acts.on_task(acts.task_of(deal_id).id, tasks.send_back, "north", "Not yet")
    return deal_id


def called() -> int:
    with transaction():
        calls.call_said("CA1", calls.Said("no-answer"), acts.PHONE, "")
    return session().scalars(select(Deal.id)).one()


def answered() -> int:
    deal_id = acts.inquiry()
    acts.reply(deal_id)
    return deal_id


def called_from_outside() -> int:
    deal_id = acts.deal()
    row = session().scalars(select(Trigger).where(Trigger.event == "webhook")).first()
    if row is not None:
        with transaction():
            trigger_addresses.take(row, trigger_addresses.Call(deal_id, ""))
    return deal_id


HAPPENS = {
    "inquiry_received": acts.inquiry,
    "dialogue_taken": answered,
    "client_wrote": acts.inquiry,
    "call_missed": called,
    "field_changed": edited,
    "invoice_issued": billed,
    "invoice_paid_in_full": paid,
    "task_accepted": accepted,
    "task_returned": returned,
    "webhook": called_from_outside,
}


def test_every_event_is_tried() -> None:
    assert tuple(HAPPENS) == EVENTS


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_leads_the_deal_on_and_no_other_does(clock: Clock, event: str) -> None:
    on(event, "data_collection")
    deal_id = HAPPENS[event]()
    assert acts.stage_of(deal_id) == "data_collection"
    (moved,) = acts.journal(deal_id, "deal.moved")
    assert (moved.cause["via"], moved.cause["name"]["en"]) == ("trigger", "Mine")


@pytest.mark.parametrize(("may_go_back", "stage"), [(False, "data_collection"), (True, "new")])
def test_it_leads_back_only_where_that_is_allowed(clock: Clock, may_go_back: bool, stage: str) -> None:
    on("client_wrote", "new", may_go_back=may_go_back)
    deal_id = acts.inquiry()
    acts.move(deal_id, "data_collection")
    acts.inquiry("One more thing")
    assert acts.stage_of(deal_id) == stage


def test_a_closed_deal_is_led_nowhere(clock: Clock) -> None:
    on("invoice_issued", "new", may_go_back=True)
    deal_id = acts.deal("lost", lost_reason="Too dear")
    acts.invoice(deal_id)
    assert acts.stage_of(deal_id) == "lost"


def test_only_the_first_word_of_a_conversation_is_an_inquiry(clock: Clock) -> None:
    on("inquiry_received", "data_collection")
    deal_id = acts.inquiry()
    acts.move(deal_id, "new")
    acts.inquiry("One more thing")
    assert acts.stage_of(deal_id) == "new"
    acts.inquiry("And by mail", channel="email")
    assert acts.stage_of(deal_id) == "data_collection"


@pytest.mark.parametrize(("field", "value", "stage"), [("amount", 700, "data_collection"), ("title", "A press", "new")])
def test_a_change_is_heard_of_the_fields_that_the_condition_asks_for(
    clock: Clock, field: str, value: object, stage: str
) -> None:
    test = {"entity": "deal", "field": field, "operator": "eq", "value": value}
    on("field_changed", "data_collection", condition={"all": [test]})
    assert acts.stage_of(edited()) == stage
