"""Whose call it is, who has taken it, which pages hear of it, and how each phone that rang is said to have ended, from
the provider's word of a whole round."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views import provider
from tests.views.provider import NORTH_LINE
from webapp.access.scopes import SYSTEM
from webapp.background import scheduled_jobs
from webapp.db import Changes, open_transaction, session, transaction
from webapp.models import CallLeg, Contact, Conversation, Deal, Firm, PhoneCall
from webapp.queries import calls as found
from webapp.services import call_acts, callers, calls, inquiries, pipelines
from webapp.services.calls import Said
from webapp.snapshots import setups

KNOWN, UNKNOWN = acts.PHONE, "+79161112233"
NOBODYS_LINE = "+74951000099"


def works_in(name: str) -> int | None:
    return setups.current().people[company.person(name)].department_id


def came_in(caller: str, called: str) -> str:
    """The provider's name of it."""
    with transaction():
        calls.came_in("CA1", caller, called)
    return "CA1"


def call_of(sid: str) -> PhoneCall:
    own = select(PhoneCall).where(PhoneCall.key == sid).execution_options(populate_existing=True)
    return session().scalars(own).one()


def phone_of(name: str) -> int:
    return session().scalars(select(CallLeg.id).where(CallLeg.user_id == company.person(name))).one()


def leg_said(name: str, status: str, sid: str = "") -> Changes:
    """The provider speaks of this person's phone. What open pages are told."""
    with transaction():
        calls.said_of_leg(phone_of(name), "CA1", Said(status, sid))
        return open_transaction().changes


def round_ended(number: int, status: str, sid: str = "") -> Changes:
    with transaction():
        calls.round_ended("CA1", number, Said(status, sid))
        return open_transaction().changes


def of_rep3_with_a_deal() -> None:
    acts.deal(rep="rep3", of=acts.contact(rep="rep3"), waits=False)


def client_of(name: str | None) -> Callable[[], object]:
    return lambda: acts.contact(rep=name)


@pytest.mark.parametrize(
    ("is_known", "called", "whose"),
    [
        (lambda: None, NOBODYS_LINE, "head"),
        (client_of("admin"), NOBODYS_LINE, "head"),  # the admin works in no department
        (client_of("rep3"), NOBODYS_LINE, "rep3"),
        (client_of(None), NOBODYS_LINE, "head"),
        (client_of("rep3"), NORTH_LINE, "rep1"),
        (of_rep3_with_a_deal, NORTH_LINE, "rep3"),
    ],
    ids=["a stranger", "of the admin", "of a rep", "of nobody", "on a line", "with a deal"],
)
def test_a_call_belongs_to_the_deals_department_then_the_lines_the_reps_the_first_pipelines(
    inside: Flask, clock: Clock, is_known: Callable[[], object], called: str, whose: str
) -> None:
    provider.set_up(inside)
    is_known()
    departments = {works_in(name) for name in ("head", "rep1", "rep3")}
    assert len(departments - {None}) == 3, "or one could stand for another"
    assert call_of(came_in(KNOWN, called)).department_id == works_in(whose)


@pytest.mark.parametrize(
    ("whose", "wanted"),
    [("rep1", "first"), ("rep3", "second"), ("head", "sales"), (None, None)],
    ids=["North", "South", "over both", "nobody's"],
)
def test_a_call_is_of_the_first_pipeline_of_the_nearest_department_that_has_one(
    inside: Flask, clock: Clock, whose: str | None, wanted: str | None
) -> None:
    for key, rep in (("second", "rep3"), ("first", "rep1"), ("another", "rep1")):
        with transaction():
            pipelines.add_pipeline({"en": key.title()}, works_in(rep), company.acting("admin"), key=key)
    call = PhoneCall(key="CA1", caller=UNKNOWN, department_id=works_in(whose) if whose else None)
    assert callers.pipeline_of(call) == wanted


@pytest.mark.parametrize(
    ("caller", "said", "outcomes"),
    [
        (KNOWN, ("busy", "failed"), [("rep1", "busy"), ("north", "failed")]),
        (UNKNOWN, ("busy", "busy"), [("rep1", "no-answer"), ("rep2", "no-answer"), ("north", "busy")]),
        (KNOWN, ("", "queued"), [("rep1", "no-answer"), ("north", "no-answer")]),
    ],
    ids=["each alone", "two at once", "no such words"],
)
def test_what_is_said_of_a_round_is_said_of_its_phone_where_only_one_rang(
    inside: Flask, clock: Clock, caller: str, said: tuple[str, str], outcomes: list[tuple[str, str]]
) -> None:
    """A provider may tell of no single phone: that a round of several was busy does not say which of them was."""
    provider.set_up(inside)
    acts.deal(of=acts.contact(), waits=False)
    sid = came_in(caller, NORTH_LINE)
    for number, status in enumerate(said):
        with transaction():
            calls.round_ended(sid, number, Said(status))
    call = call_of(sid)
    assert (call.state, call.deal_id is None) == ("missed", False)
    names = {company.person(each): each for each in company.PEOPLE}
    rang = [each.new for each in acts.journal(call.deal_id or 0, "call.rang")]
    assert [(names[each["user_id"]], each["outcome"]) for each in rang] == outcomes


