"""The history of a deal in words: each line names its thing, and as many lines come as are asked for."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from rules.uploads import Upload
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_merging import SECOND, known, merge
from webapp.access.viewer import scope_of
from webapp.db import session, transaction
from webapp.i18n import history
from webapp.i18n.history_lines import Line
from webapp.models import Company, Contact, JournalEntry, RobotRun, Task
from webapp.queries import deals as query
from webapp.services import next_steps, task_comments, task_files, tasks
from webapp.services.next_steps import StepDraft
from webapp.snapshots import setups
from webapp.web.templating import Reader, reading_as

pytestmark = pytest.mark.usefixtures("inside")

WHOLE = 10_000
PHONE = {"user_id": "rep1"}
# What each line is about. Nothing: the deal itself, whose history it is.
NAMES: dict[str, tuple[str, ...]] = {
    "deal.created": (),
    "deal.deleted": (),
    "deal.moved": ("New", "Payment"),
    "deal.restored": ("New", "Payment"),
    "deal.edited": ("A press", "Two presses"),
    "contact.edited": ("Vera", "Vera Belova"),
    "company.edited": ("Ost", "West"),
    "contact.merged": ("Vera B.",),
    "deal.taken_along": ("Sales South",),
    "message.received": ("How much",),
    "message.sent": ("How much",),
    "message.claimed": ("How much",),
    "robot.wrote": ("How much",),
    "note.written": ("Maria Sokolova",),
    "trigger.called": ("Paid elsewhere", "order 7"),
    "trigger.refused": ("Paid elsewhere", "Equipment type"),
    "robot.refused": ("Paid elsewhere", "Equipment type"),
    "invoice.issued": ("1031", "1,000"),
    "invoice.paid": ("1031", "1,000"),
    "task.created": ("Get the stamp",),
    "task.started": ("Get the stamp",),
    "task.submitted": ("Get the stamp",),
    "task.accepted": ("Get the stamp",),
    "task.returned": ("Get the stamp",),
    "task.unaccepted": ("Get the stamp",),
    "task.cancelled": ("Get the stamp",),
    "task.commented": ("Get the stamp",),
    "task.handed_over": ("Get the stamp", "Maria Sokolova"),
    "task.acceptance_handed_over": ("Get the stamp", "Maria Sokolova"),
    "task.acceptor_asked": ("Get the stamp", "Maria Sokolova"),
    "task.reminder_set": ("Get the stamp", "2"),
    "task.file_attached": ("Get the stamp", "terms.txt"),
    "task.file_taken_off": ("Get the stamp", "terms.txt"),
    "next_step.agreed": ("Send it", "1 Dec", "Maria Sokolova"),
    "next_step.changed": ("Ring them", "1 Dec", "Ivan Petrov", "Send it", "2 Dec", "Maria Sokolova"),
    "next_step.done": ("Send it", "2 Dec", "Maria Sokolova"),
    "next_step.cancelled": ("Send it", "2 Dec", "Maria Sokolova"),
    "next_step.taken_back": ("Ring them", "1 Dec", "Ivan Petrov", "Send it", "2 Dec", "Maria Sokolova"),
    "robot.skipped": ("ROBOT",),
    "robot.held_back": ("ROBOT",),
    "robot.norm_changed": ("ROBOT", "Sale"),
    "run.recomputed": ("ROBOT", "1 Dec", "2 Dec"),
    "run.tried_again": ("ROBOT",),
    "chain.cut": ("ROBOT",),
    "call.passed_over": ("Maria Sokolova",),
    "call.rang": ("Maria Sokolova",),
    "call.ended": ("Maria Sokolova",),
    "call.settled": ("912 555",),
    **{f"delivery.{each}": ("Maria Sokolova",) for each in ("sent", "delivered", "failed", "cancelled")},
    **{f"important.{each}": ("Late reply",) for each in ("taken", "snoozed", "came_back", "explained", "settled")},
    **{
        f"important.{each}": ("Late reply", "Maria Sokolova")
        for each in ("opened", "handed_on", "passed_on", "asked", "climbed")
    },
}


@pytest.fixture
def world(clock: Clock) -> dict[str, Any]:
    """What there is to be named."""
    deal_id = acts.inquiry()
    with transaction() as current:
        by = company.acting("north")
        task = tasks.create_by_hand("Get the stamp", "", company.person("rep1"), by, deal=acts.locked(deal_id))
        companies = [Company(name=each) for each in ("Ost", "West")]
        current.add_all([*companies])
        current.flush()
        run = current.query(RobotRun).filter_by(deal_id=deal_id).order_by(RobotRun.id).first()
        assert run is not None
        return {
            "deal": deal_id,
            "task": task.id,
            "run": run.id,
            "robot": run.robot_id,
            "name": run.definition["name"]["en"],
            "companies": [each.id for each in companies],
        }


def entry_of(event: str, world: dict[str, Any], at: Any) -> JournalEntry:
    """A line as services write such ones."""
    maria, ivan = company.person("rep2"), company.person("rep1")
    new, payment = company.stage("new").id, company.stage("payment").id
    step = {"title": "Ring them", "due_at": "2026-12-01T07:00:00+00:00", "assignee_id": ivan, "state": "new"}
    then = {"title": "Send it", "due_at": "2026-12-02T07:00:00+00:00", "assignee_id": maria, "state": "new"}
    season = {"usual": {"amount": 10, "unit": "minutes"}, "factor": 300, "name": "Sale"}
    entity = event.partition(".")[0].replace("next_step", "task")
    kept: dict[str, tuple[str | None, Any, Any]] = {
        "deal.moved": ("stage", new, payment),
        "deal.restored": ("stage", payment, new),
        "deal.edited": ("title", "A press", "Two presses"),
        "contact.edited": ("name", "Vera", "Vera Belova"),
        "company.edited": ("name", "Ost", "West"),
        "contact.merged": (None, None, {"name": "Vera B."}),
        "deal.taken_along": ("department", None, _department("Sales South")),
        "message.claimed": (None, None, {"how": "phone", "text": "How much"}),
        **{
            f"{each}": (None, None, {"text": "How much"})
            for each in ("message.received", "message.sent", "robot.wrote")
        },
        "note.written": (None, None, {"told": [maria], "untold": []}),
        "trigger.called": (None, None, {"name": {"en": "Paid elsewhere"}, "text": "order 7"}),
        "trigger.refused": (None, None, {"missing": [{"en": "Equipment type"}]}),
        "robot.refused": (None, None, {"missing": [{"en": "Equipment type"}]}),
        "invoice.issued": (None, None, {"number": "1031", "amount": 100_000}),
        "invoice.paid": (None, None, {"number": "1031", "amount": 100_000}),
        "task.handed_over": ("assignee", ivan, maria),
        "task.acceptance_handed_over": ("acceptor", ivan, maria),
        "task.acceptor_asked": (None, None, {"people": [maria]}),
        "task.reminder_set": (None, None, {"amount": 2, "unit": "hours"}),
        "task.file_attached": (None, None, {"name": "terms.txt"}),
        "task.file_taken_off": (None, {"name": "terms.txt"}, None),
        "next_step.agreed": (None, None, {**then, "due_at": step["due_at"]}),
        "next_step.changed": (None, step, then),
        "next_step.done": (None, then, {**then, "state": "done"}),
        "next_step.cancelled": (None, then, {**then, "state": "cancelled"}),
        "next_step.taken_back": (None, then, step),
        "robot.norm_changed": (None, None, season),
        "run.recomputed": ("due_at", step["due_at"], then["due_at"]),
        "chain.cut": (None, None, {"robot_id": world["robot"]}),
        "call.passed_over": (None, None, {"user_id": maria, "why": "absent"}),
        "call.rang": (None, None, {"user_id": maria, "outcome": "answered", "seconds": 3}),
        "call.ended": (None, None, {"user_id": maria, "seconds": 30}),
        "call.settled": (None, None, {"as": "handled", "caller": "+79125550177"}),
    }
    fact = kept.get(event)
    if fact is None and event.startswith("delivery."):
        fact = (None, None, {"user_id": maria, "channel": "email"})
    if fact is None and event.startswith("important."):
        fact = (None, None, {"kind": "late_reply", "people": [maria]})
    field, old, now = fact or (None, None, None)
    ids = {"task": world["task"], "run": world["run"], "robot": world["robot"]}
    hand = {"via": "trigger", "name": {"en": "Paid elsewhere"}} if event.endswith(".refused") else {"via": "page"}
    by_id = None if event.endswith(".refused") else company.person("north")
    return JournalEntry(
        at=at,
        event=event,
        entity=entity,
        entity_id=ids.get(entity, world["deal"]),
        deal_id=world["deal"],
        field=field,
        old=old,
        new=now,
        by_id=by_id,
        cause=hand,
    )


def _department(name: str) -> int:
    return next(key for key, each in setups.current().department_names.items() if each["en"] == name)


def test_every_line_that_there_can_be_names_its_thing(inside: Flask, clock: Clock, world: dict[str, Any]) -> None:
    assert NAMES.keys() == history.WORDINGS.keys()
    for language in ("en", "ru"):
        with reading_as(inside, Reader(language, "Europe/Moscow")):
            for event, names in NAMES.items():
                said = whole(history.line(entry_of(event, world, clock.at), setups.current()))
                for each in names:
                    assert _in(language, each.replace("ROBOT", world["name"])) in plainly(said), (event, said)


def _in(language: str, name: str) -> str:
    """What stands otherwise in Russian: dates, and what the firm calls things."""
    if language == "en":
        return name
    known = {each.name["en"]: each.name["ru"] for each in setups.current().stages.values()}
    known |= {each["en"]: each["ru"] for each in setups.current().department_names.values()}
    known |= {each.name["en"]: each.name["ru"] for each in setups.current().value.robots}
    known |= {"1 Dec": "1 дек", "2 Dec": "2 дек", "1,000": "1 000", "Late reply": "Клиент ждёт"}
    return known.get(name, name)


def whole(line: Line) -> str:
    return f"{line.lead} {line.text} {line.quote}"


def plainly(words: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", words)


def told(deal_id: int, lines: int = WHOLE) -> list[str]:
    """The lines of a deal's history, as an admin is told them; of the journal, not of robots."""
    setup = setups.current()
    sheet = query.sheet(acts.deal_of(deal_id), scope_of(setup, setup.people[company.person("admin")]), lines)
    return [plainly(whole(each)).strip() for each in sheet.story if isinstance(each, Line)]


