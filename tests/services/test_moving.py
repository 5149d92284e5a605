"""Somebody goes to another department: the deals of the old one stay, come along or go over, a part at a time."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import runner
from tests import company
from tests.services import acts
from tests.services.test_hand_overs import home, nothing_is_ownerless
from webapp.background import outbox
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Deal, HandOver
from webapp.services import deals, hand_overs, leaving, places
from webapp.services.moving import Move
from webapp.web import staff_room

pytestmark = [pytest.mark.usefixtures("inside"), pytest.mark.both_databases]


def south(deals_: str, taker: str = "") -> Move:
    return Move(home("Sales North"), home("Sales South"), deals_, company.person(taker) if taker else None)


def where() -> set[tuple[int, int | None]]:
    return {(each.responsible_id, each.department_id) for each in session().scalars(select(Deal))}


@pytest.mark.parametrize(
    ("move", "then"),
    [
        (("stay",), ("rep1", "Sales North")),
        (("along",), ("rep1", "Sales South")),
        (("over", "rep2"), ("rep2", "Sales North")),
    ],
)
def test_deals_go_as_chosen_and_whose_sight_changes_is_said_before(
    app: Flask, clock: Any, move: tuple[str, ...], then: tuple[str, str]
) -> None:
    rep, by = company.person("rep1"), company.acting("admin")
    for n in range(2):
        acts.deal(rep="rep1", title=f"Deal {n}")
    with transaction():
        shown = staff_room.moving_of(rep, south(*move), by)
    assert shown.deals == 2
    assert home("Sales North") in places.of(rep), "nothing was done"
    sights = {each.person_id: (each.more, each.fewer) for each in shown.effects.sights if each.more + each.fewer}
    with transaction():
        assert hand_overs.begin_move(rep, south(*move), by) is True
    assert where() == {(company.person(then[0]), home(then[1]))}
    assert list(places.of(rep)) == [home("Sales South")]
    along = {company.person("rep2"): (0, 2), company.person("north"): (0, 2)}
    along |= {company.person(each): (2, 0) for each in ("rep3", "south-deputy")}
    wanted = {"along": along, "stay": {}, "over": {rep: (0, 2)}}[move[0]]
    assert sights == wanted


def more_than_one_part() -> int:
    """A rep with more deals than go at once."""
    rep = company.person("rep1")
    with transaction():
        for n in range(leaving.PART + 5):
            draft = deals.DealDraft(title=f"Deal {n}", stage=company.stage("new"), responsible_id=rep)
            deals.create(draft, company.acting("admin"))
    return rep


def test_a_killed_worker_goes_on(app: Flask, clock: Any) -> None:
    rep, by = more_than_one_part(), company.acting("admin")
    with transaction():
        assert hand_overs.begin_move(rep, south("along"), by) is False
    assert len(where()) == 2
    work = session().scalars(select(HandOver)).one()
    assert outbox.claim("hand_over", work.id) is not None, "a worker takes it, and is killed"
    clock.go_on(minutes=2)
    while runner.drain(kinds=("hand_over",)):
        nothing_is_ownerless()
    assert session().scalars(select(HandOver.state)).all() == ["done"]
    assert where() == {(rep, home("Sales South"))}


def test_who_is_moved_on_before_all_went_has_only_the_later_move_under_way(app: Flask, clock: Any) -> None:
    rep, by = more_than_one_part(), company.acting("admin")
    with transaction():
        assert hand_overs.begin_move(rep, south("over", "rep2"), by) is False
    onward = Move(home("Sales South"), home("Sales"), "stay")
    with transaction():
        assert hand_overs.begin_move(rep, onward, by) is True
    while runner.drain(kinds=("hand_over",)):
        pass
    ended = session().scalars(select(HandOver)).one()
    assert (ended.state, ended.ended_at) == ("replaced", clock.at), "somebody chose otherwise: the later word counts"
    owners = Counter(session().scalars(select(Deal.responsible_id)))
    assert owners == {company.person("rep2"): leaving.PART, rep: 5}, "what had not gone stays"
    assert list(places.of(rep)) == [home("Sales")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"leaves": 777}, "leaves"),
        ({"to": 777}, "department"),
        ({"deals": "sold"}, "deals"),
        ({"deals": "over"}, "taker"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(app: Flask, clock: Any, change: dict[str, Any], field: str) -> None:
    kept = {"leaves": home("Sales North"), "to": home("Sales South"), "deals": "stay", **change}
    with pytest.raises(Refused) as refused, transaction():
        hand_overs.begin_move(company.person("rep1"), Move(**kept), company.acting("admin"))
    assert list(refused.value.problems) == [field]
