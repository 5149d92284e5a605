"""Golden 5: a delicate deal makes a task, whose result the head accepts or returns; each step is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Membership, Task, TaskAlarm, TaskReturn, User
from webapp.services import tasks
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
TODAY = date(2026, 11, 24)


def kinds(name: str) -> list[str]:
    """What a person was told of tasks, in order."""
    return [each.kind.partition(".")[2] for each in acts.told(name) if each.kind.startswith("task.")]


def refusal(task_id: int, verb: str, by: str) -> str:
    words = ("Not enough",) if verb == "send_back" else ("Done",) if verb == "submit" else ()
    with pytest.raises(Refused) as raised:
        acts.on_task(task_id, getattr(tasks, verb), by, *words)
    session().close()
    return raised.value.reason


def task_of_deal(deal_id: int) -> Task:
    acts.move(deal_id, "processing", raw={"deal": {"equipment_type": "special"}})
    acts.work()
    return acts.task_of(deal_id)


def test_a_vips_special_equipment_makes_the_lessons_task(clock: Clock) -> None:
    made = acts.task_of_id(acts.vip_task())
    assert made.title["en"] == "Processing a deal with a VIP client"
    assert made.text["ru"].startswith("Вам необходимо с особой тщательностью")
    people = (made.assignee_id, made.creator_id, made.acceptor_id)
    assert people == (company.person("rep1"), company.person("north"), company.person("north"))
    assert (made.state, made.accept, made.due_at) == ("new", True, time_source.now() + timedelta(days=3))
    assert kinds("rep1") == kinds("north") == ["created"]
    (run,) = acts.runs(made.deal_id or 0, "vip_task")
    assert (run.state, run.reason) == ("fired", {"code": "task_created", "task_id": made.id})


@pytest.mark.parametrize(("vip", "equipment"), [(False, "special"), (True, "large")])
def test_without_both_the_vip_and_the_special_equipment_there_is_no_task(
    clock: Clock, vip: bool, equipment: str
) -> None:
    deal_id = acts.deal(of=acts.contact(vip=vip), fields={"equipment_type": equipment})
    acts.move(deal_id, "processing")
    acts.work()
    assert session().scalars(select(Task)).all() == []
    run = acts.run_of(deal_id, "vip_task")
    assert run.state == "condition_false"
    assert [each["holds"] for each in run.findings] == [vip, equipment == "special"]


def test_the_work_goes_to_the_head_who_accepts_it(clock: Clock) -> None:
    task_id = acts.vip_task()
    acts.on_task(task_id, tasks.start, "rep1")
    acts.submit(task_id, "Agreed on a discount.")
    task = acts.task_of_id(task_id)
    assert (task.state, task.result) == ("awaiting_acceptance", "Agreed on a discount.")
    prompt = acts.told("north")[-1]
    assert (prompt.kind, prompt.urgency, prompt.sender_id) == (
        "task.awaiting_acceptance",
        "urgent",
        company.person("rep1"),
    )
    acts.on_task(task_id, tasks.accept, "north")
    assert (acts.task_of_id(task_id).state, acts.task_of_id(task_id).ended_at) == ("done", time_source.now())
    assert kinds("rep1") == ["created", "accepted"]
    assert refusal(task_id, "accept", "north") == "wrong_state"


def test_the_head_returns_the_work_with_a_reason_and_it_comes_again(clock: Clock) -> None:
    task_id = acts.vip_task()
    acts.submit(task_id)
    with pytest.raises(Refused) as raised:
        acts.on_task(task_id, tasks.send_back, "north", "  ")
    assert raised.value.problems == {"reason": {"code": "blank"}}
    acts.on_task(task_id, tasks.send_back, "north", "What about delivery?")
    task = acts.task_of_id(task_id)
    assert (task.state, task.returns_count) == ("in_progress", 1)
    (row,) = session().scalars(select(TaskReturn))
    assert (row.reason, row.by_id) == ("What about delivery?", company.person("north"))
    assert acts.told("rep1")[-1].facts["task.reason"] == "What about delivery?"
    acts.submit(task_id, "Delivery is on Friday.")
    acts.on_task(task_id, tasks.accept, "north")
    assert kinds("rep1") == ["created", "returned", "accepted"]
    assert kinds("north") == ["created", "awaiting_acceptance", "awaiting_acceptance"]


def test_a_result_is_required_where_the_robot_says_so(clock: Clock) -> None:
    task_id = acts.vip_task()
    for words, code in ((" ", "blank"), ("x" * 10_001, "too_long")):
        with pytest.raises(Refused) as raised:
            acts.submit(task_id, words)
        assert raised.value.problems["result"]["code"] == code
    session().close()
    assert acts.task_of_id(task_id).state == "new"


def test_each_verb_is_for_those_it_concerns(clock: Clock) -> None:
    task_id = acts.vip_task()
    assert refusal(task_id, "start", "north") == "not_yours"
    assert refusal(task_id, "submit", "rep2") == "not_yours"
    assert refusal(task_id, "accept", "north") == "wrong_state"
    acts.submit(task_id)
    assert refusal(task_id, "accept", "rep1") == "own_work"
    assert refusal(task_id, "send_back", "rep1") == "own_work"
    assert refusal(task_id, "accept", "head") == "not_yours"
    assert refusal(task_id, "cancel", "rep1") == "not_yours"
    assert refusal(task_id, "submit", "rep1") == "wrong_state"


@pytest.mark.parametrize(("rep", "acceptor"), [("north", "head"), ("head", "admin"), ("rep3", "south-deputy")])
def test_nobody_accepts_their_own_work_the_resolver_climbs(clock: Clock, rep: str, acceptor: str) -> None:
    task = task_of_deal(acts.deal(rep=rep, of=acts.contact(vip=True)))
    assert (task.assignee_id, task.acceptor_id) == (company.person(rep), company.person(acceptor))
    acts.submit(task.id, by=rep)
    assert refusal(task.id, "accept", rep) == "own_work"
    acts.on_task(task.id, tasks.accept, acceptor)
    assert acts.task_of_id(task.id).state == "done"


def test_when_the_head_is_the_assignee_by_name_somebody_above_accepts(clock: Clock) -> None:
    settings = {**_settings(), "assignee": {"user": company.person("north")}, "creator": "head"}
    acts.robot("vip_task", settings=settings)
    task = task_of_deal(acts.deal(of=acts.contact(vip=True)))
    assert (task.assignee_id, task.acceptor_id) == (company.person("north"), company.person("head"))


def _settings() -> dict[str, object]:
    return dict(company.robot("vip_task").settings)


def test_a_named_creator_accepts(clock: Clock) -> None:
    acts.robot("vip_task", settings={**_settings(), "creator": {"user": company.person("head")}})
    task = task_of_deal(acts.deal(of=acts.contact(vip=True)))
    acts.submit(task.id)
    assert acts.task_of_id(task.id).acceptor_id == company.person("head")
    assert refusal(task.id, "accept", "north") == "not_yours"
    acts.on_task(task.id, tasks.accept, "head")


def test_until_the_work_is_submitted_the_acceptor_is_found_anew(clock: Clock) -> None:
    task_id = acts.vip_task()
    acts.away("north", TODAY)
    acts.submit(task_id)
    task = acts.task_of_id(task_id)
    assert task.acceptor_id == company.person("head")
    verdicts = [(each["person_id"], each["verdict"]) for each in task.acceptor_path]
    assert verdicts == [(company.person("north"), "absent"), (company.person("head"), "chosen")]
    assert kinds("head") == ["awaiting_acceptance"]


def test_once_submitted_the_acceptor_is_fixed_and_the_deputy_acts_in_absence(clock: Clock) -> None:
    task = task_of_deal(acts.deal(rep="rep3", of=acts.contact(vip=True)))
    acts.submit(task.id, by="rep3")
    assert refusal(task.id, "accept", "head") == "not_yours"
    clock.go_on(days=1)
    acts.away("south-deputy", date(2026, 11, 25), date(2026, 11, 27))
    assert acts.task_of_id(task.id).acceptor_id == company.person("south-deputy")
    acts.on_task(task.id, tasks.accept, "head")
    assert acts.task_of_id(task.id).state == "done"


def test_an_absent_named_creators_deputy_is_asked_as_well(clock: Clock) -> None:
    acts.robot("vip_task", settings={**_settings(), "creator": {"user": company.person("head")}})
    task = task_of_deal(acts.deal(of=acts.contact(vip=True)))
    acts.away("head", TODAY)
    acts.submit(task.id)
    assert kinds("north")[-1] == kinds("head")[-1] == "awaiting_acceptance"
    acts.on_task(task.id, tasks.accept, "north")


def test_accept_against_return_at_the_same_moment_one_wins_and_the_other_sees_why(app: Flask, clock: Clock) -> None:
    acts.robot("vip_task", settings={**_settings(), "creator": {"user": company.person("head")}})
    task_id = task_of_deal(acts.deal(of=acts.contact(vip=True))).id
    acts.away("head", TODAY)
    acts.submit(task_id)
    outcomes = acts.at_the_same_moment(
        app,
        lambda: acts.on_task(task_id, tasks.accept, "head"),
        lambda: acts.on_task(task_id, tasks.send_back, "north", "Not enough"),
    )
    (late,) = [each for each in outcomes if each is not None]
    assert isinstance(late, Refused)
    accepted = outcomes[0] is None
    assert acts.task_of_id(task_id).state == ("done" if accepted else "in_progress")
    assert (late.reason, late.facts["by"]) == ("wrong_state", "Sergey Lebedev" if accepted else "Anna Krylova")
    assert kinds("rep1")[1:] == (["accepted"] if accepted else ["returned"])


def test_the_deadline_is_announced_then_overdue_is_told_to_both_sides(clock: Clock) -> None:
    acts.vip_task()
    clock.go_on(days=1, hours=23, minutes=59)
    acts.work()
    assert kinds("rep1") == ["created"]
    clock.go_on(minutes=1)
    acts.work()
    assert kinds("rep1") == ["created", "deadline_coming"]
    clock.go_on(days=1)
    acts.work()
    acts.work()
    assert kinds("rep1") == ["created", "deadline_coming", "overdue"]
    assert kinds("north") == ["created", "overdue"]
    assert acts.told("north")[-1].urgency == "urgent"


def test_submitted_work_is_never_overdue_but_its_acceptance_is(clock: Clock) -> None:
    task_id = acts.vip_task()
    acts.submit(task_id)
    assert acts.task_of_id(task_id).acceptance_due_at == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
    clock.go_on(days=4)
    acts.work()
    assert kinds("rep1") == ["created"]
    assert kinds("north") == ["created", "awaiting_acceptance", "acceptance_overdue"]


def test_returned_work_has_its_deadlines_again_and_one_that_passed_meanwhile_is_told(clock: Clock) -> None:
    task_id = acts.vip_task()
    acts.submit(task_id)
    clock.go_on(days=1)
    acts.on_task(task_id, tasks.send_back, "north", "Not enough")
    clock.go_on(days=1)
    acts.work()
    assert kinds("rep1") == ["created", "returned", "deadline_coming"]
    acts.submit(task_id)
    clock.go_on(days=2)
    acts.on_task(task_id, tasks.send_back, "north", "Still not enough")
    acts.work()
    assert kinds("rep1") == ["created", "returned", "deadline_coming", "returned", "overdue"]
    acts.submit(task_id)
    acts.on_task(task_id, tasks.send_back, "north", "No")
    acts.work()
    assert kinds("rep1")[-1] == "returned"  # overdue was told already


def test_accepted_work_rings_no_more(clock: Clock) -> None:
    task_id = acts.vip_task()
    acts.submit(task_id)
    acts.on_task(task_id, tasks.accept, "north")
    assert {each.state for each in session().scalars(select(TaskAlarm))} == {"called_off"}
    clock.go_on(days=9)
    acts.work()
    assert kinds("rep1")[-1] == "accepted"


def test_re_entering_the_stage_makes_no_second_open_task(clock: Clock) -> None:
    task_id = acts.vip_task()
    deal_id = acts.task_of_id(task_id).deal_id or 0
    for stage in ("data_collection", "processing"):
        acts.move(deal_id, stage)
    acts.work()
    assert len(session().scalars(select(Task)).all()) == 1
    again = acts.runs(deal_id, "vip_task")[-1]
    assert (again.state, again.reason) == ("fired", {"code": "task_open", "task_id": task_id})
    acts.submit(task_id)
    acts.on_task(task_id, tasks.accept, "north")
    for stage in ("data_collection", "processing"):
        acts.move(deal_id, stage)
    acts.work()
    assert len(session().scalars(select(Task)).all()) == 2


def test_a_lost_deal_closes_its_open_task_and_both_sides_are_told_once(clock: Clock) -> None:
    task_id = acts.vip_task()
    deal_id = acts.task_of_id(task_id).deal_id or 0
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Bought elsewhere"}})
    assert acts.task_of_id(task_id).state == "cancelled"
    assert kinds("rep1") == kinds("north") == ["created", "cancelled"]
    assert len(acts.journal(deal_id, "task.cancelled")) == 1
    clock.go_on(days=4)
    acts.work()
    assert kinds("rep1") == ["created", "cancelled"]


def test_a_task_by_hand_without_acceptance_is_done_when_reported(clock: Clock) -> None:
    with transaction():
        made = tasks.create_by_hand("Call back", "", company.person("rep1"), company.acting("north"))
    assert (kinds("rep1"), kinds("north")) == (["created"], [])
    acts.submit(made.id, "Called")
    assert acts.task_of_id(made.id).state == "done"
    assert kinds("north") == ["done"]


def test_ones_own_task_with_acceptance_is_accepted_by_the_head(clock: Clock) -> None:
    with transaction():
        made = tasks.create_by_hand("Prepare", "", company.person("rep1"), company.acting("rep1"), accept=True)
    assert made.acceptor_id == company.person("north")
    acts.submit(made.id)
    assert acts.task_of_id(made.id).acceptor_id == company.person("north")
    assert refusal(made.id, "accept", "rep1") == "own_work"


def test_who_was_named_accepts_also_ones_own_work_and_who_has_left_does_not(clock: Clock) -> None:
    rep1, head = company.person("rep1"), company.person("head")
    with transaction():
        kept = tasks.create_by_hand("Prepare", "", rep1, company.acting("rep1"), acceptor_id=head).id
        left = tasks.create_by_hand("Prepare", "", rep1, company.acting("rep1"), acceptor_id=head).id
    acts.submit(kept)
    assert refusal(kept, "accept", "north") == "not_yours"
    acts.on_task(kept, tasks.accept, "head")
    with transaction() as current:
        current.get_one(User, head).is_active = False
        setups.changed()
    acts.submit(left)
    assert acts.task_of_id(left).acceptor_id == company.person("north")


def test_working_days_are_those_of_whoever_does_the_work(clock: Clock) -> None:
    with transaction():
        made = tasks.create_by_hand("Call", "", company.person("rep1"), company.acting("north"), working_days=4)
    assert made.due_at == TUESDAY + timedelta(days=6)  # over a weekend
    assert [each.kind for each in session().scalars(select(TaskAlarm).order_by(TaskAlarm.id))] == [
        "deadline_coming",
        "overdue",
    ]


def test_a_wrong_task_by_hand_is_refused(clock: Clock) -> None:
    rep1, rep3 = company.person("rep1"), company.person("rep3")
    for title, who, more, wrong in (
        (" ", rep1, {}, {"title": "blank"}),
        ("x", 10_000, {}, {"assignee_id": "no_such_person"}),
        ("x", rep3, {}, {"assignee_id": "not_in_department"}),
        ("x", rep1, {"due_at": TUESDAY}, {"due_at": "in_the_past"}),
        ("x", rep1, {"working_days": 0}, {"working_days": "bad_amount"}),
        ("x", rep1, {"acceptor_id": rep1}, {"acceptor_id": "own_work"}),
        ("x", rep1, {"acceptor_id": rep3}, {"acceptor_id": "not_in_department"}),
    ):
        with pytest.raises(Refused) as raised, transaction():
            tasks.create_by_hand(title, "", who, company.acting("rep1"), **more)  # type: ignore[arg-type]
        assert {key: each["code"] for key, each in raised.value.problems.items()} == wrong


def test_the_creator_cancels_and_the_assignee_is_told(clock: Clock) -> None:
    task_id = acts.vip_task()
    acts.on_task(task_id, tasks.cancel, "north")
    assert acts.task_of_id(task_id).state == "cancelled"
    assert kinds("rep1") == ["created", "cancelled"]
    assert kinds("north") == ["created"]


def test_somebody_in_no_department_has_an_acceptor_too(clock: Clock) -> None:
    with transaction() as current:
        for each in current.scalars(select(Membership).where(Membership.user_id == company.person("rep1"))).all():
            current.delete(each)
        setups.changed()
    task = task_of_deal(acts.deal(of=acts.contact(vip=True)))
    assert task.acceptor_id == company.person("admin")


def test_in_a_firm_of_one_the_work_is_done_when_it_is_reported(clock: Clock) -> None:
    """Nobody accepts their own work, and there is nobody else: it must not wait for ever."""
    task_id = acts.vip_task()
    with transaction() as current:
        for person in current.scalars(select(User).where(User.id != company.person("rep1"))):
            person.is_active = False
        setups.changed()
    acts.submit(task_id, "Agreed.")
    task = acts.task_of_id(task_id)
    assert (task.state, task.acceptor_id) == ("done", None)
    assert len(acts.journal(task.deal_id or 0, "task.unaccepted")) == 1
