"""Whoever was invited and has not come in yet is given no client, and what others are to hear of goes past them: they
would read nothing of it. From their first coming in they are as everybody else."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from webapp.access.scopes import SYSTEM
from webapp.db import session, transaction
from webapp.models import Absence, Contact, Department, User
from webapp.services import accounts, people, sign_ins
from webapp.snapshots import recipients, setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def invited(department: str = "sales_north", place: str = "member") -> int:
    """A newcomer of the lesson's firm, who has a link and has not used it."""
    by, home = company.acting("admin"), select(Department.id).where(Department.key == department)
    with transaction():
        places = {session().scalars(home).one(): place}
        return people.invite({"email": "nina@dozor.example", "name": "Nina", "places": places}, by)


def comes_in(user_id: int) -> None:
    with transaction():
        secret = sign_ins.give_link(user_id, company.acting("admin"))
    with transaction():
        sign_ins.use_link(secret, "hash")


def turns(count: int, first: int = 0) -> list[int]:
    """Who got each of so many new clients."""
    made = [acts.inquiry(phone=f"+7900555{n:04}") for n in range(first, first + count)]
    return [acts.deal_of(each).responsible_id for each in made]


def alone(*, but: str) -> None:
    with transaction():
        for name in company.PEOPLE:
            if name != but:
                accounts.deactivate(company.person(name), SYSTEM)


def test_a_newcomer_gets_a_turn_once_they_have_come_in(clock: Clock) -> None:
    nina, reps = invited(), [company.person(name) for name in ("rep1", "rep2", "rep3")]
    assert turns(4) == [*reps, reps[0]]
    before = setups.current().version
    comes_in(nina)
    assert setups.current().version != before
    assert turns(4, first=10) == [*reps[1:], nina, reps[0]]


def test_a_new_firms_first_client_is_the_founders_and_not_of_whoever_was_only_invited(clock: Clock) -> None:
    invited()
    alone(but="admin")
    deal_id, founder = acts.inquiry(), company.person("admin")
    assert acts.deal_of(deal_id).responsible_id == founder
    clock.go_on(minutes=11)
    acts.work()
    told = [each.deal_id for each in acts.told("admin", "robot.control")]
    assert told == [deal_id], "as whoever works alone, they are reminded themselves"


def test_while_nobody_has_come_in_the_client_is_somebodys_all_the_same(clock: Clock) -> None:
    nina = invited()
    alone(but="admin")
    with transaction() as current:
        current.get_one(User, company.person("admin")).is_active = False
        setups.changed()
    assert turns(1) == [nina]


def test_a_client_of_whoever_has_not_come_in_goes_to_the_next_in_turn_and_stays_theirs(clock: Clock) -> None:
    nina = invited()
    client = acts.contact(rep=None)
    with transaction() as current:
        current.get_one(Contact, client).responsible_id = nina
    assert acts.deal_of(acts.inquiry()).responsible_id == company.person("rep1")
    assert session().get_one(Contact, client).responsible_id == nina


def test_a_head_who_has_not_come_in_is_passed_over_and_the_next_level_is_told(clock: Clock) -> None:
    nina, rep3 = invited("sales_south", "head"), company.person("rep3")
    south = setups.current().people[rep3].department_id
    found = recipients.head_of(rep3, south)
    assert found.people == (company.person("south-deputy"),)
    assert (found.path[0]["person_id"], found.path[0]["verdict"]) == (nina, "never_in")
    comes_in(nina)
    assert recipients.head_of(rep3, south).people == (nina,)


def test_whoever_has_not_come_in_stands_in_for_nobody(clock: Clock) -> None:
    nina, rep1 = invited(), company.person("rep1")
    acts.contact(rep="rep1")
    day: date = TUESDAY.date()
    with transaction() as current:
        current.add(Absence(user_id=rep1, from_on=day, until_on=day, cover_id=nina))
        setups.changed()
    deal_id = acts.inquiry()
    assert acts.deal_of(deal_id).responsible_id == company.person("rep2")
    comes_in(nina)
    assert setups.current().org.people[nina].has_come_in
