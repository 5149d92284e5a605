"""The checks can fail: of each, one row is planted that breaks what it watches over, and the check names that row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from tests import company
from tests.faults import invariants, items, norms, oracle, verbs, watchers
from tests.faults.crowd import Ledger
from tests.faults.harness import lost, twice
from tests.faults.scene import Scene
from tests.faults.watchers import Truth
from tests.services import acts
from webapp import clock
from webapp.db import session, transaction
from webapp.models import (
    Absence,
    Conversation,
    Deal,
    ImportantItem,
    ImportantPlace,
    Inbox,
    Invoice,
    JournalEntry,
    Message,
    Notification,
    Payment,
    Robot,
    RobotRun,
    Stage,
    StageVisit,
    Task,
    TaskAlarm,
    User,
)

Plant = Callable[[], int | str]  # what the check must name
PLANTS: list[tuple[str, Callable[[], list[str]], Plant]] = []


def breaks(invariant: str, check: Callable[[], list[str]]) -> Callable[[Plant], Plant]:
    def one(plant: Plant) -> Plant:
        PLANTS.append((invariant, check, plant))
        return plant

    return one


@pytest.fixture
def history(scene: Scene) -> Scene:
    """A firm in which each kind of thing has happened once: told, called off, a task and its alarms, money."""
    acts.contact(vip=True)
    vip = acts.inquiry()
    acts.work()
    acts.inquiry("Well?")
    acts.work()
    acts.vip_task(vip)
    slow = acts.inquiry(name="Slow", phone="+79005550002")
    scene.go_on(minutes=11)
    acts.work()
    acts.reply(slow)
    acts.pay(slow, 40_000, acts.invoice(slow))
    scene.go_on(days=4)
    acts.work()
    left = acts.inquiry(name="Quick", phone="+79005550003")
    acts.reply(left)
    acts.work()
    scene.seen.clear()
    assert {name: found for name, found in invariants.violations().items() if found} == {}
    return scene


def a_run(state: str, code: str) -> RobotRun:
    found = session().scalars(select(RobotRun).where(RobotRun.state == state).order_by(RobotRun.id)).all()
    return next(each for each in found if each.reason.get("code") == code)


def change(model: Any, id_: int, **columns: Any) -> int:
    session().execute(update(model).where(model.id == id_).values(**columns))
    return id_


def told_by_robot() -> Notification:
    wanted = select(Notification).where(Notification.kind == "robot.control").order_by(Notification.id)
    return session().scalars(wanted.limit(1)).one()


@breaks("I1", invariants.armed)
def a_stage_entered_without_its_timers() -> int:
    run = a_run("called_off", "left_stage")
    session().execute(delete(RobotRun).where(RobotRun.id == run.id))
    return run.visit_id


@breaks("I1", invariants.armed_again)
def a_word_that_set_nothing_off() -> int:
    run = (
        session()
        .scalars(select(RobotRun).where(RobotRun.message_id.is_not(None)).order_by(RobotRun.id.desc()).limit(1))
        .one()
    )
    message_id = run.message_id
    change(RobotRun, run.id, message_id=None)
    return message_id or 0


@breaks("I1", invariants.alarms_set)
def a_deadline_without_an_alarm() -> int:
    alarm = session().scalars(select(TaskAlarm).where(TaskAlarm.kind == "overdue")).one()
    change(TaskAlarm, alarm.id, kind="deadline_coming")
    return alarm.task_id


@breaks("I2", invariants.ended_once)
def an_end_without_its_instant() -> int:
    return change(RobotRun, a_run("fired", "told").id, ended_at=None)


@breaks("I2", invariants.ended_once)
def an_end_and_still_waiting() -> int:
    return change(RobotRun, a_run("fired", "told").id, state="waiting")


@breaks("I2", invariants.ended_once)
def an_end_without_a_reason() -> int:
    return change(RobotRun, a_run("condition_false", "condition_false").id, reason={})


@breaks("I2", invariants.ended_once)
def an_alarm_that_ended_nowhere() -> int:
    return change(TaskAlarm, session().scalars(select(TaskAlarm.id)).first() or 0, state="running")


@breaks("I2", invariants.failure_is_told)
@breaks("I2", invariants.gave_up)
def a_failure_in_silence() -> int:
    return change(RobotRun, a_run("condition_false", "condition_false").id, state="failed")


@breaks("I3", invariants.effects_once)
def told_twice() -> int:
    first = told_by_robot()
    tell(first.kind, first.run_id, user_id=first.user_id, deal_id=first.deal_id)
    return first.run_id or 0


@breaks("I3", invariants.effects_once)
def told_nobody() -> int:
    run = a_run("fired", "told")
    session().execute(delete(Notification).where(Notification.run_id == run.id))
    return run.id


@breaks("I3", invariants.effects_once)
def a_task_that_was_not_made() -> int:
    run = a_run("fired", "task_created")
    session().execute(update(Task).where(Task.run_id == run.id).values(run_id=None))
    return run.id


@breaks("I3", invariants.effects_once)
def two_tasks() -> int:
    run, task = a_run("fired", "task_created"), session().scalars(select(Task)).one()
    session().add(
        Task(
            title={}, text={}, assignee_id=task.assignee_id, created_at=clock.now(), run_id=run.id, deal_id=run.deal_id
        )
    )
    return run.id


@breaks("I3", invariants.tasks_told)
def a_task_that_its_assignee_never_heard_of() -> int:
    task = session().scalars(select(Task)).one()
    session().execute(delete(Notification).where(Notification.kind == "task.created"))
    return task.id


@breaks("I3", invariants.money_adds_up)
def a_payment_twice() -> int:
    invoice = session().scalars(select(Invoice)).one()
    session().add(Payment(invoice_id=invoice.id, amount_minor=40_000, at=clock.now()))
    return invoice.id


@breaks("I3", invariants.money_adds_up)
def a_deal_in_another_currency() -> str:
    deal = session().scalars(select(Deal.id).order_by(Deal.id)).first()
    session().execute(update(Deal).where(Deal.id == deal).values(currency="JPY"))
    return f"deal {deal} is in JPY"


@breaks("I4", invariants.called_off_stays_silent)
def called_off_and_told() -> int:
    run = a_run("called_off", "left_stage")
    tell("robot.control", run.id, deal_id=run.deal_id)
    return run.id


@breaks("I4", invariants.nothing_waits_in_vain)
def a_timer_of_a_stage_that_was_left() -> int:
    return change(RobotRun, a_run("called_off", "left_stage").id, state="waiting", ended_at=None)


@breaks("I4", invariants.nothing_waits_in_vain)
def an_alarm_of_a_task_that_is_done() -> int:
    alarm = session().scalars(select(TaskAlarm).where(TaskAlarm.kind == "overdue")).one()
    change(Task, alarm.task_id, state="done")
    return change(TaskAlarm, alarm.id, state="waiting", ended_at=None)


@breaks("I4", invariants.left_is_called_off)
def fired_after_the_stage_was_left() -> int:
    run = a_run("called_off", "left_stage")
    visit = session().get_one(StageVisit, run.visit_id)
    assert visit.left_at is not None
    return change(RobotRun, run.id, state="condition_false", ended_at=visit.left_at + timedelta(seconds=1))


@breaks("I5", invariants.not_early)
def claimed_too_soon() -> int:
    run = session().get_one(RobotRun, told_by_robot().run_id)
    assert run.due_at is not None
    return change(RobotRun, run.id, claimed_at=run.due_at - timedelta(seconds=1))


@breaks("I5", invariants.not_early)
def done_without_a_claim() -> int:
    alarm = session().scalars(select(TaskAlarm).where(TaskAlarm.state == "fired")).first()
    assert alarm is not None
    return change(TaskAlarm, alarm.id, claimed_at=None)


@breaks("I6", invariants.numbered)
def a_gap() -> int:
    notice = told_by_robot()
    change(Notification, notice.id, seq=1000)
    return notice.user_id


@breaks("I6", invariants.numbered)
def unread_miscounted() -> int:
    notice = told_by_robot()
    change(Notification, notice.id, read_at=None if notice.read_at else clock.now())
    return notice.user_id


@breaks("I6", invariants.numbered)
def an_inbox_that_is_gone() -> int:
    user_id = told_by_robot().user_id
    session().execute(delete(Inbox).where(Inbox.user_id == user_id))
    return user_id


@breaks("I7", invariants.alarms_told)
def an_alarm_in_silence() -> str:
    session().execute(delete(Notification).where(Notification.kind == "task.overdue"))
    return "overdue"


@breaks("I7", invariants.alarms_told)
def an_alarm_twice() -> str:
    task = session().scalars(select(Task)).one()
    tell("task.overdue", None, user_id=task.assignee_id, task_id=task.id)
    return "overdue"


@breaks("I7", invariants.alarms_told)
def a_deadline_that_passed_twice() -> str:
    first = session().scalars(select(Notification).where(Notification.kind == "task.overdue").limit(1)).one()
    alarm = session().scalars(select(TaskAlarm).where(TaskAlarm.kind == "overdue")).one()
    again = {"key": "again", "kind": "overdue", "state": "fired", "due_at": alarm.due_at, "visible_at": alarm.due_at}
    session().add(TaskAlarm(task_id=alarm.task_id, created_at=clock.now(), ended_at=clock.now(), **again))
    tell("task.overdue", None, user_id=first.user_id, task_id=first.task_id, facts=first.facts)
    return f"was told to {first.user_id} 2 times"


@breaks("I7", invariants.what_is_coming_is_ahead)
def a_deadline_that_comes_after_it_was() -> str:
    late = session().scalars(select(Notification).where(Notification.kind == "task.overdue").limit(1)).one()
    tell("task.deadline_coming", None, user_id=late.user_id, task_id=late.task_id, facts=late.facts)
    return f"task {late.task_id} a deadline"


@breaks("I8", invariants.nothing_of_itself)
def word_of_a_run_that_did_not_fire() -> int:
    run = a_run("condition_false", "condition_false")
    return tell("robot.notify", run.id, deal_id=run.deal_id)


@breaks("I8", invariants.nothing_of_itself)
def word_of_nothing() -> int:
    return tell("deal.assigned", None)


@breaks("I8", invariants.nothing_of_itself)
def word_of_another_deal() -> int:
    run = a_run("fired", "told")
    other = session().scalars(select(Deal.id).where(Deal.id != run.deal_id)).first()
    return tell("robot.notify", run.id, deal_id=other)


@breaks("I8", invariants.nothing_of_itself)
def word_of_a_failure_that_was_none() -> int:
    run = a_run("fired", "told")
    return tell("run.failed", run.id, deal_id=run.deal_id)


@breaks("I8", invariants.nothing_of_itself)
def word_of_a_refusal_that_was_none() -> int:
    assert not session().scalars(select(JournalEntry).where(JournalEntry.event == "trigger.refused")).all()
    return tell("trigger.refused", None, deal_id=a_run("fired", "told").deal_id)


@breaks("I8", invariants.nothing_of_itself)
def a_task_of_a_run_that_did_not_fire() -> int:
    task = session().scalars(select(Task)).one()
    change(RobotRun, task.run_id or 0, state="condition_false")
    return task.id


@breaks("I11", invariants.required_fields)
def a_deal_that_lacks_what_its_stage_asks() -> int:
    deal = session().scalars(select(Deal).where(Deal.stage_id == company.stage("processing").id)).one()
    return change(Deal, deal.id, fields={})


@breaks("I11", invariants.required_fields)
def a_loss_without_a_reason() -> int:
    return change(Deal, a_run("called_off", "left_stage").deal_id, stage_id=company.stage("lost").id)


@breaks("I12", invariants.lateness_is_marked)
def late_and_silent_about_it() -> int:
    run = session().get_one(RobotRun, told_by_robot().run_id)
    assert run.due_at is not None
    late = run.due_at + timedelta(seconds=61)
    return change(RobotRun, run.id, claimed_at=late, ended_at=late, is_late=False)


def tell(kind: str, run_id: int | None, *, user_id: int | None = None, **about: Any) -> int:
    """A notification that no service has written, numbered as if one had."""
    user_id = user_id or company.person("north")
    inbox = session().get(Inbox, user_id)
    assert inbox is not None
    inbox.seq, inbox.unread = inbox.seq + 1, inbox.unread + 1
    planted = Notification(
        user_id=user_id, seq=inbox.seq, key="planted", kind=kind, run_id=run_id, created_at=clock.now(), **about
    )
    session().add(planted)
    session().flush()
    return planted.id


@breaks("I13", oracle.armed_once)
def a_robot_armed_under_a_second_key() -> int:
    run = a_run("fired", "told")
    columns = {each.name: getattr(run, each.name) for each in RobotRun.__table__.columns if each.name != "id"}
    session().add(RobotRun(**{**columns, "key": f"{run.key}-twin"}))
    return run.visit_id


@breaks("I13", oracle.fired_rightly)
def the_late_one_told_instead_of_the_head() -> int:
    notice = told_by_robot()
    change(Notification, notice.id, user_id=company.person("rep2"), seq=10_000)
    return notice.run_id or 0


@breaks("I13", norms.due_rightly)
def due_at_another_hour() -> int:
    run = a_run("fired", "told")
    assert run.due_at is not None
    return change(RobotRun, run.id, due_at=run.due_at + timedelta(minutes=1))


@breaks("I13", oracle.fired_rightly)
def a_condition_that_was_not_looked_at() -> int:
    run = a_run("condition_false", "condition_false")
    change(Robot, run.robot_id, condition=None)
    return run.id


def a_line(event: str, entity: str, entity_id: int, **columns: Any) -> None:
    columns = {"at": clock.now(), "by_id": company.person("admin"), "cause": {}, **columns}
    session().add(JournalEntry(event=event, entity=entity, entity_id=entity_id, **columns))


@breaks("I13", oracle.steps_are_told)
def an_acceptance_of_which_nobody_heard() -> int:
    task = session().scalars(select(Task)).one()
    a_line("task.accepted", "task", task.id, deal_id=task.deal_id, new="done")
    return task.id


@breaks("I13", oracle.deadlines_have_alarms)
def a_deadline_that_comes_without_a_word() -> int:
    alarm = session().scalars(select(TaskAlarm).where(TaskAlarm.kind == "deadline_coming")).one()
    change(TaskAlarm, alarm.id, kind="overdue")
    return alarm.task_id


@breaks("I13", oracle.refusals_are_told)
def a_trigger_refused_in_silence() -> int:
    deal = session().scalars(select(Deal).order_by(Deal.id)).first()
    assert deal is not None
    a_line("trigger.refused", "deal", deal.id, deal_id=deal.id)
    return deal.id


@breaks("I13", oracle.assignments_are_told)
def a_deal_handed_over_in_silence() -> int:
    deal = session().scalars(select(Deal).order_by(Deal.id)).first()
    assert deal is not None
    a_line("deal.edited", "deal", deal.id, deal_id=deal.id, field="responsible", new=company.person("rep3"))
    return deal.id


@breaks("I13", oracle.waits_are_told)
def a_client_who_waits_in_silence() -> int:
    talk = session().scalars(select(Conversation).order_by(Conversation.id)).first()
    assert talk is not None
    said = {"conversation_id": talk.id, "text": "?", "at": clock.now()}
    session().add(Message(direction="out", by_id=company.person("admin"), **said))
    session().flush()
    session().add(Message(direction="in", **said))
    return talk.deal_id


@breaks("I13", oracle.paid_calls_off)
def a_timer_that_waits_for_money_that_was_paid() -> int:
    run = a_run("called_off", "left_stage")
    change(RobotRun, run.id, state="waiting", ended_at=None)
    unpaid = {"entity": "invoices", "field": "unpaid", "operator": "eq", "value": True}
    change(Robot, run.robot_id, condition={"all": [unpaid]})
    now, paid = clock.now(), {"amount_minor": 100, "paid_minor": 100, "currency": "RUB"}
    session().add(Invoice(deal_id=run.deal_id, number="P-1", issued_on=now.date(), paid_at=now, created_at=now, **paid))
    return run.id


def a_deal(of: str = "processing") -> Deal:
    return session().scalars(select(Deal).where(Deal.stage_id == company.stage(of).id).order_by(Deal.id)).first()  # type: ignore[return-value]


@breaks("I14", verbs.visits_follow_moves)
def two_visits_are_open() -> int:
    left = session().scalars(select(StageVisit).where(StageVisit.left_at.is_not(None))).first()
    assert left is not None
    change(StageVisit, left.id, left_at=None)
    return left.deal_id


@breaks("I14", verbs.visits_follow_moves)
def a_move_that_nobody_wrote_down() -> int:
    line = session().scalars(select(JournalEntry).where(JournalEntry.event == "deal.moved")).first()
    assert line is not None
    change(JournalEntry, line.id, event="deal.seen")
    return line.entity_id


@breaks("I14", verbs.closed_as_the_stage_says)
def reopened_and_still_closed() -> int:
    return change(Deal, a_deal().id, closed_at=clock.now())


@breaks("I14", verbs.deals_stand_on_a_board)
def a_deal_on_a_stage_that_went() -> int:
    deal = a_deal()
    change(Stage, deal.stage_id, archived_at=clock.now())
    return deal.id


@breaks("I14", verbs.versions_count)
def a_move_without_a_version() -> int:
    return change(Deal, a_deal().id, version=1)


@breaks("I14", verbs.deletion_is_told)
def deleted_without_a_word() -> int:
    return change(Deal, a_deal().id, deleted_at=clock.now())


@breaks("I14", verbs.deletion_is_told)
def a_task_of_a_lost_deal_goes_on() -> int:
    task = session().scalars(select(Task)).one()
    change(Deal, task.deal_id or 0, stage_id=company.stage("lost").id)
    return task.id


@breaks("I14", verbs.tasks_end_for_a_reason)
def won_and_its_task_cancelled() -> int:
    task = session().scalars(select(Task)).one()
    a_line("task.cancelled", "task", task.id, deal_id=task.deal_id, new="cancelled", by_id=None)
    return change(Task, task.id, state="cancelled")


@breaks("I14", verbs.tasks_end_for_a_reason)
def a_task_done_by_nobody() -> int:
    return change(Task, session().scalars(select(Task)).one().id, state="done")


@breaks("I14", verbs.words_land_where_they_are_read)
def a_word_on_a_deleted_deal() -> int:
    deal = a_deal()
    a_line("deal.deleted", "deal", deal.id, deal_id=deal.id)
    a_line("message.received", "message", 1, deal_id=deal.id)
    return deal.id


@breaks("I14", verbs.money_is_journalled)
def a_payment_that_nobody_wrote_down() -> int:
    line = session().scalars(select(JournalEntry).where(JournalEntry.event == "invoice.paid")).first()
    assert line is not None
    change(JournalEntry, line.id, event="invoice.seen")
    return line.entity_id


@breaks("I14", verbs.nothing_open_is_left_behind)
def an_open_deal_of_somebody_who_left() -> str:
    deal = session().scalars(select(Deal).where(Deal.closed_at.is_(None)).order_by(Deal.id).limit(1)).one()
    change(User, deal.responsible_id, is_active=False)
    return f"deal {deal.id} is open, and {deal.responsible_id} has left"


@breaks("I14", verbs.nothing_open_is_left_behind)
def an_open_task_of_somebody_who_left() -> str:
    task = session().scalars(select(Task).where(Task.ended_at.is_(None)).order_by(Task.id).limit(1)).one()
    change(User, task.assignee_id, is_active=False)
    return f"task {task.id} is {task.state}, and {task.assignee_id} has left"


@breaks("I14", verbs.one_act_one_instant)
def a_visit_that_begins_after_its_move() -> int:
    visit = session().scalars(select(StageVisit)).first()
    assert visit is not None
    return change(StageVisit, visit.id, entered_at=visit.entered_at + timedelta(microseconds=20))


@breaks("I14", verbs.one_act_one_instant)
def a_word_that_was_said_before_its_line() -> int:
    word = session().scalars(select(Message)).first()
    assert word is not None
    return change(Message, word.id, at=word.at - timedelta(microseconds=20))


def settled_item() -> ImportantItem:
    wanted = select(ImportantItem).where(ImportantItem.kind == "late_reply", ImportantItem.ended_at.is_not(None))
    return session().scalars(wanted.order_by(ImportantItem.id).limit(1)).one()


@breaks("I17", items.none_is_lost)
def a_head_told_of_what_is_in_no_list() -> int:
    told = select(RobotRun).where(RobotRun.state == "fired").order_by(RobotRun.id)
    run = next(each for each in session().scalars(told) if each.definition["kind"] == "control")
    theirs = ImportantItem.deal_id == run.deal_id
    session().execute(update(ImportantItem).where(theirs).values(deal_id=None, run_id=None))
    return run.id


@breaks("I17", items.late_work_stands)
def late_work_that_came_back_and_stands_nowhere() -> str:
    late = select(ImportantItem).where(ImportantItem.kind == "overdue").order_by(ImportantItem.id).limit(1)
    item = session().scalars(late).one()
    reason = {"code": "task_submitted", "key": item.live_key}
    change(ImportantItem, item.id, live_key=None, ended_at=clock.now(), reason=reason)
    return f"task {item.task_id} is late"


@breaks("I17", items.whoever_stands_in_has_it)
def work_that_waits_for_somebody_who_has_gone_away() -> int:
    task, today = session().scalars(select(Task)).one(), clock.now().date()
    session().add(Absence(user_id=task.acceptor_id or 0, from_on=today, until_on=today))
    return change(Task, task.id, state="awaiting_acceptance")


@breaks("I17", items.what_stands_has_a_cause)
def an_item_of_a_client_who_has_been_answered() -> int:
    return change(ImportantItem, settled_item().id, ended_at=None)


@breaks("I17", items.each_stands_as_it_is)
def a_place_that_stands_as_what_was() -> str:
    item = settled_item()
    place = session().scalars(select(ImportantPlace.id).where(ImportantPlace.item_id == item.id).limit(1)).one()
    change(ImportantPlace, place, stands="open")
    return f"item {item.id} of settled stands as 'open'"


@breaks("I17", items.nobody_who_is_gone_has_one)
def an_item_in_the_list_of_somebody_who_left() -> str:
    item, gone = settled_item(), session().scalars(select(User.id).order_by(User.id.desc()).limit(1)).one()
    change(User, gone, is_active=False)
    place = session().scalars(select(ImportantPlace.id).where(ImportantPlace.item_id == item.id).limit(1)).one()
    change(ImportantPlace, place, is_live=True, user_id=gone)
    return f"item {item.id} stands with {gone}"


@breaks("I17", items.what_is_settled_had_its_end)
def an_item_settled_by_nothing() -> int:
    return change(ImportantItem, settled_item().id, reason={"code": "unheard of"})


def climbed_to(user_id: int) -> int:
    """A settled item whose ladder told them, as the journal has it: its id."""
    told, item = {"people": [user_id]}, settled_item().id
    what = {"event": "important.climbed", "entity": "important_item", "entity_id": item, "new": told}
    session().add(JournalEntry(at=clock.now(), **what))
    return item


@breaks("I17", items.each_rung_tells_once)
def somebody_told_by_no_rung() -> int:
    return climbed_to(1)


@breaks("I17", items.the_next_level_is_told)
def somebody_told_out_of_their_turn() -> str:
    return f"of item {climbed_to(0)} [0] were told next"


@breaks("I17", items.what_is_over_has_no_more_to_come)
def a_rung_to_come_of_what_is_settled() -> int:
    return change(ImportantItem, settled_item().id, next_at=clock.now())


@breaks("I17", items.a_missed_call_is_told_of_once)
def a_missed_call_told_of_and_nobody_had_called() -> str:
    item = settled_item()
    change(ImportantItem, item.id, kind="missed_call")
    return f"of 0 missed calls on deal {item.deal_id}"


@pytest.mark.parametrize(("invariant", "check", "plant"), PLANTS, ids=lambda each: getattr(each, "__name__", each))
def test_what_breaks_an_invariant_is_named(
    history: Scene, invariant: str, check: Callable[[], list[str]], plant: Plant
) -> None:
    with transaction():
        named = str(plant())
    found = [each for each in check() if named in each]
    assert found
    assert set(found) <= set(invariants.violations()[invariant])


def test_each_check_has_something_planted_for_it() -> None:
    checks = {each for found in invariants.INVARIANTS.values() for each in found}
    forward = {invariants.gave_up, invariants.left_is_called_off, norms.due_rightly, invariants.what_is_coming_is_ahead}
    forward |= {oracle.fired_rightly, oracle.paid_calls_off, items.the_next_level_is_told, items.late_work_stands}
    assert checks | forward == {check for _, check, _ in PLANTS}
    elsewhere = {"I9", "I10", "I15", "I16"}  # pages, clocks, logs and deliveries (watchers.py, harness.py, posts.py)
    assert {*invariants.INVARIANTS, *elsewhere} == {f"I{n}" for n in range(1, 18)}


def test_an_end_that_changes_is_noticed(history: Scene) -> None:
    """I2 over time: what the machine compares after each step."""
    history._steps()  # sees all of it for the first time
    assert history._steps() == []
    with transaction():
        run_id = change(RobotRun, a_run("called_off", "left_stage").id, state="condition_false")
    assert any(f"I2: run {run_id} was" in each for each in history._steps())


def test_what_is_due_and_not_done_is_counted(history: Scene) -> None:
    """I12, as the harness asks."""
    assert invariants.overdue(history.at) == 0
    with transaction():
        change(RobotRun, a_run("fired", "told").id, state="waiting")
    assert invariants.overdue(history.at) == 1


def test_what_was_acknowledged_and_is_not_there_is_lost(history: Scene) -> None:
    """I1 and I3 against what clients were answered."""
    said = session().scalars(select(Message.text).order_by(Message.id)).first()
    deal = session().scalars(select(Deal).order_by(Deal.id)).first()
    invoice = session().scalars(select(Invoice)).one()
    task = session().scalars(select(Task)).one()
    assert said is not None
    assert deal is not None
    told = Ledger()
    told.texts, told.versions = [said], [(deal.id, deal.version, "new")]
    told.stood, told.bills = [(deal.id, "new")], [invoice.number]
    assert lost(told) == []
    told.texts.append("never said")
    told.versions.append((deal.id, deal.version + 1, "won"))
    told.stood.append((deal.id, "won"))
    told.bills.append("no such number")
    told.paid, told.accepted = [invoice.id], [task.id]
    assert len(lost(told)) == 6
    again = Ledger()
    again.versions = [(deal.id, 2, "won"), (deal.id, 2, "lost"), (deal.id, 3, "won"), (deal.id, 3, "won")]
    with transaction() as current:
        current.add(Message(conversation_id=1, direction="in", text=said, at=clock.now()))
    again.texts = [said]
    assert len(twice(again)) == 2


TRUTH = Truth(seq=2, deals={1: (3, "new"), 2: (1, "won")}, heads={10: 1, 20: 1})
CARDS, HEADS = {1: (3, "new"), 2: (1, "won")}, {10: 1, 20: 1, 30: 0}


def test_a_page_that_shows_what_is_there_is_left_alone() -> None:
    assert watchers.unlike("north", CARDS, HEADS, TRUTH) + watchers.unheard("north", Counter((1, 2)), TRUTH) == []


@pytest.mark.parametrize(
    ("cards", "heads", "named"),
    [
        ({**CARDS, 1: (2, "new")}, HEADS, "sees 1 as (2, 'new')"),
        ({**CARDS, 3: (1, "new")}, HEADS, "sees 3 as"),
        ({2: (1, "won")}, HEADS, "lacks cards of new"),
        (CARDS, {**HEADS, 10: 2}, "counts 2 on stage 10"),
        (CARDS, {10: 1}, "sees no column of stage 20"),
    ],
)
def test_a_page_that_shows_something_else_is_named(cards: watchers.Cards, heads: watchers.Heads, named: str) -> None:
    """I9."""
    (found,) = watchers.unlike("north", cards, heads, TRUTH)
    assert named in found


@pytest.mark.parametrize(("heard", "named"), [((1,), "never heard 2"), ((1, 2, 2), "heard 2 2 times")])
def test_word_that_came_twice_or_never_is_named(heard: tuple[int, ...], named: str) -> None:
    (found,) = watchers.unheard("north", Counter(heard), TRUTH)
    assert named in found
