"""The history of a deal by the API says what its page says: money is money and a stage a stage by their event, also
once the field is archived; and what the page keeps for admins is theirs here too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.api.callers import Caller
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_history import entry_of, world
from webapp.api.records import history as records
from webapp.db import session, transaction
from webapp.i18n import history
from webapp.models import (
    Delivery,
    Department,
    Field,
    ImportantItem,
    JournalEntry,
    Notification,
    RobotRun,
    Task,
    TaskReturn,
)
from webapp.queries import deals as query
from webapp.queries.journal_facts import LaterFacts
from webapp.services import tasks
from webapp.snapshots import setups

__all__ = ["world"]  # a fixture
Calling = Callable[[str], Caller]
PRESS, STAGE = 150050, "payment"
MONEY, NAMED = "1500.50", {"deal.created": "stage", "trigger.refused": "to", "robot.refused": "to"}
COLUMNS = {"deal.moved", "deal.restored"}


def test_of_every_event_each_fact_is_what_its_words_are_made_of(inside: Flask, world: dict[str, Any]) -> None:
    """Facts by names that mean money or a stage in one event are put into all of them: in any other they stay."""
    setup, clock = setups.current(), acts.deal_of(world["deal"]).created_at
    more = {"amount": PRESS, "balance": PRESS, "to": company.stage(STAGE).id, "stage": company.stage(STAGE).id}
    for event in history.WORDINGS:
        entry = entry_of(event, world, clock)
        entry.id = 1
        if entry.new is None or isinstance(entry.new, dict):
            kept = {**(entry.new or {}), **more}
            expected = dict(kept)
            if event in ("invoice.issued", "invoice.paid"):
                expected["amount"] = MONEY
            if event in NAMED:
                expected[NAMED[event]] = STAGE
            entry.new = kept
        else:
            expected = acts.key(entry.new) if event in COLUMNS else entry.new
        told = records.entry(entry, setup)
        assert told.new == expected, event
        if event in COLUMNS:
            assert told.old == acts.key(entry.old), event


def lines(who: Caller, deal: int, event: str) -> list[dict[str, Any]]:
    return [each for each in who.items(f"/deals/{deal}/journal") if each["event"] == event]


def test_whom_an_item_is_handed_to_is_a_person_and_a_reminder_is_as_long_as_it_was_set(
    app: Flask, calling: Calling, clock: Clock
) -> None:
    with app.app_context():
        deal = acts.inquiry()
        clock.go_on(minutes=11)
        acts.work()
        item = session().query(ImportantItem).filter_by(deal_id=deal).first()
        assert item is not None
        number, kind = item.id, item.kind
    north, head = calling("north"), calling("head")
    with app.app_context():
        assert head.id in setups.current().all_stages, "or nothing is asked here"
    north.post(f"/important/{number}/handovers", {"to": head.id})
    (told,) = lines(north, deal, "important.handed_on")
    assert told["new"] == {"kind": kind, "to": head.id}
    task = north.post("/tasks", {"title": "Ring", "deal_id": deal, "due_at": "2026-12-24T12:00:00+03:00"})["id"]
    north.post(f"/tasks/{task}/reminders", {"remind": {"amount": 24, "unit": "hours"}})
    (told,) = lines(north, deal, "task.reminder_set")
    assert told["new"] == {"amount": 24, "unit": "hours"}


def test_money_stays_money_once_its_field_is_archived(app: Flask, calling: Calling, clock: Clock) -> None:
    admin, rep1 = calling("admin"), calling("rep1")
    field = admin.post("/fields", {"entity": "deal", "kind": "money", "label": {"en": "Budget"}})
    with app.app_context():
        condition = {"entity": "deal", "field": "budget", "operator": "gt", "value": 300000}
        acts.robot("reaction_control", condition={"all": [condition]})
    deal = rep1.post("/deals", {"title": "A press", "fields": {"budget": MONEY}})["id"]
    rep1.patch(f"/deals/{deal}", {"fields": {"budget": "10.00"}})
    clock.go_on(minutes=11)
    with app.app_context():
        acts.work()
    told, first = lines(rep1, deal, "deal.edited")
    assert (first["old"], first["new"]) == (None, MONEY)
    assert (told["old"], told["new"]) == (MONEY, "10.00")
    (run,) = (each for each in rep1.items(f"/deals/{deal}/runs") if each["conditions"])
    assert [(each["actual"], each["expected"]) for each in run["conditions"]] == [("10.00", "3000.00")]
    with app.app_context(), transaction():
        session().get_one(Field, field["id"]).archived_at = clock.at
        setups.changed()
    assert lines(rep1, deal, "deal.edited") == [told, first]
    assert [each for each in rep1.items(f"/deals/{deal}/runs") if each["conditions"]] == [run]


def test_a_department_stays_one_whatever_field_of_money_has_its_name(
    app: Flask, calling: Calling, clock: Clock
) -> None:
    calling("admin").post("/fields", {"entity": "deal", "kind": "money", "label": {"en": "D"}, "key": "department"})
    with app.app_context():
        deal = acts.deal()
        south = session().query(Department).filter_by(key="sales_south").one().id
        entry = entry_of("deal.taken_along", {"deal": deal, "task": 0, "run": 0, "robot": 0}, clock.at)
        entry.id = 1
        assert entry.new == south
        assert records.entry(entry, setups.current()).new == south


def test_what_broke_is_told_to_admins_alone(app: Flask, calling: Calling, clock: Clock) -> None:
    with app.app_context():
        deal = acts.deal()
        with transaction():
            run = session().query(RobotRun).filter_by(deal_id=deal).order_by(RobotRun.id).first()
            assert run is not None
            run.state, run.ended_at, run.error = "failed", clock.at, "OperationalError('secret of another deal')"
            number = run.id
    for name in ("admin", "north", "rep1"):
        who = calling(name)
        for path in (f"/deals/{deal}/runs", "/runs?state=failed"):
            (told,) = (each["error"] for each in who.items(path) if each["id"] == number)
            assert (told is not None) == (name == "admin"), (name, path)


def test_why_work_was_returned_stands_in_its_line(app: Flask, calling: Calling, clock: Clock) -> None:
    with app.app_context():
        task = acts.vip_task()
        acts.submit(task)
        deal = session().get_one(Task, task).deal_id or 0
    north = calling("north")
    north.post(f"/tasks/{task}/returns", {"reason": "No stamp on page 2"})
    (told,) = lines(north, deal, "task.returned")
    assert told["reason"] == "No stamp on page 2"
    assert {each["reason"] for each in lines(north, deal, "task.submitted")} == {None}


def test_whatever_the_page_tells_with_a_line_stands_in_its_record_too(
    app: Flask, calling: Calling, clock: Clock
) -> None:
    """Of every kind of line: what its words say beyond what it keeps, for it came to be known later."""
    with app.app_context():
        deal = acts.inquiry()
        clock.go_on(minutes=11)
        acts.work()
        with transaction() as current:
            read = current.query(Notification).filter_by(deal_id=deal).order_by(Notification.id).first()
            task = tasks.create_by_hand("Stamp", "", company.person("rep1"), company.acting("north"))
            assert read is not None
            read.read_at = clock.at
            word = Delivery(key="told", channel="email", address="a@firm.example", content="notification", state="sent")
            word.notification_id, word.created_at = read.id, clock.at
            current.add_all(
                [word, TaskReturn(task_id=task.id, by_id=company.person("north"), reason="No", at=clock.at)]
            )
            current.flush()
            there = {"deal": deal, "task": task.id, "run": acts.runs(deal)[0].id, "robot": 1}
            lines = {event: entry_of(event, there, clock.at) for event in history.WORDINGS}
            for event, entry in lines.items():
                entry.entity_id = word.id if event.startswith("delivery.") else entry.entity_id
                entry.entity_id = task.id if event.startswith("task.") else entry.entity_id
                current.add(entry)
            current.flush()
            kept = {event: entry.id for event, entry in lines.items()}
        more = set()
        for event, number in kept.items():
            entry = session().get_one(JournalEntry, number)
            if query.lines([entry], setups.current()) != [history.line(entry, setups.current())]:
                more.add(event)
    assert more == {"task.returned", "delivery.sent", "delivery.delivered"}
    north, later = calling("north"), {each.name for each in fields(LaterFacts)}
    records = {each["id"]: each for each in north.items(f"/deals/{deal}/journal?limit=200")}
    for event, number in kept.items():
        said = any(records[number][name] is not None for name in later)
        assert said == (event in more - {"delivery.sent"}), event  # of one word the last line tells it


@pytest.mark.parametrize("key", ["left_stage", "moved", "taken_back", "refused"])
def test_a_run_that_ended_with_a_stage_names_it_and_what_is_gone_is_compared_with_as_it_was(
    inside: Flask, clock: Clock, key: str
) -> None:
    deal, setup = acts.deal(), setups.current()
    run = acts.runs(deal)[0]
    run.reason = {"code": key, "to": company.stage(STAGE).id}
    told = records.run(run, setup, with_error=False)
    assert told.reason is not None
    assert told.reason.facts["to"] == STAGE
    gone = {"gone": "option", "entity": "deal", "field": "amount", "expected": PRESS}
    run.reason = {"code": "condition_false", "gone": [gone], "to": 1}
    told = records.run(run, setup, with_error=False)
    assert told.reason is not None
    assert told.reason.facts == {"gone": [{**gone, "expected": MONEY}], "to": 1}
    session().rollback()
