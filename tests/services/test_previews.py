"""What a preview says is what happens: the same functions are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select

from rules import conditions, robots
from rules.robots import After, AroundField, AtOnce
from rules.worktime import Delay
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Absence, Calendar, Department, Post, Robot, RobotRun, Season, User
from webapp.services import calendars, previews, seasons
from webapp.services.recounts import KEEP
from webapp.services.seasons import SeasonDraft
from webapp.snapshots import recipients, setups, specs

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


def test_a_preview_stands_still_in_a_pause_and_says_so(clock: Clock) -> None:
    clock.at = FRIDAY
    deal_id = acts.deal()
    season({"pause": True}, last=date(2026, 11, 28))
    found = previews.acted_on(spec(), acts.deal_of(deal_id), catalogue())
    assert found.at == datetime(2026, 11, 28, 21, 10, tzinfo=UTC), "ten minutes after the last midnight of the pause"
    assert found.season is not None
    assert (found.season["name"], found.season["pause"], found.is_held) == ("Action", True, False)
    assert previews.acted_on(spec(), None, catalogue(), pipeline()).at == found.at, "also while there is no deal yet"
    assert acts.deal_of(deal_id).visit_id is not None, "what was asked for a deal that does not exist left none"
    assert not session().new


def test_a_pause_is_not_among_what_a_working_delay_steps_over(clock: Clock) -> None:
    clock.at = FRIDAY
    season({"pause": True}, last=date(2026, 11, 29))
    working = replace(spec(), timing=After(Delay(10, "working_minutes")))
    found = previews.acted_on(working, acts.deal_of(acts.deal()), catalogue())
    assert found.at == datetime(2026, 11, 30, 6, 10, tzinfo=UTC)
    assert [why for _, why, _ in found.skipped] == ["night"]


def test_working_hours_are_those_of_whoever_is_told(clock: Clock) -> None:
    clock.at = FRIDAY
    hours_of("rep3", ["14:00", "20:00"])
    told = {"to": {"user": company.person("rep3")}, "text": {"en": "Look"}}
    robot = replace(spec(), kind="notify", when="working_hours", settings=told)
    deal = acts.deal_of(acts.deal(rep="rep1"))
    for like in (deal, None):
        found = previews.acted_on(robot, like, catalogue(), pipeline())
        assert (found.at, found.is_held) == (datetime(2026, 11, 27, 15, 5, tzinfo=UTC), False), "18:05, and they are in"
    of_responsible = replace(robot, settings={**told, "to": "responsible"})
    assert previews.acted_on(of_responsible, deal, catalogue()).at == datetime(2026, 11, 30, 6, tzinfo=UTC)
    clock.at = datetime(2026, 11, 28, 6, tzinfo=UTC)
    found = previews.acted_on(robot, deal, catalogue())
    assert (found.at, found.is_held) == (datetime(2026, 11, 30, 11, tzinfo=UTC), True)


def test_a_season_of_another_pipeline_is_not_shown(clock: Clock) -> None:
    """A robot of a pipeline that has no deals yet is shown on a deal of another."""
    deal_id = acts.deal()
    season({"factor": 300}, "pipeline", pipeline())
    near, far = (
        previews.acted_on(spec(), acts.deal_of(deal_id), catalogue(), each).at for each in (None, pipeline() + 1)
    )
    assert (near, far) == (clock.at + timedelta(minutes=30), clock.at + timedelta(minutes=10))


@pytest.mark.both_databases
def test_a_preview_is_the_run_whatever_the_seasons_and_the_calendars(clock: Clock) -> None:
    chance, seen = Random(1), set()
    for n in range(40):
        clock.go_on(hours=chance.randint(1, 20), minutes=chance.randint(0, 59))
        with transaction():
            session().execute(delete(Season))
            session().execute(delete(Calendar).where(Calendar.user_id.is_not(None)))
            robot = session().get_one(Robot, company.robot("reaction_control").id)
            robot.timing = chance.choice(({"at_once": True}, *({"after": each} for each in DELAYS)))
            robot.fires_when = chance.choice(("any", "working_hours"))
            setups.changed()
        for name in chance.sample(("rep1", "rep2", "head", "north"), 2):
            hours_of(name, chance.choice((["14:00", "20:00"], ["06:00", "08:30"])))
        for _ in range(chance.randint(0, 2)):
            first = clock.at.date() - timedelta(days=chance.randint(0, 2))
            season(chance.choice(CHANGES), first=first, last=first + timedelta(days=chance.randint(0, 5)))
        like = acts.deal_of(acts.deal(rep=chance.choice(("rep1", "rep2")), title=f"Press {n}"))
        run = (
            session().scalars(select(RobotRun).where(RobotRun.deal_id == like.id, RobotRun.robot_id == robot.id)).one()
        )
        found = previews.acted_on(spec(), like, catalogue())
        assert (found.at, found.season) == (run.due_at, run.season)
        seen.add((robot.fires_when, run.season is None or next(iter(run.season.keys() - {"id", "name", "usual"}))))
    assert len(seen) == 8, "each kind of season was seen, and none, in either hours"


DELAYS = ({"amount": 10, "unit": "minutes"}, {"amount": 3, "unit": "working_hours"})
CHANGES: tuple[dict[str, Any], ...] = ({"pause": True}, {"factor": 250}, {"replace": {"amount": 2, "unit": "hours"}})


def pipeline() -> int:
    return next(iter(setups.current().pipelines))


def season(
    change: dict[str, Any], scope: str = "firm", *ids: int, first: date | None = None, last: date | None = None
) -> None:
    day = recipients.today()
    draft = SeasonDraft("Action", first or day, last or day, scope, ids, change)
    with transaction():
        seasons.create(draft, company.acting("admin"), KEEP)


def hours_of(name: str, hours: list[str]) -> None:
    with transaction():
        row = calendars.create(None, company.person(name), company.acting("admin"))
        calendars.edit(row, {"weekly": [[hours]] * 5 + [[], []]}, company.acting("admin"), KEEP)


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
