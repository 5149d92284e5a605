"""Robots at work: each armed run ends in exactly one outcome, with its reasons, on fresh data."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from jobs.registry import WORK
from rules import calendars
from rules.worktime import WorkCalendar
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.background import outbox
from webapp.db import session, transaction
from webapp.models import Calendar, Contact, Field, Robot, RobotRun, SetupVersion, Trigger, User
from webapp.services import contacts, robots
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
CONTROL = "reaction_control"
VIP = {"all": [{"entity": "contact", "field": "vip", "operator": "eq", "value": True}]}


def new_robot(stage: str = "new", **columns: Any) -> int:
    """One more robot of the firm: tells the responsible at once."""
    with transaction() as current:
        row = Robot(
            **{
                "stage_id": company.stage(stage).id,
                "kind": "notify",
                "name": {"en": "Mine"},
                "starts": ["entered"],
                "timing": {"at_once": True},
                "settings": {"to": "responsible", "text": {"en": "Look"}},
                "position": 9,
                **columns,
            }
        )
        current.add(row)
        setups.changed()
        return row.id


def runs_of(robot_id: int) -> list[RobotRun]:
    found = select(RobotRun).where(RobotRun.robot_id == robot_id).order_by(RobotRun.id)
    return list(session().scalars(found.execution_options(populate_existing=True)))


def only_run_of(robot_id: int) -> RobotRun:
    (found,) = runs_of(robot_id)
    return found


def dismiss(*names: str) -> None:
    with transaction() as current:
        for each in names:
            current.get_one(User, company.person(each)).is_active = False
        setups.changed()


def test_leaving_the_stage_calls_off_what_waits_and_says_by_whom(clock: Clock) -> None:
    deal_id = acts.deal()
    clock.go_on(minutes=2)
    acts.move(deal_id, "data_collection", by="north")
    run = acts.run_of(deal_id, CONTROL)
    assert (run.state, run.ended_at) == ("called_off", time_source.now())
    assert (run.reason["code"], run.reason["to"], run.reason["by_id"]) == (
        "left_stage",
        company.stage("data_collection").id,
        company.person("north"),
    )
    clock.go_on(minutes=30)
    acts.work()
    assert acts.told("north") == []


def test_coming_back_starts_anew(clock: Clock) -> None:
    deal_id = acts.deal()
    clock.go_on(minutes=9)
    for stage in ("data_collection", "new"):
        acts.move(deal_id, stage)
    first, second = acts.runs(deal_id, CONTROL)
    assert first.key != second.key
    assert second.due_at == time_source.now() + timedelta(minutes=10)
    clock.go_on(minutes=9)
    acts.work()
    assert acts.told("north") == []
    clock.go_on(minutes=1)
    acts.work()
    assert len(acts.told("north", "robot.control")) == 1


def test_once_per_deal_means_once_and_the_journal_says_so(clock: Clock) -> None:
    acts.robot(CONTROL, once_per_deal=True)
    deal_id = acts.deal()
    for stage in ("data_collection", "new"):
        acts.move(deal_id, stage)
    assert len(acts.runs(deal_id, CONTROL)) == 1
    (entry,) = acts.journal(deal_id, "robot.skipped")
    assert entry.entity_id == company.robot(CONTROL).id


@pytest.mark.parametrize("once", [False, True])
def test_a_condition_that_becomes_true_later_counts_where_the_robot_says_so(clock: Clock, once: bool) -> None:
    acts.robot("vip_notification", starts=["entered"], also_later=True, once_per_deal=once)
    contact_id = acts.contact()
    deal_id = acts.deal(of=contact_id)
    acts.work()
    assert [each.state for each in acts.runs(deal_id, "vip_notification")] == ["condition_false"]
    acts.edit(deal_id, title="Nothing to do with it")
    clock.go_on(hours=1)
    acts.mark(contact_id, vip=True)
    acts.work()
    acts.mark(contact_id, vip=False)
    acts.mark(contact_id, vip=True)
    acts.work()
    assert [each.state for each in acts.runs(deal_id, "vip_notification")] == ["condition_false", "fired"]
    assert len(acts.told("north", "robot.notify")) == 1
    assert acts.journal(deal_id, "robot.skipped") == []


def test_without_that_option_a_later_truth_does_not_count(clock: Clock) -> None:
    acts.robot("vip_notification", starts=["entered"])
    contact_id = acts.contact()
    deal_id = acts.deal(of=contact_id)
    acts.work()
    acts.mark(contact_id, vip=True)
    acts.work()
    assert [each.state for each in acts.runs(deal_id, "vip_notification")] == ["condition_false"]


def test_an_answer_or_a_payment_can_be_the_later_truth(clock: Clock) -> None:
    replied = {"all": [{"entity": "conversation", "field": "replied", "operator": "eq", "value": True}]}
    settled = {
        "all": [
            {"entity": "invoices", "field": "unpaid", "operator": "eq", "value": False},
            {"entity": "invoices", "field": "count", "operator": "gt", "value": 0},
        ]
    }
    acts.contact()
    with transaction():
        for each in session().scalars(select(Trigger)).all():
            each.is_on = False
        setups.changed()
    on_reply, on_payment = new_robot(condition=replied, also_later=True), new_robot(condition=settled, also_later=True)
    deal_id = acts.inquiry()
    acts.work()
    acts.reply(deal_id)
    acts.invoice(deal_id)
    acts.pay(deal_id, 1)
    acts.work()
    assert [each.state for each in runs_of(on_reply)] == ["condition_false", "fired"]
    assert [each.state for each in runs_of(on_payment)] == ["condition_false"]
    acts.pay(deal_id)
    acts.work()
    assert [each.state for each in runs_of(on_payment)] == ["condition_false", "fired"]


def dated() -> int:
    """A robot that tells a day before the day of shipment, a field of the firm's own."""
    with transaction() as current:
        current.add(Field(entity="deal", key="ship_on", kind="date", label={"en": "Ship on"}))
        setups.changed()
    timing = {"before_field": {"entity": "deal", "field": "ship_on", "amount": 1, "unit": "days"}}
    return new_robot(timing=timing)


