"""Golden 1 to 3 from the client's side: what an inquiry makes, whose it becomes, what an answer does."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Contact, Conversation, Deal, JournalEntry, Message
from webapp.services import contacts, inquiries
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def count(model: type) -> int:
    return session().scalar(select(func.count()).select_from(model)) or 0


def responsible(deal_id: int) -> int:
    return acts.deal_of(deal_id).responsible_id


def test_a_first_inquiry_makes_contact_deal_and_conversation(clock: Clock) -> None:
    made = acts.deal_of(acts.inquiry("How much is\na press?", channel="chat"))
    assert (made.title, made.source, acts.stage_of(made.id)) == ("How much is a press?", "chat", "new")
    assert session().get_one(Contact, made.contact_id).phone == acts.PHONE
    talk = session().scalars(select(Conversation)).one()
    assert (talk.deal_id, talk.channel, talk.replied_at) == (made.id, "chat", None)
    assert talk.unanswered_since == time_source.now()
    assert [each.kind for each in acts.told(_name_of(made.responsible_id))] == ["deal.assigned"]


def _name_of(user_id: int) -> str:
    return next(each for each in company.PEOPLE if company.person(each) == user_id)


def test_a_long_first_word_is_cut_to_a_title(clock: Clock) -> None:
    title = acts.deal_of(acts.inquiry("word " * 100)).title
    assert len(title) <= 80
    assert title.endswith("…")
    flags = acts.deal_of(acts.inquiry("\U0001f1e9\U0001f1ea" * 60, phone="+79005550077")).title
    assert flags == "\U0001f1e9\U0001f1ea" * 39 + "…", "and never in the middle of what is one letter to the eye"


def test_who_writes_again_comes_to_the_open_deal_and_to_the_same_conversation(clock: Clock) -> None:
    deal_id = acts.inquiry()
    clock.go_on(minutes=1)
    assert acts.inquiry("Hello?") == deal_id
    assert acts.inquiry("By chat now", channel="chat") == deal_id
    assert [count(each) for each in (Contact, Deal, Conversation, Message)] == [1, 1, 2, 3]


def test_of_several_open_deals_it_is_that_of_the_last_word_else_that_of_the_clients_own_rep(clock: Clock) -> None:
    client = acts.contact(rep="rep1")
    own = acts.deal(of=client, rep="rep1", waits=False)
    acts.deal(of=client, rep="rep2", waits=False)
    assert acts.inquiry() == own, "and not the newest"
    assert session().scalars(select(Message.id)).all() == [1], "nobody has written to the firm before"
    newest = acts.deal(of=client, rep="rep1", waits=False)
    assert acts.inquiry("Hello?") == own, "whoever opens another deal does not draw the client there"
    acts.delete(own)
    assert acts.inquiry("Hello again?") == newest


def test_after_the_end_of_a_deal_an_inquiry_opens_a_new_one(clock: Clock) -> None:
    deal_id = acts.inquiry()
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "No answer"}})
    assert acts.inquiry("I am back") != deal_id
    assert [count(each) for each in (Contact, Deal)] == [1, 2]


def test_the_contacts_own_rep_gets_it_else_the_reps_take_turns(clock: Clock) -> None:
    acts.contact(rep="rep2")
    assert responsible(acts.inquiry()) == company.person("rep2")
    turns = [responsible(acts.inquiry(phone=f"+7900555100{n}")) for n in range(4)]
    assert turns == [company.person(each) for each in ("rep3", "rep1", "rep2", "rep3")]


def test_a_new_client_is_of_whoever_gets_the_inquiry_and_not_of_whoever_passes_it_on(clock: Clock) -> None:
    """Whoever of the firm that is."""
    got = []
    for n, name in enumerate(company.PEOPLE):
        raw = {"name": "Vera Belova", "phone": f"+7900555200{n}"}
        with transaction():
            deal, client, _ = inquiries.receive("api", raw, "They would like a press", company.acting(name))
            got.append((deal.responsible_id, client.responsible_id))
    turns = [company.person(each) for each in ("rep1", "rep2", "rep3")]
    assert got == [(each, each) for each in (turns * 3)[: len(company.PEOPLE)]]


def test_who_is_away_is_left_out_of_the_turn(clock: Clock) -> None:
    acts.away("rep2", date(2026, 11, 24))
    turns = [responsible(acts.inquiry(phone=f"+7900555100{n}")) for n in range(3)]
    assert turns == [company.person(each) for each in ("rep1", "rep3", "rep1")]


def test_the_same_client_twice_at_the_same_moment_is_one_contact_and_one_deal(app: Flask, clock: Clock) -> None:
    outcomes = acts.at_the_same_moment(app, *[lambda: acts.inquiry("How much?")] * 3)
    assert len(set(outcomes)) == 1, outcomes
    assert [count(each) for each in (Contact, Deal, Conversation, Message)] == [1, 1, 1, 3]


def test_one_client_at_two_addresses_at_the_same_moment_gets_one_deal(app: Flask, clock: Clock) -> None:
    """They are known, but nothing of theirs is open: what the two inquiries have in common is only the contact."""
    with transaction():
        contacts.create({"name": "Vera Belova", "phone": acts.PHONE, "email": "vera@example.com"}, acts.FORM)

    def writes(**address: str) -> int:
        with transaction():
            return inquiries.receive("form", {"name": "Vera", **address}, "How much?", acts.FORM)[0].id

    ways = [lambda: writes(phone=acts.PHONE), lambda: writes(email="vera@example.com")] * 2
    outcomes = acts.at_the_same_moment(app, *ways)
    assert len(set(outcomes)) == 1, outcomes
    assert [count(each) for each in (Contact, Deal, Message)] == [1, 1, 4]


def test_new_clients_at_the_same_moment_go_to_one_rep_each(app: Flask, clock: Clock) -> None:
    ways = [lambda n=n: acts.inquiry(phone=f"+7900555200{n}") for n in range(3)]
    outcomes = acts.at_the_same_moment(app, *ways)
    assert sorted(map(responsible, outcomes)) == sorted(company.person(each) for each in ("rep1", "rep2", "rep3"))


@pytest.mark.parametrize(
    ("text", "channel", "wrong"),
    [("  ", "form", "text"), ("x" * 10_001, "form", "text"), ("a\x00b", "form", "text"), ("Hi", "pigeon", "channel")],
)
def test_a_bad_inquiry_makes_nothing(clock: Clock, text: str, channel: str, wrong: str) -> None:
    with pytest.raises(Refused) as raised:
        acts.inquiry(text, channel=channel)
    assert list(raised.value.problems) == [wrong]
    session().close()
    assert [count(each) for each in (Contact, Deal, JournalEntry)] == [0, 0, 0]


def test_the_first_answer_takes_the_dialogue_and_calls_the_control_off(clock: Clock) -> None:
    deal_id = acts.inquiry()
    clock.go_on(minutes=4)
    acts.reply(deal_id)
    assert acts.stage_of(deal_id) == "data_collection"
    talk = session().scalars(select(Conversation)).one()
    assert (talk.replied_at, talk.unanswered_since) == (time_source.now(), None)
    control = acts.run_of(deal_id, "reaction_control")
    assert (control.state, control.ended_at) == ("called_off", time_source.now())
    assert control.reason["code"] == "left_stage"
    assert control.reason["to"] == company.stage("data_collection").id
    assert control.reason["cause"]["via"] == "trigger"
    assert control.reason["cause"]["set_off_by"] == company.person("rep1")
    clock.go_on(minutes=30)
    acts.work()
    assert acts.told("north") == []


def test_any_employees_answer_counts_and_later_ones_move_nothing(clock: Clock) -> None:
    deal_id = acts.inquiry()
    acts.reply(deal_id, by="north")
    acts.move(deal_id, "new")
    acts.inquiry("And the price?")
    acts.reply(deal_id)
    assert acts.stage_of(deal_id) == "new"
    assert session().scalars(select(Conversation)).one().unanswered_since is None


def test_two_first_answers_at_the_same_moment_are_one_first_answer(app: Flask, clock: Clock) -> None:
    deal_id = acts.inquiry()
    outcomes = acts.at_the_same_moment(app, lambda: acts.reply(deal_id), lambda: acts.reply(deal_id, by="north"))
    assert outcomes == [None, None]
    assert len(acts.journal(deal_id, "message.sent")) == 2
    assert len(acts.journal(deal_id, "deal.moved")) == 1
    assert acts.stage_of(deal_id) == "data_collection"


def test_without_an_answer_the_head_of_the_rep_is_told_after_ten_minutes(clock: Clock) -> None:
    acts.contact(rep="rep1")
    deal_id = acts.inquiry()
    clock.go_on(minutes=9, seconds=59)
    acts.work()
    assert acts.told("north") == []
    clock.go_on(seconds=1)
    acts.work()
    (told,) = acts.told("north", "robot.control")
    assert (told.deal_id, told.sender_id, told.urgency) == (deal_id, None, "urgent")
    assert told.facts["deal.responsible"] == "Ivan Petrov"
    assert told.facts["contact.name"] == "Vera Belova"
    assert told.facts["deal.time_on_stage"] == {"seconds": 600}
    run = acts.run_of(deal_id, "reaction_control")
    assert (run.state, run.ended_at, run.is_late) == ("fired", time_source.now(), False)
    assert run.path[-1] == {
        "department_id": setups.current().people[company.person("rep1")].department_id,
        "post": "head",
        "person_id": company.person("north"),
        "verdict": "chosen",
    }


def test_a_vips_inquiry_tells_the_head_at_once_and_once_and_again_when_the_client_writes(clock: Clock) -> None:
    acts.contact("Nina Frolova", vip=True)
    deal_id = acts.inquiry(name="Nina Frolova")
    acts.work()
    (first,) = acts.told("north", "robot.notify")
    assert first.facts["contact.name"] == "Nina Frolova"
    assert first.facts["deal.responsible"] == "Ivan Petrov"
    acts.work()
    assert len(acts.told("north", "robot.notify")) == 1
    acts.reply(deal_id)
    clock.go_on(minutes=2)
    acts.inquiry("And the delivery?", name="Nina Frolova")
    acts.work()
    first, again = acts.told("north", "robot.notify")
    assert again.seq == first.seq + 1
    said = [session().get_one(Message, each.message_id).text for each in acts.runs(deal_id, "vip_notification")]
    assert said == ["How much is a press?", "And the delivery?"]


def test_nobody_is_told_that_a_client_wrote_or_waits_who_did_neither(clock: Clock) -> None:
    """A deal made by hand, a VIP's deal dragged back to New, a client who was answered and then came back to New."""
    silent = acts.deal(of=acts.contact(vip=True), waits=False)
    clock.go_on(minutes=11)
    acts.work()
    acts.move(silent, "data_collection")
    acts.move(silent, "new")
    answered = acts.inquiry(name="Nina Frolova", phone="+79005550002")
    acts.reply(answered)
    acts.move(answered, "new")
    clock.go_on(minutes=11)
    acts.work()
    assert acts.told("north", "robot.control") == acts.told("north", "robot.notify") == []
    acts.inquiry("And the delivery?", name="Nina Frolova", phone="+79005550002")
    acts.move(answered, "data_collection")
    acts.move(answered, "new")
    clock.go_on(minutes=11)
    acts.work()
    (late,) = acts.told("north", "robot.control")
    assert late.deal_id == answered


