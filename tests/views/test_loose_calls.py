"""Calls that no deal came of: who sees them, and what each may be made; by page and by API alike."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views import provider
from tests.views.provider import NORTH_LINE, PHONES, Provider
from webapp import clock as time_source
from webapp.access import filters
from webapp.access.viewer import scope_of
from webapp.db import session, transaction
from webapp.errors import NotFound
from webapp.models import Contact, JournalEntry, PhoneCall, User
from webapp.queries.paging import PAGE
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


def many(app: Flask, count: int) -> list[int]:
    """Strangers with whom somebody of Sales North has talked, the first one first."""
    with app.app_context():
        north = setups.current().people[company.person("rep2")].department_id
        with transaction() as current:
            calls = [loose_of(f"CA{n}", f"+791611{n:05}", north) for n in range(count)]
            current.add_all(calls)
            current.flush()
            made = [each.id for each in calls]
        session().close()
    return made


def loose_of(sid: str, caller: str, department_id: int | None) -> PhoneCall:
    now = time_source.now()
    row = PhoneCall(key=sid, caller=caller, department_id=department_id, state="answered", created_at=now)
    row.due_at = row.visible_at = row.answered_at = row.ended_at = now
    return row


def of_call(page: str, call_id: int) -> list[str]:
    """Where its forms lead."""
    return [html.unescape(each) for each in re.findall(rf'action="(/calls/{call_id}/[^"]+)"', page)]


def shown(page: str) -> list[int]:
    return [int(each) for each in re.findall(r'data-loose-call="(\d+)"', page)]


def onward(page: str) -> str:
    """The list's next page."""
    found = re.search(r'href="(/calls\?[^"]+)">Next', page)
    assert found
    return html.unescape(found[1])


def test_what_is_done_on_a_later_page_of_the_calls_leads_back_to_it(app: Flask, path: str, sign_in: SignIn) -> None:
    made, head = many(app, PAGE + 10), sign_in("north")
    later = onward(head.get("/calls").text)
    page = head.get(later).text
    assert shown(page) == made[9::-1]
    oldest, other = made[0], made[5]
    _, called_back, no_client, whose = of_call(page, oldest)
    assert called_back == no_client
    refused = head.post(whose, data={"contact": " "})
    assert (refused.status_code, shown(refused.text)) == (422, made[9::-1])
    typed = head.post(whose, data={"contact": "8 916 11"})
    assert (typed.status_code, shown(typed.text)) == (422, made[9::-1])
    assert 'value="8 916 11"' in typed.text
    assert "There is no such phone number" in typed.text
    for each, how in ((oldest, "no_client"), (other, "called_back")):
        done = head.post(of_call(page, each)[1], data={"how": how})
        assert (done.status_code, done.headers["Location"]) == (303, later)
    assert shown(head.get(later).text) == [each for each in made[9::-1] if each not in (oldest, other)]
    assert head.post(of_call(page, made[1])[0]).headers["Location"].startswith("/deals/")


def test_a_call_that_was_refused_is_shown_whatever_page_it_is_on_now(app: Flask, path: str, sign_in: SignIn) -> None:
    made, head = many(app, PAGE + 10), sign_in("north")
    refused = head.post(f"/calls/{made[0]}/contacts", data={"contact": "8 916 11"})
    assert (refused.status_code, shown(refused.text)[:2]) == (422, [made[0], made[-1]])
    assert "There is no such phone number" in refused.text
    assert shown(head.get(onward(refused.text)).text) == made[9::-1], "the list goes on where it did"


def test_when_the_last_call_of_a_page_is_gone_the_list_is_not_said_to_be_empty(
    app: Flask, path: str, sign_in: SignIn
) -> None:
    made, head = many(app, PAGE + 1), sign_in("north")
    later = onward(head.get("/calls").text)
    page = head.get(later).text
    assert shown(page) == made[:1]
    done = head.post(of_call(page, made[0])[1], data={"how": "no_client"})
    assert shown(head.get(done.headers["Location"]).text) == made[:0:-1]


SAID = {
    "no_client": ("already said that the caller is not a client", "Уже отмечено, что звонил не клиент"),
    "called_back": ("has already called back", "По этому звонку уже перезвонили"),
    "contact": ("already said that the caller is Anna Ivanova", "Уже отмечено, чей это звонок: Anna Ivanova"),
}


