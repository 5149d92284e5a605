"""The own address of a trigger is made and ended by one admin at a time, and pulls a deal that nobody else moves."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.locks import Act, not_held, quicker
from webapp.db import session, transaction
from webapp.errors import NotFound
from webapp.models import Deal, Trigger
from webapp.services import trigger_addresses
from webapp.services.trigger_addresses import Call
from webapp.snapshots import setups

pytestmark = pytest.mark.usefixtures("inside", "clock")


@pytest.fixture
def trigger(clock: Clock) -> int:
    """To Data collection, when another system calls."""
    with transaction() as current:
        row = Trigger(
            stage_id=company.stage("data_collection").id, event="webhook", name={"en": "Till"}, key="till", is_on=True
        )
        current.add(row)
        current.flush()
        setups.changed()
        return row.id


def test_an_address_is_made_and_ended_once_nobody_else_does_either(trigger: int) -> None:
    by, deal_id = company.acting("admin"), acts.deal()
    made = "the secret that one admin was shown would be another one's, and open nothing"
    table = {
        "made": Act(made, "trigger", lambda: trigger_addresses.make(trigger, by)),
        "made anew": Act(made, "trigger", lambda: trigger_addresses.make(trigger, by, 24)),
        "ended": Act("what was just ended would be open again", "trigger", lambda: trigger_addresses.end(trigger, by)),
        "called": Act(
            "whoever moves the deal meanwhile would be overtaken",
            "deal",
            lambda: trigger_addresses.take(session().get_one(Trigger, trigger), Call(deal_id, "")),
            before="write journal",
        ),
    }
    assert not_held(table) == {}


def test_a_trigger_that_another_admin_has_just_archived_gets_no_address(clock: Clock, trigger: int) -> None:
    gone = update(Trigger).where(Trigger.id == trigger).values(archived_at=clock.at)
    for verb in (trigger_addresses.make, trigger_addresses.end):
        with quicker("trigger", gone), pytest.raises(NotFound), transaction():
            verb(trigger, company.acting("admin"))


def test_a_deal_that_has_just_been_deleted_is_not_pulled(clock: Clock, trigger: int) -> None:
    deal_id = acts.deal()
    gone = update(Deal).where(Deal.id == deal_id).values(deleted_at=clock.at)
    with quicker("deal", gone), transaction():
        trigger_addresses.take(session().get_one(Trigger, trigger), Call(deal_id, ""))
    assert (acts.stage_of(deal_id), acts.journal(deal_id, "trigger.called")) == ("new", [])
