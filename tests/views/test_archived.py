"""Nothing that is stored raises on reading: whatever of the set-up is archived, pages open, deals move, money comes in,
and every run that is due ends in one outcome."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import Browser
from webapp import clock as time
from webapp.db import session, transaction
from webapp.models import Contact, Deal, Field, Robot, RobotRun, Stage, Trigger, User
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
Archive = Callable[[], object]


def field(key: str) -> Archive:
    return lambda: session().execute(update(Field).where(Field.key == key).values(archived_at=time.now()))


def option(key: str) -> None:
    kept = session().scalars(select(Field).where(Field.key == "equipment_type")).one()
    kept.options = [each for each in kept.options if each["key"] != key]


def stage(key: str) -> Archive:
    return lambda: session().execute(update(Stage).where(Stage.key == key).values(archived_at=time.now()))


def robots() -> None:
    session().execute(update(Robot).values(archived_at=time.now()))


def triggers() -> None:
    session().execute(update(Trigger).values(archived_at=time.now()))


def person(name: str) -> Archive:
    return lambda: session().execute(update(User).where(User.id == company.person(name)).values(is_active=False))


def operator() -> None:
    """A condition from a time in which the field was of another kind."""
    test = {"entity": "contact", "field": "vip", "operator": "gt", "value": [1]}
    session().execute(update(Robot).values(condition={"all": [test, {"any": [{"nothing": 1}]}, "nonsense"]}))


ARCHIVED: dict[str, Archive] = {
    "the field VIP": field("vip"),
    "the required field": field("equipment_type"),
    "both": lambda: (field("vip")(), field("equipment_type")()),
    "the option special": lambda: option("special"),
    "all options": lambda: [option(each) for each in ("standard", "large", "special")],
    "the stage of the VIP's deal": stage("processing"),
    "where a trigger leads": stage("data_collection"),
    "where money is waited for": stage("payment"),
    "the first stage": stage("new"),
    "all robots": robots,
    "all triggers": triggers,
    "the rep": person("rep1"),
    "the head": person("north"),
    "a condition's sense": operator,
}


@pytest.fixture
def deals(app: Flask, clock: Clock) -> list[int]:
    """One deal that waits for an answer, a VIP's with its task, one that waits for money."""
    with app.app_context():
        waits = acts.inquiry()
        vip = acts.deal(of=acts.contact("Very Important", "+79005550009", vip=True))
        acts.vip_task(vip)
        owes = acts.deal(of=acts.contact("Slow", "+79005550002"), fields={"equipment_type": "special"})
        acts.invoice(owes)
        acts.move(owes, "payment")
        return [waits, vip, owes]


@pytest.mark.parametrize("what", ARCHIVED)
def test_whatever_is_archived_every_page_opens_and_everything_goes_on(
    app: Flask, clock: Clock, sign_in: SignIn, deals: list[int], what: str
) -> None:
    people = [sign_in(each) for each in ("admin", "head")]
    with app.app_context():
        with transaction():
            ARCHIVED[what]()
            setups.changed()
        contacts = list(session().scalars(select(Contact.id)))
    pages = ["/", "/tasks", "/tasks?list=all", "/inbox", "/contacts", "/deals/new", "/closed", "/search?q=important"]
    pages += [f"/deals/{each}" for each in deals] + [f"/contacts/{each}" for each in contacts]
    answers = {path: who.get(path).status_code for who in people for path in pages}
    assert set(answers.values()) <= {200, 404}
    assert {
        path: code for path, code in answers.items() if path.startswith(("/deals/", "/contacts/")) and code != 200
    } == {}
    assert app.test_client().get("/sign-in").status_code == 200
    with app.app_context():
        acts.pay(deals[2])
        clock.go_on(days=10)
        acts.work()
        runs = session().scalars(select(RobotRun).where(RobotRun.deal_id.in_(deals))).all()
        assert {each.state for each in runs} <= {"fired", "condition_false", "called_off"}
        assert all(each.reason.get("code") for each in runs)
        standing = next(each for each in setups.current().stages.values() if each.kind == "lost")
        for each in deals:
            acts.move(each, standing.key, by="admin", raw={"deal": {"lost_reason": "Too dear"}})
        assert set(session().scalars(select(Deal.stage_id).where(Deal.id.in_(deals)))) == {standing.id}
    assert {who.get(f"/deals/{each}").status_code for who in people for each in deals} == {200}


def test_a_run_whose_field_is_gone_says_so(app: Flask, clock: Clock, sign_in: SignIn, deals: list[int]) -> None:
    with app.app_context():
        again = acts.inquiry("Well?", name="Very Important", phone="+79005550009")
        with transaction():
            field("vip")()
            setups.changed()
        acts.work()
        (run,) = [each for each in acts.runs(again, "vip_notification") if each.message_id is not None]
        assert (run.state, run.findings[0]["holds"]) == ("condition_false", False)
    assert "vip (archived)" in sign_in("admin").get(f"/deals/{again}").text
