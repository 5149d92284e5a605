"""Whoever is at work, lets something wait and gives no sign for four working hours is told to the heads, until they
act: a row each for who is silent, and what ends it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select, update

from rules import important as rules
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.locks import FREE, Act, not_held
from tests.services.test_important import have, on
from webapp.db import session, transaction
from webapp.i18n import important as words
from webapp.models import Conversation, ImportantItem, User
from webapp.services import important, silent_people, tasks

pytestmark = pytest.mark.usefixtures("inside", "clock")
DAY = date(2026, 11, 24)  # a Tuesday; clock() begins at 10:00 in Moscow, where work goes on until 18:00


def silent() -> list[ImportantItem]:
    """After a look: those that stand."""
    silent_people.look()
    wanted = select(ImportantItem).where(ImportantItem.kind == "silent", ImportantItem.ended_at.is_(None))
    return list(session().scalars(wanted.execution_options(populate_existing=True)))


def late_work(clock: Clock) -> None:
    with transaction():
        due = clock() + timedelta(hours=1)
        tasks.create_by_hand("Call back", "", company.person("rep1"), company.acting("north"), due_at=due)


def waits(clock: Clock) -> None:
    acts.deal(of=acts.contact())


def nothing(clock: Clock) -> None:
    acts.deal(of=acts.contact(), waits=False)


def away(clock: Clock) -> None:
    waits(clock)
    acts.away("rep1", DAY)


def acted_since(clock: Clock) -> None:
    waits(clock)
    clock.go_on(hours=3)
    acts.deal(waits=False)


def over_night(clock: Clock) -> None:
    """Three hours of Tuesday are left, and the night is no silence."""
    clock.go_on(hours=5)
    waits(clock)
    clock.go_on(hours=18)


ROWS: list[tuple[Callable[[Clock], None], float, list[str]]] = [
    (waits, 3.9, []),
    (waits, 4, ["1 client is waiting"]),
    (late_work, 5, ["1 task is overdue"]),
    (nothing, 5, []),
    (away, 5, []),
    (acted_since, 1.5, []),
    (acted_since, 4, ["1 client is waiting"]),
    (waits, 8.5, []),  # after hours nobody has to answer
    (over_night, 0.9, []),
    (over_night, 1, ["1 client is waiting"]),
]


@pytest.mark.parametrize(("begins", "hours", "said"), ROWS)
def test_who_is_silent(begins: Callable[[Clock], None], hours: float, said: list[str], clock: Clock) -> None:
    begins(clock)
    clock.go_on(hours=hours)
    assert [words.waits(each.facts) for each in silent()] == said


@pytest.mark.parametrize(
    ("last", "absence", "now", "since"),
    [
        ("24T09:00", None, "24T12:00", "24T09:00"),
        ("20T09:00", (20, 23), "24T12:00", "23T21:00"),  # since this morning's midnight in Moscow
        ("24T09:00", (20, 23), "24T12:00", "24T09:00"),  # back, and seen
        ("24T09:00", (24, 25), "24T12:00", "25T21:00"),  # away: later than now
        ("24T09:00", (26, 27), "24T12:00", "24T09:00"),  # not away yet
    ],
)
def test_from_when_on_somebody_is_silent(last: str, absence: tuple[int, int] | None, now: str, since: str) -> None:
    def at(day: str) -> datetime:
        return datetime.fromisoformat(f"2026-11-{day}:00+00:00")

    days = [(date(2026, 11, absence[0]), date(2026, 11, absence[1]))] if absence else []
    assert rules.silent_since(at(last), days, "Europe/Moscow", at(now)) == at(since)


@pytest.mark.both_databases
def test_the_head_is_told_once_and_the_next_level_until_the_rep_acts(inside: Flask, clock: Clock) -> None:
    deal_id = acts.inquiry()
    clock.go_on(hours=4)
    (item,) = silent()
    assert (have(item), item.about_id, item.rank) == (["north"], company.person("rep1"), 3)
    assert silent() == [item]
    assert len(acts.told("north", "important.silent")) == 1
    clock.go_on(minutes=16)
    acts.work()
    assert have(item) == ["head", "north"]
    acts.reply(deal_id)
    assert silent() == []
    item = session().get_one(ImportantItem, item.id)
    assert (item.state, item.reason["code"], have(item)) == ("settled", "acted", [])


@pytest.mark.both_databases
def test_of_two_who_look_at_once_one_tells(inside: Flask, clock: Clock) -> None:
    """The second has found somebody silent, and waits at their row until the first has told of it."""

    def looks() -> None:
        with inside.app_context():
            silent_people.look()
            session().close()

    acts.inquiry()
    clock.go_on(hours=4)
    other, person_id = Thread(target=looks), company.person("rep1")
    with transaction() as current:
        current.get(User, person_id, with_for_update=True)
        other.start()
        time.sleep(0.7)
        silent_people._open(person_id)
    other.join(20)
    (item,) = silent()
    assert (item.times, len(acts.told("north", "important.silent"))) == (1, 1)


def test_the_ticker_looks_and_does_not_look_for_ever(inside: Flask, clock: Clock) -> None:
    """Twice a minute by the firm's clock, also when the clock was put back."""
    acts.inquiry()
    watch, seen = silent_people.Watch(), []
    for minutes in (0, 240, 0.25, 0.25, -1):
        clock.go_on(minutes=minutes)
        watch.look(clock())
        seen.append(watch.looked_at == clock())
    assert seen == [True, True, False, True, True]
    assert len(acts.told("north", "important.silent")) == 1


def test_what_waits_is_kept_up_to_date_and_what_is_done_stays_done(clock: Clock) -> None:
    acts.contact()
    acts.contact("Pavel", "+79005550003")
    deal_id = acts.inquiry()
    clock.go_on(hours=4)
    (item,) = silent()
    acts.inquiry(name="Pavel", phone="+79005550003")
    assert [words.waits(each.facts) for each in silent()] == ["2 clients are waiting"]
    on(item, important.finish, "north", "At the fair")
    clock.go_on(minutes=5)
    assert silent() == [], "the same silence is not told of again"
    acts.reply(deal_id)
    clock.go_on(hours=20)
    (anew,) = silent()
    assert anew.id != item.id
    acts.delete(deal_id)
    with transaction() as current:
        current.execute(update(Conversation).values(unanswered_since=None))
    assert silent() == []
    anew = session().get_one(ImportantItem, anew.id)
    assert anew.reason["code"] == "nothing_waits"


def test_of_two_tickers_that_look_at_once_one_tells(clock: Clock) -> None:
    """Whoever waited for the person's row finds the item of the other. Addresses of theirs may be added meanwhile."""
    waits(clock)
    clock.go_on(hours=5)
    told = Act(
        "the heads would have it twice",
        f"app_user app_user{FREE}",
        silent_people.look,
        before="write important_item",
        alone=True,
    )
    assert not_held({"told": told}) == {}
