"""What one transaction writes down happened at one instant, though the clock goes on meanwhile; who comes second to a
deal came later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import instant, savepoint, session, transaction
from webapp.models import Deal, JournalEntry, Message, RobotRun, StageVisit
from webapp.services import conversations, deals, invoices, mass_moves

pytestmark = [pytest.mark.ticking, pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def stamps(deal_id: int) -> set[datetime]:
    """Of all that is written of a deal, its line in the journal and what beside says when."""
    found = set(session().scalars(select(JournalEntry.at).where(JournalEntry.deal_id == deal_id)))
    found |= set(session().scalars(select(Message.at)))
    for visit in session().scalars(select(StageVisit).where(StageVisit.deal_id == deal_id)):
        found |= {visit.entered_at, visit.left_at or visit.entered_at}
    for run in session().scalars(select(RobotRun).where(RobotRun.deal_id == deal_id)):
        found |= {run.created_at, run.base_at}
    deal = session().get_one(Deal, deal_id)
    return found | {deal.created_at, deal.entered_at, deal.deleted_at or deal.entered_at}


def test_all_of_one_act_has_one_instant(clock: Clock) -> None:
    deal_id = acts.inquiry()
    seen = stamps(deal_id)
    assert len(seen) == 1

    def in_one(verb: Callable[[Deal], object]) -> bool:
        with transaction():
            verb(acts.locked(deal_id))
        new = stamps(deal_id) - seen
        seen.update(new)
        return len(new) == 1

    by = company.acting("admin")
    assert in_one(lambda deal: conversations.write_first(deal, "Good morning!", by)), "the trigger moves it"
    assert in_one(lambda deal: invoices.issue(deal, "1031", 100, by))
    assert in_one(lambda deal: deals.edit(deal, {"title": "A press", "amount_minor": 100}, by=by))
    assert in_one(lambda deal: deals.delete(deal, by))
    assert in_one(lambda deal: deals.restore(deal, by))


def test_the_clock_itself_goes_on_and_the_next_act_is_later(clock: Clock) -> None:
    with transaction():
        first = instant()
        with savepoint():
            assert (instant(), instant()) == (first, first)
        assert time_source.now() > first
    with transaction():
        assert instant() > first


def test_whoever_moves_many_comes_after_who_moved_the_last_of_them_meanwhile(app: Flask, clock: Clock) -> None:
    first, second = [acts.deal(fields={"equipment_type": "large"}) for _ in range(2)]
    is_held, waits = threading.Event(), threading.Event()

    def one() -> None:
        with transaction():
            held = acts.locked(second)
            is_held.set()
            waits.wait(10)
            time.sleep(0.3)  # until the other asks for it
            deals.move(held, company.stage("data_collection"), by=company.acting("rep1"))

    def many() -> mass_moves.MassMoveResult:
        is_held.wait(10)
        waits.set()
        to = company.stage("processing")
        with transaction():
            return mass_moves.move([first, second], acts.locked, lambda _: to, company.acting("admin"))

    assert acts.at_the_same_moment(app, one, many)[0] is None
    left = select(StageVisit).where(StageVisit.deal_id == second, StageVisit.left_at.is_not(None))
    stays = [(each.entered_at, each.left_at) for each in session().scalars(left.order_by(StageVisit.id))]
    assert len(stays) == 2
    assert all(left_at is not None and entered_at < left_at for entered_at, left_at in stays)
