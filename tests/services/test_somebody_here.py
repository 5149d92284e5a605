"""What comes to be open while its responsible is gone goes to somebody who works here, whichever way it comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.access.scopes import SYSTEM
from webapp.db import new_transaction, session, transaction
from webapp.errors import Refused
from webapp.models import Deal, JournalEntry, User
from webapp.services import accounts, deals, leaving, next_steps, undo
from webapp.services.next_steps import StepDraft
from webapp.snapshots import setups

pytestmark = pytest.mark.both_databases


def lost(rep: str = "rep1") -> int:
    deal_id = acts.deal(rep=rep)
    acts.move(deal_id, "lost", by=rep, raw={"deal": {"lost_reason": "later"}})
    return deal_id


def leaves(name: str) -> None:
    with transaction():
        assert leaving.leave(company.person(name), None, company.acting("admin")) is True


def whose(deal_id: int) -> int:
    return session().scalars(select(Deal.responsible_id).where(Deal.id == deal_id)).one()


def handed(deal_id: int) -> list[tuple[object, object]]:
    """What the journal says of it, from whom to whom."""
    lines = select(JournalEntry).where(JournalEntry.deal_id == deal_id, JournalEntry.field == "responsible")
    return [(each.old, each.new) for each in session().scalars(lines.order_by(JournalEntry.id))]


def gone_with(deal_id: int) -> int:
    """The rep has left; the deal was shut by then, and is theirs still."""
    leaves("rep1")
    assert whose(deal_id) == company.person("rep1")
    return deal_id


@pytest.mark.usefixtures("inside")
def test_whoever_reopens_the_deal_of_a_leaver_has_it(clock: Clock) -> None:
    deal_id, head = gone_with(lost()), company.person("head")
    acts.move(deal_id, "new", by="head")
    assert whose(deal_id) == head
    assert acts.locked(deal_id).department_id == setups.current().people[head].department_id
    assert handed(deal_id) == [(company.person("rep1"), head)]


@pytest.mark.usefixtures("inside")
def test_a_deal_of_somebody_who_is_here_stays_theirs(clock: Clock) -> None:
    deal_id = lost()
    acts.move(deal_id, "new", by="head")
    assert (whose(deal_id), handed(deal_id)) == (company.person("rep1"), [])


@pytest.mark.usefixtures("inside")
def test_what_no_person_opens_goes_to_whose_turn_it_is_and_they_are_told(clock: Clock) -> None:
    deal_id, rep2 = gone_with(lost()), company.person("rep2")
    with transaction():
        deals.move(acts.locked(deal_id), company.stage("new"), by=SYSTEM.by("trigger"))
    assert whose(deal_id) == rep2
    assert [each.deal_id for each in acts.told("rep2", "deal.assigned")] == [deal_id]


@pytest.mark.usefixtures("inside")
def test_a_restored_deal_is_of_whoever_restores_it_unless_no_head_would_see_it_there(clock: Clock) -> None:
    """The lesson's admin belongs to no department."""
    assert setups.current().people[company.person("admin")].department_ids == frozenset()
    of_head, of_admin = acts.deal(), acts.deal()
    acts.delete(of_head)
    acts.delete(of_admin)
    leaves("rep1")
    for deal_id, by in ((of_head, "head"), (of_admin, "admin")):
        with transaction():
            deals.restore(acts.locked(deal_id), company.acting(by))
    assert (whose(of_head), whose(of_admin)) == (company.person("head"), company.person("rep2"))
    assert session().get_one(Deal, of_admin).deleted_at is None


@pytest.mark.usefixtures("inside")
def test_what_comes_back_shut_stays_with_whoever_has_left(clock: Clock) -> None:
    """It is their history, and asks nobody for anything."""
    deal_id = lost()
    acts.delete(deal_id)
    gone_with(deal_id)
    with transaction():
        deals.restore(acts.locked(deal_id), company.acting("head"))
    assert whose(deal_id) == company.person("rep1")