def test_of_two_tasks_each_line_says_which_and_a_return_says_why(inside: Flask, clock: Clock) -> None:
    deal_id, made = acts.deal(), {}
    for title in ("Get the stamp", "Get the price"):
        with transaction():
            by, me = company.acting("north"), company.person("rep1")
            made[title] = tasks.create_by_hand(title, "", me, by, deal=acts.locked(deal_id), accept=True).id
        acts.submit(made[title])
    acts.on_task(made["Get the stamp"], tasks.send_back, "north", "No stamp on page 2")
    clock.go_on(minutes=1)
    acts.submit(made["Get the stamp"])
    acts.on_task(made["Get the stamp"], tasks.send_back, "north", "Page 3 lacks it too")
    acts.on_task(made["Get the price"], tasks.accept, "north")
    for title, task_id in made.items():
        with transaction():
            task = session().get_one(Task, task_id)
            task_comments.write(task, "Well?", company.acting("north"))
            if title == "Get the stamp":
                task_files.attach(task, [Upload("stamp.txt", b"Here.")], company.acting("rep1"))
    acts.on_task(made["Get the stamp"], tasks.cancel, "north")
    with reading_as(inside, Reader("en", "Europe/Moscow")):
        said = told(deal_id)
    for line in (
        "Ivan Petrov submitted the work on “Get the stamp”",
        "Ivan Petrov submitted the work on “Get the price”",
        "Anna Krylova returned the work on “Get the stamp” for rework No stamp on page 2",
        "Anna Krylova returned the work on “Get the stamp” for rework Page 3 lacks it too",
        "Anna Krylova accepted the work on “Get the price”",
        "Anna Krylova commented on the task “Get the price”",
        "Ivan Petrov attached “stamp.txt” to the task “Get the stamp”",
        "Anna Krylova cancelled the task “Get the stamp”",
    ):
        assert line in said, said
    with reading_as(inside, Reader("ru", "Europe/Moscow")):
        said = told(deal_id)
    returned = "возвращает на доработку задачу «Get the stamp» No stamp on page 2"
    assert any(each.endswith(returned) for each in said), said


