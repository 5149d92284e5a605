"""What starts a robot beside an entry: armed once for each occasion, counted from its true instant, fired at its time,
called off by its contrary; on any stage it outlives a move and ends with the deal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.i18n import runs as words
from webapp.models import Robot, RobotRun
from webapp.queries import cards
from webapp.services import deals, next_steps, occasions, starts, tasks
from webapp.snapshots import setups

pytestmark = [pytest.mark.usefixtures("inside")]
HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)  # of Tuesday, in Moscow


def robot(start: str, stage: str | None = None, **more: Any) -> None:
    """A control an hour after this start; of any stage unless one is named."""
    columns = {
        "key": "mine",
        "stage_id": company.stage(stage).id if stage else None,
        "kind": "control",
        "name": {"en": "Mine"},
        "starts": [start],
        "timing": {"after": {"amount": 1, "unit": "hours"}},
        "settings": {"text": {"en": "Look"}},
    }
    with transaction() as current:
        current.add(Robot(**columns | more))
        setups.changed()


def quiet() -> int:
    """A deal with which nothing is the matter."""
    return acts.deal(of=acts.contact(vip=False), waits=False)


def written() -> int:
    return acts.inquiry()


def answered() -> int:
    deal_id = acts.inquiry()
    acts.reply(deal_id)
    return deal_id


def billed() -> int:
    deal_id = quiet()
    acts.invoice(deal_id, due_on=TUESDAY.date())
    return deal_id


def busy() -> int:
    """A deal with a task that is due in an hour."""
    deal_id = quiet()
    with transaction():
        by, rep = company.acting("north"), company.person("rep1")
        due = time_source.now() + HOUR
        tasks.create_by_hand("Call", "", rep, by, deal=acts.locked(deal_id), due_at=due, accept=True)
    return deal_id


def accepted() -> int:
    deal_id = busy()
    done(deal_id)
    acts.on_task(acts.task_of(deal_id).id, tasks.accept, "north")
    return deal_id


def edited() -> int:
    deal_id = quiet()
    acts.edit(deal_id, fields={"equipment_type": "large"})
    return deal_id


def done(deal_id: int) -> None:
    acts.submit(acts.task_of(deal_id).id)


def said(deal_id: int) -> None:
    assert acts.inquiry("One more thing") == deal_id


def agreed(deal_id: int, hours: int = 30) -> None:
    with transaction():
        draft = next_steps.StepDraft("Call them", time_source.now() + hours * HOUR)
        next_steps.agree(acts.locked(deal_id), draft, company.acting("rep1"))


@dataclass(frozen=True)
class Case:
    """`begins` makes a deal on which it starts, `since` is its true instant; `ends` is the contrary, `why` in words."""

    start: str
    begins: Callable[[], int]
    since: datetime = TUESDAY
    ends: Callable[[int], None] | None = None
    why: str = ""


CASES = [
    Case("client_wrote", written),
    Case("unanswered", written, ends=acts.reply, why="the client was answered"),
    Case("client_silent", answered, ends=said, why="the conversation went on"),
    Case("field_changed", edited),
    Case("invoice_issued", billed, ends=acts.pay, why="the invoice is paid"),
    Case("invoice_overdue", billed, MIDNIGHT, ends=acts.pay, why="the invoice is paid"),
    Case("task_overdue", busy, TUESDAY + HOUR, ends=done, why="the task is no longer needed"),
    Case("task_accepted", accepted),
    Case("no_next_step", quiet, ends=agreed, why="a next step was set"),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda each: each.start)
each_that_ends = pytest.mark.parametrize("case", [each for each in CASES if each.ends], ids=lambda each: each.start)
each_that_stands = pytest.mark.parametrize(
    "case", [each for each in CASES if each.start in occasions.STANDING], ids=lambda each: each.start
)


def run(deal_id: int) -> RobotRun:
    return acts.run_of(deal_id, "mine")


@pytest.mark.both_databases
@each_case
def test_it_is_armed_once_from_its_true_instant_and_fires_at_its_time(clock: Clock, case: Case) -> None:
    robot(case.start)
    deal_id = case.begins()
    assert (run(deal_id).state, run(deal_id).base_at, run(deal_id).due_at) == ("waiting", case.since, case.since + HOUR)
    assert (run(deal_id).start, run(deal_id).visit_id) == (case.start, None)
    clock.at = case.since + HOUR - timedelta(seconds=1)
    acts.work()
    assert run(deal_id).state == "waiting"
    clock.go_on(seconds=1)
    acts.work()
    assert run(deal_id).state == "fired"
    assert len([each for each in acts.told("north", "robot.control") if each.run_id == run(deal_id).id]) == 1


@pytest.mark.both_databases
@each_that_ends
def test_its_contrary_calls_it_off_and_says_so(clock: Clock, case: Case) -> None:
    robot(case.start)
    deal_id = case.begins()
    assert case.ends is not None
    case.ends(deal_id)
    first = acts.runs(deal_id, "mine")[0]
    assert (first.state, words.reason(first.reason, setups.current())) == ("called_off", case.why)
    clock.at = case.since + 2 * HOUR
    acts.work()
    assert "fired" not in {each.state for each in acts.runs(deal_id, "mine") if each.id == first.id}


@each_case
def test_without_a_robot_that_listens_nothing_is_armed(clock: Clock, case: Case) -> None:
    robot(case.start, is_on=False)
    assert acts.runs(case.begins(), "mine") == []


@each_case
def test_on_any_stage_it_outlives_a_move_and_ends_when_the_deal_is_closed(clock: Clock, case: Case) -> None:
    robot(case.start)
    deal_id = case.begins()
    acts.move(deal_id, "processing", raw={"deal": {"equipment_type": "large"}})
    assert "waiting" in {each.state for each in acts.runs(deal_id, "mine")}
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Too dear"}})
    ended = acts.runs(deal_id, "mine")
    assert {(each.state, each.reason["code"]) for each in ended} <= {
        ("called_off", "closed"),
        ("called_off", "settled"),
    }


@each_case
def test_of_a_stage_it_is_heard_only_there_and_ends_with_the_visit(clock: Clock, case: Case) -> None:
    if case.start == "client_wrote":
        return  # it is heard on every stage of the pipeline, as the lesson's VIP is
    robot(case.start, "payment")
    deal_id = case.begins()
    assert acts.runs(deal_id, "mine") == []


@each_that_stands
def test_a_deal_that_comes_to_its_stage_is_counted_from_the_true_start(clock: Clock, case: Case) -> None:
    robot(case.start, "processing")
    deal_id = case.begins()
    clock.at = case.since + 3 * HOUR
    acts.move(deal_id, "processing", raw={"deal": {"equipment_type": "large"}})
    assert (run(deal_id).base_at, run(deal_id).visit_id) == (case.since, acts.deal_of(deal_id).visit_id)
    acts.work()
    assert (run(deal_id).state, run(deal_id).is_late) == ("fired", True)
    acts.move(deal_id, "data_collection")
    assert [each.state for each in acts.runs(deal_id, "mine")] == ["fired"]


@each_that_stands
def test_looking_again_arms_nothing_a_second_time(clock: Clock, case: Case) -> None:
    robot(case.start)
    deal_id = case.begins()
    for _ in range(2):
        with transaction():
            starts.follow(acts.locked(deal_id), occasions.STANDING, company.acting("rep1"))
    assert run(deal_id).state == "waiting"
    clock.at = case.since + HOUR
    acts.work()
    with transaction():
        starts.follow(acts.locked(deal_id), occasions.STANDING, company.acting("rep1"))
    assert run(deal_id).state == "fired"


@each_that_stands
def test_a_deal_that_is_opened_again_is_watched_again(clock: Clock, case: Case) -> None:
    robot(case.start)
    deal_id = case.begins()
    acts.move(deal_id, "won", raw={"deal": {"equipment_type": "large"}})
    assert run(deal_id).reason["code"] == "closed"
    acts.move(deal_id, "new")
    assert [each.state for each in acts.runs(deal_id, "mine")] == ["called_off", "waiting"]
    assert acts.runs(deal_id, "mine")[-1].base_at == case.since


@each_case
def test_a_deleted_deal_waits_for_nothing(clock: Clock, case: Case) -> None:
    robot(case.start)
    deal_id = case.begins()
    with transaction():
        deals.delete(acts.locked(deal_id), company.acting("admin"))
    assert {each.reason["code"] for each in acts.runs(deal_id, "mine")} == {"deleted"}


@each_that_stands
def test_one_that_nobody_called_off_finds_out_when_it_is_due(clock: Clock, case: Case) -> None:
    """As if a process had been killed between the two, or had written past the services."""
    robot(case.start)
    deal_id = case.begins()
    assert case.ends is not None
    case.ends(deal_id)
    with transaction() as current:
        first = acts.runs(deal_id, "mine")[0]
        again = {"state": "waiting", "ended_at": None, "visible_at": first.due_at, "reason": {}}
        current.execute(update(RobotRun).where(RobotRun.id == first.id).values(**again))
    clock.at = case.since + HOUR
    acts.work()
    found = acts.runs(deal_id, "mine")[0]
    assert (found.state, found.reason["code"]) == ("called_off", "settled")


def test_a_second_word_of_a_client_who_waits_does_not_begin_the_wait_anew(clock: Clock) -> None:
    robot("unanswered")
    deal_id = written()
    clock.go_on(minutes=30)
    said(deal_id)
    assert (run(deal_id).state, run(deal_id).base_at) == ("waiting", TUESDAY)
    acts.reply(deal_id)
    said(deal_id)
    assert [each.state for each in acts.runs(deal_id, "mine")] == ["called_off", "waiting"]


def test_a_second_word_of_the_firm_begins_the_silence_anew(clock: Clock) -> None:
    robot("client_silent")
    deal_id = answered()
    clock.go_on(minutes=30)
    acts.reply(deal_id, text="Are you still there?")
    first, second = acts.runs(deal_id, "mine")
    assert (first.state, second.state, second.base_at) == ("called_off", "waiting", TUESDAY + HOUR / 2)


def test_work_that_comes_back_is_watched_again(clock: Clock) -> None:
    robot("task_overdue")
    deal_id = busy()
    done(deal_id)
    acts.on_task(acts.task_of(deal_id).id, tasks.send_back, "north", "Not yet")
    assert [each.state for each in acts.runs(deal_id, "mine")] == ["called_off", "waiting"]


def test_a_step_that_is_done_leaves_the_deal_without_one_again(clock: Clock) -> None:
    robot("no_next_step")
    deal_id = quiet()
    agreed(deal_id)
    clock.go_on(hours=2)
    with transaction():
        next_steps.finish(acts.locked(deal_id), company.acting("rep1"))
    first, second = acts.runs(deal_id, "mine")
    assert (first.state, second.state, second.base_at) == ("called_off", "waiting", TUESDAY + 2 * HOUR)


def test_a_step_that_is_put_off_is_overdue_later(clock: Clock) -> None:
    robot("task_overdue")
    deal_id = quiet()
    agreed(deal_id, 1)
    agreed(deal_id, 5)
    first, second = acts.runs(deal_id, "mine")
    assert (first.state, second.state, second.base_at) == ("called_off", "waiting", TUESDAY + 5 * HOUR)


def test_each_invoice_is_watched_for_itself(clock: Clock) -> None:
    robot("invoice_overdue")
    deal_id = billed()
    second = acts.invoice(deal_id, "2", due_on=TUESDAY.date())
    acts.pay(deal_id, invoice_id=second)
    assert [each.state for each in acts.runs(deal_id, "mine")] == ["waiting", "called_off"]


def _only(entity: str, field: str, value: Any) -> dict[str, Any]:
    return {"all": [{"entity": entity, "field": field, "operator": "eq", "value": value}]}


@pytest.mark.parametrize(
    ("condition", "heard"),
    [(None, 2), (_only("deal", "equipment_type", "large"), 1), (_only("contact", "vip", True), 1),
     (_only("deal", "amount", 5), 0), (_only("conversation", "replied", False), 2)],
)  # fmt: skip
def test_a_robot_hears_of_the_fields_that_its_condition_asks_for(clock: Clock, condition: Any, heard: int) -> None:
    robot("field_changed", condition=condition)
    contact_id = acts.contact(vip=False)
    deal_id = acts.deal(of=contact_id, waits=False)
    acts.edit(deal_id, fields={"equipment_type": "large"})
    acts.mark(contact_id, vip=True)
    assert len(acts.runs(deal_id, "mine")) == heard


def test_a_robot_that_has_run_is_left_out_with_one_line_for_each_occasion(clock: Clock) -> None:
    robot("unanswered", once_per_deal=True)
    deal_id = written()
    acts.reply(deal_id)
    said(deal_id)
    said(deal_id)
    with transaction():
        starts.follow(acts.locked(deal_id), occasions.STANDING, company.acting("rep1"))
    assert len(acts.runs(deal_id, "mine")) == 1
    assert len(acts.journal(deal_id, "robot.skipped")) == 1


def test_a_condition_that_becomes_true_later_gives_it_another_turn(clock: Clock) -> None:
    robot("unanswered", also_later=True, condition=_only("contact", "vip", True))
    deal_id = written()
    clock.go_on(hours=1)
    acts.work()
    acts.mark(acts.deal_of(deal_id).contact_id or 0, vip=True)
    first, second = acts.runs(deal_id, "mine")
    assert (first.state, second.state, second.cause) == ("condition_false", "waiting", first.cause)
    acts.reply(deal_id)
    acts.mark(acts.deal_of(deal_id).contact_id or 0, vip=False)
    acts.mark(acts.deal_of(deal_id).contact_id or 0, vip=True)
    assert [each.state for each in acts.runs(deal_id, "mine")] == ["condition_false", "called_off"]


def test_the_card_shows_the_fuse_of_a_robot_of_any_stage(clock: Clock) -> None:
    robot("invoice_overdue")
    deal_id = billed()
    acts.move(deal_id, "data_collection")
    shown = cards.card(deal_id)
    assert shown is not None
    assert shown.fuse is not None
    assert (shown.fuse.kind, shown.fuse.from_at, shown.fuse.due_at) == ("control", TUESDAY, MIDNIGHT + HOUR)


def test_one_of_any_stage_that_starts_on_an_entry_ends_with_the_visit(clock: Clock) -> None:
    robot("entered")
    deal_id = quiet()
    acts.move(deal_id, "data_collection")
    assert [each.state for each in acts.runs(deal_id, "mine")] == ["called_off", "waiting"]
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Too dear"}})
    assert [each.state for each in acts.runs(deal_id, "mine")] == ["called_off", "called_off"]


def test_a_robot_of_any_stage_that_moves_is_one_of_its_own_pipeline(clock: Clock, inside: Flask) -> None:
    robot("unanswered", kind="move", settings={"stage": company.stage("data_collection").id})
    deal_id = written()
    clock.go_on(hours=1)
    acts.work()
    assert acts.stage_of(deal_id) == "data_collection"


@pytest.mark.both_databases
def test_two_who_answer_at_once_leave_one_run_for_each_word(clock: Clock, inside: Flask) -> None:
    robot("client_silent")
    deal_id = written()
    acts.at_the_same_moment(
        inside, *(lambda who=who: acts.reply(deal_id, by=who, text=f"{who} here") for who in ("rep1", "north"))
    )
    found = acts.runs(deal_id, "mine")
    assert sorted(each.state for each in found) == ["called_off", "waiting"]
    assert len({each.cause for each in found}) == 2
    session().close()


def test_what_is_late_in_working_hours_only_waits_for_the_next_of_them(clock: Clock) -> None:
    robot("unanswered", "data_collection", fires_when="working_hours")
    deal_id = written()
    clock.go_on(hours=11)  # 18:00 in Moscow, when the day is over
    acts.move(deal_id, "data_collection")
    assert run(deal_id).due_at == TUESDAY + timedelta(hours=23)
