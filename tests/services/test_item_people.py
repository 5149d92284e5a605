"""An item goes with what it is about: with its deal and its work, and past whoever leaves or sits elsewhere by now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_important import awaiting, have, late, on, overdue, the, unpaid, vip
from tests.services.test_next_steps import agreed
from tests.services.test_places import NORTH, SOUTH, department
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import Deal, ImportantItem, Task
from webapp.queries import important as query
from webapp.services import (
    absences,
    accounts,
    calls,
    firms,
    hand_overs,
    important,
    item_people,
    leaving,
    places,
    tasks,
)
from webapp.services.moving import ALONG, Move

pytestmark = [pytest.mark.usefixtures("inside", "clock")]
CONSOLE = Actor(via="console")


def leaves_to(name: str, to: str) -> None:
    with transaction():
        assert leaving.leave(company.person(name), company.person(to), company.acting("admin"))


def closed(name: str, _: str) -> None:
    """As the command line does it: nothing is handed over."""
    with transaction():
        accounts.deactivate(company.person(name), CONSOLE)


def given(deal_id: int, to: str) -> None:
    acts.edit(deal_id, by="admin", responsible_id=company.person(to))


def anew(item: ImportantItem) -> ImportantItem:
    session().expire_all()
    return session().get_one(ImportantItem, item.id)


def to_do(name: str) -> set[int]:
    """What the bar counts, and the list shows."""
    shown = {each.id for each in query.listed(company.acting(name).scope).open}
    assert session().scalar(select(query.untaken(company.person(name)))) == len(shown)
    return shown


def taken(item: ImportantItem) -> None:
    on(item, important.take, "north")


def put_aside(item: ImportantItem) -> None:
    on(item, important.snooze, "north", None)


def handed_to_them(item: ImportantItem) -> None:
    taken(item)
    on(item, important.hand_on, "north", company.person("head"))
    on(item, important.hand_on, "head", company.person("north"))


@pytest.mark.both_databases
@pytest.mark.parametrize("goes", [leaves_to, closed])
@pytest.mark.parametrize("had", [taken, put_aside, handed_to_them])
def test_what_whoever_leaves_had_is_open_for_whoever_comes_after(
    clock: Clock, had: Callable[[ImportantItem], None], goes: Callable[[str, str], None]
) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    had(item)
    goes("north", "head")
    item = anew(item)
    assert (item.state, item.holder_id, item.snoozed_until, have(item)) == ("open", None, None, ["head"])
    assert item.id in to_do("head")
    assert item.next_at is not None, "if they do not take it either, the next is told"
    clock.go_on(hours=1)
    acts.work()
    assert (have(anew(item)), anew(item).level) == (["admin", "head"], 1)
    on(item, important.take, "head")
    assert anew(item).holder_id == company.person("head")


def test_a_vip_who_writes_again_reaches_whoever_is_there(clock: Clock) -> None:
    deal_id = vip(clock)
    item = the(deal_id, "vip")
    (first,) = have(item)
    on(item, important.take, first)
    leaves_to(first, "head")
    acts.inquiry("I am still waiting")
    acts.work()
    item = anew(item)
    assert (item.state, item.holder_id) == ("open", None)
    for name in have(item):
        assert item.id in to_do(name)
    assert have(item)
    assert first not in have(item)


def test_others_keep_what_is_theirs_when_somebody_leaves(clock: Clock) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    clock.go_on(minutes=16)
    acts.work()
    assert have(item) == ["head", "north"]
    on(item, important.take, "head")
    leaves_to("north", "rep2")
    assert (anew(item).state, anew(item).holder_id) == ("taken", company.person("head"))
    assert have(item) == ["head"]


@pytest.mark.both_databases
def test_a_deal_that_goes_to_another_department_is_in_the_list_of_its_head(clock: Clock) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    on(item, important.ask, "north", "Why has nobody answered?")
    given(deal_id, "rep3")
    item = anew(item)
    assert have(item) == ["south-deputy"]
    assert (item.about_id, item.facts["deal.responsible"]) == (company.person("rep3"), "Oleg Voronin")
    assert (item.question, item.asked_by_id) == (None, None), "what the former was asked is not theirs to answer"
    assert (item.id in to_do("south-deputy"), item.id in to_do("north")) == (True, False)
    assert [each.kind for each in acts.told("south-deputy")] == ["important.passed_on"]
    clock.go_on(minutes=16)
    acts.work()
    assert have(item) == ["head", "south-deputy"]


def test_a_deal_that_goes_to_a_colleague_stays_with_whoever_has_taken_it(clock: Clock) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    on(item, important.take, "north")
    given(deal_id, "rep2")
    item = anew(item)
    assert (item.state, item.holder_id, have(item)) == ("taken", company.person("north"), ["north"])
    assert item.about_id == company.person("rep2")


@pytest.mark.parametrize("to", ["rep2", "rep3"])
def test_what_stood_with_the_responsible_stands_with_the_new_one(clock: Clock, to: str) -> None:
    deal_id = acts.deal(of=acts.contact(vip=True), fields={"equipment_type": "standard"}, waits=False)
    acts.invoice(deal_id)
    acts.move(deal_id, "payment")
    clock.go_on(days=3, minutes=1)
    acts.work()
    item = the(deal_id, "unpaid")
    assert (have(item), item.next_at) == (["rep1"], None)
    on(item, important.take, "rep1")
    given(deal_id, to)
    item = anew(item)
    assert (have(item), item.state, item.next_at) == ([to], "open", None)
    assert [each.kind for each in acts.told(to)] == ["deal.assigned"], "and nobody is told the same twice"


def test_a_bill_goes_with_the_deal(clock: Clock) -> None:
    deal_id = unpaid(clock)
    item = the(deal_id, "unpaid")
    assert have(item) == ["north"]
    given(deal_id, "rep3")
    assert have(item) == ["south-deputy"]


def test_deals_that_are_taken_along_take_along_what_matters_on_them(clock: Clock) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    on(item, important.take, "north")
    with transaction():
        move = Move(department(NORTH), department(SOUTH), ALONG)
        assert hand_overs.begin_move(company.person("rep1"), move, company.acting("admin"))
    assert session().get_one(Deal, deal_id).department_id == department(SOUTH)
    assert (have(item), anew(item).state) == (["south-deputy"], "open")


def elsewhere() -> None:
    places.set_places(company.person("north"), {department(SOUTH): "member"}, company.acting("admin"))


def by_the_command() -> None:
    accounts.set_department(company.person("north"), department(SOUTH), None, CONSOLE)


@pytest.mark.parametrize("goes", [elsewhere, by_the_command])
def test_whoever_sits_elsewhere_has_nothing_of_before_and_the_next_has_it(
    clock: Clock, goes: Callable[[], None]
) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    on(item, important.take, "north")
    with transaction():
        goes()
    assert (have(item), anew(item).state) == (["head"], "open")
    assert (item.id in to_do("head"), item.id in to_do("north")) == (True, False)


def test_what_reps_see_no_longer_is_not_in_their_lists(clock: Clock) -> None:
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    on(item, important.hand_on, "north", company.person("rep2"))
    on(item, important.take, "rep2")
    with transaction():
        firms.change({"rep_sees": "own"}, company.acting("admin"))
    assert (have(item), anew(item).state) == (["north"], "open")


def test_whoever_stood_in_for_some_days_does_not_keep_it(clock: Clock) -> None:
    """No event says that a day begins."""
    tomorrow = clock().date() + timedelta(days=1)
    with transaction():
        rep, by = company.person("rep1"), company.acting("admin")
        absences.add(rep, clock().date(), tomorrow, company.person("rep3"), by)
    deal_id = late(clock)
    item = the(deal_id, "late_reply")
    on(item, important.hand_on, "north", company.person("rep3"))
    item_people.look()
    assert (have(item), anew(item).state) == (["north", "rep3"], "handed_on")
    clock.go_on(days=2)
    item_people.look()
    assert "rep3" not in have(item)
    assert "north" in have(item)
    assert anew(item).state == "open"


def test_nobody_is_told_of_what_they_may_not_open(clock: Clock) -> None:
    """A robot names somebody of another department: whoever is over the responsible has it instead."""
    to = {"user": company.person("rep3")}
    acts.robot("reaction_control", settings={"to": to, "text": {"en": "Late"}, "urgency": "normal"})
    item = the(late(clock), "late_reply")
    assert have(item) == ["north"]
    assert item.id in to_do("north")


def test_a_late_step_that_goes_with_the_deal_is_in_the_new_list(clock: Clock) -> None:
    deal_id = acts.deal(waits=False)
    agreed(deal_id, hours=1)
    clock.go_on(hours=1, seconds=1)
    acts.work()
    item = the(deal_id, "overdue")
    assert have(item) == ["rep1"]
    given(deal_id, "rep3")
    assert (have(item), anew(item).about_id) == (["rep3"], company.person("rep3"))


@pytest.mark.parametrize("begins", [awaiting, overdue])
def test_work_that_another_accepts_is_in_the_list_of_that_person(clock: Clock, begins: Callable[[Clock], int]) -> None:
    deal_id = begins(clock)
    late_or_waiting = select(ImportantItem).where(ImportantItem.deal_id == deal_id, ImportantItem.ended_at.is_(None))
    theirs = [each for each in session().scalars(late_or_waiting) if have(each) == ["north"]]
    assert [each.kind for each in theirs] == [{awaiting: "acceptance", overdue: "overdue"}[begins]]
    with transaction():
        task = session().scalars(select(Task).where(Task.deal_id == deal_id).with_for_update()).one()
        tasks.hand_over_acceptance(task, company.person("head"), company.acting("admin"), besides=None)
    assert [have(each) for each in theirs] == [["head"]]


def test_nothing_is_written_where_everything_is_right(clock: Clock) -> None:
    deal_id = late(clock)

    def is_so() -> tuple[object, ...]:
        item = the(deal_id, "late_reply")
        return item.next_at, have(item), len(acts.journal(deal_id, "important.passed_on"))

    was = is_so()
    item_people.look()
    with transaction():
        accounts.set_name(company.person("rep2"), "Maria Petrova", company.acting("admin"))
    assert is_so() == was == (was[0], ["north"], 0)


@pytest.mark.both_databases
def test_a_missed_call_is_put_before_whoever_stands_in_as_well(clock: Clock) -> None:
    """As a robot's word is; and goes from their list when the absence ends."""
    deal_id = acts.deal(of=acts.contact(), waits=False)
    today = clock().date()
    with transaction():
        away = absences.add(company.person("rep1"), today, today, company.person("rep2"), company.acting("admin"))
    with transaction():
        calls.call_said("CA1", calls.Said("no-answer"), acts.PHONE, "")
    item = the(deal_id, "missed_call")
    assert have(item) == ["rep1", "rep2"]
    with transaction():
        absences.remove(away.id, company.acting("admin"))
    assert [company.person("rep1")] == item_people.whose(anew(item))
