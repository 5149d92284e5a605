"""What waits to go out, and is called off: no more than what has lost its sense."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.channels import worlds
from tests.channels.test_letters import ANNA, tell
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as clocks
from webapp.db import session, transaction
from webapp.models import Delivery, Notification, Telling
from webapp.services import accounts, addresses, delivery_plans, notifications


def states() -> dict[str, str]:
    """What becomes of each, by its content."""
    session().close()
    return {each.content: each.state for each in session().scalars(select(Delivery))}


def test_what_was_read_is_called_off_at_once_and_nothing_else_of_that_person_is(inside: Flask, clock: Clock) -> None:
    worlds.reaches(inside, email="smtp://127.0.0.1:1")
    worlds.has_address("north", "email", ANNA, "normal")
    with transaction() as current:
        current.add(Telling(user_id=company.person("north"), an_hour=1))
    clock.go_on(hours=12)  # Tuesday, 22:00: all waits for the morning
    tell("north", "normal", key="one")
    tell("north", "normal", key="beyond the hour")
    with transaction():
        me = company.person("north")
        for content in ("code", "link", "test"):
            delivery_plans.add(content, "email", ANNA, content, due=clocks.now(), user_id=me)
    waiting = dict.fromkeys(("notification", "digest", "code", "link", "test"), "waiting")
    assert states() == waiting
    with transaction():
        one = session().scalars(select(Notification).where(Notification.key == "one")).one()
        notifications.read(one, company.acting("north"))
    assert states() == {**waiting, "notification": "cancelled"}
    with transaction():
        notifications.read_all(company.person("north"), company.acting("north"))
    assert states() == {**waiting, "notification": "cancelled"}, "a digest of which nothing is left ends in its time"


def test_who_tries_a_gateway_again_calls_off_their_own_trial_and_nobody_elses(inside: Flask, clock: Clock) -> None:
    worlds.reaches(inside, email="smtp://127.0.0.1:1", sms="json://127.0.0.1:1/sms")
    with transaction():
        accounts.set_admin(company.person("head"), company.acting("admin"), is_admin=True)
    for name, kind, address in (
        ("admin", "email", "first@firm.example"),
        ("head", "email", "theirs@firm.example"),
        ("admin", "sms", "+79125550177"),
        ("admin", "email", "second@firm.example"),
    ):
        with transaction():
            addresses.test_gateway(kind, address, company.acting(name))
    rows = session().scalars(select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True))
    assert [(each.address, each.state, each.reason.get("code")) for each in rows] == [
        ("first@firm.example", "cancelled", "tried_again"),
        ("theirs@firm.example", "waiting", None),
        ("+79125550177", "waiting", None),
        ("second@firm.example", "waiting", None),
    ]


@pytest.mark.postgres
@pytest.mark.parametrize("what", ["notification", "digest"])
def test_who_tells_does_not_wait_for_who_sends(inside: Flask, clock: Clock, what: str) -> None:
    """Who sends may have to tell the same person next, that it did not arrive: each would wait for the other."""
    worlds.reaches(inside, email="smtp://127.0.0.1:1")
    worlds.has_address("north", "email", ANNA, "urgent", "normal", "digest")
    with transaction() as current:
        current.add(Telling(user_id=company.person("north"), an_hour=1))
    urgent = "urgent" if what == "notification" else "normal"
    for key in ("one", "two"):  # the second is beyond the hour, and stands in the digest
        tell("north", urgent, key=key, about="task-1" if what == "notification" else key)
    held, told = Event(), Event()

    def send() -> None:
        with transaction() as current:
            of_this = select(Delivery).where(Delivery.content == what)
            current.scalars(of_this.order_by(Delivery.id.desc()).limit(1).with_for_update()).one()
            held.set()
            assert told.wait(20), "who tells waits"
            notifications.tell([company.person("north")], "undelivered", key="next", facts={})

    def say() -> None:
        assert held.wait(20)
        tell("north", urgent, key="three", about="task-1" if what == "notification" else "three")
        told.set()

    assert acts.at_the_same_moment(inside, send, say) == [None, None]
    rows = session().scalars(select(Delivery).where(Delivery.content == what).order_by(Delivery.id)).all()
    under_way, new = rows[0], rows[1]  # the third is of what was told last
    assert under_way.due_at is not None
    assert new.due_at is not None
    assert new.due_at - under_way.due_at > timedelta(seconds=10), "what is under way does not say it; the next one does"