@pytest.mark.parametrize("how", SAID)
def test_what_was_said_of_a_call_stands_and_whoever_comes_second_reads_it(
    app: Flask, path: str, sign_in: SignIn, how: str
) -> None:
    call_id = taken(app, path)
    rep, head = sign_in("rep2"), sign_in("north")
    assert "create deal" in rep.get("/profile").text, "the card of a call that is over"
    verb = "contacts" if how == "contact" else "settlements"
    for client in ("new", None):  # said again alike, nothing is done
        data = {"how": how, "contact": "Anna Ivanova", "client": client or str(of(app, call_id).contact_id)}
        assert rep.post(f"/calls/{call_id}/{verb}", data=data).status_code == 303
    kept = of(app, call_id)
    assert "data-call=" not in rep.get("/profile").text
    assert "data-call=" not in rep.get("/frame?seq=0").text
    with app.app_context():
        vera = acts.contact()
        before = session().scalar(select(func.count(Contact.id)))
        session().close()
    others = [("deals", {}), ("contacts", {"contact": "Vera", "client": str(vera)})]
    others += [("contacts", {"contact": "Somebody", "client": "new"})] if how != "contact" else []
    others += [("settlements", {"how": each}) for each in ("no_client", "called_back") if each != how]
    for language, words in zip(("en", "ru"), SAID[how], strict=True):
        speak(app, "north", language)
        for verb, data in others:
            refused = head.post(f"/calls/{call_id}/{verb}", data=data)
            assert (refused.status_code, shown(refused.text)) == (409, [call_id]), verb
            assert words in bare(refused.text)
            assert "Maria Sokolova" in refused.text
            assert f"/calls/{call_id}/" not in refused.text, "nothing more can be made of it"
    now = of(app, call_id)
    assert (now.deal_id, now.contact_id, now.settled_as) == (None, kept.contact_id, how)
    assert (now.settled_by_id, now.settled_at) == (kept.settled_by_id, kept.settled_at)
    with app.app_context():
        told = select(func.count(JournalEntry.id)).where(JournalEntry.event == "call.settled")
        assert (session().scalar(told), session().scalar(select(func.count(Contact.id)))) == (1, before)
        session().close()


@pytest.mark.parametrize(
    ("verb", "data"),
    [("settlements", {"how": "no_client"}), ("contacts", {"contact": "Anna Ivanova", "client": "new"})],
)
def test_a_call_that_has_its_deal_meanwhile_is_nothing_else(
    app: Flask, path: str, sign_in: SignIn, verb: str, data: dict[str, str]
) -> None:
    call_id = taken(app, path)
    assert sign_in("rep2").post(f"/calls/{call_id}/deals").status_code == 303
    made = of(app, call_id)
    refused = sign_in("north").post(f"/calls/{call_id}/{verb}", data=data)
    assert (refused.status_code, "This call already has its deal." in refused.text) == (409, True)
    now = of(app, call_id)
    assert (now.deal_id, now.contact_id, now.settled_at) == (made.deal_id, made.contact_id, None)


def speak(app: Flask, name: str, language: str) -> None:
    with app.app_context(), transaction():
        session().get_one(User, company.person(name)).locale = language
        setups.changed()


def bare(page: str) -> str:
    """Without the marks around names, which nobody sees."""
    return html.unescape(page).replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize("caller", ["sip:warehouse@pbx.firm.example", "1001"])
def test_who_has_a_name_or_a_short_number_is_called_by_it_and_who_hides_is_not(
    app: Flask, path: str, sign_in: SignIn, caller: str
) -> None:
    rep = sign_in("rep2")
    taken(app, path, "CA-named", caller)
    card = rep.get("/profile").text
    assert (f"<bdi>{caller}</bdi>" in card, "Hidden number" in card) == (True, False)
    page = rep.get("/calls").text
    assert (f"<bdi>{caller}</bdi>" in page, "Hidden number" in page, "Called back" in page) == (True, False, True)


def test_who_hides_is_said_to_hide_in_the_list_and_on_the_card(app: Flask, path: str, sign_in: SignIn) -> None:
    rep = sign_in("rep2")
    taken(app, path, "CA-hidden", "anonymous")
    assert "Hidden number" in rep.get("/profile").text
    page = rep.get("/calls").text
    assert ("Hidden number" in page, "Called back" in page) == (True, False), "there is no number to call"


def _person(app: Flask, name: str) -> int:
    with app.app_context():
        found = company.person(name)
        session().close()
    return found
