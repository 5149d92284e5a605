"""Calls, as a provider tells of them over HTTP: a script of each kind, and its history worked out from the script."""

from __future__ import annotations

import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from jobs import runner
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views import provider, theirs
from tests.views.provider import NORTH_LINE, PHONES, SALES_LINE, SECRET, Provider, Told
from tests.views.scenes import browser
from webapp.db import session, transaction
from webapp.models import (
    CallAnswer,
    CallLeg,
    Contact,
    Conversation,
    Deal,
    ImportantItem,
    ImportantPlace,
    JournalEntry,
    Message,
    PhoneCall,
    Trigger,
    User,
)
from webapp.snapshots import setups
from webapp.web import twiml

KNOWN, UNKNOWN = acts.PHONE, "+79161112233"


@dataclass(frozen=True)
class Round:
    """These phones ring for so long; one of them is taken, and talks; or the caller hangs up."""

    rings: tuple[str, ...]
    seconds: int = 20
    taken_by: str = ""
    talk: int = 0
    hung_up: bool = False


@dataclass(frozen=True)
class Script:
    """A call. `gone`: the caller hangs up before anything rang (first), or while the word is said (last)."""

    rounds: tuple[Round, ...] = ()
    caller: str = KNOWN
    called: str = NORTH_LINE
    gone: str = ""
    away: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    has_deal: bool = True
    at: timedelta = timedelta()

    @property
    def is_taken(self) -> bool:
        return any(each.taken_by for each in self.rounds)


OWN, HEAD = Round(("rep1",)), Round(("north",))
SCRIPTS = {
    "answered": Script((Round(("rep1",), 7, "rep1", 65),)),
    "answered at once": Script((Round(("rep1",), 0, "rep1", 5),)),
    "nobody": Script((OWN, HEAD)),
    "the head answers": Script((OWN, Round(("north",), 12, "north", 200))),
    "the head is away: the deputy's head answers": Script((OWN, Round(("head",), 3, "head", 61)), away=("north",)),
    "nobody, and the head is away": Script((OWN, Round(("head",))), away=("north",)),
    "the head has no phone": Script((OWN, Round(("head",))), without=("north",)),
    "the responsible is away": Script((Round(("rep2",)), HEAD), away=("rep1",)),
    "hung up before anything rang": Script((Round(("rep1",), 0, hung_up=True),), gone="first"),
    "hung up while the responsible was rung": Script((Round(("rep1",), 6, hung_up=True),)),
    "hung up while the head was rung": Script((OWN, Round(("north",), 2, hung_up=True))),
    "hung up during the word": Script((OWN, HEAD), gone="last"),
    "an unknown caller, nobody": Script((Round(("rep1", "rep2")), HEAD), caller=UNKNOWN),
    "an unknown caller, taken": Script((Round(("rep1", "rep2"), 9, "rep2", 30),), caller=UNKNOWN),
    "an unknown caller on the line of all": Script(
        (Round(("rep1", "rep2", "rep3")), Round(("head",))), caller=UNKNOWN, called=SALES_LINE
    ),
    "who hides the number": Script((Round(("rep1", "rep2")), HEAD), caller="anonymous"),
    "a client without a deal": Script((OWN, HEAD), has_deal=False),
    "at night": Script((HEAD,), at=timedelta(hours=12)),
    "nobody has a phone": Script((), without=tuple(PHONES)),
}


def history(script: Script) -> list[tuple[str, str, int, str]]:
    """What the deal's history says, worked out from the script alone."""
    lines = []
    for each in script.rounds:
        for name in each.rings:
            lost = "canceled" if each.taken_by or each.hung_up else "no-answer"
            lines.append(("rang", name, each.seconds, "answered" if name == each.taken_by else lost))
        if each.taken_by:
            lines.append(("ended", each.taken_by, each.talk, ""))
    return lines


def told_in_history() -> list[tuple[str, str, int, str]]:
    names = {company.person(each): each for each in company.PEOPLE}
    rows = session().scalars(select(JournalEntry).where(JournalEntry.entity == "call").order_by(JournalEntry.id))
    found = [(each.event.partition(".")[2], each.new) for each in rows if each.event != "call.passed_over"]
    return [(event, names[new["user_id"]], new["seconds"], new.get("outcome", "")) for event, new in found]


