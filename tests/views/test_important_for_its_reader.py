"""Important now speaks to its reader: as "you", of each thing once, and never of nothing while the bar counts some."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.access.viewer import scope_of
from webapp.db import session, transaction
from webapp.models import ImportantItem, ImportantPlace
from webapp.queries import inbox
from webapp.services import important
from webapp.snapshots import setups


def late_vip(clock: Clock) -> int:
    """Told at once as a VIP's word, and after ten minutes as one that nobody has answered."""
    acts.contact(rep="rep1", vip=True)
    deal_id = acts.inquiry()
    acts.work()
    clock.go_on(minutes=11)
    acts.work()
    return deal_id


def items(deal_id: int) -> list[ImportantItem]:
    wanted = select(ImportantItem).where(ImportantItem.deal_id == deal_id).order_by(ImportantItem.id)
    return list(session().scalars(wanted.execution_options(populate_existing=True)))


def counted(name: str) -> int:
    setup = setups.current()
    return inbox.counters(scope_of(setup, setup.people[company.person(name)])).important


def on(item: ImportantItem, verb: Any, by: str, *words: str) -> None:
    with transaction():
        acts.locked(item.deal_id or 0)
        verb(session().get_one(ImportantItem, item.id, with_for_update=True), *words, company.acting(by))


def test_a_vip_who_waits_too_long_is_one_thing_and_says_both(app: Flask, clock: Clock, sign_in: Any) -> None:
    with app.app_context():
        deal_id = late_vip(clock)
        (item,) = items(deal_id)
        assert (item.kind, item.facts["item.also"], counted("north")) == ("late_reply", ["vip"], 1)
        (place,) = session().scalars(select(ImportantPlace).where(ImportantPlace.user_id == company.person("north")))
        assert (place.rank, place.since) == (item.rank, item.since)
        assert {each.kind for each in acts.told("north")} == {"robot.notify", "robot.control"}
    text = sign_in("north").get("/important").text
    assert text.count('data-item="') == 1
    assert "has been waiting for a reply" in text
    assert "Important client" in text
    with app.app_context():
        acts.reply(deal_id)
        assert [each.ended_at is not None for each in items(deal_id)] == [True]


def test_a_late_client_who_writes_as_a_vip_is_still_one_thing(inside: Flask, clock: Clock) -> None:
    deal_id = acts.inquiry()
    clock.go_on(minutes=11)
    acts.work()
    acts.mark(acts.deal_of(deal_id).contact_id or 0, vip=True)
    acts.inquiry("Well?")
    acts.work()
    (item,) = items(deal_id)
    assert (item.kind, item.facts["item.also"], item.times) == ("late_reply", ["vip"], 1)


def test_who_reads_of_themselves_is_called_you(app: Flask, clock: Clock, sign_in: Any) -> None:
    with app.app_context():
        deal_id = late_vip(clock)
        (item,) = items(deal_id)
        on(item, important.ask, "north", "Why?")
    mine, theirs = (sign_in(name).get("/important").text for name in ("rep1", "north"))
    assert "You are responsible" in mine
    assert "Ivan Petrov is responsible" not in mine
    assert "Ivan Petrov is responsible" in theirs
    assert "You ask:" in theirs
    with app.app_context():
        acts.reply(deal_id, by="north")
    assert "you replied after" in sign_in("north").get("/important").text


def test_nothing_is_waiting_only_where_the_bar_counts_nothing(app: Flask, clock: Clock, sign_in: Any) -> None:
    who = sign_in("rep1")
    assert "Nothing is waiting for you." in who.get("/important").text
    with app.app_context():
        deal_id = acts.deal("data_collection", of=acts.contact(vip=True), waits=False)
        acts.inquiry("Hello?")
    text = who.get("/important").text
    assert "Nothing is waiting for you." not in text
    assert "1 client is waiting for a reply" in text
    with app.app_context():
        acts.reply(deal_id)
    assert "Nothing is waiting for you." in who.get("/important").text
    with app.app_context():
        acts.vip_task(deal_id)
    text = who.get("/important").text
    assert "Nothing is waiting for you." not in text
    assert "1 task is waiting for you" in text
