"""A card's fuse and the filter ask present facts: a robot that would not act as things stand threatens nobody, and the
deal's page says what would have to change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.access.viewer import scope_of
from webapp.db import session, transaction
from webapp.models import Deal
from webapp.queries import cards, deals
from webapp.queries.filters import Filters, narrowing
from webapp.services import tasks
from webapp.snapshots import setups
from webapp.snapshots.deals import ENTITIES, snapshot_of, snapshots_of

pytestmark = [pytest.mark.usefixtures("inside", "clock"), pytest.mark.both_databases]


def fuse(deal_id: int) -> str:
    card = cards.card(deal_id)
    assert card is not None
    return card.fuse.kind if card.fuse else ""


def waits_idly(deal_id: int) -> list[bool]:
    setup = setups.current()
    sheet = deals.sheet(acts.deal_of(deal_id), scope_of(setup, setup.people[company.person("head")]))
    assert all(run.ticks for run in sheet.waiting)
    return [not run.holds for run in sheet.waiting]


def urgent() -> set[int]:
    setup = setups.current()
    head = scope_of(setup, setup.people[company.person("head")])
    return set(session().scalars(select(Deal.id).where(narrowing(head, Filters(burning=True)))))


def test_a_deal_made_by_hand_threatens_nobody_with_the_reaction_control(clock: Clock) -> None:
    by_hand, asked = acts.deal(waits=False), acts.inquiry()
    assert (fuse(by_hand), fuse(asked)) == ("", "control")
    assert (waits_idly(by_hand), waits_idly(asked)) == ([True], [True, False])
    assert urgent() == {asked}


def test_a_vip_without_an_invoice_is_not_said_to_be_told_and_with_one_is(clock: Clock) -> None:
    vip = acts.contact(vip=True)
    deal_id = acts.deal("payment", of=vip, fields={"equipment_type": "large"})
    assert fuse(deal_id) == ""
    assert urgent() == set()
    assert waits_idly(deal_id) == [True, True]
    acts.invoice(deal_id)
    assert fuse(deal_id) == "notify"
    assert waits_idly(deal_id) == [False, True]
    assert urgent() == {deal_id}
    acts.mark(vip, vip=False)
    assert fuse(deal_id) == "control"
    acts.pay(deal_id)
    assert fuse(deal_id) == ""


def test_a_card_says_that_somebody_was_called_and_not_that_a_robot_did_something_else(clock: Clock) -> None:
    unanswered, vip = acts.inquiry(), acts.contact("Olga", "+79125550178", vip=True)
    paying = acts.deal("payment", of=vip, fields={"equipment_type": "large"})
    acts.invoice(paying)
    assert (fuse(unanswered), fuse(paying)) == ("control", "notify")
    clock.go_on(days=14)
    acts.work()
    fired = {run.definition["kind"] for each in (unanswered, paying) for run in acts.runs(each) if run.state == "fired"}
    assert fired == {"control", "notify"}
    assert (fuse(unanswered), fuse(paying)) == ("told", "")


def test_work_on_a_deal_is_no_next_step_of_it(clock: Clock) -> None:
    deal_id, by = acts.deal(waits=False), company.acting("rep1")
    with transaction():
        task = tasks.create_by_hand("Measure", "", company.person("rep1"), by, deal=acts.locked(deal_id))
        task.due_at = clock.at + timedelta(hours=2)
    card = cards.card(deal_id)
    assert card is not None
    assert (fuse(deal_id), card.step) == ("due", None)


def test_the_facts_of_many_deals_are_those_of_each(clock: Clock) -> None:
    vip = acts.contact(vip=True)
    made = [
        acts.deal(waits=False),
        acts.inquiry(),
        acts.deal("processing", of=vip, fields={"equipment_type": "special"}),
    ]
    acts.reply(made[1])
    acts.inquiry("And the price?")
    acts.inquiry("By mail", channel="email")
    acts.invoice(made[2])
    acts.invoice(made[2], "1032", 5_000)
    acts.pay(made[2], 100)
    with transaction():
        acts.locked(made[0]).lost_reason = "None"
    many = snapshots_of(made)
    assert many == {each: snapshot_of(acts.deal_of(each)) for each in made}
    assert many[made[2]].value("invoices", "unpaid") is True
    assert snapshots_of([]) == {}
    for entity in ENTITIES:
        asked = snapshots_of(made, [entity])
        assert {each: found.values for each, found in asked.items()} == {
            each: {entity: found.values[entity]} for each, found in many.items()
        }


def test_of_cards_drawn_together_each_names_whom_its_own_robot_would_tell(clock: Clock) -> None:
    """One robot waits on all of them, and each has a head of its own above them."""
    ids = [acts.deal(rep="rep1"), acts.deal(rep="rep3")]
    alone = [card.fuse.who for each in ids if (card := cards.card(each)) is not None and card.fuse is not None]
    together = [card.fuse.who for card in cards.some(ids) if card.fuse is not None]
    assert together == alone
    assert len(set(together)) == 2
