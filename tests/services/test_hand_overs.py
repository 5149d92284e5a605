"""A hand-over: everything that is open goes to somebody, the worker goes on where it was killed, and whatever happens
in whatever order, nothing is left to nobody."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobs import runner
from rules.tasks import OPEN
from tests import company
from tests.services import acts
from webapp.background import outbox
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Absence, Contact, Deal, HandOver, Notification, Post, RobotRun, Stage, Task, User
from webapp.queries import staff
from webapp.services import absences, accounts, deals, hand_overs, leaving, moving, places, tasks
from webapp.services.leaving import Choices
from webapp.services.moving import Move
from webapp.snapshots import recipients, setups

RANDOM_FIRMS = int(os.environ.get("HAND_OVER_EXAMPLES", "2"))
pytestmark = pytest.mark.usefixtures("inside")


def home(key: str) -> int:
    return next(each for each, name in setups.current().departments.items() if name["en"] == key)


def task(assignee: str, acceptor: str, *, is_handed_in: bool = False) -> int:
    with transaction():
        made = tasks.create_by_hand(
            "Call", "", company.person(assignee), company.acting(acceptor), accept=True, due_at=None
        )
        if is_handed_in:
            tasks.submit(made, "Called", company.acting(assignee))
        return made.id


def test_everything_open_goes_to_whoever_was_chosen(app: Flask, clock: Any) -> None:
    north, head, rep2, by = (*(company.person(each) for each in ("north", "head", "rep2")), company.acting("admin"))
    deal, client = acts.deal(rep="north"), acts.contact(rep="north")
    mine, accepted = task("north", "head"), task("rep1", "north", is_handed_in=True)
    of_taker = task("rep2", "north", is_handed_in=True)
    with transaction():
        session().add(Absence(user_id=company.person("rep1"), from_on=recipients.today(),
                              until_on=recipients.today() + timedelta(days=9), cover_id=north))  # fmt: skip
        setups.changed()
    posts = {(home("Sales North"), "head"): rep2}
    robots = setups.current().value.robots
    assert [each.person.id for each in staff.open_work(north).covers] == [company.person("rep1")], (
        "the sheet names them"
    )
    with transaction():
        assert hand_overs.begin(north, Choices(to=rep2, cover_to=head, acceptor=rep2, posts=posts), by) is True
    assert session().get_one(Deal, deal).responsible_id == rep2
    assert session().get_one(Contact, client).responsible_id == rep2
    assert session().get_one(Task, mine).assignee_id == rep2
    assert session().get_one(Task, accepted).acceptor_id == rep2
    assert session().get_one(Task, of_taker).acceptor_id == head, "nobody accepts their own work: the chart says who"
    assert places.leads_of(home("Sales North"))["head"] == [rep2]
    assert session().scalar(select(Post.id).where(Post.user_id == north)) is None
    assert session().scalars(select(Absence.cover_id)).one() == head
    assert not session().get_one(User, north).is_active
    assert setups.current().value.robots == robots, "they go on as they are"


def test_whoever_takes_over_a_task_that_they_were_to_accept_does_not_accept_it(app: Flask, clock: Any) -> None:
    handed = task("rep1", "north", is_handed_in=True)
    with transaction():
        hand_overs.begin(company.person("rep1"), Choices(to=company.person("north")), company.acting("admin"))
    found = session().get_one(Task, handed)
    assert (found.assignee_id, found.acceptor_id) == (company.person("north"), company.person("head"))


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        (lambda: Choices(), "to"),
        (lambda: Choices(to=company.person("rep1")), "to"),
        (lambda: Choices(to=999), "to"),
        (lambda: Choices(to=company.person("rep2"), acceptor=999), "acceptor"),
        (lambda: Choices(to=company.person("rep2"), posts={(1, "head"): company.person("rep1")}), "post.1-head"),
    ],
)
def test_a_taker_who_is_not_there_is_refused_by_name(app: Flask, clock: Any, choices: Any, field: str) -> None:
    acts.deal(rep="rep1")
    with pytest.raises(Refused) as refused, transaction():
        hand_overs.begin(company.person("rep1"), choices(), company.acting("admin"))
    assert list(refused.value.problems) == [field]
    assert session().get_one(User, company.person("rep1")).is_active


@pytest.mark.both_databases
def test_a_killed_worker_goes_on_and_nothing_is_ownerless_meanwhile(app: Flask, clock: Any) -> None:
    rep, to, by = company.person("rep1"), company.person("rep2"), company.acting("admin")
    with transaction():
        for n in range(2 * leaving.PART + 5):
            deals.create(deals.DealDraft(title=f"Deal {n}", stage=company.stage("new"), responsible_id=rep), by)
    with transaction():
        assert hand_overs.begin(rep, Choices(to=to), by) is False
    nothing_is_ownerless()
    work = session().scalars(select(HandOver)).one()
    assert outbox.claim("hand_over", work.id) is not None, "a worker takes it, and is killed"
    nothing_is_ownerless()
    clock.go_on(minutes=2)
    while runner.drain(kinds=("hand_over",)):
        nothing_is_ownerless()
    assert session().scalars(select(HandOver.state)).all() == ["done"]
    assert set(session().scalars(select(Deal.responsible_id))) == {to}
    assert not session().get_one(User, rep, populate_existing=True).is_active


def nothing_is_ownerless() -> None:
    """Every open deal and task is somebody's who is here, every acceptance too, and nobody's is their own."""
    session().close()
    here = {each.id for each in setups.current().people.values() if each.is_active}
    open_ = select(Deal).join(Stage, Stage.id == Deal.stage_id).where(Stage.kind == "open", Deal.deleted_at.is_(None))
    assert {each.responsible_id for each in session().scalars(open_)} <= here
    for each in session().scalars(select(Task).where(Task.state.in_(OPEN))):
        assert each.assignee_id in here
        assert each.acceptor_id is None or each.acceptor_id in here
        assert each.acceptor_id != each.assignee_id
        assert not (each.state == "awaiting_acceptance" and each.acceptor_id is None)


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(RANDOM_FIRMS))
def test_in_whatever_order_nothing_is_left_to_nobody(app: Flask, clock: Any, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(8):
        acts_ = {"leave": leaves, "move": moves, "go": goes_elsewhere, "away": is_away, "work": works}
        acts_ |= {"back": comes_back, "decide": decides}
        acts_[chance.choice([*acts_, "work"])](chance, clock)
        nothing_is_ownerless()
        tells_nobody_about_themselves(clock)
    while runner.drain():
        pass
    nothing_is_ownerless()


def active(chance: random.Random, *besides: str) -> str:
    people = setups.current().people
    return chance.choice(
        [each for each in company.PEOPLE if each not in besides and people[company.person(each)].is_active]
    )


def leaves(chance: random.Random, clock: Any) -> None:
    if sum(each.is_active for each in setups.current().people.values()) < 3:
        return
    who = active(chance, "admin")
    to = active(chance, who)
    with transaction():
        acceptor = company.person(active(chance, who)) if chance.random() < 0.5 else None
        hand_overs.begin(company.person(who), Choices(company.person(to), acceptor=acceptor), company.acting("admin"))
    while runner.drain(kinds=("hand_over",)):
        pass


def moves(chance: random.Random, clock: Any) -> None:
    who, to = company.person(active(chance)), chance.choice(list(setups.current().departments))
    with transaction():
        if chance.random() < 0.3:
            held = places.of(who)
            places.take_out(who, next(iter(held), to), company.acting("admin"))
        else:
            places.put(who, to, chance.choice(places.PLACES), company.acting("admin"))


def goes_elsewhere(chance: random.Random, clock: Any) -> None:
    """With all deals, or without; the rest of many is the worker's."""
    who = company.person(active(chance))
    homes = list(places.of(who))
    elsewhere = [each for each in setups.current().departments if each not in homes]
    if not homes or not elsewhere:
        return
    taker = company.person(active(chance, *(each for each in company.PEOPLE if company.person(each) == who)))
    with transaction():
        move = Move(chance.choice(homes), chance.choice(elsewhere), chance.choice(moving.WAYS), taker)
        hand_overs.begin_move(who, move, company.acting("admin"))


