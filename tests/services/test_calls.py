"""Whose call it is, and how each phone that rang is said to have ended, from the provider's word of a whole round."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views import provider
from tests.views.provider import NORTH_LINE
from webapp.db import session, transaction
from webapp.models import PhoneCall
from webapp.services import calls
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