@pytest.mark.usefixtures("inside")
def test_a_move_is_taken_back_after_the_responsible_has_left(clock: Clock) -> None:
    deal_id = acts.deal(fields={"equipment_type": "standard"})
    acts.move(deal_id, "won", by="head")
    gone_with(deal_id)
    with transaction():
        undo.undo(acts.locked(deal_id), company.acting("head"))
    assert whose(deal_id) == company.person("head")
    assert acts.locked(deal_id).closed_at is None


@pytest.mark.usefixtures("inside")
def test_a_next_step_that_stands_again_is_of_somebody_who_is_here(clock: Clock) -> None:
    deal_id, head = acts.deal(rep="rep2"), company.acting("head")
    due = time_source.now() + timedelta(hours=8)
    with transaction():
        next_steps.agree(acts.locked(deal_id), StepDraft("Call", due, company.person("rep1")), head)
    with transaction():
        next_steps.cancel(acts.locked(deal_id), head)
    leaves("rep1")
    with transaction():
        next_steps.take_back(acts.locked(deal_id), head)
    step = next_steps.open_step(deal_id)
    assert step is not None
    assert step.assignee_id == company.person("rep2")


@pytest.mark.usefixtures("inside")
def test_a_next_step_on_the_shut_deal_of_a_leaver_is_of_whoever_agrees_on_it(clock: Clock) -> None:
    deal_id, due = gone_with(lost()), time_source.now() + timedelta(hours=8)
    with transaction():
        made = next_steps.agree(acts.locked(deal_id), StepDraft("Call", due), company.acting("head"))
        assert made.assignee_id == company.person("head")
    with pytest.raises(Refused), transaction():
        next_steps.agree(acts.locked(deal_id), StepDraft("Call", due, company.person("rep1")), company.acting("head"))


@pytest.mark.usefixtures("inside")
def test_a_clients_word_on_what_was_left_behind_is_heard(clock: Clock) -> None:
    """An account closed from the machine hands nothing over."""
    deal_id = acts.inquiry()
    rep = next(name for name in company.PEOPLE if company.person(name) == whose(deal_id))
    with transaction():
        accounts.deactivate(company.person(rep), SYSTEM)
    assert acts.inquiry("I am back, please call") == deal_id
    assert session().get_one(User, whose(deal_id)).is_active
    now = next(name for name in company.PEOPLE if company.person(name) == whose(deal_id))
    assert [each.deal_id for each in acts.told(now, "deal.assigned")][-1:] == [deal_id]


def after_another(app: Flask, first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """`second` begins when `first` is done and has not committed. What each answers, or why it was refused."""
    is_done = threading.Event()

    def one() -> object:
        with app.app_context(), new_transaction():
            answer = first()
            is_done.set()
            time.sleep(0.4)
            return answer

    def other() -> object:
        assert is_done.wait(5)
        try:
            with app.app_context(), new_transaction():
                return second()
        except Refused as refused:
            return refused.reason

    with ThreadPoolExecutor(2) as both:
        return [each.result() for each in (both.submit(one), both.submit(other))]


@pytest.mark.parametrize("is_first_the_leaver", [True, False])
def test_a_deal_that_is_reopened_while_its_responsible_leaves_is_of_somebody_here(
    app: Flask, clock: Clock, is_first_the_leaver: bool
) -> None:
    with app.app_context():
        deal_id, rep, rep2 = lost(), company.person("rep1"), company.person("rep2")

    def closes() -> object:
        return leaving.leave(rep, rep2, company.acting("admin"))

    def reopens() -> object:
        return deals.move(acts.locked(deal_id), company.stage("new"), by=company.acting("head")).id

    answers = after_another(app, *((closes, reopens) if is_first_the_leaver else (reopens, closes)))
    assert sorted(map(str, answers)) == sorted(("True", str(deal_id)))
    with app.app_context():
        assert not session().get_one(User, rep).is_active
        assert whose(deal_id) == (company.person("head") if is_first_the_leaver else rep2)
