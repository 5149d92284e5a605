"""Whose turn it is: to be given a new client's inquiry, and what somebody else is to lose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.locks import quicker
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import Deal, JournalEntry
from webapp.services import deals, inquiries, turns

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def given(deal_id: int) -> int | None:
    with transaction():
        return turns.next_but(acts.locked(deal_id), company.acting("admin"))


def test_a_deal_is_handed_to_one_after_the_other_and_never_to_whoever_has_it(clock: Clock) -> None:
    rep1, rep2, rep3 = (company.person(name) for name in ("rep1", "rep2", "rep3"))
    of_rep1, of_rep3 = acts.deal(rep="rep1"), acts.deal(rep="rep3")
    assert [given(of_rep1) for _ in range(3)] == [rep2, rep3, rep2]
    assert [given(of_rep3) for _ in range(3)] == [rep1, rep2, rep1]
    assert given(of_rep1) == rep2


def asked(number: int, department_id: int | None = None) -> int:
    """A new client writes. Their deal's id."""
    client = {"name": f"Client {number}", "email": f"client-{number}@example.org"}
    with transaction():
        deal, _, _ = inquiries.receive(
            "form", client, "We need a press", Actor(via="form"), department_id=department_id
        )
        return deal.id


def rep_of(deal_id: int) -> str:
    found = session().get_one(Deal, deal_id, populate_existing=True).responsible_id
    return next(name for name in ("rep1", "rep2", "rep3") if company.person(name) == found)


def handed(deal_id: int) -> None:
    with transaction():
        deals.edit(acts.locked(deal_id), {"responsible_id": company.person("rep3")}, by=company.acting("admin"))


def deleted(deal_id: int) -> None:
    with transaction():
        deals.delete(acts.locked(deal_id), by=company.acting("admin"))


def made_by_a_program(_: int) -> None:
    draft = deals.DealDraft("From ERP", company.stage("new"), company.person("rep3"), source="api")
    with transaction():
        deals.create(draft, company.acting("admin"))


@pytest.mark.parametrize("between", [handed, deleted, made_by_a_program])
def test_new_clients_go_round_whatever_becomes_of_deals_in_between(
    clock: Clock, between: Callable[[int], None]
) -> None:
    got = []
    for number in range(6):
        deal_id = asked(number)
        got.append(rep_of(deal_id))
        between(deal_id)
    assert sorted(got[:3]) == ["rep1", "rep2", "rep3"], got
    assert got[3:] == got[:3]


def test_a_department_that_a_phone_belongs_to_has_a_round_of_its_own(clock: Clock) -> None:
    north, south = (session().get_one(Deal, acts.deal(rep=rep)).department_id for rep in ("rep1", "rep3"))
    assert north != south
    got = [rep_of(asked(number, department_id=(north, south)[number % 2])) for number in range(6)]
    assert sorted({*got[::2]}) == ["rep1", "rep2"], "between two calls the other department's turn is another"
    assert {*got[1::2]} == {"rep3"}
    assert got[0] != got[2] != got[4]


def test_a_firm_in_which_no_turn_was_written_down_goes_on_after_its_last_deal(clock: Clock) -> None:
    first = rep_of(asked(0))
    with transaction():
        session().execute(delete(JournalEntry).where(JournalEntry.entity == "pipeline"))
    second = rep_of(asked(1))
    third = rep_of(asked(2))
    assert sorted([first, second, third]) == ["rep1", "rep2", "rep3"]


def test_of_two_new_clients_at_once_the_second_goes_to_the_next(clock: Clock) -> None:
    first = asked(0)
    taken = session().scalars(select(JournalEntry).where(JournalEntry.event == "pipeline.inquiry_turn_taken")).one()
    rep = acts.deal_of(first).responsible_id
    after = {company.person(f"rep{n}"): company.person(f"rep{n % 3 + 1}") for n in (1, 2, 3)}
    of = {each: getattr(taken, each) for each in ("event", "entity", "entity_id", "field", "at", "cause")}
    quick = insert(JournalEntry).values(**of, new=after[rep])
    with quicker('"turn in pipeline *"', quick):
        second = asked(1)
    assert acts.deal_of(second).responsible_id == after[after[rep]]
