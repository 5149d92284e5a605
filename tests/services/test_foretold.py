"""The card and the deal's page name whom a robot will reach, and it reaches just these."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Absence, Deal, Post, Robot, User
from webapp.queries import cards, deals
from webapp.snapshots import recipients, setups

pytestmark = pytest.mark.usefixtures("inside")
TEXT = {"en": "Look"}
SLOTS: dict[str, Any] = {
    "the head": "head",
    "the responsible": "responsible",
    "the responsible by name": "rep1",
    "somebody who has left": "rep2",
    "the head by name": "north",
}


def slot_of(names: str) -> Any:
    return {"user": company.person(names)} if names in company.PEOPLE and names != "head" else names


def robot(kind: str, slot: Any) -> None:
    """It acts in five minutes, and reaches whom the slot says."""
    own = {"notify": {"to": slot}, "control": {"to": slot}, "task": {"title": TEXT, "assignee": slot}}[kind]
    row = Robot(
        key="foretold",
        stage_id=company.stage("data_collection").id,
        kind=kind,
        name=TEXT,
        starts=["entered"],
        timing={"after": {"amount": 5, "unit": "minutes"}},
        settings={"text": TEXT, **own},
    )
    session().add(row)


def arrange(situation: str) -> None:
    session().get_one(User, company.person("rep2")).is_active = False
    if situation == "the head is away":
        today = recipients.today()
        session().add(Absence(user_id=company.person("north"), from_on=today, until_on=today + timedelta(days=1)))
    if situation == "the responsible is a head":
        north = setups.current().people[company.person("north")].department_id
        session().add(Post(user_id=company.person("rep1"), department_id=north, kind="head", position=-1))


@pytest.mark.parametrize("situation", ["as ever", "the head is away", "the responsible is a head"])
@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("kind", ["notify", "control", "task"])
def test_whom_card_and_page_name_is_who_is_reached(clock: Clock, kind: str, slot: str, situation: str) -> None:
    with transaction():
        arrange(situation)
        robot(kind, slot_of(SLOTS[slot]))
        setups.changed()
    deal_id = acts.deal()
    acts.move(deal_id, "data_collection")
    card = cards.card(deal_id)
    assert card is not None
    assert card.fuse is not None
    deal = session().get_one(Deal, deal_id)
    (line,) = deals.sheet(deal, company.acting("admin").scope).waiting  # type: ignore[arg-type]
    clock.go_on(minutes=6)
    acts.work()
    reached = told_by(deal_id, kind)
    assert reached
    assert line.who == ", ".join(reached)
    assert card.fuse.who == reached[0]


def told_by(deal_id: int, kind: str) -> list[str]:
    name_of = setups.current().name_of
    if kind == "task":
        return [name_of(acts.task_of(deal_id).assignee_id)]
    return [name_of(each) for each in acts.run_of(deal_id, "foretold").reason["people"]]
