"""A deal's own figures are what its journal says, counted here a second time, minute by minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import session
from webapp.models import Conversation, JournalEntry, Message
from webapp.queries import figures
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
MINUTE = timedelta(minutes=1)


def entries(deal_id: int) -> list[JournalEntry]:
    found = select(JournalEntry).where(JournalEntry.deal_id == deal_id).order_by(JournalEntry.id)
    return list(session().scalars(found))


def is_worked(at: datetime) -> bool:
    """In the lesson's firm, in a week without holidays."""
    local = at.astimezone(ZoneInfo("Europe/Moscow"))
    return local.weekday() < 5 and 9 <= local.hour < 18


def waited(deal_id: int) -> timedelta:
    told = entries(deal_id)
    asked = next(each.at for each in told if each.event == "message.received")
    answered = next(each.at for each in told if each.event == "message.sent" and each.at >= asked)
    minutes = range(int((answered - asked) / MINUTE))
    return sum((MINUTE for n in minutes if is_worked(asked + n * MINUTE)), timedelta())


def stood(deal_id: int) -> dict[str, timedelta]:
    """By the name of the stage: the first by its making, each next by the move."""
    found: dict[str, timedelta] = {}
    first = next(each for each in entries(deal_id) if each.event == "deal.created")
    at, stage_id = first.at, company.stage("new").id
    moves = [(each.at, each.new) for each in entries(deal_id) if each.event == "deal.moved"]
    for left_at, next_id in [*moves, (time_source.now(), 0)]:
        name = setups.current().stage_by_id(stage_id).name["en"]
        found[name] = found.get(name, timedelta()) + (left_at - at)
        at, stage_id = left_at, next_id
    return found


def test_figures_of_a_deal_are_those_of_its_journal(clock: Clock) -> None:
    clock.go_on(hours=7, minutes=55)
    deal_id = acts.inquiry()
    clock.go_on(hours=15, minutes=10)
    acts.reply(deal_id, by=_responsible(deal_id))
    clock.go_on(hours=3)
    acts.move(deal_id, "new", by="admin")
    clock.go_on(days=2)
    acts.reply(deal_id, by="admin", text="Repeat it")
    found = figures.of_deal(acts.deal_of(deal_id))
    assert found.replied_for == waited(deal_id) == timedelta(minutes=10)
    assert {name["en"]: time for name, time in found.on_stages} == stood(deal_id)
    assert len(found.on_stages) >= 2


def _responsible(deal_id: int) -> str:
    owner = acts.deal_of(deal_id).responsible_id
    return next(each for each in company.PEOPLE if company.person(each) == owner)


def test_what_a_robot_wrote_is_no_reply(clock: Clock) -> None:
    deal_id = acts.inquiry()
    talk = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).one()
    session().add(Message(conversation_id=talk.id, direction="out", text="We have got it", by_id=None, at=clock.at))
    session().flush()
    assert figures.of_deal(acts.deal_of(deal_id)).replied_for is None


def test_a_closed_deal_says_nothing_of_the_stage_where_it_rests(clock: Clock) -> None:
    deal_id = acts.deal()
    clock.go_on(hours=1)
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Too dear"}})
    clock.go_on(days=9)
    assert [time for _, time in figures.of_deal(acts.deal_of(deal_id)).on_stages] == [timedelta(hours=1)]