def test_an_ordinary_clients_notice_is_not_sent_and_says_why(clock: Clock) -> None:
    deal_id = acts.inquiry()
    acts.work()
    run = acts.run_of(deal_id, "vip_notification")
    assert run.state == "condition_false"
    assert run.findings == [
        {"entity": "contact", "field": "vip", "operator": "eq", "expected": True, "actual": None, "holds": False}
    ]


def test_a_blank_answer_is_refused_and_takes_no_dialogue(clock: Clock) -> None:
    deal_id = acts.inquiry()
    with pytest.raises(Refused):
        acts.reply(deal_id, text=" ")
    session().close()
    assert acts.stage_of(deal_id) == "new"


def sent_by_form(text: str = "Yes, please", **given: str) -> bool:
    with transaction():
        raw = {"name": "Vera Belova", "phone": acts.PHONE, **given}
        return inquiries.receive_once("form", raw, text, acts.FORM)


def test_the_same_word_after_an_answer_is_another_word(clock: Clock) -> None:
    assert sent_by_form()
    clock.go_on(minutes=1)
    assert not sent_by_form(), "the button was pressed twice"
    deal_id = session().scalars(select(Deal.id)).one()
    acts.reply(deal_id)
    clock.go_on(minutes=1)
    assert sent_by_form()
    assert session().scalars(select(Conversation.unanswered_since)).one() == time_source.now()


def test_what_is_left_beside_the_same_words_the_second_time_is_kept(clock: Clock) -> None:
    assert sent_by_form()
    assert not sent_by_form(email="vera@example.org"), "their words stand there"
    assert session().scalars(select(Contact.email)).one() == "vera@example.org"
    assert sent_by_form(email="vera@home.example"), "which differs, and stands nowhere yet"
    assert not sent_by_form(email="vera@home.example")
    said = session().scalars(select(Message.text).order_by(Message.id)).all()
    assert said == ["Yes, please", "Yes, please\n\nvera@home.example"]
