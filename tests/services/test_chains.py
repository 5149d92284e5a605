"""What robots set off is a chain: each step is one deeper, a long wait begins anew, and too deep a chain is cut."""

from __future__ import annotations

import pytest
from flask import Flask

from rules.chains import DEPTH_LIMIT
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.access.scopes import Actor
from webapp.db import transaction
from webapp.models import Deal
from webapp.services import deals, firing

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def moved(depth: int, to: str = "processing") -> int:
    """A VIP's deal that something of this depth has moved to where a robot makes a task."""
    deal_id = acts.deal(of=acts.contact(vip=True), fields={"equipment_type": "special"})
    with transaction():
        deals.move(acts.locked(deal_id), company.stage(to), by=Actor(via="trigger", depth=depth))
    return deal_id


@pytest.mark.parametrize("depth", [0, DEPTH_LIMIT - 1, DEPTH_LIMIT])
def test_a_robot_that_acts_is_cut_when_the_chain_is_too_deep(clock: Clock, depth: int) -> None:
    deal_id, is_cut = moved(depth), depth == DEPTH_LIMIT
    acts.work()
    run = acts.run_of(deal_id, "vip_task")
    assert (run.depth, run.state) == (depth, "called_off" if is_cut else "fired")
    assert run.reason["code"] == ("chain_cut" if is_cut else "task_created")
    assert len(acts.journal(deal_id, "chain.cut")) == is_cut
    assert [each.cause["via"] for each in acts.journal(deal_id, "task.created")] == ["robot"] * (not is_cut)


def test_one_that_only_tells_is_heard_at_any_depth(clock: Clock) -> None:
    acts.robot("vip_task", kind="control", settings={"text": {"en": "Look"}}, condition=None)
    moved(DEPTH_LIMIT)
    acts.work()
    assert len(acts.told("north", "robot.control")) == 1


@pytest.mark.parametrize(("minutes", "depth"), [(59, 3), (60, 0), (600, 0)])
def test_a_wait_of_an_hour_begins_a_new_chain(clock: Clock, minutes: int, depth: int) -> None:
    acts.robot("vip_task", timing={"after": {"amount": minutes, "unit": "minutes"}})
    assert acts.run_of(moved(3), "vip_task").depth == depth


def test_what_a_robot_does_is_one_deeper_than_what_armed_it(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, inside: Flask
) -> None:
    seen: list[int] = []

    def note(_run: object, _deal: Deal, _facts: object, by: Actor) -> firing.Outcome:
        seen.append(by.depth)
        return firing.Outcome("fired", {"code": "noted"})

    monkeypatch.setitem(firing.EFFECTS, "task", note)
    for depth in (0, 3):
        moved(depth)
    acts.work()
    assert sorted(seen) == [1, 4]