@pytest.mark.parametrize(
    ("caller", "says_of_rep2", "names_a_phone", "who"),
    [(KNOWN, False, False, "rep1"), (UNKNOWN, True, True, "rep2"), (UNKNOWN, True, False, None)],
    ids=["one rang", "two rang, one is named", "two rang, none is named"],
)
def test_a_call_is_of_the_phone_that_is_named_or_of_the_only_one(
    inside: Flask, clock: Clock, caller: str, says_of_rep2: bool, names_a_phone: bool, who: str | None
) -> None:
    provider.set_up(inside)
    acts.deal(of=acts.contact(), waits=False)
    sid = came_in(caller, NORTH_LINE)
    if says_of_rep2:
        leg_said("rep2", "ringing", "LEG2")
    round_ended(0, "completed", "LEG2" if names_a_phone else "")
    call = call_of(sid)
    assert (call.state, call.answered_by_id) == ("answered", company.person(who) if who else None)


def test_a_caller_is_kept_as_one_dials_them_and_nothing_of_who_hides(inside: Flask, clock: Clock) -> None:
    provider.set_up(inside)
    callers = {"8 (916) 111-22-33": UNKNOWN, "anonymous": "", "+266696687": "", "x" * 100: "x" * 60}
    for sid in callers:
        with transaction():
            calls.came_in(sid, sid, NORTH_LINE)
    assert {sid: call_of(sid).caller for sid in callers} == callers


def test_pages_hear_of_a_call_that_begins_or_stops_to_ring_and_of_each_line_in_the_deals_history(
    inside: Flask, clock: Clock
) -> None:
    provider.set_up(inside)
    deal_id = acts.deal(of=acts.contact(), waits=False)
    came_in(KNOWN, NORTH_LINE)
    said = leg_said("rep1", "busy")
    assert len(acts.journal(deal_id, "call.rang")) == 1
    assert deal_id in said.deals
    assert set(round_ended(0, "busy").people) == {company.person("rep1"), company.person("north")}
    said = leg_said("north", "no-answer")
    assert len(acts.journal(deal_id, "call.rang")) == 2
    assert deal_id in said.deals


def test_a_call_that_is_taken_after_its_deal_was_deleted_is_no_word_in_that_deal(inside: Flask, clock: Clock) -> None:
    provider.set_up(inside)
    deal_id = acts.deal(of=acts.contact(), waits=False)
    sid = came_in(KNOWN, NORTH_LINE)
    acts.delete(deal_id)
    leg_said("rep1", "in-progress")
    assert call_of(sid).answered_by_id == company.person("rep1")
    assert session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).all() == []
    assert acts.journal(deal_id, "message.sent") == []


def test_a_worker_is_woken_when_the_provider_should_have_said_more(inside: Flask, clock: Clock) -> None:
    """Or whoever is rung would see a call that is over until the ticker comes by."""
    provider.set_up(inside)
    queue = Queue(scheduled_jobs.QUEUE, connection=inside.extensions["dozor.redis"], serializer=JSONSerializer)

    def is_woken() -> bool:
        call = call_of("CA1")
        assert call.due_at is not None
        return f"call-{call.id}-{int(call.due_at.timestamp())}" in queue.scheduled_job_registry.get_job_ids()

    came_in(UNKNOWN, NORTH_LINE)
    ends_by_itself = call_of("CA1").due_at
    assert is_woken()
    leg_said("rep1", "in-progress")
    assert call_of("CA1").due_at == clock.at + timedelta(hours=4) != ends_by_itself
    assert is_woken()


@pytest.mark.both_databases
@pytest.mark.parametrize("hidden", ["anonymous", "sip:Anonymous@anonymous.invalid", "+266696687", "+7378742833", ""])
def test_whoever_hides_the_number_is_somebody_else_each_time(inside: Flask, clock: Clock, hidden: str) -> None:
    """The first was missed, found out to be Igor, and waits for an answer to what he wrote since."""
    provider.set_up(inside)
    with transaction():
        calls.came_in("CA-first", hidden, NORTH_LINE)
        calls.call_said("CA-first", Said("canceled"))
    first = call_of("CA-first")
    igor, deal = session().get_one(Contact, first.contact_id), session().get_one(Deal, first.deal_id)
    assert (igor.name, deal.title, igor.phone) == ("Hidden number", "☎ Hidden number", None)
    with transaction() as current:
        current.get_one(Contact, igor.id).email = "igor@firm.example"
        inquiries.receive("form", {"name": "Igor", "email": "igor@firm.example"}, "Where are you?", SYSTEM)
    with transaction():
        calls.came_in("CA1", hidden, NORTH_LINE)
    second = call_of("CA1")
    assert (second.contact_id, second.deal_id) == (None, None)
    leg = session().scalars(select(CallLeg.id).where(CallLeg.call_id == second.id).limit(1)).one()
    with transaction():
        calls.said_of_leg(leg, "CA1", Said("in-progress"))
    waiting = select(Conversation.unanswered_since).where(Conversation.channel == "form")
    assert session().scalars(waiting.where(Conversation.deal_id == deal.id)).one(), "nobody has answered Igor"
    with transaction():
        calls.call_said("CA1", Said("completed"))
        calls.came_in("CA-third", hidden, NORTH_LINE)
        calls.call_said("CA-third", Said("canceled"))
    assert call_of("CA-third").contact_id not in (igor.id, None)


