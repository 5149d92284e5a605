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
from tests.views import every_page
from tests.views.scenes import Browser
from webapp import clock as time
from webapp.db import session, transaction
from webapp.models import Calendar, Contact, Deal, Field, Robot, RobotRun, Stage, Trigger, User
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
Token = Callable[[str], dict[str, str]]
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


def kind() -> None:
    session().execute(update(Field).where(Field.key == "equipment_type").values(kind="date"))


def robot_kind() -> None:
    """Of a version in which there was such a robot."""
    session().execute(update(Robot).values(kind="telegraph"))
    for run in session().scalars(select(RobotRun).where(RobotRun.state == "waiting")):
        acts.redefine(run, kind="telegraph")


def unreadable() -> None:
    """Shapes of an older version, or of another hand."""
    session().execute(update(Robot).values(condition={"none": [1]}, timing={"some": "day"}))
    session().execute(update(Field).values(required_if={"all": 1}))
    session().execute(update(Calendar).values(definition={"zone": "Nowhere/Atlantis"}))


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
    "a field's kind": kind,
    "a kind of robot": robot_kind,
    "what no reader can read": unreadable,
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
    app: Flask, clock: Clock, sign_in: SignIn, token: Token, deals: list[int], what: str
) -> None:
    people = [sign_in(each) for each in ("admin", "head")]
    with app.app_context():
        with transaction():
            ARCHIVED[what]()
            setups.changed()
        contacts = list(session().scalars(select(Contact.id)))
        pages = every_page.paths(app)
    for who in people:
        answers = {path: who.get(path).status_code for path in pages if not path.startswith("/api/")}
        assert {path: code for path, code in answers.items() if code >= 500} == {}
        assert {answers[path] for path in [f"/deals/{each}" for each in deals]} == {200}
        assert {answers[path] for path in [f"/contacts/{each}" for each in contacts]} == {200}
    assert {path: code for path, code in _api(app, token("admin"), pages).items() if code not in (200, 404)} == {}
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


def _api(app: Flask, headers: dict[str, str], pages: list[str]) -> dict[str, int]:
    asking = app.test_client()
    return {path: asking.get(path, headers=headers).status_code for path in pages if path.startswith("/api/")}


def archive(app: Flask, what: Archive) -> None:
    with app.app_context(), transaction():
        what()
        setups.changed()


def a_vip_writes_and_the_field_is_gone(app: Flask) -> int:
    with app.app_context():
        again = acts.inquiry("Well?", name="Very Important", phone="+79005550009")
        archive(app, field("vip"))
        acts.work()
        (run,) = [each for each in acts.runs(again, "vip_notification") if each.message_id is not None]
        assert (run.state, run.reason["code"]) == ("condition_false", "condition_false")
        assert [(each["gone"], each["field"]) for each in run.reason["gone"]] == [("field", "vip")]
        return again


def test_a_run_whose_field_is_gone_ends_and_says_which(app: Flask, sign_in: SignIn, deals: list[int]) -> None:
    again = a_vip_writes_and_the_field_is_gone(app)
    assert "the field VIP no longer exists" in sign_in("admin").get(f"/deals/{again}").text


@pytest.mark.locale("ru")
def test_a_russian_reads_it_in_russian(app: Flask, sign_in: SignIn, deals: list[int]) -> None:
    again = a_vip_writes_and_the_field_is_gone(app)
    assert "поля «VIP» больше нет" in sign_in("admin").get(f"/deals/{again}").text


def test_an_archived_stage_is_named_on_its_deal_and_left_by_a_move(
    app: Flask, sign_in: SignIn, deals: list[int]
) -> None:
    archive(app, stage("payment"))
    browser = sign_in("rep1")
    assert "(archived)" in browser.get(f"/deals/{deals[2]}").text
    with app.app_context():
        version = acts.deal_of(deals[2]).version
    answer = browser.post(f"/deals/{deals[2]}/moves", data={"stage": "processing", "version": version, "from": "deal"})
    assert answer.status_code < 400
    with app.app_context():
        assert acts.stage_of(deals[2]) == "processing"


def test_a_payment_leads_on_from_an_archived_stage(app: Flask, deals: list[int]) -> None:
    archive(app, stage("payment"))
    with app.app_context():
        acts.pay(deals[2])
        assert acts.stage_of(deals[2]) == "won"


def test_the_history_names_an_archived_field_by_its_label(app: Flask, sign_in: SignIn, deals: list[int]) -> None:
    archive(app, field("equipment_type"))
    assert "set Equipment type to" in sign_in("rep1").get(f"/deals/{deals[1]}").text
