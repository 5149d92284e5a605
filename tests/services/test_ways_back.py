"""Whatever ended a timer, and whichever way the deal comes back: an undo goes on with what its move called off, a deal
that is reopened or restored waits anew for what stands on it still, and what had ended for good stays so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from tests.services.test_important import awaiting, have, the, vip
from webapp import clock as time_source
from webapp.access.scopes import SYSTEM
from webapp.db import transaction
from webapp.models import RobotRun
from webapp.services import accounts, deals, next_steps, runs, tasks, undo

pytestmark = [pytest.mark.usefixtures("inside", "clock"), pytest.mark.both_databases]
KEY = "reaction_control"
THREE_DAYS = {"after": {"amount": 3, "unit": "days"}}


def begun(start: str, stage: str | None) -> int:
    """A deal on New, which could be won, on which this has just started the robot, of that stage or of any."""
    stage_id = company.stage(stage).id if stage else None
    acts.robot(KEY, starts=[start], stage_id=stage_id, condition=None, timing=THREE_DAYS)
    deal_id = acts.inquiry()
    acts.edit(deal_id, fields={"equipment_type": "standard"})
    ACTS.get(start, lambda _: None)(deal_id)
    acts.work()
    assert [each.state for each in acts.runs(deal_id, KEY)][-1] == "waiting", start
    return deal_id


def accepted(deal_id: int) -> None:
    by, rep = company.acting("north"), company.person("rep1")
    with transaction():
        made = tasks.create_by_hand("Measure", "", rep, by, deal=acts.locked(deal_id), accept=True).id
    acts.submit(made)
    acts.on_task(made, tasks.accept, "north")


def agreed(deal_id: int) -> None:
    with transaction():
        draft = next_steps.StepDraft("Call", time_source.now() + timedelta(hours=8))
        next_steps.agree(acts.locked(deal_id), draft, company.acting("rep1"))


ACTS: dict[str, Callable[[int], Any]] = {
    "client_silent": acts.reply,
    "field_changed": lambda deal_id: acts.edit(deal_id, title="Another name"),
    "invoice_issued": acts.invoice,
    "invoice_overdue": lambda deal_id: acts.invoice(deal_id, due_on=TUESDAY.date()),
    "task_accepted": accepted,
    "task_overdue": agreed,
}
HAPPENS = ("client_wrote", "field_changed", "invoice_issued", "task_accepted")
STANDS = ("unanswered", "client_silent", "invoice_overdue", "task_overdue", "no_next_step")


def undone(deal_id: int) -> None:
    by = company.acting("rep1")
    with transaction():
        deals.move(acts.locked(deal_id), company.stage("won"), by=replace(by, can_undo=True))
    assert not waiting(deal_id)
    with transaction():
        undo.undo(acts.locked(deal_id), by)


def reopened(deal_id: int) -> None:
    acts.move(deal_id, "won")
    assert not waiting(deal_id)
    acts.move(deal_id, "new")


def restored(deal_id: int) -> None:
    acts.delete(deal_id)
    assert not waiting(deal_id)
    with transaction():
        deals.restore(acts.locked(deal_id), company.acting("admin"))


def waiting(deal_id: int) -> list[RobotRun]:
    return [each for each in acts.runs(deal_id, KEY) if each.state == "waiting"]


def counted(deal_id: int) -> list[tuple[object, ...]]:
    return [(each.start, each.cause, each.base_at, each.due_at) for each in waiting(deal_id)]


@pytest.mark.parametrize("is_any", [True, False], ids=["any stage", "its stage"])
@pytest.mark.parametrize("start", [*HAPPENS, *STANDS])
def test_an_undo_goes_on_with_the_same_timers(clock: Clock, start: str, is_any: bool) -> None:
    here = "data_collection" if start == "client_silent" else "new"  # where a reply leads
    deal_id = begun(start, None if is_any else here)
    before, ids = counted(deal_id), [each.id for each in waiting(deal_id)]
    undone(deal_id)
    assert counted(deal_id) == before
    assert [each.id for each in waiting(deal_id)] == ids, "the same runs, and none beside them"


@pytest.mark.parametrize("back", [reopened, restored])
@pytest.mark.parametrize("start", [*HAPPENS, *STANDS])
def test_a_deal_that_comes_back_waits_for_what_stands_on_it(
    clock: Clock, start: str, back: Callable[[int], None]
) -> None:
    """From its true beginning, and of any stage; deleting a deal has ended its tasks. What happened has happened."""
    deal_id = begun(start, None)
    before = counted(deal_id)
    back(deal_id)
    is_kept = start in STANDS and (back, start) != (restored, "task_overdue")
    assert counted(deal_id) == (before if is_kept else [])


@pytest.mark.parametrize("back", [undone, reopened, restored])
@pytest.mark.parametrize(
    "code",
    [
        *("switched_off", "invoice_paid", "rearmed", "chain_cut", "kind_gone", "no_way", "refused", "too_often"),
        *("left_stage", "taken_back"),
    ],
)
def test_what_had_ended_for_good_stays_so(clock: Clock, code: str, back: Callable[[int], None]) -> None:
    """It was called off before, for another reason, or by another move."""
    deal_id = begun("unanswered", None)
    with transaction():
        runs.call_off(runs.THESE, {"code": code}, SYSTEM, runs=[waiting(deal_id)[0].id])
    clock.go_on(minutes=1)
    back(deal_id)
    assert [each.reason.get("code") for each in acts.runs(deal_id, KEY)] == [code]


def test_an_earlier_closing_is_not_undone_by_a_later_undo(clock: Clock) -> None:
    deal_id = begun("invoice_issued", None)
    reopened(deal_id)
    clock.go_on(minutes=1)
    undone(deal_id)
    assert waiting(deal_id) == []


def test_who_still_waits_after_a_deal_was_restored_is_told_of(clock: Clock) -> None:
    deal_id = begun("unanswered", None)
    restored(deal_id)
    clock.go_on(days=5)
    acts.work()
    assert [each.deal_id for each in acts.told("north", "robot.control")] == [deal_id]


def test_what_deleting_a_deal_has_settled_stands_again_in_the_same_lists(clock: Clock) -> None:
    deal_id = vip(clock)
    item = the(deal_id, "vip")
    had = have(item)
    acts.delete(deal_id)
    assert the(deal_id, "vip").reason["code"] == "deleted"
    clock.go_on(minutes=1)
    with transaction():
        deals.restore(acts.locked(deal_id), company.acting("admin"))
    item = the(deal_id, "vip")
    assert (item.state, have(item)) == ("open", had)


def test_whoever_left_while_a_deal_was_deleted_has_it_no_more(clock: Clock) -> None:
    deal_id = vip(clock)
    assert have(the(deal_id, "vip")) == ["north"]
    acts.delete(deal_id)
    with transaction():
        accounts.deactivate(company.person("north"), company.acting("admin"))
    with transaction():
        deals.restore(acts.locked(deal_id), company.acting("admin"))
    assert have(the(deal_id, "vip")) == ["head"]


def test_what_is_over_by_then_stays_settled(clock: Clock) -> None:
    """Deleting a deal ends its work: nobody is to accept it after."""
    deal_id = awaiting(clock)
    acts.delete(deal_id)
    with transaction():
        deals.restore(acts.locked(deal_id), company.acting("admin"))
    assert (the(deal_id, "acceptance").state, have(the(deal_id, "acceptance"))) == ("settled", [])