@pytest.mark.parametrize("caller", ["sip:warehouse@pbx.firm.example", "+70001234567"])
def test_who_calls_by_no_number_of_a_country_is_the_same_caller_each_time(
    inside: Flask, clock: Clock, caller: str
) -> None:
    provider.set_up(inside)
    for sid in ("CA-first", "CA-second"):
        with transaction():
            calls.came_in(sid, caller, NORTH_LINE)
            calls.call_said(sid, Said("canceled"))
    first = call_of("CA-first")
    assert first.contact_id == call_of("CA-second").contact_id
    assert session().get_one(Contact, first.contact_id).phone is None


def test_a_caller_by_no_number_of_a_country_can_be_said_to_be_a_contact(inside: Flask, clock: Clock) -> None:
    provider.set_up(inside)
    own = acts.contact()
    sid, rep = came_in("+70001234567", NORTH_LINE), company.acting("rep1")
    leg_said("rep1", "in-progress")
    with transaction():
        calls.call_said(sid, Said("completed"))
    with transaction():
        call_acts.belongs_to(call_of(sid).id, session().get_one(Contact, own), rep)
    assert call_of(sid).contact_id == own


def test_a_caller_whose_deal_is_deleted_during_the_call_is_not_lost(inside: Flask, clock: Clock) -> None:
    provider.set_up(inside)
    deal_id = acts.deal(of=acts.contact(), waits=False)
    sid, rep = came_in(KNOWN, NORTH_LINE), company.acting("rep1")
    leg_said("rep1", "in-progress")
    acts.delete(deal_id)
    assert rep.scope is not None
    (card,) = found.cards(rep.scope)
    assert (card.state, card.deal_id) == ("talking", None)
    with transaction():
        calls.call_said(sid, Said("completed"))
    assert [each.row.id for each in found.loose(rep.scope)] == [card.id]
    with transaction():
        made = call_acts.make_deal(card.id, rep)
    assert (made.id != deal_id, made.deleted_at, made.responsible_id) == (True, None, rep.user_id)
    assert found.loose(rep.scope) == []
    with transaction():
        assert call_acts.make_deal(card.id, rep).id == made.id, "once"


def test_whoever_takes_the_call_of_a_client_whose_deal_they_may_not_see_has_one_of_their_own(
    inside: Flask, clock: Clock
) -> None:
    provider.set_up(inside, without=("rep1",))
    deal_id = acts.deal(rep="rep1", of=acts.contact(), waits=False)
    with transaction() as current:
        current.query(Firm).one().rep_sees = "own"
        setups.changed()
    came_in(KNOWN, NORTH_LINE)
    leg_said("rep2", "in-progress")
    other = company.acting("rep2")
    assert other.scope is not None
    (card,) = found.cards(other.scope)
    with transaction():
        made = call_acts.make_deal(card.id, other)
    assert made.id != deal_id
    assert other.scope.may_read(made.responsible_id, made.department_id), "the door that it leads to opens"


@pytest.mark.parametrize("late", ["in-progress", "completed"])
@pytest.mark.parametrize(
    ("round_said", "state"),
    [("completed", "answered"), ("no-answer", "missed")],
    ids=["by nobody knows whom", "missed"],
)
def test_who_took_a_call_is_known_also_when_the_word_of_it_comes_last(
    inside: Flask, clock: Clock, late: str, round_said: str, state: str
) -> None:
    """Providers send what they say of phones and of rounds by ways of their own, which overtake each other."""
    provider.set_up(inside, without=("north", "head", "admin"))
    deal_id = acts.inquiry(phone=UNKNOWN)
    with transaction():
        session().get_one(Deal, deal_id).responsible_id = company.person("head")  # who has no phone: all others ring
    sid = came_in(UNKNOWN, NORTH_LINE)
    round_ended(0, round_said)
    assert (call_of(sid).state, call_of(sid).answered_by_id) == (state, None)
    for _ in range(2):
        leg_said("rep2", late)
    leg_said("rep1", "canceled")
    leg_said("rep1", "completed")
    call = call_of(sid)
    assert (call.state, call.answered_by_id, call.deal_id) == ("answered", company.person("rep2"), deal_id)
    talks = session().scalars(select(Conversation).where(Conversation.deal_id == deal_id)).all()
    assert [each.unanswered_since for each in talks] == [None] * len(talks), "nobody is told that the client waits"
    (taken,) = [each.new for each in acts.journal(deal_id, "call.rang") if each.new["outcome"] == "answered"]
    assert taken["user_id"] == company.person("rep2")
