"""What matters now: opened for a cause, taken, put aside, handed on, explained; settled by itself when the cause is
gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Deal, ImportantItem, ImportantPlace, ImportantRung, Task
from webapp.queries import important as query
from webapp.queries import important_people
from webapp.queries.important_items import ItemView
from webapp.services import calls, important, next_steps, undo
from webapp.services.important import Cause

pytestmark = [pytest.mark.usefixtures("inside", "clock")]


def items(deal_id: int) -> list[ImportantItem]:
    wanted = select(ImportantItem).where(ImportantItem.deal_id == deal_id).order_by(ImportantItem.id)
    return list(session().scalars(wanted.execution_options(populate_existing=True)))


def the(deal_id: int, kind: str) -> ImportantItem:
    (found,) = [each for each in items(deal_id) if each.kind == kind]
    return found


def have(item: ImportantItem) -> list[str]:
    """In whose lists it stands, by name."""
    told = select(ImportantPlace.user_id).where(ImportantPlace.item_id == item.id, ImportantPlace.is_live)
    people = set(session().scalars(told))
    return [name for name in company.PEOPLE if company.person(name) in people]


def on(item: ImportantItem, verb: Callable[..., None], by: str, *words: object) -> None:
    with transaction():
        if item.deal_id is not None:
            acts.locked(item.deal_id)
        verb(session().get_one(ImportantItem, item.id, with_for_update=True), *words, company.acting(by))


def late(clock: Clock, **more: object) -> int:
    """A deal whose client has waited too long: its head was told."""
    deal_id = acts.deal(of=acts.contact(), **more)  # type: ignore[arg-type]
    clock.go_on(minutes=11)
    acts.work()
    return deal_id


def shown(name: str) -> query.ImportantList:
    return query.listed(company.acting(name).scope)


def ids(views: list[ItemView]) -> list[int]:
    return [each.id for each in views]


@pytest.mark.both_databases
def test_a_late_reply_stands_in_the_heads_list_until_somebody_replies(clock: Clock) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    assert (have(item), item.state, item.about_id) == (["north"], "open", company.person("rep1"))
    assert ids(shown("north").open)[:1] == [item.id]
    assert item.id not in ids(shown("head").open)
    clock.go_on(minutes=1)
    with transaction():
        acts.locked(deal_id)
        talk = acts.session().scalars(select(acts.Conversation).where(acts.Conversation.deal_id == deal_id)).one()
        acts.conversations.reply(talk, "Good morning!", company.acting("rep1"))
    item = the(deal_id, "late_reply")
    assert (item.state, item.reason["code"], item.reason["by_id"]) == ("settled", "replied", company.person("rep1"))
    assert item.reason["after"] == 12 * 60
    assert have(item) == []
    assert item.id in ids(shown("north").settled)
    assert set(session().scalars(select(ImportantRung.state).where(ImportantRung.item_id == item.id))) <= {"called_off"}


def vip(clock: Clock) -> int:
    acts.contact(vip=True)
    deal_id = acts.inquiry()
    acts.work()
    return deal_id


def unpaid(clock: Clock) -> int:
    deal_id = acts.deal(of=acts.contact(), fields={"equipment_type": "standard"}, waits=False)
    acts.invoice(deal_id)
    acts.move(deal_id, "payment")
    clock.go_on(days=3, minutes=1)
    acts.work()
    return deal_id


def awaiting(clock: Clock) -> int:
    deal_id = acts.deal(of=acts.contact(vip=True), waits=False)
    acts.submit(acts.vip_task(deal_id))
    return deal_id


def overdue(clock: Clock) -> int:
    deal_id = acts.deal(of=acts.contact(vip=True), waits=False)
    acts.vip_task(deal_id)
    clock.go_on(days=4)
    acts.work()
    return deal_id


def no_step(clock: Clock) -> int:
    acts.robot("reaction_control", starts=["no_next_step"], stage_id=None, condition=None)
    deal_id = acts.deal(waits=False)
    clock.go_on(minutes=11)
    acts.work()
    return deal_id


def silent(clock: Clock) -> int:
    acts.robot("reaction_control", starts=["client_silent"], stage_id=None, condition=None)
    deal_id = acts.inquiry()
    acts.reply(deal_id)
    clock.go_on(minutes=11)
    acts.work()
    return deal_id


def on_stage(clock: Clock) -> int:
    acts.robot("reaction_control", condition=None)
    return late(clock, waits=False)


def missed(clock: Clock) -> int:
    with transaction():
        calls.call_said("CA1", calls.Said("no-answer"), acts.PHONE, "")
    return session().scalars(select(Deal.id)).one()


def vip_who_is_silent(clock: Clock) -> int:
    """Told of as a client who wrote, on a deal that has no conversation."""
    deal_id = acts.deal(of=acts.contact(vip=True), waits=False)
    with transaction():
        deal = acts.locked(deal_id)
        cause = Cause("vip", f"d{deal_id}", clock(), deal.responsible_id, deal_id)
        important.open_for([company.person("north")], cause, company.acting("rep1"))
    return deal_id


def never_replied(clock: Clock) -> int:
    """A robot that asks for a first reply, where no client waits."""
    acts.robot("reaction_control", condition=asks("conversation", "replied", False))
    return late(clock, waits=False)


def paid_up(clock: Clock) -> int:
    """A robot that is content when nothing is owed."""
    acts.robot("reaction_control", condition=asks("invoices", "unpaid", False))
    return late(clock, waits=False)


def won(clock: Clock) -> int:
    """A robot of a stage on which deals are closed."""
    acts.robot("reaction_control", condition=None, stage_id=company.stage("won").id)
    deal_id = acts.deal(of=acts.contact(), fields={"equipment_type": "standard"}, waits=False)
    acts.move(deal_id, "won")
    clock.go_on(minutes=11)
    acts.work()
    return deal_id


def asks(entity: str, key: str, value: bool) -> dict[str, object]:
    return {"all": [{"entity": entity, "field": key, "operator": "eq", "value": value}]}


def step(deal_id: int) -> None:
    with transaction():
        draft = next_steps.StepDraft("Call", time_source.now() + timedelta(days=1))
        next_steps.agree(acts.locked(deal_id), draft, company.acting("rep1"))


def task_of(deal_id: int) -> Task:
    return session().scalars(select(Task).where(Task.deal_id == deal_id)).one()


def accept(deal_id: int) -> None:
    acts.on_task(task_of(deal_id).id, acts.tasks.accept, "north")


def give_back(deal_id: int) -> None:
    acts.on_task(task_of(deal_id).id, acts.tasks.send_back, "north", "Call them")


def hand_in(deal_id: int) -> None:
    acts.submit(task_of(deal_id).id)


def lose(deal_id: int) -> None:
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Too dear"}})


def answered(deal_id: int) -> None:
    acts.inquiry()
    acts.reply(deal_id)


SETTLES = [
    (vip, "vip", acts.reply, "replied"),
    (vip, "vip", lose, "closed"),
    (late, "late_reply", acts.delete, "deleted"),
    (late, "late_reply", lose, "closed"),
    (unpaid, "unpaid", acts.pay, "paid"),
    (awaiting, "acceptance", accept, "task_accepted"),
    (awaiting, "acceptance", give_back, "task_returned"),
    (awaiting, "acceptance", lose, "task_cancelled"),
    (overdue, "overdue", hand_in, "task_submitted"),
    (no_step, "no_next_step", step, "step_agreed"),
    (silent, "client_silent", lambda _: acts.inquiry("Are you there?"), "client_wrote"),
    (on_stage, "control", lambda deal: acts.move(deal, "data_collection"), "left_stage"),
    (missed, "missed_call", acts.reply, "replied"),
    (never_replied, "control", answered, "left_stage"),
]


@pytest.mark.parametrize(("opens", "kind", "ends", "code"), SETTLES)
def test_each_kind_is_opened_by_its_cause_and_settled_when_that_is_gone(
    clock: Clock,
    opens: Callable[[Clock], int],
    kind: str,
    ends: Callable[[int], object],
    code: str,
) -> None:
    deal_id = opens(clock)
    stands(deal_id, kind)
    ends(deal_id)
    found = [each for each in items(deal_id) if each.kind == kind]
    assert {(each.state, each.reason["code"]) for each in found} == {("settled", code)}
    assert all(each.live_key is None and not have(each) for each in found)


@pytest.mark.parametrize(
    ("opens", "kind"), [(vip_who_is_silent, "vip"), (never_replied, "control"), (paid_up, "control"), (won, "control")]
)
def test_what_was_not_there_cannot_be_gone(clock: Clock, opens: Callable[[Clock], int], kind: str) -> None:
    stands(opens(clock), kind)


def stands(deal_id: int, kind: str) -> None:
    """Whatever else happens to the deal, which settles nothing."""
    acts.edit(deal_id, title="Another name", by="head")
    found = [each for each in items(deal_id) if each.kind == kind]
    assert [each.state for each in found] == ["open"] * len(found) != []


def test_of_a_client_who_has_been_answered_meanwhile_nobody_is_to_see_to(clock: Clock) -> None:
    acts.robot("vip_notification", timing={"after": {"amount": 10, "unit": "minutes"}}, stage_id=None)
    acts.contact(vip=True)
    deal_id = acts.inquiry()
    acts.reply(deal_id)
    clock.go_on(minutes=11)
    acts.work()
    assert (acts.run_of(deal_id, "vip_notification").state, items(deal_id)) == ("fired", [])


def test_the_same_cause_is_one_item_and_comes_up_anew_after_it_was_settled(clock: Clock) -> None:
    deal_id = vip(clock)
    acts.inquiry("Hello?")
    acts.work()
    assert (the(deal_id, "vip").times, len(items(deal_id))) == (2, 1)
    acts.reply(deal_id)
    acts.inquiry("One more thing")
    acts.work()
    assert [each.state for each in items(deal_id) if each.kind == "vip"] == ["settled", "open"]


def test_who_takes_it_stops_it_for_all_and_the_second_sees_who_was_quicker(clock: Clock) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    with transaction():
        important.add_places(session().get_one(ImportantItem, item.id), [company.person("head")])
    clock.go_on(minutes=4)
    on(item, important.take, "north")
    item = the(deal_id, "late_reply")
    assert (item.state, item.taken_after, item.next_at) == ("taken", 240, None)
    with pytest.raises(Refused) as refused:
        on(item, important.take, "head")
    assert (refused.value.reason, refused.value.facts["who"]) == ("item_taken", "Anna Krylova")
    assert (ids(shown("head").open), shown("head").not_shown["taken"]) == ([], 1)
    assert item.id in ids(query.hidden(company.acting("head").scope, "taken").rows)
    assert item.id in ids(shown("north").taken)
    clock.go_on(hours=5)
    acts.work()
    assert acts.told("head", "important.climbed") == []


def test_each_level_is_the_next_one_and_who_was_told_keeps_it_on_theirs(clock: Clock) -> None:
    deal = late(clock)
    for level, names in enumerate((("north",), ("north", "head"), ("north", "head", "admin"))):
        item = the(deal, "late_reply")
        places = [(place.level, place.user_id) for place in important.places(item)]
        assert item.level == level
        assert places == [(n, company.person(name)) for n, name in enumerate(names)]
        clock.go_on(minutes=20)
        acts.work()
    assert [each.new["level"] for each in acts.journal(deal, "important.climbed")] == [1, 2]


def test_what_is_put_aside_comes_back_by_itself_and_twice_at_most(clock: Clock) -> None:
    deal_id = late(clock)
    for _ in range(2):
        on(the(deal_id, "late_reply"), important.snooze, "north", clock() + timedelta(hours=1))
        item = the(deal_id, "late_reply")
        assert (item.state, shown("north").not_shown["snoozed"], item.next_at) == ("snoozed", 1, None)
        clock.go_on(hours=1, seconds=1)
        acts.work()
        assert the(deal_id, "late_reply").state == "open"
    with pytest.raises(Refused, match="snoozed_enough"):
        on(the(deal_id, "late_reply"), important.snooze, "north", clock() + timedelta(hours=1))


def test_a_snooze_has_bounds(clock: Clock) -> None:
    item = the(late(clock), "late_reply")
    for days, code in ((-1, "in_the_past"), (3, "snoozed_too_long")):
        with pytest.raises(Refused) as refused:
            on(item, important.snooze, "north", clock() + timedelta(days=days))
        assert refused.value.problems["until"]["code"] == code
        session().rollback()


def test_until_the_client_answers(clock: Clock) -> None:
    deal_id = unpaid(clock)
    on(the(deal_id, "unpaid"), important.snooze, "north", None)
    assert the(deal_id, "unpaid").until_client
    acts.inquiry("The money is on its way")
    assert the(deal_id, "unpaid").state == "open"


def test_handed_on_to_somebody_who_may_see_it(clock: Clock) -> None:
    deal_id = late(clock)
    with pytest.raises(Refused) as refused:
        on(the(deal_id, "late_reply"), important.hand_on, "north", company.person("rep3"))
    assert refused.value.problems["to"]["code"] == "may_not_see_it"
    on(the(deal_id, "late_reply"), important.hand_on, "north", company.person("rep2"))
    item = the(deal_id, "late_reply")
    assert item.id in ids(shown("rep2").open)
    assert (item.id in ids(shown("north").open), shown("north").not_shown["handed_on"]) == (False, 1)
    assert len(acts.told("rep2", "important.handed_on")) == 1
    on(item, important.take, "rep2")
    assert the(deal_id, "late_reply").taken_by_id == company.person("rep2")


def test_the_rep_explains_in_place_and_whoever_asked_is_told(clock: Clock) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    with pytest.raises(Refused, match="not_asked"):
        on(item, important.explain, "rep1", "I was with a client")
    on(item, important.ask, "north", "Why so long?")
    assert ids(shown("rep1").asked) == [item.id]
    assert len(acts.told("rep1", "important.asked")) == 1
    on(item, important.explain, "rep1", "I was with a client")
    assert shown("rep1").asked == []
    assert the(deal_id, "late_reply").explanation == "I was with a client"
    assert len(acts.told("north", "important.explained")) == 1
    assert the(deal_id, "late_reply").state == "open"


def test_done_with_a_word(clock: Clock) -> None:
    deal_id = late(clock)
    on(the(deal_id, "late_reply"), important.finish, "north", "I called them myself")
    item = the(deal_id, "late_reply")
    assert (item.state, item.word, item.reason["code"]) == ("settled", "I called them myself", "done")
    events = ("important.opened", "important.settled")
    assert [len(acts.journal(deal_id, each)) for each in events] == [1, 1]


def test_work_that_waits_is_settled_by_its_answer_alone(clock: Clock) -> None:
    """A word that it is done would take the work out of sight, and nobody would have accepted it."""
    deal_id = awaiting(clock)
    item = the(deal_id, "acceptance")
    with pytest.raises(Refused) as refused:
        on(item, important.finish, "north", "Looked at it")
    assert refused.value.reason == "accept_or_return"
    (view,) = [each for each in shown("north").open if each.row.id == item.id]
    assert "settle" not in view.may
    accept(deal_id)
    assert the(deal_id, "acceptance").reason["code"] == "task_accepted"


def test_a_list_stands_still_and_says_how_many_have_come_since(clock: Clock) -> None:
    first = the(late(clock), "late_reply")
    began = clock()
    clock.go_on(minutes=1)
    second = the(late(clock), "late_reply")
    still = query.listed(company.acting("north").scope, began)
    assert first.id in ids(still.open)
    assert second.id not in ids(still.open)
    assert still.news == 1
    on(first, important.take, "north")
    assert first.id in ids(
        query.listed(company.acting("north").scope, began).open
    )  # in its place, under the same pointer
    clock.go_on(seconds=1)
    assert first.id in ids(shown("north").taken)


def test_taking_a_move_back_brings_back_what_it_has_settled(clock: Clock) -> None:
    deal_id = late(clock)
    acts.move(deal_id, "won", raw={"deal": {"equipment_type": "standard"}})
    assert the(deal_id, "late_reply").state == "settled"
    with transaction():
        undo.undo(acts.locked(deal_id), company.acting("rep1"))
    item = the(deal_id, "late_reply")
    assert (item.state, have(item)) == ("open", ["north"])


def test_the_number_in_the_bar_is_what_the_list_shows(clock: Clock) -> None:
    late(clock)
    found = shown("north")
    person = company.person("north")
    counted = session().scalar(select(query.untaken(person)))
    assert counted == len(found.open) + len(found.asked) > 0


def test_repeats_of_one_robot_about_one_person_stand_in_one_line(clock: Clock) -> None:
    every = [the(late(clock), "late_reply").id for _ in range(3)]
    work = the(awaiting(clock), "acceptance").id
    found = shown("north")
    assert [ids(line) for line in found.lines if work not in ids(line)] == [every]
    assert [work] in [ids(line) for line in found.lines]
    on(session().get_one(ImportantItem, every[0]), important.finish, "north", "")
    assert len(shown("north").lines) == len(shown("north").open) == 3  # two alike are read faster one by one


def test_a_head_sees_what_stands_in_the_lists_of_their_people(clock: Clock) -> None:
    item = the(late(clock), "late_reply")
    assert ids(query.hidden(company.acting("head").scope, "people").rows) == [item.id]
    assert item.id not in ids(query.hidden(company.acting("north").scope, "people").rows)  # it stands in their own
    assert not query.hidden(company.acting("rep2").scope, "people").rows
    assert shown("head").open == []


def test_how_ones_people_do_today(clock: Clock) -> None:
    """The median of first replies in working time, whose clients wait, who has given no sign for four working hours."""
    deal_id = acts.inquiry()
    clock.go_on(minutes=12)
    acts.reply(deal_id)
    late(clock, rep="rep2")
    clock.go_on(hours=3)
    acts.edit(deal_id, title="A bigger press")
    clock.go_on(hours=1, minutes=30)
    today = important_people.today(company.acting("north").scope)
    found = {each.person.id: each for each in today.people}
    assert set(found) == {company.person("rep1"), company.person("rep2")}
    assert today.norm is not None
    own, other = found[company.person("rep1")], found[company.person("rep2")]
    assert (own.reply, own.is_late, own.waiting, own.silent_for) == (12 * 60, True, 0, None)
    assert (other.reply, other.waiting) == (None, 1)
    assert (other.silent_for or 0) >= 4 * 3600
    assert today.people[0] == other
    assert important_people.today(company.acting("rep1").scope).people == []


def test_work_is_handed_on_only_to_whoever_may_accept_it(clock: Clock) -> None:
    item = the(awaiting(clock), "acceptance")
    with pytest.raises(Refused) as refused:
        on(item, important.hand_on, "north", company.person("rep2"))
    assert refused.value.problems["to"]["code"] == "may_not_accept"
    (view,) = [each for each in shown("north").open if each.row.id == item.id]
    assert view.may >= {"accept", "send_back", "take"}
    assert "hand_on" not in view.may
