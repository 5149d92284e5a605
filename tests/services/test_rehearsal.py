"""Rehearsal = reality: what a rehearsal says a robot would have done is what it did, when the same days were lived
through with the robot at work. A rehearsal that is wrong is found out."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select

from rules import conditions, rehearsal
from rules.conditions import Verdict
from rules.histories import DealHistory, Past
from rules.rehearsed import World
from rules.robots import RobotSpec
from rules.worktime import WorkCalendar
from tests import company
from tests.conftest import Clock
from tests.services import acts, lives
from webapp.db import session, transaction
from webapp.errors import NotFound
from webapp.models import Deal, Rehearsal, RehearsedFiring, Robot, RobotRun, Season
from webapp.services import deals, rehearsals, seasons
from webapp.services.recounts import KEEP
from webapp.services.seasons import SeasonDraft
from webapp.snapshots import histories, recipients, specs

pytestmark = [pytest.mark.ticking, pytest.mark.usefixtures("inside")]
DEALS = int(os.environ.get("REHEARSAL_DEALS", "12"))
SEED = int(os.environ.get("REHEARSAL_SEED", "7"))
STEPS = 9 if DEALS > 50 else 14  # what happens to each
AROUND_THE_CLOCK = WorkCalendar("Europe/Moscow", (((time(0), time(23, 59)),),) * 7)
VIP = {"all": [{"entity": "contact", "field": "vip", "operator": "eq", "value": True}]}
SPECIAL = {"all": [{"entity": "deal", "field": "equipment_type", "operator": "eq", "value": "special"}]}
DEAR = {
    "any": [
        {"entity": "deal", "field": "amount", "operator": "gte", "value": 1000},
        {"entity": "invoices", "field": "unpaid", "operator": "eq", "value": True},
    ]
}
WAITS = {"all": [{"entity": "conversation", "field": "unanswered", "operator": "eq", "value": True}]}
STEPLESS = {"all": [{"entity": "deal", "field": "has_next_step", "operator": "eq", "value": False}]}


def after(amount: int, unit: str) -> dict[str, Any]:
    return {"after": {"amount": amount, "unit": unit}}


ROBOTS: lives.Robots = {
    "slow": {"stage": "new", "starts": ["entered"], "timing": after(2, "hours")},
    "slow_vip": {"stage": "data_collection", "starts": ["entered"], "timing": after(20, "minutes"), "condition": VIP},
    "once": {"stage": "processing", "starts": ["entered"], "timing": {"at_once": True}, "once_per_deal": True},
    "later": {
        "stage": "processing",
        "starts": ["entered"],
        "timing": after(1, "minutes"),
        "condition": SPECIAL,
        "also_later": True,
    },
    "working": {"stage": "payment", "starts": ["entered"], "timing": after(3, "working_hours"), "condition": DEAR},
    "by_day": {"stage": "new", "starts": ["entered"], "timing": after(9, "hours"), "fires_when": "working_hours"},
    "wrote": {"stage": "new", "starts": ["client_wrote"], "timing": {"at_once": True}, "condition": VIP},
    "unanswered": {"starts": ["unanswered"], "timing": after(30, "minutes"), "condition": WAITS},
    "here_unanswered": {"stage": "data_collection", "starts": ["unanswered"], "timing": after(1, "hours")},
    "silent": {"starts": ["client_silent"], "timing": after(4, "hours")},
    "changed": {"starts": ["field_changed"], "timing": after(10, "minutes"), "condition": SPECIAL},
    "issued": {"starts": ["invoice_issued"], "timing": after(5, "hours")},
    "overdue": {"starts": ["invoice_overdue"], "timing": after(2, "hours")},
    "accepted": {"starts": ["task_accepted"], "timing": after(2, "minutes")},
    "to_rep": {
        "stage": "payment",
        "starts": ["entered", "field_changed"],
        "timing": after(1, "working_days"),
        "settings": {"to": "responsible", "text": {"en": "Look"}},
    },
    "task_late": {"starts": ["task_overdue"], "timing": after(1, "minutes")},
    "no_step": {"starts": ["no_next_step"], "timing": after(6, "hours")},
    "before_step": {
        "stage": "new",
        "starts": ["entered"],
        "timing": {"before_field": {"entity": "deal", "field": "next_step_at", "amount": 10, "unit": "minutes"}},
    },
    "stepless": {"stage": "payment", "starts": ["entered"], "timing": after(1, "hours"), "condition": STEPLESS},
}
Told = tuple[int, int, tuple[int, ...]]  # of which deal, when, whom


def really(robot: Robot) -> list[Told]:
    fired = select(RobotRun).where(RobotRun.robot_id == robot.id, RobotRun.state == "fired")
    runs = session().scalars(fired.execution_options(populate_existing=True)).all()
    return sorted((each.deal_id, _at(each.ended_at), tuple(each.reason["people"])) for each in runs)


def _at(moment: datetime) -> int:
    """To the second: a worker comes a little after what it fires is due."""
    return round(moment.timestamp())


def rehearsed(robot: Robot) -> tuple[list[Told], list[str]]:
    """What a rehearsal by the worker says of all deals; why lines of it are estimated is given beside."""
    with transaction():
        rehearsals.begin(specs.robot_spec(robot), 365, company.acting("admin"))
    acts.work()
    found = session().scalars(select(RehearsedFiring)).all()
    replayed = [each for each in found if not each.unknown]
    told = sorted((each.deal_id, _at(each.at), tuple(each.people)) for each in replayed)
    return told, [why for each in found for why in each.unknown]


def played(robot: RobotSpec, pasts: Sequence[tuple[DealHistory, World]], until: datetime) -> list[Told]:
    """The same by the rules alone, over histories that were read already."""
    found = [each for history, world in pasts for each in rehearsal.rehearse(robot, history, world, until)]
    return sorted((each.deal_id, _at(each.at), each.people) for each in found)


def today(self: Past, *_: Any) -> None:
    """What was otherwise then is read as it is now."""


def never(*_: Any) -> None:
    """It is not done."""


def nothing(*_: Any) -> list[Any]:
    """It is not done, and concerns nobody."""
    return []


def stays(past: Past, start: str) -> list[Any]:
    """What stood once is never over."""
    return []


def always(*_: Any) -> Verdict:
    """Whatever a robot asks, it holds."""
    return Verdict(True, ())


def awake(*_: Any) -> WorkCalendar:
    """Nobody ever goes home."""
    return AROUND_THE_CLOCK


Broken = Callable[[pytest.MonkeyPatch], None]
BROKEN: dict[str, Broken] = {
    "values are those of today": lambda patch: patch.setattr(Past, "_set", today),
    "nothing calls a run off": lambda patch: patch.setattr(rehearsal._Replay, "_call_off", nothing),
    "nothing stands": lambda patch: patch.setattr(Past, "standing", stays),
    "nobody hears of a change": lambda patch: patch.setattr(rehearsal._Replay, "_changed", never),
    "conditions are not asked": lambda patch: patch.setattr(conditions, "evaluate", always),
    "a delay counts nights": lambda patch: patch.setattr(rehearsal._Replay, "_calendar", awake),
    "it fires at night": lambda patch: patch.setattr(rehearsal._Replay, "_hours", awake),
    "an undone move stays": lambda patch: patch.setattr(rehearsal._Replay, "_take_back", never),
    "what was deleted stays so": lambda patch: patch.setattr(Past, "_restored", never),
    "nobody ever answered": lambda patch: patch.setattr(Past, "_answered", never),
    "seasons are not read": lambda patch: patch.setattr(rehearsal._Replay, "_season", never),
    "whoever it tells": lambda patch: patch.setattr(rehearsal._Replay, "_reached", lambda *_: (1,)),
}


@pytest.mark.timeout(60 + 10 * DEALS)
def test_what_is_replayed_is_what_really_happened(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    lives.set_up({key: dict(each) for key, each in ROBOTS.items()})
    for days, change, key in SEASONS:
        season(days, change, "robots", company.robot(key).id)
    lives.live(Random(SEED), clock, DEALS, STEPS)
    for history in histories.of_deals(session().scalars(select(Deal)).all()):
        told = [(each.id, each.kind, each.item_id, each.field) for each in history.happenings if each.id]
        assert len(told) == len(set(told)), "something of a deal's past happened twice"
    robots = session().scalars(select(Robot).where(Robot.kind == "control").order_by(Robot.id)).all()
    real = {each.key: really(each) for each in robots}
    for each in robots:
        assert rehearsed(each) == (real[each.key], []), each.key
    assert sum(map(len, real.values())) > DEALS
    silent = [key for key, firings in real.items() if not firings]
    assert len(silent) <= (3 if DEALS < 100 else 0), f"too few robots had anything to do: {silent}"
    deals = session().scalars(select(Deal).order_by(Deal.id)).all()
    pasts = [
        (past, rehearsals.world(deal.pipeline_id)) for deal, past in zip(deals, histories.of_deals(deals), strict=True)
    ]
    unseen: list[str] = []
    kept = [(specs.robot_spec(each), real[each.key]) for each in robots]
    for name, breaks in BROKEN.items():
        with monkeypatch.context() as patch:
            breaks(patch)
            unseen += [] if any(played(spec, pasts, clock.at) != told for spec, told in kept) else [name]
    assert unseen == [], "a rehearsal that is wrong is found out"


@pytest.mark.parametrize(
    ("change", "due"),
    [({"factor": 500}, timedelta(seconds=20)), ({"pause": True}, timedelta(days=1, hours=-10, seconds=4))],
)
def test_a_rehearsal_keeps_to_the_seasons_that_were(clock: Clock, change: dict[str, Any], due: timedelta) -> None:
    lives.set_up({"soon": {"stage": "new", "starts": ["entered"], "timing": after(4, "seconds")}})
    season((0, 0), change)
    begun = clock.at
    acts.deal()
    lives.pass_time(clock, 2 * 24 * 3600)
    robot = company.robot("soon")
    real = really(robot)
    assert [_at(begun + due) <= at <= _at(begun + due) + 1 for _, at, _ in real] == [True]
    assert rehearsed(robot) == (real, [])


def test_what_was_armed_in_another_season_is_an_estimate(clock: Clock) -> None:
    """Of the same day alone: a season of next week changes nothing of today."""
    lives.set_up({"soon": {"stage": "new", "starts": ["entered"], "timing": after(4, "minutes")}})
    acts.deal()
    clock.go_on(minutes=1)
    season((7, 8), {"factor": 500})
    lives.pass_time(clock, 600)
    assert rehearsed(company.robot("soon")) == (really(company.robot("soon")), [])
    season((0, 0), {"factor": 200})
    assert rehearsed(company.robot("soon")) == ([], ["seasons"])
    with transaction():
        mine = session().scalars(select(Season).order_by(Season.id.desc())).all()[0]
        seasons.remove(mine, company.acting("admin"), KEEP)
    assert rehearsed(company.robot("soon")) == ([], ["seasons"]), "and what was taken away may have held then"


SEASONS: tuple[tuple[tuple[int, int], dict[str, Any], str], ...] = (
    ((0, 2), {"factor": 150}, "unanswered"),
    ((2, 3), {"pause": True}, "slow"),
    ((1, 4), {"replace": {"amount": 3, "unit": "working_hours"}}, "no_step"),
)


def season(days: tuple[int, int], change: dict[str, Any], scope: str = "firm", *ids: int) -> None:
    first, last = (recipients.today() + timedelta(days=each) for each in days)
    with transaction():
        seasons.create(SeasonDraft("Action", first, last, scope, ids, change), company.acting("admin"), KEEP)


def test_a_condition_that_a_message_makes_true_holds_in_its_own_transaction(clock: Clock) -> None:
    lives.set_up({"waits": {"stage": "new", "starts": ["entered"], "timing": {"at_once": True}, "condition": WAITS}})
    for n in range(3):
        acts.inquiry(name=f"Client {n}", phone=f"+7900555000{n}")
        acts.work()
    robot = company.robot("waits")
    assert len(real := really(robot)) == 3
    assert rehearsed(robot) == (real, [])


def test_a_deal_that_is_restored_is_entered_anew(clock: Clock) -> None:
    lives.set_up({"at_once": {"stage": "new", "starts": ["entered"], "timing": {"at_once": True}}})
    deal_id = acts.deal()
    acts.work()
    clock.go_on(minutes=1)
    acts.delete(deal_id)
    clock.go_on(minutes=1)
    with transaction():
        deals.restore(acts.locked(deal_id), company.acting("admin"))
    acts.work()
    robot = company.robot("at_once")
    assert len(real := really(robot)) == 2
    assert rehearsed(robot) == (real, [])


def test_it_is_kept_for_a_week_with_what_it_found(clock: Clock) -> None:
    clock.tick = timedelta(0)
    acts.deal()
    clock.go_on(minutes=11)
    rehearsed(company.robot("reaction_control"))

    def kept_after(**time: float) -> list[int]:
        clock.go_on(**time)
        with transaction():
            rehearsals.forget_old(clock.at)
        return [len(session().scalars(select(each.id)).all()) for each in (Rehearsal, RehearsedFiring)]

    assert kept_after(days=7) == [1, 1]
    row_id = session().scalars(select(Rehearsal.id)).one()
    assert rehearsals.rehearsal(row_id).state == "done"
    assert kept_after(seconds=1) == [0, 0]
    with pytest.raises(NotFound):
        rehearsals.rehearsal(row_id)
    rehearsed(company.robot("reaction_control"))
    assert kept_after(seconds=0)[0] == 1
    assert session().scalars(select(Rehearsal.id)).one() > row_id, "its number is not given again"


def test_whoever_writes_does_not_wait_for_a_rehearsal_that_reads(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    file = current_app.config["SETTINGS"].database_file
    written = []

    def beside(deals: Sequence[Deal]) -> list[DealHistory]:
        with contextlib.closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE firm SET name = 'Changed meanwhile'")
            written.append(other.execute("COMMIT").rowcount)
        return of_deals(deals)

    of_deals = histories.of_deals
    acts.deal()
    with transaction():
        row = rehearsals.begin(specs.robot_spec(company.robot("reaction_control")), 365, company.acting("admin"))
        row_id = row.id
    monkeypatch.setattr(histories, "of_deals", beside)
    acts.work()
    assert len(written) == 1
    assert rehearsals.rehearsal(row_id).state == "done"