def test_what_a_robots_text_is_filled_with_stands_in_the_history_too(inside: Flask, clock: Clock) -> None:
    deal_id = acts.deal(title="A press")
    with transaction():
        draft = tasks.TaskDraft(
            {"en": "Look after {deal.title}"},
            {},
            company.person("rep1"),
            None,
            facts={"deal.title": "A press"},
            deal_id=deal_id,
        )
        tasks.create(draft, company.acting("north"))
    with reading_as(inside, Reader("en", "Europe/Moscow")):
        assert "Anna Krylova created the task “Look after A press”" in told(deal_id)


def test_a_step_that_is_changed_says_what_was_and_what_is_and_who_is_to_do_it(inside: Flask, clock: Clock) -> None:
    deal_id = acts.deal()
    by, due = company.acting("rep1"), clock.at + timedelta(days=1)

    def agree(title: str, name: str, days: int = 0) -> None:
        with transaction():
            draft = StepDraft(title, due + timedelta(days=days), company.person(name))
            next_steps.agree(acts.locked(deal_id), draft, by)

    agree("Call", "rep1")
    agree("Call", "rep2")
    with transaction():
        next_steps.take_back(acts.locked(deal_id), by)
    agree("Call them", "rep1", 1)
    with transaction():
        next_steps.finish(acts.locked(deal_id), by)
    agree("Write", "rep1")
    with transaction():
        next_steps.take_back(acts.locked(deal_id), by)
    agree("Visit", "rep2")
    with reading_as(inside, Reader("en", "Europe/Moscow")):
        said = [each.removeprefix("Ivan Petrov ") for each in told(deal_id) if " step" in each][::-1]
    at = r"25 Nov, \d\d:\d\d"
    wanted = [
        rf"set the next step Call, {at}",
        rf"changed the next step to “Call, {at}, Maria Sokolova” before: Call, {at}, Ivan Petrov",
        rf"undid a change of the next step: it is “Call, {at}, Ivan Petrov” again before: Call, {at}, Maria Sokolova",
        rf"changed the next step to “Call them, .*, Ivan Petrov” before: Call, {at}, Ivan Petrov",
        "completed the next step Call them, .*",
        rf"undid setting the next step “Write, {at}, Ivan Petrov”",
        rf"set the next step Visit, {at}, Maria Sokolova",
    ]
    said = [each.replace("tomorrow, ", "25 Nov, ") for each in said if "set the next step Write" not in each]
    assert [bool(re.fullmatch(*each)) for each in zip(wanted, said, strict=True)] == [True] * len(wanted), said


