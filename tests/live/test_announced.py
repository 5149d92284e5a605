"""Whoever looks is told: what a verb has written, in any table that pages show, is what it says after the commit.

What must be said is worked out from the rows that differ, table by table, and never from what the services say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from rules.uploads import Upload
from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from webapp.changes import announcements
from webapp.db import Changes, db, session, transaction
from webapp.models import Deal, ImportantItem
from webapp.services import (
    absences,
    deals,
    departments,
    drafts,
    important,
    next_steps,
    notes,
    places,
    setup_plans,
    task_comments,
    task_files,
    tasks,
    undo,
)
from webapp.snapshots import setups

Row = dict[str, Any]
Said = tuple[str, int]
NEW = "sales/new"
ADMIN = "admin"
DAYS = (TUESDAY.date(), TUESDAY.date() + timedelta(days=3))
SHOWN: dict[str, Callable[[Row], list[Said]]] = {
    "deal": lambda row: [("deals", row["id"])],
    "note": lambda row: [("deals", row["deal_id"])],
    "message": lambda row: [],  # its conversation says of which deal
    "conversation": lambda row: [("deals", row["deal_id"])],
    "invoice": lambda row: [("deals", row["deal_id"])],
    "robot_run": lambda row: [("deals", row["deal_id"])],
    "delivery": lambda row: [("deals", row["deal_id"])] if row["deal_id"] else [],
    "journal": lambda row: [("deals", row["deal_id"])] if row["deal_id"] else [],
    "task": lambda row: [("tasks", row["id"])],
    "task_comment": lambda row: [("tasks", row["task_id"])],
    "task_file": lambda row: [("tasks", row["task_id"])],
    "important_item": lambda row: [("important", row["id"])],
    "important_place": lambda row: [("important", row["item_id"])],
    "notification": lambda row: [("people", row["user_id"])],
    "department": lambda row: [("chart", 1)],
    "membership": lambda row: [("chart", 1)],
    "post": lambda row: [("chart", 1)],
    "absence": lambda row: [("chart", 1)],
    "setup_edit": lambda row: [("draft", 1)],
    "setup_version": lambda row: [("draft", 1), ("setup", 1)],
}


def on(deal_id: int, verb: Callable[..., object], by: str, *words: Any) -> None:
    with transaction():
        verb(acts.locked(deal_id), *words, company.acting(by))


def step(clock: Clock) -> next_steps.StepDraft:
    return next_steps.StepDraft("Call", clock() + timedelta(days=1))


def edit_draft() -> None:
    with transaction():
        drafts.edit("stage", NEW, "hue", 5, company.acting(ADMIN))


def of_admin(verb: Callable[..., object]) -> None:
    with transaction():
        verb(company.acting(ADMIN))


def plan() -> int:
    with transaction():
        return setup_plans.of_draft(company.acting(ADMIN)).row.id


def publish(plan_id: int) -> None:
    with transaction():
        setup_plans.apply(plan_id, {}, company.acting(ADMIN))


def _note(deal_id: int, _: Clock) -> Callable[[], object]:
    return lambda: on(deal_id, notes.write, "rep1", "Called, @Anna Krylova asks")


def _agree(deal_id: int, clock: Clock) -> Callable[[], object]:
    return lambda: on(deal_id, next_steps.agree, "rep1", step(clock))


def _after_step(verb: Callable[..., object]) -> Callable[[int, Clock], Callable[[], object]]:
    def made(deal_id: int, clock: Clock) -> Callable[[], object]:
        on(deal_id, next_steps.agree, "rep1", step(clock))
        return lambda: on(deal_id, verb, "rep1")

    return made


def _undo(deal_id: int, _: Clock) -> Callable[[], object]:
    acts.move(deal_id, "data_collection")
    return lambda: on(deal_id, undo.undo, "rep1")


def _restore(deal_id: int, _: Clock) -> Callable[[], object]:
    on(deal_id, deals.delete, "north")

    def act() -> None:
        with transaction() as current:
            deals.restore(current.get_one(Deal, deal_id, with_for_update=True), company.acting(ADMIN))

    return act


def lose(deal_id: int) -> None:
    raw = {"deal": {"lost_reason": "Too expensive"}}
    with transaction():
        deals.move(acts.locked(deal_id), company.stage("lost"), by=company.acting("rep1"), raw=raw)


def _find_again(deal_id: int, _: Clock) -> Callable[[], object]:
    lose(deal_id)
    return lambda: acts.move(deal_id, "data_collection")


def _pay(deal_id: int, _: Clock) -> Callable[[], object]:
    invoice_id = acts.invoice(deal_id)
    return lambda: acts.pay(deal_id, None, invoice_id)


def _report(_deal_id: int, _: Clock) -> Callable[[], object]:
    task_id = acts.vip_task()
    return lambda: acts.on_task(task_id, tasks.submit, "rep1", "Agreed")


def _attach(_deal_id: int, _: Clock) -> Callable[[], object]:
    task_id, file = acts.vip_task(), [Upload("a.txt", b"Terms")]
    return lambda: acts.on_task(task_id, lambda task, by: task_files.attach(task, file, by), "rep1")


def _of_task(verb: Callable[..., object], word: Callable[[], Any]) -> Callable[[int, Clock], Callable[[], object]]:
    def made(_deal_id: int, _clock: Clock) -> Callable[[], object]:
        task_id = acts.vip_task()
        return lambda: acts.on_task(task_id, verb, "rep1", word())

    return made


def _begin(_deal_id: int, _: Clock) -> Callable[[], object]:
    task_id = acts.vip_task()
    return lambda: acts.on_task(task_id, tasks.start, "rep1")


def _accept(_deal_id: int, _: Clock) -> Callable[[], object]:
    task_id = acts.vip_task()
    acts.submit(task_id)
    return lambda: acts.on_task(task_id, tasks.accept, "north")


def _fire(_deal_id: int, clock: Clock) -> Callable[[], object]:
    clock.go_on(minutes=15)
    return acts.work


def _of_item(verb: Callable[..., object], *words: Any) -> Callable[[int, Clock], Callable[[], object]]:
    def made(deal_id: int, clock: Clock) -> Callable[[], object]:
        _fire(deal_id, clock)()
        found = session().scalars(select(ImportantItem.id).where(ImportantItem.deal_id == deal_id)).one()

        def act() -> None:
            with transaction():
                acts.locked(deal_id)
                verb(session().get_one(ImportantItem, found), *words, company.acting("north"))

        return act

    return made


def _climb(deal_id: int, clock: Clock) -> Callable[[], object]:
    _fire(deal_id, clock)()
    return _fire(deal_id, clock)


def _after_edit(verb: Callable[..., object]) -> Callable[[int, Clock], Callable[[], object]]:
    def made(_deal_id: int, _clock: Clock) -> Callable[[], object]:
        edit_draft()
        return lambda: of_admin(verb)

    return made


def _take_back_draft(_deal_id: int, _clock: Clock) -> Callable[[], object]:
    edit_draft()
    of_admin(drafts.discard)
    return lambda: of_admin(drafts.take_back_discarded)


def _publish(_deal_id: int, _clock: Clock) -> Callable[[], object]:
    edit_draft()
    plan_id = plan()
    return lambda: publish(plan_id)


def _of_chart(verb: Callable[..., object], *words: Any) -> Callable[[int, Clock], Callable[[], object]]:
    """`words` that are functions are asked once there is a firm."""

    def act() -> None:
        with transaction():
            verb(*(each() if callable(each) else each for each in words), company.acting(ADMIN))

    return lambda _deal, _clock: act


def _heads_in_order(_deal_id: int, _clock: Clock) -> Callable[[], object]:
    for each in ("rep1", "north"):
        _of_chart(places.put, lambda name=each: company.person(name), north, "head")(0, _clock)()
    return _of_chart(places.set_order, north, "head", lambda: [company.person("rep1")])(0, _clock)


def north() -> int:
    return setups.current().people[company.person("north")].department_id or 0


VERBS: dict[str, Callable[[int, Clock], Callable[[], object]]] = {
    "a note": _note,
    "a next step": _agree,
    "a step done": _after_step(next_steps.finish),
    "a step cancelled": _after_step(next_steps.cancel),
    "a step taken back": _after_step(next_steps.take_back),
    "a move": lambda deal_id, _: lambda: acts.move(deal_id, "data_collection"),
    "a move taken back": _undo,
    "an edit": lambda deal_id, _: lambda: acts.edit(deal_id, amount_minor=500),
    "a hand-over": lambda deal_id, _: lambda: acts.edit(deal_id, by="north", responsible_id=company.person("rep2")),
    "a deletion": lambda deal_id, _: lambda: on(deal_id, deals.delete, "north"),
    "a deal brought back": _restore,
    "a loss": lambda deal_id, _: lambda: lose(deal_id),
    "a loss taken back": _find_again,
    "a client's word": lambda deal_id, _: lambda: acts.inquiry("And when?"),
    "a reply": lambda deal_id, _: lambda: acts.reply(deal_id),
    "an invoice": lambda deal_id, _: lambda: acts.invoice(deal_id),
    "a payment": _pay,
    "a task begun": _begin,
    "a report": _report,
    "a file": _attach,
    "a comment": _of_task(task_comments.write, lambda: "Called, @Maria Sokolova"),
    "a task given on": _of_task(tasks.delegate, lambda: company.person("rep2")),
    "an acceptance": _accept,
    "a robot's firing": _fire,
    "what matters, taken": _of_item(important.take),
    "what matters, put aside": _of_item(important.snooze, None),
    "what matters, asked about": _of_item(important.ask, "Why?"),
    "what matters, settled": _of_item(important.finish, "Done"),
    "what nobody took": _climb,
    "an edit of the draft": lambda _deal, _clock: edit_draft,
    "an edit taken back": _after_edit(drafts.undo),
    "a draft discarded": _after_edit(drafts.discard),
    "a draft brought back": _take_back_draft,
    "a set-up published": _publish,
    "a place": _of_chart(places.put, lambda: company.person("rep1"), north, "deputy"),
    "a place left": _of_chart(places.take_out, lambda: company.person("rep1"), north),
    "heads in another order": _heads_in_order,
    "a department": _of_chart(departments.add, {"en": "Service"}, north),
    "a department renamed": _of_chart(departments.rename, north, {"en": "Service"}),
    "a department moved": _of_chart(departments.move, north, None),
    "an absence": _of_chart(absences.add, lambda: company.person("rep1"), *DAYS, lambda: company.person("rep2")),
}


def contents() -> dict[str, dict[object, Row]]:
    with db.engine.connect() as connection:
        shown = {name: connection.execute(select(db.metadata.tables[name])).mappings() for name in SHOWN}
        return {name: {row["id"]: dict(row) for row in rows} for name, rows in shown.items()}


def waiting(rows: dict[str, dict[object, Row]]) -> dict[object, set[tuple[object, ...]]]:
    """By deals, whose client waits for an answer: in which conversation, since which word, for whom."""
    found: dict[object, set[tuple[object, ...]]] = {}
    for each in rows["conversation"].values():
        deal = rows["deal"][each["deal_id"]]
        if each["unanswered_since"] is not None and deal["closed_at"] is None and deal["deleted_at"] is None:
            own = [word for word in rows["message"].values() if word["conversation_id"] == each["id"]]
            last = max((word["id"] for word in own if word["direction"] == "in"), default=0)  # a call has none
            known = found.setdefault(deal["id"], set())
            known.add((each["id"], last, deal["responsible_id"], deal["department_id"]))
    return found


@pytest.fixture
def told(inside: Flask) -> Iterator[Callable[[], set[Said]]]:
    """What was said since it was asked last."""
    heard = inside.extensions["dozor.redis"].pubsub(ignore_subscribe_messages=True)
    heard.subscribe(announcements.channel(inside))
    heard.get_message(timeout=5)

    def since() -> set[Said]:
        said = Changes()
        while message := heard.get_message(timeout=0.1):
            said.merge(announcements.decoded(message["data"]))
        return {
            *(("deals", each) for each in (*said.deals, *said.left)),
            *(("clients", each) for each in said.clients),
            *(("people", each) for each in said.people),
            *(("tasks", each) for each in said.tasks),
            *(("important", each) for each in said.important),
            *(("draft", 1) for _ in said.draft),
            *(("setup", 1) for _ in said.setup),
            *(("chart", 1) for _ in said.chart),
        }

    yield since
    heard.close()


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_what_a_verb_wrote_is_what_it_says(
    verb: Callable[[int, Clock], Callable[[], object]], clock: Clock, told: Callable[[], set[Said]]
) -> None:
    deal_id = acts.inquiry()
    act = verb(deal_id, clock)
    told()
    before = contents()
    act()
    differing = {
        (name, key)
        for name, rows in contents().items()
        for key in rows.keys() | before[name].keys()
        if rows.get(key) != before[name].get(key)
    }
    after = contents()
    due = {said for name, key in differing for said in SHOWN[name](after[name].get(key) or before[name][key])}
    waited, wait = waiting(before), waiting(after)
    due |= {("clients", int(str(each))) for each in waited.keys() | wait.keys() if waited.get(each) != wait.get(each)}
    assert due
    assert due - told() == set()


def test_every_table_with_a_deal_is_shown_to_somebody() -> None:
    """A new table that belongs to deals gets its line here, or says why nobody looks at it."""
    alone = {"task_alarm", "stage_visit", "idempotency_key", "inquiry", "rehearsed_firing"}
    alone |= {"trigger_call"}  # a log that an admin opens; what it did stands in the journal
    alone |= {"phone_call"}  # whoever is rung is told of the leg, and what came of it is a message
    of_deals = {each.name for each in db.metadata.sorted_tables if "deal_id" in each.c}
    assert of_deals - alone <= SHOWN.keys(), of_deals - alone - SHOWN.keys()
    assert Deal.__tablename__ in SHOWN
