"""What a preview says is what happens: the same functions are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from sqlalchemy import delete, select

from rules import conditions, robots
from rules.robots import After, AroundField, AtOnce
from rules.worktime import Delay
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Absence, Department, Post, Robot, RobotRun, User
from webapp.services import previews
from webapp.snapshots import setups, specs

pytestmark = pytest.mark.usefixtures("inside")
FRIDAY = datetime(2026, 11, 27, 14, 55, tzinfo=UTC)  # 17:55 in Moscow


def spec(key: str = "reaction_control"):  # type: ignore[no-untyped-def]
    return specs.robot_spec(company.robot(key))


def catalogue():  # type: ignore[no-untyped-def]
    return setups.current().catalogue


def new() -> list[int]:
    return [company.stage("new").id]


def test_ten_working_minutes_on_friday_evening_are_monday_morning(clock: Clock) -> None:
    clock.at = FRIDAY
    deal = acts.deal_of(acts.deal())
    working = replace(spec(), timing=After(Delay(10, "working_minutes")))
    found = previews.acted_on(working, deal, catalogue())
    assert found.at == datetime(2026, 11, 30, 6, 5, tzinfo=UTC)
    assert [why for _, why, _ in found.skipped] == ["night", "weekend", "weekend"]
    plain = previews.acted_on(spec(), deal, catalogue())
    assert (plain.at, plain.skipped) == (datetime(2026, 11, 27, 15, 5, tzinfo=UTC), ())
    held = previews.acted_on(replace(spec(), when="working_hours"), deal, catalogue())
    assert (held.at, held.is_held) == (datetime(2026, 11, 30, 6, 0, tzinfo=UTC), True)
    assert not plain.is_held


@pytest.mark.parametrize(
    "timing",
    [
        AtOnce(),
        After(Delay(10, "minutes")),
        After(Delay(3, "working_hours")),
        After(Delay(2, "working_days")),
        AroundField("deal", "created_at", Delay(1, "days"), "after"),
        AroundField("invoices", "nearest_due_on", Delay(1, "days"), "before"),
    ],
)
@pytest.mark.parametrize("when", ["any", "working_hours"])
def test_a_deal_is_acted_on_when_the_preview_says(clock: Clock, timing: object, when: str) -> None:
    clock.at = FRIDAY
    with transaction():
        robot = session().get_one(Robot, company.robot("reaction_control").id)
        robot.timing, robot.fires_when = robots.dump_timing(timing), when  # type: ignore[arg-type]
        setups.changed()
    deal_id = acts.deal()
    run = session().scalars(select(RobotRun).where(RobotRun.deal_id == deal_id)).one()
    assert previews.acted_on(spec(), acts.deal_of(deal_id), catalogue()).at == run.due_at


def test_who_would_be_told_is_who_is_told_whatever_the_chart(clock: Clock) -> None:
    chance = Random(11)
    for _ in range(8):
        with transaction():
            turn_over(chance)
        deal_id = acts.inquiry(phone=f"+7900555{chance.randint(1000, 9999)}")
        robot = replace(spec())
        deal = acts.deal_of(deal_id)
        (said,) = [each for each in previews.told(robot, new()) if each.responsible_id == deal.responsible_id][:1]
        clock.go_on(minutes=11)
        acts.work()
        run = (
            session().scalars(select(RobotRun).where(RobotRun.deal_id == deal_id, RobotRun.robot_id == robot.id)).one()
        )
        assert run.state == "fired"
        assert run.reason["people"] == list(said.found.people)
        assert run.path == said.found.path
        clock.go_on(hours=3)


def turn_over(chance: Random) -> None:
    """Other heads, deputies and absences."""
    people = list(session().scalars(select(User.id)))
    session().execute(delete(Post))
    session().execute(delete(Absence))
    for department in session().scalars(select(Department)).all():
        for kind in ("head", "deputy"):
            for user_id in chance.sample(people, chance.randint(0, 2)):
                session().add(Post(department_id=department.id, user_id=user_id, kind=kind))
    for user_id in chance.sample(people, 3):
        session().add(Absence(user_id=user_id, from_on=FRIDAY.date(), until_on=FRIDAY.date()))
    setups.changed()


def test_a_condition_is_tried_on_todays_deals(clock: Clock) -> None:
    plain = acts.deal()
    vip = acts.deal(of=acts.contact(phone="+79005550009", vip="on"))
    is_vip = conditions.load({"all": [{"entity": "contact", "field": "vip", "operator": "eq", "value": True}]})
    found = previews.held(is_vip, new(), catalogue())
    assert (found.holding, found.tried, found.is_all) == (1, 2, True)
    assert previews.held(None, new(), catalogue()).holding == 2
    sample = previews.sample(new())
    assert sample is not None
    assert sample.id in (plain, vip)
    assert previews.facts(spec(), sample)["deal.title"] == sample.title


def test_a_condition_is_tried_on_no_more_than_the_newest_deals_and_says_when_there_are_others(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MOST_DEALS", 2)
    large = conditions.load({"all": [{"entity": "deal", "field": "amount", "operator": "gte", "value": 100}]})
    found = []
    for n in range(4):
        acts.deal(title=f"Deal {n}", amount=100 if n < 2 else 0)
        found.append(previews.held(large, new(), catalogue()))
    assert [(each.holding, each.tried, each.is_all) for each in found] == [
        (1, 1, True), (2, 2, True), (1, 2, False), (0, 2, False),
    ]  # fmt: skip
