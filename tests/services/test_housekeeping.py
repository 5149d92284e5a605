"""At night old runs go, a few at a time; a deal's journal, and what people were told, stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import session
from webapp.models import JournalEntry, Notification
from webapp.services import housekeeping

pytestmark = [pytest.mark.usefixtures("inside")]


def closed(clock: Clock) -> int:
    """A deal whose control fired, and which was lost."""
    deal_id = acts.deal()
    clock.go_on(minutes=11)
    acts.work()
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Too dear"}})
    return deal_id


def kept(deal_id: int) -> list[str]:
    return [each.state for each in acts.runs(deal_id, "reaction_control")]


def lines(deal_id: int) -> int:
    wanted = select(func.count()).select_from(JournalEntry).where(JournalEntry.deal_id == deal_id)
    return session().scalar(wanted) or 0


@pytest.mark.both_databases
def test_ended_runs_of_closed_deals_go_after_a_year(clock: Clock) -> None:
    gone, open_one = closed(clock), acts.deal()
    clock.go_on(minutes=11)
    acts.work()
    written = lines(gone)
    assert kept(gone) == kept(open_one) == ["fired"]
    clock.go_on(days=364)
    assert housekeeping.prune_runs(time_source.now()) == 0
    clock.go_on(days=2)
    assert housekeeping.prune_runs(time_source.now(), part=1) == 1
    assert (kept(gone), kept(open_one)) == ([], ["fired"])
    assert lines(gone) == written
    told = session().scalars(select(Notification).where(Notification.user_id == company.person("north"))).all()
    assert len(told) == 2
    assert sorted(each.run_id is None for each in told) == [False, True]


def test_a_robot_that_runs_once_per_deal_still_knows_that_it_has(clock: Clock) -> None:
    acts.robot("reaction_control", once_per_deal=True)
    deal_id = closed(clock)
    clock.go_on(days=400)
    assert housekeeping.prune_runs(time_source.now()) == 0
    assert kept(deal_id) == ["fired"]


def test_it_is_done_in_the_night_of_the_firm_alone(clock: Clock, inside: Flask) -> None:
    deal_id = closed(clock)
    clock.go_on(days=400)
    assert housekeeping.tidy(clock.at) == 0
    assert kept(deal_id) == ["fired"]
    at_four = clock.at.replace(hour=1, minute=30)  # in Moscow
    assert housekeeping.tidy(at_four + timedelta(days=1)) == 1
    assert kept(deal_id) == []