@dataclass
class Line:
    """A provider at work on the firm's line."""

    app: Flask
    clock: Clock
    path: str = ""
    calls: list[Provider] = field(default_factory=list)

    def set_up(self, script: Script) -> None:
        self.path = provider.set_up(self.app, without=script.without)
        with self.app.app_context():
            contact_id = acts.contact()
            if script.has_deal:
                acts.deal(of=contact_id, waits=False)
            for each in script.away:
                acts.away(each, date(2026, 11, 24))
            session().close()
        self.clock.at += script.at

    def play(self, script: Script, *, sid: str = "CA1", twice: bool = False) -> Told:
        """The whole call, each event as the provider has it."""
        call = Provider(self.app, self.path, sid, twice)
        told = call.come_in(script.caller, script.called)
        for each in script.rounds:
            told = self._round(call, told, each, is_told=script.gone != "first")
        call.end()
        return told

    def _round(self, call: Provider, told: Told, each: Round, *, is_told: bool) -> Told:
        assert set(told.legs) == {PHONES[name] for name in each.rings}
        assert told.dial.attrib["timeout"] == "20"
        legs = {name: told.legs[PHONES[name]] for name in each.rings}
        over, lost = told.dial.attrib["action"], "canceled" if each.taken_by or each.hung_up else "no-answer"
        for address in legs.values() if is_told else ():
            assert call.leg(address, "ringing").status == 200
        self.clock.go_on(seconds=each.seconds)
        if each.taken_by:
            call.leg(legs[each.taken_by], "in-progress")
        for name, address in legs.items():
            if name != each.taken_by and is_told:
                call.leg(address, lost)
        if not each.taken_by:
            more = {"CallStatus": "completed"} if each.hung_up else {}
            return call.round_over(over, lost, **more) if is_told else told
        self.clock.go_on(seconds=each.talk)
        call.leg(legs[each.taken_by], "completed")
        return call.round_over(over, "completed", DialCallSid="LEG" + legs[each.taken_by].rpartition("/")[2])


@pytest.fixture
def line(app: Flask, clock: Clock) -> Line:
    return Line(app, clock)


ONCE = ("answered", "nobody", "an unknown caller, nobody")


@pytest.mark.parametrize(
    ("name", "twice"), [*((name, True) for name in SCRIPTS), *((name, False) for name in ONCE)], ids=str
)
def test_a_call_is_in_the_history_as_it_went(line: Line, name: str, twice: bool) -> None:
    """`twice`: all that the provider says, it says twice, and it leaves the same."""
    script = SCRIPTS[name]
    line.set_up(script)
    told = line.play(script, twice=twice)
    with line.app.app_context():
        call = session().scalars(select(PhoneCall)).one()
        assert call.state == ("answered" if script.is_taken else "missed")
        is_nobodys = script.is_taken and script.caller == UNKNOWN
        assert told_in_history() == ([] if is_nobodys else history(script))
        assert (call.deal_id is None) == is_nobodys
        _says_so(script, told)
        _is_an_inquiry(script, call)
        session().close()


def _says_so(script: Script, told: Told) -> None:
    is_over = script.is_taken or any(each.hung_up for each in script.rounds)
    if script.gone != "first":
        assert told.verbs == (["Hangup"] if is_over else ["Say", "Hangup"])


def _is_an_inquiry(script: Script, call: PhoneCall) -> None:
    """One that nobody took waits for an answer from the moment at which it ended; one that was taken is a reply."""
    said = session().scalars(select(Message)).all()
    if call.deal_id is None:
        assert (said, session().scalar(select(func.count(Deal.id))) or 0) == ([], 1)
        return
    deal, talk = session().get_one(Deal, call.deal_id), session().scalars(select(Conversation)).one()
    assert [(each.direction, each.kind) for each in said] == [("out" if script.is_taken else "in", "call")]
    assert (talk.channel, talk.deal_id, deal.contact_id) == ("call", deal.id, call.contact_id)
    assert talk.unanswered_since == (None if script.is_taken else call.ended_at)
    assert acts.stage_of(deal.id) == ("data_collection" if script.is_taken else "new")
    known = script.caller == KNOWN
    assert (session().scalar(select(func.count(Contact.id))) or 0) == (1 if known else 2)