def test_a_timer_counted_from_a_date_waits_for_it_and_follows_it(clock: Clock) -> None:
    robot_id = dated()
    deal_id = acts.deal()
    assert (only_run_of(robot_id).due_at, only_run_of(robot_id).visible_at) == (None, None)
    clock.go_on(days=1)
    acts.work()
    for day, due in (
        ("2026-12-01", datetime(2026, 11, 29, 21, 0, tzinfo=UTC)),  # midnight in Moscow
        ("2026-12-03", datetime(2026, 12, 1, 21, 0, tzinfo=UTC)),
        ("", None),
        ("2026-12-02", datetime(2026, 11, 30, 21, 0, tzinfo=UTC)),
    ):
        acts.edit(deal_id, fields={"ship_on": day})
        run = only_run_of(robot_id)
        assert (run.state, run.due_at, run.visible_at) == ("waiting", due, due)
    moved = acts.journal(deal_id, "run.recomputed")
    assert (moved[0].old, moved[-1].new) == (None, "2026-11-30T21:00:00+00:00")
    assert len(moved) == 4
    clock.at = datetime(2026, 11, 30, 20, 59, 59, tzinfo=UTC)
    acts.work()
    assert only_run_of(robot_id).state == "waiting"
    clock.go_on(seconds=1)
    acts.work()
    assert only_run_of(robot_id).state == "fired"


def test_a_date_that_is_past_already_fires_at_once_and_is_marked_late(clock: Clock) -> None:
    robot_id = dated()
    deal_id = acts.deal()
    acts.edit(deal_id, fields={"ship_on": "2026-11-20"})
    acts.work()
    assert (only_run_of(robot_id).state, only_run_of(robot_id).is_late) == ("fired", True)
    acts.deal(fields={"ship_on": "2026-11-20"})
    acts.work()
    assert [(each.state, each.is_late) for each in runs_of(robot_id)][1:] == [("fired", True)]


