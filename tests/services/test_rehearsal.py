"""Rehearsal = reality: what a rehearsal says a robot would have done is what it did, when the same days were lived
through with the robot at work. A rehearsal that is wrong is found out."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from rules import rehearsal
from rules.histories import Past
from tests.conftest import Clock
from tests.services import lives
from webapp.db import session
from webapp.models import Deal, Robot, RobotRun
from webapp.services import rehearsals
from webapp.snapshots import specs

pytestmark = [pytest.mark.usefixtures("inside")]
DEALS = int(os.environ.get("REHEARSAL_DEALS", "12"))
STEPS = 9
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
    "task_late": {"starts": ["task_overdue"], "timing": after(1, "minutes")},
    "no_step": {"starts": ["no_next_step"], "timing": after(6, "hours")},
    "before_step": {
        "stage": "new",
        "starts": ["entered"],
        "timing": {"before_field": {"entity": "deal", "field": "next_step_at", "amount": 10, "unit": "minutes"}},
    },
    "stepless": {"stage": "payment", "starts": ["entered"], "timing": after(1, "hours"), "condition": STEPLESS},
}
Told = tuple[int, float, tuple[int, ...]]


def really(robot: Robot) -> list[Told]:
    fired = select(RobotRun).where(RobotRun.robot_id == robot.id, RobotRun.state == "fired")
    runs = session().scalars(fired.execution_options(populate_existing=True)).all()
    return sorted((each.deal_id, _at(each.ended_at), tuple(each.reason["people"])) for each in runs)


def _at(moment: Any) -> float:
    return round(moment.timestamp(), 3)


def rehearsed(robot: Robot, until: Any) -> tuple[list[Told], list[rehearsal.Firing]]:
    """Of all deals; those that are estimated are given beside."""
    deals = session().scalars(select(Deal).order_by(Deal.id)).all()
    found = rehearsals.over(specs.robot_spec(robot), deals, until)
    firings = [each for each in found if each.basis == "replayed"]
    estimated = [each for each in found if each.basis == "estimated"]
    return sorted((each.deal_id, _at(each.at), each.people) for each in firings), estimated


def today(self: Past, *_: Any) -> None:
    """What was otherwise then is read as it is now."""


def never_off(*_: Any) -> None:
    """Nothing calls a run off."""


def stays(past: Past, start: str) -> list[Any]:
    """What stood once is never over."""
    return []


BROKEN: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "values are those of today": lambda patch: patch.setattr(Past, "_set", today),
    "nothing calls a run off": lambda patch: patch.setattr(rehearsal._Replay, "_call_off", never_off),
    "nothing stands": lambda patch: patch.setattr(Past, "standing", stays),
    "nobody hears of a change": lambda patch: patch.setattr(rehearsal._Replay, "_changed", never_off),
}


def test_what_is_replayed_is_what_really_happened(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    lives.set_up({key: dict(each) for key, each in ROBOTS.items()})
    lives.live(Random(int(os.environ.get("REHEARSAL_SEED", "2026"))), clock, DEALS, STEPS)
    robots = session().scalars(select(Robot).where(Robot.kind == "control").order_by(Robot.id)).all()
    real = {each.key: really(each) for each in robots}
    said = {each.key: rehearsed(each, clock.at) for each in robots}
    for key in real:
        assert said[key][0] == real[key], key
        assert said[key][1] == [], key
    assert sum(map(len, real.values())) > DEALS
    silent = [key for key, firings in real.items() if not firings]
    assert len(silent) <= 3, f"too few robots had anything to do: {silent}"
    for name, breaks in BROKEN.items():
        with monkeypatch.context() as patch:
            breaks(patch)
            assert any(rehearsed(each, clock.at)[0] != real[each.key] for each in robots), name
