"""Calls that no deal came of: who sees them, and what each may be made; by page and by API alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views import provider
from tests.views.provider import NORTH_LINE, PHONES, Provider
from webapp.access import filters
from webapp.access.viewer import scope_of
from webapp.db import session
from webapp.errors import NotFound
from webapp.models import Contact, JournalEntry, PhoneCall
from webapp.services import call_acts
from webapp.snapshots import setups

UNKNOWN = "+79161112233"
SignIn = Callable[[str], Browser]
Calling = Callable[[str], object]


def taken(app: Flask, path: str, sid: str = "CA1", caller: str = UNKNOWN) -> int:
    """A stranger calls, rep2 talks with them, and no deal comes of it."""
    call = Provider(app, path, sid)
    told = call.come_in(caller, NORTH_LINE)
    leg = told.legs[PHONES["rep2"]]
    call.leg(leg, "in-progress")
    call.leg(leg, "completed")
    call.end()
    with app.app_context():
        found = session().scalars(select(PhoneCall.id).where(PhoneCall.key == sid)).one()
        session().close()
    return found


@pytest.fixture
def path(app: Flask, clock: Clock) -> str:
    return provider.set_up(app)


def of(app: Flask, call_id: int) -> PhoneCall:
    with app.app_context():
        row = session().get_one(PhoneCall, call_id, populate_existing=True)
        session().expunge(row)
        session().close()
    return row


@pytest.mark.both_databases
def test_the_list_shows_what_the_door_opens(app: Flask, path: str) -> None:
    call_id = taken(app, path)
    with app.app_context():
        seen, opened = set(), set()
        for name in company.PEOPLE:
            scope = scope_of(setups.current(), setups.current().people[company.person(name)])
            if session().scalar(select(PhoneCall.id).where(filters.calls(scope))):
                seen.add(name)
            try:
                call_acts.check_seen(call_id, company.acting(name))
            except NotFound:
                continue
            opened.add(name)
        session().rollback()
        session().close()
    assert seen == opened == {"admin", "head", "north", "rep1", "rep2"}


def test_a_call_leads_to_a_deal_to_a_contact_or_is_settled(app: Flask, path: str, sign_in: SignIn) -> None:
    first, second, third, fourth = (taken(app, path, f"CA{n}", f"+7916111223{n}") for n in range(4))
    rep, other = sign_in("rep2"), sign_in("rep3")
    assert "Calls without a deal (4)" in rep.get("/contacts").text.replace("\n", "").replace("    ", " ")
    page = rep.get("/calls").text
    assert (page.count("data-loose-call"), other.get("/calls").text.count("data-loose-call")) == (4, 0)
    assert "None: every call has its deal." in other.get("/calls").text
    for verb, sent in (
        ("deals", {}),
        ("contacts", {"contact": "Anna", "client": "new"}),
        ("settlements", {"how": "no_client"}),
    ):
        assert other.post(f"/calls/{first}/{verb}", data=sent).status_code == 404
    assert rep.post(f"/calls/{first}/deals").status_code == 303
    assert of(app, first).deal_id is not None
    assert rep.post(f"/calls/{second}/settlements", data={"how": "sung"}).status_code == 422
    assert rep.post(f"/calls/{second}/settlements", data={"how": "called_back"}).status_code == 303
    assert (of(app, second).settled_as, of(app, second).settled_by_id) == ("called_back", _person(app, "rep2"))
    blank = rep.post(f"/calls/{third}/contacts", data={"contact": ""})
    assert blank.status_code == 422
    assert rep.post(f"/calls/{third}/contacts", data={"contact": "Anna Ivanova", "client": "new"}).status_code == 303
    with app.app_context():
        anna = session().scalars(select(Contact).where(Contact.name == "Anna Ivanova")).one()
        assert (anna.phone, of(app, third).contact_id, of(app, third).settled_as) == (
            "+79161112232",
            anna.id,
            "contact",
        )
        session().close()
    head = sign_in("north")
    assert head.get("/calls").text.count("data-loose-call") == 1
    assert head.post(f"/calls/{fourth}/settlements", data={"how": "no_client"}).status_code == 303
    with app.app_context():
        told = select(JournalEntry.new).where(JournalEntry.event == "call.settled").order_by(JournalEntry.id)
        assert [each["as"] for each in session().scalars(told)] == ["called_back", "contact", "no_client"]
        session().close()
    assert "None: every call has its deal." in rep.get("/calls").text


def test_a_call_of_a_known_client_goes_on_with_the_deal(app: Flask, path: str, sign_in: SignIn) -> None:
    call_id = taken(app, path)
    with app.app_context():
        contact_id = acts.contact()
        deal_id = acts.deal(of=contact_id, waits=False)
        session().close()
    rep = sign_in("rep1")
    assert (
        rep.post(f"/calls/{call_id}/contacts", data={"contact": "Vera", "client": str(contact_id)}).status_code == 303
    )
    assert of(app, call_id).deal_id == deal_id
    with app.app_context():
        assert session().get_one(Contact, contact_id).phone == acts.PHONE, "what is kept is not written over"
        assert [each.event for each in acts.journal(deal_id, "call.ended")] == ["call.ended"]
        session().close()


def _person(app: Flask, name: str) -> int:
    with app.app_context():
        found = company.person(name)
        session().close()
    return found