def test_who_was_passed_over_is_said_and_what_was_missed_matters_until_it_is_answered(line: Line) -> None:
    script = SCRIPTS["nobody, and the head is away"]
    line.set_up(script)
    line.play(script, twice=True)
    with line.app.app_context():
        deal_id = session().scalars(select(PhoneCall.deal_id)).one() or 0
        (passed,) = acts.journal(deal_id, "call.passed_over")
        assert passed.new == {"user_id": company.person("north"), "post": "head", "why": "absent"}
        item = session().scalars(select(ImportantItem).where(ImportantItem.kind == "missed_call")).one()
        assert (item.deal_id, item.ended_at) == (deal_id, None)
        places = select(ImportantPlace.user_id).where(ImportantPlace.item_id == item.id)
        assert list(session().scalars(places)) == [company.person("rep1")]
        item_id = item.id
        session().close()
    assert "was not called: away" in browser(line.app, "rep1").get(f"/deals/{deal_id}").text
    with line.app.app_context():
        acts.reply(deal_id)
        assert session().get_one(ImportantItem, item_id, populate_existing=True).ended_at is not None
        session().close()


def test_a_missed_call_starts_reply_control_and_its_trigger(line: Line) -> None:
    script = SCRIPTS["an unknown caller, nobody"]
    line.set_up(script)
    with line.app.app_context(), transaction():
        processing, name = company.stage("data_collection").id, {"en": "Missed"}
        session().add(Trigger(stage_id=processing, event="call_missed", name=name, key="missed"))
        session().flush()
        setups.changed()
    line.play(script)
    with line.app.app_context():
        call = session().scalars(select(PhoneCall)).one()
        assert acts.stage_of(call.deal_id or 0) == "data_collection"
        assert acts.run_of(call.deal_id or 0, "reaction_control").state == "called_off", "it went on from New"
        session().close()


def test_a_missed_call_of_a_new_client_is_controlled(line: Line) -> None:
    line.set_up(Script())
    line.play(SCRIPTS["an unknown caller, nobody"])
    line.clock.go_on(minutes=11)
    with line.app.app_context():
        runner.drain()
        call = session().scalars(select(PhoneCall)).one()
        assert acts.run_of(call.deal_id or 0, "reaction_control").state == "fired"
        session().close()


@pytest.mark.both_databases
def test_two_calls_of_one_client_at_once_are_one_client_and_one_deal(line: Line) -> None:
    line.set_up(Script())
    calls = [Provider(line.app, line.path, f"CA{n}") for n in range(2)]
    for each in calls:
        each.come_in(UNKNOWN, NORTH_LINE)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: each.end("no-answer"), calls))
    assert [each.status for each in answers] == [200, 200]
    with line.app.app_context():
        rows = session().scalars(select(PhoneCall)).all()
        assert {each.state for each in rows} == {"missed"}
        assert len({each.deal_id for each in rows}) == 1
        assert session().scalar(select(func.count(Contact.id)).where(Contact.phone == UNKNOWN)) == 1
        assert session().scalar(select(func.count(Message.id))) == 2
        session().close()


def test_a_provider_that_falls_silent_loses_no_call(line: Line) -> None:
    line.set_up(Script())
    Provider(line.app, line.path).come_in(KNOWN, NORTH_LINE)
    line.clock.go_on(minutes=5)
    with line.app.app_context():
        runner.drain()
        call = session().scalars(select(PhoneCall)).one()
        assert (call.state, session().scalars(select(CallLeg)).one().state) == ("missed", "no-answer")
        assert session().scalars(select(Conversation)).one().unanswered_since == call.ended_at
        session().close()