def is_away(chance: random.Random, clock: Any) -> None:
    """With somebody who stands in, or without."""
    who, first = active(chance), recipients.today() + timedelta(days=chance.randint(-1, 1))
    cover = company.person(active(chance, who)) if chance.random() < 0.5 else None
    with transaction(), suppress(Refused):  # who stands in may be away too
        absences.add(company.person(who), first, first + timedelta(days=2), cover, company.acting("admin"))


def works(chance: random.Random, clock: Any) -> None:
    who = active(chance)
    acts.deal(rep=who)
    acceptor = active(chance)
    with transaction():
        made = tasks.create_by_hand("Call", "", company.person(who), company.acting("admin"), accept=True)
        if acceptor != who:
            made.acceptor_id = company.person(acceptor)
        if chance.random() < 0.6:
            tasks.submit(made, "Called", company.acting(who))


def comes_back(chance: random.Random, clock: Any) -> None:
    with transaction():
        accounts.activate(company.person(chance.choice(company.PEOPLE)), company.acting("admin"))


def decides(chance: random.Random, clock: Any) -> None:
    """Anybody may try; whoever did the work is refused."""
    waits = select(Task.id).where(Task.state == "awaiting_acceptance").order_by(Task.id)
    ids = session().scalars(waits).all()
    if not ids:
        return
    task_id, who = chance.choice(ids), active(chance)
    own = session().get_one(Task, task_id).assignee_id == company.person(who)
    try:
        acts.on_task(task_id, tasks.accept, who)
    except Refused:
        session().rollback()
    else:
        assert not own, "nobody accepts their own work"


def tells_nobody_about_themselves(clock: Any) -> None:
    """What is due is done; a control that fires now reaches others, and work is never to be accepted by who did it."""
    before = session().scalar(select(func.max(Notification.id))) or 0
    clock.go_on(minutes=11)
    while runner.drain():
        pass
    session().close()
    told = select(Notification.kind, Notification.user_id, Deal.responsible_id, Task.assignee_id)
    told = told.outerjoin(Deal, Deal.id == Notification.deal_id).outerjoin(Task, Task.id == Notification.task_id)
    alone = sum(each.is_active for each in setups.current().people.values()) == 1
    for kind, who, responsible, assignee in session().execute(told.where(Notification.id > before)):
        assert kind != "robot.control" or who != responsible or alone
        assert kind not in ("task.awaiting_acceptance", "task.acceptance_overdue") or who != assignee
    fired = select(RobotRun).where(RobotRun.state == "fired", RobotRun.ended_at == clock.at)
    heard = set(session().scalars(select(Notification.run_id).where(Notification.id > before)))
    for run in session().scalars(fired):
        assert run.id in heard, "never nobody"