@pytest.mark.both_databases
def test_as_many_lines_come_as_are_asked_for_also_where_contacts_became_one(inside: Flask, clock: Clock) -> None:
    into, others = known("Vera Belova", acts.PHONE), [known(f"V. {n}", f"{SECOND[:-1]}{n}") for n in range(3, 6)]
    deal_id = acts.deal(of=others[0], waits=False)
    for amount in range(1, 66):
        acts.edit(deal_id, amount_minor=amount * 100)
    merge(others[0], others[1])
    merge(others[1], others[2])
    merge(others[2], into)
    with reading_as(inside, Reader("en", "Europe/Moscow")):
        setup = setups.current()
        scope = scope_of(setup, setup.people[company.person("admin")])
        deal, many = acts.deal_of(deal_id), len(told(deal_id))
        assert many > 65
        for lines in (60, many - 1):
            part = query.sheet(deal, scope, lines)
            assert (len(part.story), part.is_more) == (lines, True), "there is more, and it is offered"
        last = query.sheet(deal, scope, many)
        assert (len(last.story), last.is_more) == (many, False)
        assert sum("made one contact" in each for each in told(deal_id, 60)) == 3
        assert not any("V. 4 to V. 5" in each for each in told(deal_id)), "that the two became one is said already"


def test_a_company_that_is_chosen_is_named(inside: Flask, clock: Clock) -> None:
    contact_id = acts.contact()
    deal_id = acts.deal(of=contact_id)
    with transaction():
        rows = [Company(name="Ost"), Company(name="West")]
        session().add_all(rows)
        session().flush()
        ids = [each.id for each in rows]
    entry = JournalEntry(
        at=clock.at, event="contact.edited", entity="contact", entity_id=contact_id, deal_id=deal_id, cause={},
        field="company", old=ids[0], new=ids[1], by_id=company.person("rep1"),
    )  # fmt: skip
    with reading_as(inside, Reader("en", "Europe/Moscow")):
        assert history.line(entry, setups.current()).text == "changed Company from Ost to West"
    assert session().get(Contact, contact_id) is not None