def test_a_date_put_off_while_a_worker_holds_the_run_is_kept(clock: Clock) -> None:
    robot_id = dated()
    deal_id = acts.deal(fields={"ship_on": "2026-11-25"})
    run_id = only_run_of(robot_id).id
    mine = outbox.claim("run", run_id)
    assert mine is not None
    acts.edit(deal_id, fields={"ship_on": "2026-12-25"})
    with transaction():
        WORK["run"].do(mine)
    acts.work()
    run = only_run_of(robot_id)
    assert (run.state, run.visible_at) == ("waiting", datetime(2026, 12, 23, 21, 0, tzinfo=UTC))
    clock.at = datetime(2026, 12, 23, 21, 0, tzinfo=UTC)
    acts.work()
    assert only_run_of(robot_id).state == "fired"


def test_a_payment_moves_a_timer_counted_from_the_nearest_due_date(clock: Clock) -> None:
    field = {"entity": "invoices", "field": "nearest_due_on", "amount": 0, "unit": "days"}
    robot_id = new_robot(timing={"after_field": field})
    deal_id = acts.deal()
    first = acts.invoice(deal_id, "1", due_on=date(2026, 12, 1))
    acts.invoice(deal_id, "2", due_on=date(2026, 12, 10))
    assert only_run_of(robot_id).due_at == datetime(2026, 11, 30, 21, 0, tzinfo=UTC)
    acts.pay(deal_id, invoice_id=first)
    assert only_run_of(robot_id).due_at == datetime(2026, 12, 9, 21, 0, tzinfo=UTC)


def test_conditions_are_read_again_at_the_moment_of_firing(clock: Clock) -> None:
    contact_id = acts.contact(vip=True)
    robot_id = new_robot(timing={"after": {"amount": 5, "unit": "minutes"}}, condition=VIP)
    acts.deal(of=contact_id)
    acts.mark(contact_id, vip=False)
    clock.go_on(minutes=5)
    acts.work()
    run = only_run_of(robot_id)
    assert (run.state, run.reason) == ("condition_false", {"code": "condition_false"})
    assert [(each["field"], each["actual"], each["holds"]) for each in run.findings] == [("vip", False, False)]
    assert acts.told("rep1") == []


def test_what_a_run_was_armed_with_is_frozen_and_the_rest_is_fresh(clock: Clock) -> None:
    deal_id = acts.deal(title="Old title")
    with transaction():
        changes = {"settings": {"text": {"en": "Another text"}}, "timing": {"after": {"amount": 9, "unit": "days"}}}
        robots.change_robot(robots.robot(company.robot(CONTROL).id), changes, company.acting("admin"))
    acts.edit(deal_id, by="head", title="New title", responsible_id=company.person("rep3"))
    clock.go_on(minutes=10)
    acts.work()
    (told,) = acts.told("south-deputy", "robot.control")
    assert told.text is not None
    assert told.text["en"].startswith("{deal.responsible} has not answered")
    assert (told.facts["deal.title"], told.facts["deal.responsible"]) == ("New title", "Oleg Voronin")
    assert acts.told("north") == []


def test_switching_a_robot_off_calls_its_waiting_runs_off(clock: Clock) -> None:
    deal_id = acts.deal()
    with transaction():
        robots.change_robot(robots.robot(company.robot(CONTROL).id), {"is_on": False}, company.acting("admin"))
    run = acts.run_of(deal_id, CONTROL)
    assert (run.state, run.reason["code"], run.reason["by_id"]) == (
        "called_off",
        "switched_off",
        company.person("admin"),
    )
    other = acts.deal()
    assert acts.runs(other, CONTROL) == []


def test_a_run_armed_in_the_moment_of_switching_off_does_not_fire(clock: Clock) -> None:
    deal_id = acts.deal()
    acts.robot(CONTROL, is_on=False)  # without a look at what waits: as if the run had been armed beside it
    clock.go_on(minutes=10)
    acts.work()
    run = acts.run_of(deal_id, CONTROL)
    assert (run.state, run.reason["code"]) == ("called_off", "switched_off")
    assert acts.told("north") == []


