"""The first steps of a new firm: each is done when facts say so; the starter set's robots are right, and act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import runner
from rules.robot_checks import check_robot
from tests import servers
from tests.conftest import settings_for
from webapp.access.scopes import Actor
from webapp.app import create_app
from webapp.db import db, jot, session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import Contact, Conversation, Deal, Notification, Robot, RobotRun, Stage
from webapp.queries.first_steps import first_steps as listed
from webapp.services import conversations, deals, first_steps, founding, inquiries, invoices, starter_set, tasks
from webapp.services.founding import AdminDraft, FirmDraft
from webapp.snapshots import setups

pytestmark = pytest.mark.both_databases
ALL = {"reaction": "on", "minutes": "10", "vip": "on", "unpaid": "on", "days": "3", "large": "on", "amount": "5000"}
ASKS = {"name": "Anna", "external_id": "anna"}


@pytest.fixture
def me(url_without_a_firm: str, redis_server: servers.RedisServer, tmp_path: Path, clock: Any) -> Iterator[Actor]:
    """The one admin of a new firm in Berlin, in whose app we are."""
    app: Flask = create_app(settings_for(tmp_path, url_without_a_firm, redis_server.url))
    redis_server.empty()
    with app.app_context():
        with transaction():
            firm = FirmDraft("Own", "en", "Europe/Berlin", "EUR", "DE")
            mine = founding.found(firm, AdminDraft("Vera", "vera@firm.example", "hash"))
        yield Actor(mine, via="page")
        db.session.remove()
        db.engine.dispose()
    app.extensions["dozor.redis"].close()


def done() -> list[str]:
    return [each.key for each in listed() if each.is_done]


def take(by: Actor, **wanted: str) -> None:
    with transaction():
        starter_set.take(starter_set.read(wanted or ALL, by), by)


def work() -> None:
    while runner.drain():
        pass


def test_each_step_is_done_by_its_fact_and_the_list_goes_with_the_last(me: Actor) -> None:
    assert (len(listed()), done()) == (5, [])
    with transaction():
        first_steps.name_stages({"in_work": "Measuring"}, me)
    assert done() == ["stages"]
    assert next(each for each in setups.current().stages.values() if each.key == "in_work").name == {"en": "Measuring"}
    take(me, vip="on")
    assert done() == ["stages", "robots"]
    with transaction():
        first_steps.note("people")
    fact = first_steps.seen_on_a_site()
    assert fact is not None
    assert jot(fact)
    session().close()  # what this request had read is done with
    assert first_steps.seen_on_a_site() is None, "noted once"
    assert done() == ["stages", "robots", "people", "form"]
    with transaction():
        first_steps.send_test_inquiry()
    assert listed() == []


def test_the_list_is_put_away_and_another_firm_has_none(me: Actor) -> None:
    with pytest.raises(NotFound), transaction():
        first_steps.note("anything")
    with transaction():
        first_steps.note("dismissed")
    assert listed() == []


def test_every_robot_of_the_set_is_right_and_none_is_made_twice(me: Actor) -> None:
    take(me)
    take(me)
    setup = setups.current()
    rows = session().scalars(select(Robot).order_by(Robot.id)).all()
    assert [each.key for each in rows] == [
        "reaction_control", "vip_notification", "large_deal", "large_deal_2", "unpaid_invoice",
    ]  # fmt: skip
    for each in rows:
        raw = {name: getattr(each, name) for name in ("kind", "name", "starts", "timing", "condition", "settings")}
        assert check_robot(raw, setup.catalogue, setup.reading(None)) == (), each.key
    order = select(Stage.key).order_by(Stage.position)
    assert session().scalars(order).all() == ["new", "in_work", "payment", "won", "lost"]
    assert "“New”" not in rows[0].settings["text"]["en"]
    assert "on New." in rows[0].settings["text"]["en"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minutes": "0"}, "minutes"),
        ({"minutes": "soon"}, "minutes"),
        ({"days": "91"}, "days"),
        ({"amount": ""}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"vip": "maybe"}, "vip"),
    ],
)
def test_what_is_wrong_with_the_set_is_said(me: Actor, wrong: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as raised:
        starter_set.read({**ALL, **wrong}, me)
    assert list(raised.value.problems) == [field]


def told() -> list[str]:
    by_robots = select(Notification.kind).where(Notification.kind.startswith("robot."))
    return list(session().scalars(by_robots.order_by(Notification.id)))


def test_in_a_firm_of_one_every_robot_of_the_set_reminds_the_one(me: Actor, clock: Any) -> None:
    take(me)
    with transaction():
        deal, contact, _ = inquiries.receive("form", ASKS, "Hello", Actor(via="form"))
    clock.go_on(minutes=10, seconds=1)
    work()
    run = session().scalars(select(RobotRun).where(RobotRun.robot_id == 1)).one()
    assert run.state == "fired", run.reason
    by_robots = select(Notification.user_id).where(Notification.kind.startswith("robot."))
    assert session().scalars(by_robots).all() == [me.user_id]
    with transaction():
        session().get_one(Contact, contact.id).fields = {"vip": True}
    with transaction():
        inquiries.receive("form", ASKS, "Are you there?", Actor(via="form"))
    work()
    with transaction():
        deals.edit(session().get_one(Deal, deal.id), {"amount_minor": 600_000}, by=me)
    work()
    assert told() == ["robot.control", "robot.notify", "robot.notify"]
    with transaction():
        row = session().get_one(Deal, deal.id)
        invoices.issue(row, "1", 600_000, me)
        to = next(each for each in setups.current().stages.values() if each.key == "payment")
        deals.move(row, to, by=me)
    clock.go_on(days=7)
    work()
    assert told()[-1] == "robot.control"
    with transaction():
        task = tasks.create_by_hand("Call", "", me.user_id or 0, me, accept=True)
        tasks.submit(task, "Called", me)
    assert task.state == "done", "nobody else could accept it"
    assert clock() - session().get_one(Deal, deal.id).created_at > timedelta(days=6)


def test_by_the_set_an_answer_begins_the_work_and_a_payment_in_full_wins(me: Actor) -> None:
    take(me)
    with transaction():
        deal, _, conversation = inquiries.receive("form", ASKS, "Hello", Actor(via="form"))

    def stage() -> str:
        return setups.current().stages[session().get_one(Deal, deal.id, populate_existing=True).stage_id].key

    assert stage() == "new"
    with transaction():
        talk = session().get_one(Conversation, conversation.id)
        conversations.reply(talk, "Good morning!", me)
    assert stage() == "in_work"
    with transaction():
        held = session().get_one(Deal, deal.id)
        invoices.pay(invoices.issue(held, "1031", 100_000, me), held, None, me)
    assert stage() == "won"