def test_a_call_that_came_while_dozor_was_away_was_missed(line: Line) -> None:
    line.set_up(Script())
    call = Provider(line.app, line.path)
    assert call.end("completed", From=UNKNOWN, To=NORTH_LINE, Direction="outbound-api").status == 404
    assert call.end("completed", From=UNKNOWN, To=NORTH_LINE, Direction="inbound").status == 200
    with line.app.app_context():
        assert session().scalars(select(PhoneCall)).one().state == "missed"
        session().close()


NOT_THEIRS = (
    '<Number statusCallback="x">+74951000001</Number>',  # alone
    "<Dial><Say>Hello</Say></Dial>",  # a word within what rings
    '<Dial timeOut="20"><Number>+74951000001</Number></Dial>',
    '<Dial><Number statusCallbackEvent="rings">+74951000001</Number></Dial>',
    "<Play2>x</Play2>",
)


def test_what_rings_is_written_as_the_providers_own_library_writes_it(line: Line) -> None:
    """So is each answer of each script above: `Provider` looks at them all."""
    line.set_up(Script())
    with line.app.app_context(), transaction() as current:
        current.get_one(User, company.person("rep1")).phone = "+74952000009;ext=12"
    told = Provider(line.app, line.path).come_in(KNOWN, NORTH_LINE)
    assert next(told.dial.iter("Number")).attrib["sendDigits"] == "ww12"
    assert theirs.is_theirs(told.text)
    assert not theirs.is_theirs(told.text.replace("</Number>", "</Number> and more"))
    for wrong in NOT_THEIRS:
        with pytest.raises(AssertionError):
            theirs.written(f"<Response>{wrong}</Response>")


SENT = {"CallSid": "CA1", "From": KNOWN, "To": NORTH_LINE}
WRONG = {
    "none": lambda path: "",
    "not one": lambda path: "Привет",
    "of another secret": lambda path: RequestValidator("else").compute_signature(f"http://localhost{path}", SENT),
    "of another site": lambda path: RequestValidator(SECRET).compute_signature(f"http://else{path}", SENT),
    "of another path": lambda path: RequestValidator(SECRET).compute_signature(f"http://localhost{path}x", SENT),
    "of other words": lambda path: RequestValidator(SECRET).compute_signature(
        f"http://localhost{path}", SENT | {"From": UNKNOWN}
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_not_signed_is_refused_and_leaves_nothing(line: Line, wrong: Callable[[str], str]) -> None:
    line.set_up(Script())
    path = f"{line.path}/calls"
    headers = {"X-Twilio-Signature": wrong(path).encode("utf-8").decode("latin-1")}
    assert line.app.test_client().post(path, data=SENT, headers=headers).status_code == 403
    with line.app.app_context():
        assert [session().scalar(select(func.count(each.id))) for each in (PhoneCall, CallAnswer, CallLeg)] == [0, 0, 0]
        session().close()


def test_whoever_does_not_know_the_address_finds_nothing(line: Line) -> None:
    line.set_up(Script())
    call = Provider(line.app, "/hooks/twiml/another")
    assert call.come_in(KNOWN, NORTH_LINE).status == 404
    call.path = line.path
    told = call.come_in(KNOWN, NORTH_LINE)
    leg = next(iter(told.legs.values()))
    call.sid = "CA-another"
    assert call.leg(leg, "in-progress").status == 404, "a phone of another call"
    assert call.round_over(told.dial.attrib["action"], "no-answer").status == 404
    assert call.at("calls", CallSid="").status == 422


@given(
    sent=st.dictionaries(
        st.text(string.ascii_letters, min_size=1, max_size=9), st.lists(st.text(max_size=9), min_size=1)
    ),
    path=st.text(string.ascii_letters + "/?=&%", max_size=20),
)
@settings(max_examples=15, deadline=None)
def test_the_signature_is_that_of_the_providers_own_library(sent: dict[str, list[str]], path: str) -> None:
    many = MultiDict([(name, each) for name, values in sent.items() for each in values])
    address = f"https://crm.example.com/{path}"
    theirs = RequestValidator(SECRET).compute_signature(address, many)
    assert twiml.signature(SECRET, address, many) == theirs
    assert twiml.signature(SECRET + "x", address, many) != theirs