def test_rearming_counts_from_the_instant_the_run_began_at(clock: Clock) -> None:
    deal_id = acts.deal()
    began = time_source.now()
    clock.go_on(minutes=4)
    with transaction():
        changes = {"timing": {"after": {"amount": 5, "unit": "minutes"}}}
        row = robots.robot(company.robot(CONTROL).id)
        robots.change_robot(row, changes, company.acting("admin"), waiting="rearm")
    old, new = acts.runs(deal_id, CONTROL)
    assert (old.state, old.reason["code"]) == ("called_off", "rearmed")
    assert (new.state, new.due_at, new.base_at) == ("waiting", began + timedelta(minutes=5), began)


def test_where_nothing_waits_rearming_is_no_version_of_its_own(clock: Clock) -> None:
    versions = select(func.count()).select_from(SetupVersion)
    slower = {"timing": {"after": {"amount": 5, "unit": "minutes"}}}
    named = {"name": {"en": "Mine"}}
    for changes, made in ((slower, 2), (named, 3), ({}, 3), (named, 3)):  # the first is beside the beginning
        with transaction():
            row = robots.robot(company.robot(CONTROL).id)
            robots.change_robot(row, changes, company.acting("admin"), waiting="rearm")
        assert session().scalar(versions) == made, changes
    deal_id = acts.deal()
    with transaction():
        robots.change_robot(robots.robot(company.robot(CONTROL).id), {}, company.acting("admin"), waiting="rearm")
    assert session().scalar(versions) == 4, "what is done to deals stands among the versions"
    assert [each.state for each in acts.runs(deal_id, CONTROL)] == ["called_off", "waiting"]


def test_a_control_reaches_the_deputy_then_the_department_above(clock: Clock) -> None:
    for rep, expected in (("rep3", "south-deputy"), ("rep1", "north"), ("north", "head"), ("head", "admin")):
        acts.deal(rep=rep, title=rep)
        clock.go_on(minutes=10)
        acts.work()
        assert [each.facts["deal.title"] for each in acts.told(expected, "robot.control")] == [rep]


def test_an_absent_head_is_passed_over_and_the_path_says_so(clock: Clock) -> None:
    acts.away("north", date(2026, 11, 24))
    deal_id = acts.deal()
    clock.go_on(minutes=10)
    acts.work()
    assert len(acts.told("head", "robot.control")) == 1
    path = [(each["person_id"], each["verdict"]) for each in acts.run_of(deal_id, CONTROL).path]
    assert path == [(company.person("north"), "absent"), (company.person("head"), "chosen")]


def test_no_recipient_only_when_nobody_else_works_here(clock: Clock) -> None:
    dismiss("admin", "head", "north", "south-deputy", "rep3")
    deal_id = acts.deal()
    clock.go_on(minutes=10)
    acts.work()
    assert acts.run_of(deal_id, CONTROL).state == "fired"
    assert len(acts.told("rep2", "robot.control")) == 1
    dismiss("rep2")
    alone = acts.deal()
    clock.go_on(minutes=10)
    acts.work()
    run = acts.run_of(alone, CONTROL)
    assert (run.state, run.path[-1]["post"]) == ("fired", "alone")  # whoever works alone is reminded of their own
    last = acts.deal()
    dismiss("rep1")
    clock.go_on(minutes=10)
    acts.work()
    run = acts.run_of(last, CONTROL)
    assert (run.state, run.reason) == ("no_recipient", {"code": "no_recipient"})
    assert {each["verdict"] for each in run.path} == {"inactive"}


