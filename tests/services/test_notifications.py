"""Being told: once about one thing, numbered without a gap, read when read."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, true

from tests import company
from tests.channels import worlds
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import savepoint, session, transaction
from webapp.models import Delivery, Inbox, Notification
from webapp.services import notifications

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def tell(key: str, *names: str) -> None:
    with transaction():
        notifications.tell([company.person(each) for each in names], "robot.notify", key=key, facts={})


def inbox(name: str) -> tuple[int, int]:
    row = session().get_one(Inbox, company.person(name), populate_existing=True)
    return row.seq, row.unread


def test_one_thing_is_told_once_however_often_it_is_said(clock: Clock) -> None:
    tell("a", "rep1", "rep2")
    tell("a", "rep1", "rep1", "north")
    tell("b", "rep1")
    assert [(each.seq, each.key) for each in acts.told("rep1")] == [(1, "a"), (2, "b")]
    assert [inbox(each) for each in ("rep1", "rep2", "north")] == [(2, 2), (1, 1), (1, 1)]


def test_many_threads_telling_the_same_people_leave_no_gap(app: Flask, clock: Clock) -> None:
    def one(n: int) -> None:
        for m in range(5):
            tell(f"{n}-{m}", "rep1", "north")

    outcomes = acts.at_the_same_moment(app, *(lambda n=n: one(n) for n in range(6)))  # type: ignore[misc]
    assert outcomes == [None] * 6
    for name in ("rep1", "north"):
        assert [each.seq for each in acts.told(name)] == list(range(1, 31))
        assert inbox(name) == (30, 30)


def test_the_same_thing_from_many_threads_is_told_once(app: Flask, clock: Clock) -> None:
    outcomes = acts.at_the_same_moment(app, *[lambda: tell("a", "rep1")] * 5)
    assert outcomes == [None] * 5
    assert [each.seq for each in acts.told("rep1")] == [1]
    assert inbox("rep1") == (1, 1)


def test_who_tells_the_same_people_in_another_order_waits_in_no_circle(app: Flask, clock: Clock) -> None:
    """One move tells a rep and then the head, another the head and then that rep."""

    def one(n: int) -> None:
        for m in range(10):
            with transaction() as current:
                for name in ("rep1", "north") if n % 2 else ("north", "rep1"):
                    notifications.tell([company.person(name)], "robot.notify", key=f"{n}-{m}", facts={})
                    current.scalars(select(Inbox.seq)).all()  # whatever it does in between

    outcomes = acts.at_the_same_moment(app, *(lambda n=n: one(n) for n in range(4)))  # type: ignore[misc]
    assert outcomes == [None] * 4
    for name in ("rep1", "north"):
        assert [each.seq for each in acts.told(name)] == list(range(1, 41))


def test_who_deletes_a_deal_waits_in_no_circle_with_who_tells(app: Flask, clock: Clock) -> None:
    """What was told of it is read with it, by however many; what is told besides comes to any of them."""
    ids = [acts.inquiry(phone=f"+790055500{n:02}") for n in range(8)]

    people = [company.person(name) for name in ("rep1", "rep2", "north", "head")]

    def tell_last(deal_id: int) -> None:
        notifications.tell([max(people)], "robot.notify", key=f"{deal_id}", facts={})

    def read_all_of(deal_id: int) -> None:
        notifications.is_over(deal_id, true)

    def one(deal_id: int) -> None:
        both = (read_all_of, tell_last)
        with transaction():
            for act in both if deal_id % 2 else both[::-1]:
                act(deal_id)

    for each in ids:
        with transaction():
            notifications.tell(people, "robot.notify", key=f"of {each}", facts={}, deal_id=each)
    assert acts.at_the_same_moment(app, *(lambda n=n: one(n) for n in ids)) == [None] * 8  # type: ignore[misc]
    unread = select(Notification.key).where(Notification.read_at.is_(None), Notification.deal_id.in_(ids))
    assert session().scalars(unread).all() == []


def test_what_is_told_of_a_deal_before_it_is_deleted_is_read_and_what_is_told_after_it_is_not(clock: Clock) -> None:
    deal_id = acts.inquiry()
    with transaction():
        notifications.tell([company.person("rep2")], "robot.notify", key="before", facts={}, deal_id=deal_id)
        notifications.is_over(deal_id, true)
        notifications.tell([company.person("rep2")], "robot.notify", key="after", facts={}, deal_id=deal_id)
    assert [(each.key, each.read_at is not None) for each in acts.told("rep2")] == [("before", True), ("after", False)]
    assert inbox("rep2") == (2, 1)


def test_what_a_savepoint_takes_back_is_not_told(clock: Clock) -> None:
    def lost() -> None:
        with savepoint():
            notifications.tell([company.person("rep1")], "robot.notify", key="lost", facts={})
            raise ZeroDivisionError

    with transaction():
        notifications.tell([company.person("rep1")], "robot.notify", key="kept", facts={})
        with pytest.raises(ZeroDivisionError):
            lost()
    assert [each.key for each in acts.told("rep1")] == ["kept"]


def test_a_number_that_was_rolled_back_is_given_again(clock: Clock) -> None:
    tell("a", "rep1")

    def fails() -> None:
        with transaction():
            notifications.tell([company.person("rep1")], "robot.notify", key="lost", facts={})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    tell("b", "rep1")
    assert [(each.seq, each.key) for each in acts.told("rep1")] == [(1, "a"), (2, "b")]


def test_somebody_without_an_inbox_gets_one(clock: Clock) -> None:
    with transaction() as current:
        current.delete(current.get_one(Inbox, company.person("rep1")))
    tell("a", "rep1")
    assert inbox("rep1") == (1, 1)


def test_reading_counts_down_once(clock: Clock) -> None:
    for key in "abc":
        tell(key, "rep1")
    for _ in range(2):
        with transaction():
            first = session().scalars(select(Notification).where(Notification.key == "a")).one()
            notifications.read(first, company.acting("rep1"))
    assert inbox("rep1") == (3, 2)
    assert acts.told("rep1")[0].read_at == time_source.now()
    with transaction():
        assert notifications.read_all(company.person("rep1"), company.acting("rep1")) == 2
    assert inbox("rep1") == (3, 0)
    with transaction():
        assert notifications.read_all(company.person("rep1"), company.acting("rep1")) == 0
    assert inbox("rep1") == (3, 0)


def test_what_is_read_in_dozor_goes_out_no_more_and_what_others_have_not_read_does(inside: Flask, clock: Clock) -> None:
    worlds.reaches(inside, email="smtp://127.0.0.1:1")
    for name in ("rep1", "rep2"):
        worlds.has_address(name, "email", f"{name}@firm.example", "normal")

    def states() -> list[tuple[str, str, str | None]]:
        rows = select(Delivery.notification_id, Delivery.state, Delivery.reason).order_by(Delivery.id)
        return [(key_of(n), state, reason.get("code")) for n, state, reason in session().execute(rows)]

    def key_of(number: int) -> str:
        found = session().get_one(Notification, number)
        return f"{found.key} of {'rep1' if found.user_id == company.person('rep1') else 'rep2'}"

    for key in "abc":
        tell(key, "rep1", "rep2")
    theirs = [(f"{key} of rep2", "waiting", None) for key in "abc"]
    for read, act in (
        ("a", lambda: notifications.read(acts.told("rep1")[0], company.acting("rep1"))),
        ("abc", lambda: notifications.read_all(company.person("rep1"), company.acting("rep1"))),
    ):
        with transaction():
            act()
        mine = [(f"{key} of rep1", *(("cancelled", "read") if key in read else ("waiting", None))) for key in "abc"]
        assert sorted(states()) == sorted(mine + theirs)
