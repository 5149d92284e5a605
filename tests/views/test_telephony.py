"""How an admin sets telephony up, and what whoever is rung sees and does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views import provider
from tests.views.provider import NORTH_LINE, PHONES, SALES_LINE, SECRET, Provider
from webapp.db import session, transaction
from webapp.models import (
    Contact,
    Conversation,
    Deal,
    ImportantItem,
    ImportantPlace,
    ImportantRung,
    PhoneLine,
    Telephony,
)
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
HERE = "/settings/channels"
UNKNOWN = "+79161112233"


def test_telephony_is_set_up_said_wrong_and_taken_away(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    wrong = admin.post(f"{HERE}/telephony", data={"secret": "", "rings": "99", "caller_id": "12"})
    assert all(words in wrong.text for words in ("Fill this in.", "From 1 to 12 rings."))
    assert (wrong.status_code, 'value="99"' in wrong.text) == (422, True)
    assert admin.post(f"{HERE}/telephony", data={"secret": SECRET, "rings": "6", "caller_id": ""}).status_code == 303
    with app.app_context():
        kept = session().scalars(select(Telephony)).one()
        key = kept.key
        assert (kept.secret, kept.rings, kept.caller_id) == (SECRET, 6, "")
        session().close()
    page = admin.get(HERE).text
    assert (SECRET in page, f"/hooks/twiml/{key}/calls" in page) == (False, True)
    admin.post(f"{HERE}/telephony", data={"secret": "", "rings": "3", "caller_id": SALES_LINE})
    with app.app_context():
        kept = session().scalars(select(Telephony)).one()
        assert (kept.secret, kept.key, kept.rings, kept.caller_id) == (SECRET, key, 3, SALES_LINE)
        session().close()
    admin.post(f"{HERE}/telephony/deletions")
    assert key not in admin.get(HERE).text
    assert Provider(app, f"/hooks/twiml/{key}").come_in(UNKNOWN, NORTH_LINE).status == 404


def test_a_number_says_whom_it_rings_and_who_has_no_phone(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    provider.set_up(app, without=("rep2", "north", "head", "admin"))
    admin = sign_in("admin")
    page = admin.get(HERE).text
    assert "No phone number:" in page
    assert all(name in page for name in ("Maria Sokolova", "Anna Krylova"))
    wrong = admin.post(f"{HERE}/lines", data={"number": "12", "department": "1"})
    assert (wrong.status_code, 'value="12"' in wrong.text) == (422, True)
    with app.app_context():
        south = next(each.id for each in session().scalars(select(PhoneLine)) if each.number == NORTH_LINE)
        session().close()
    assert admin.post(f"{HERE}/lines", data={"number": NORTH_LINE, "department": "77777"}).status_code == 422
    admin.post(f"{HERE}/lines", data={"number": NORTH_LINE, "department": "3"})
    with app.app_context():
        assert session().get_one(PhoneLine, south).department_id == 3, "one number, one department"
        session().close()
    admin.post(f"{HERE}/lines/{south}/deletions")
    with app.app_context():
        assert session().scalars(select(PhoneLine.number)).all() == [SALES_LINE]
        session().close()


def test_nobody_with_a_phone_is_said_at_set_up(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    provider.set_up(app, without=tuple(PHONES))
    assert "has a phone number: nobody can be called" in sign_in("admin").get(HERE).text


def test_a_known_client_is_shown_to_whoever_is_rung_alone(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    path = provider.set_up(app)
    with app.app_context():
        deal_id = acts.deal(of=acts.contact(), waits=False)
        session().close()
    told = Provider(app, path).come_in(acts.PHONE, NORTH_LINE)
    page = sign_in("rep1").get("/profile").text
    assert 'data-state="ringing-' in page
    assert f'<a href="/deals/{deal_id}">Vera Belova</a>' in page
    assert f"tel:{acts.PHONE}" in page
    assert "data-call=" not in sign_in("rep2").get("/profile").text
    Provider(app, path).leg(next(iter(told.legs.values())), "in-progress")
    assert 'data-state="talking-' in sign_in("rep1").get("/frame?seq=0").text
    Provider(app, path).end()
    assert "data-call=" not in sign_in("rep1").get("/profile").text


def test_of_a_deal_that_was_given_to_another_department_the_rung_person_sees_the_caller_alone(
    app: Flask, clock: Clock, sign_in: SignIn
) -> None:
    path = provider.set_up(app)
    with app.app_context():
        deal_id = acts.deal(of=acts.contact(), waits=False)
        title = acts.deal_of(deal_id).title
        session().close()
    Provider(app, path).come_in(acts.PHONE, NORTH_LINE)
    rung = sign_in("rep1")
    assert title in rung.get("/profile").text
    with app.app_context(), transaction():
        deal, other = acts.locked(deal_id), setups.current().people[company.person("rep3")]
        deal.responsible_id, deal.department_id = other.id, other.department_id
    page = rung.get("/profile").text
    assert 'data-state="ringing-' in page
    assert f"tel:{acts.PHONE}" in page
    assert (title in page, f"/deals/{deal_id}" in page) == (False, False)


def test_a_missed_call_stands_in_the_conversation_and_is_called_back(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    path = provider.set_up(app)
    with app.app_context():
        deal_id = acts.deal(of=acts.contact(), waits=False)
        session().close()
    call = Provider(app, path)
    call.come_in(acts.PHONE, NORTH_LINE)
    clock.go_on(seconds=8)
    call.end()
    page = sign_in("rep1").get(f"/deals/{deal_id}").text
    for words in ("Missed call", f'href="tel:{acts.PHONE}">Call back', "Ivan Petrov&#39;s phone", "rang for 8\u00a0s"):
        assert words in page


def test_a_missed_call_is_told_of_once_and_climbs_when_nobody_calls_back(
    app: Flask, clock: Clock, sign_in: SignIn
) -> None:
    path = provider.set_up(app)
    with app.app_context():
        acts.deal(of=acts.contact(), waits=False)
        session().close()
    call = Provider(app, path)
    call.come_in(acts.PHONE, NORTH_LINE)
    assert call.end("no-answer").status == 200
    with app.app_context():
        item = session().scalars(select(ImportantItem)).one()
        rungs = select(ImportantRung.kind, ImportantRung.state, ImportantRung.due_at)
        assert (item.kind, item.times) == ("missed_call", 1)
        assert item.take_within == {"amount": setups.current().firm.take_within, "unit": "working_minutes"}
        assert [(*each,) for each in session().execute(rungs)] == [("climb", "waiting", item.next_at)]
        item_id = item.id
        session().close()
    page = sign_in("rep1").get("/important").text
    assert ("called, and nobody answered" in page, "nobody else is told" in page) == (True, False)
    clock.go_on(minutes=16)
    with app.app_context():
        acts.work()
        have = select(ImportantPlace.user_id).where(ImportantPlace.item_id == item_id).order_by(ImportantPlace.id)
        assert list(session().scalars(have)) == [company.person("rep1"), company.person("north")]
        assert len(acts.told("north", "important.climbed")) == 1
        session().close()


@pytest.mark.parametrize("is_over", [False, True], ids=["while they talk", "afterwards"])
def test_an_unknown_caller_is_a_client_when_the_rep_says_so(
    app: Flask, clock: Clock, sign_in: SignIn, is_over: bool
) -> None:
    path = provider.set_up(app)
    call = Provider(app, path)
    told = call.come_in(UNKNOWN, NORTH_LINE)
    clock.go_on(seconds=5)
    leg = told.legs[PHONES["rep2"]]
    call.leg(leg, "in-progress")
    if is_over:
        clock.go_on(seconds=40)
        call.leg(leg, "completed")
        call.round_over(told.dial.attrib["action"], "completed")
    rep2 = sign_in("rep2")
    assert "Unknown caller" in rep2.get("/profile").text
    assert sign_in("rep3").post("/calls/1/deals").status_code == 404, "who was not rung"
    made = {rep2.post("/calls/1/deals").headers["Location"] for _ in range(2)}
    assert len(made) == 1, "once, however often it is pressed"
    with app.app_context():
        deal = session().scalars(select(Deal)).one()
        assert (deal.responsible_id, deal.source) == (company.person("rep2"), "call")
        contact = session().get_one(Contact, deal.contact_id)
        assert (contact.phone, contact.responsible_id) == (UNKNOWN, company.person("rep2"))
        talk = session().scalars(select(Conversation)).one()
        assert (talk.unanswered_since, talk.replied_at is not None) == (None, True)
        assert len(acts.journal(deal.id, "call.rang")) == 2
        assert len(acts.journal(deal.id, "call.ended")) == int(is_over)
        assert session().scalar(select(func.count(Deal.id))) == 1
        session().close()