def test_a_fixed_employee_is_told_instead_of_the_head_but_never_about_themselves(clock: Clock) -> None:
    settings = {**company.robot(CONTROL).settings, "to": {"user": company.person("rep2")}}
    acts.robot(CONTROL, settings=settings)
    acts.deal(title="of rep1")
    acts.deal(rep="rep2", title="of rep2")
    clock.go_on(minutes=10)
    acts.work()
    assert [each.facts["deal.title"] for each in acts.told("rep2", "robot.control")] == ["of rep1"]
    assert [each.facts["deal.title"] for each in acts.told("north", "robot.control")] == ["of rep2"]
    dismiss("rep2")
    acts.deal(title="after")
    clock.go_on(minutes=10)
    acts.work()
    assert [each.facts["deal.title"] for each in acts.told("north", "robot.control")] == ["of rep2", "after"]


def test_a_notification_goes_to_all_its_addressees_once_and_has_its_sender(clock: Clock) -> None:
    head = company.person("head")
    to = ["responsible", "head", {"user": head}, {"user": company.person("north")}]
    new_robot(settings={"to": to, "sender": {"user": head}, "text": {"en": "Look"}, "urgency": "urgent"})
    acts.deal()
    acts.work()
    for name in ("rep1", "north", "head"):
        (told,) = acts.told(name, "robot.notify")
        assert (told.sender_id, told.urgency, told.text) == (head, "urgent", {"en": "Look"})
    assert acts.told("rep2") == []


def test_in_working_hours_only_a_sunday_waits_for_monday(clock: Clock) -> None:
    clock.at = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    robot_id = new_robot(fires_when="working_hours")
    acts.deal()
    acts.work()
    assert only_run_of(robot_id).due_at == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert only_run_of(robot_id).state == "waiting"


@pytest.mark.parametrize(("to", "due"), [("head", (12, 0)), ("responsible", (6, 0))])
def test_working_hours_only_are_those_of_whoever_is_told(clock: Clock, to: str, due: tuple[int, int]) -> None:
    clock.at = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    afternoons = WorkCalendar("Europe/Moscow", (((time(15), time(18)),),) * 5 + ((), ()))
    with transaction() as current:
        current.add(Calendar(name="", definition=calendars.dump(afternoons), user_id=company.person("north")))
        setups.changed()
    text = {"en": "Look"}
    robot_id = new_robot(fires_when="working_hours", settings={"to": to, "text": text})
    acts.deal()
    assert only_run_of(robot_id).due_at == datetime(2026, 11, 23, *due, tzinfo=UTC)


def test_what_fires_a_minute_after_its_time_is_marked_late(clock: Clock) -> None:
    early = acts.deal(title="early")
    clock.go_on(minutes=10, seconds=59)
    acts.work()
    late = acts.deal(title="late")
    clock.go_on(minutes=11, milliseconds=400)
    acts.work()
    assert [acts.run_of(each, CONTROL).is_late for each in (early, late)] == [False, True]
    assert [each.facts.get("run.late_by") for each in acts.told("north", "robot.control")] == [None, 60]


def test_a_client_who_writes_on_a_later_stage_starts_the_robots_that_listen(clock: Clock) -> None:
    contact_id = acts.contact(vip=True)
    deal_id = acts.inquiry()
    acts.reply(deal_id)
    acts.move(deal_id, "processing", raw={"deal": {"equipment_type": "large"}})
    acts.work()
    before = len(acts.told("north", "robot.notify"))
    acts.inquiry("Where is my press?")
    acts.work()
    assert len(acts.told("north", "robot.notify")) == before + 1
    assert acts.runs(deal_id, "vip_notification")[-1].visit_id == acts.deal_of(deal_id).visit_id
    assert acts.deal_of(deal_id).contact_id == contact_id


def test_a_contacts_change_reaches_the_timers_of_all_its_deals(clock: Clock) -> None:
    acts.robot("vip_notification", starts=["entered"], also_later=True)
    contact_id = acts.contact()
    deals = [acts.deal(of=contact_id, title=str(n)) for n in range(2)]
    acts.work()
    with transaction():
        held = session().get_one(Contact, contact_id)
        contacts.edit(held, {"phone": "+79005550009"}, company.acting("rep1"), own={"vip": True})
    acts.work()
    assert [acts.runs(each, "vip_notification")[-1].state for each in deals] == ["fired", "fired"]
