"""The currency stays from the first amount on, wherever that is written down; and an amount that is written while the
currency changes is of the one or the other, and never of both."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import JSON, Column, select

from rules import conditions
from rules.setup_edits import Edit
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_setup_races import beside, is_somebody_waiting
from webapp.db import Base, instant, session, transaction, trial
from webapp.errors import Refused, SetupMoved
from webapp.models import (
    Company,
    Contact,
    Deal,
    Field,
    Invoice,
    JournalEntry,
    Robot,
    RobotDefinition,
    SetupWork,
    Trigger,
)
from webapp.services import (
    board_views,
    companies,
    contacts,
    deals,
    drafts,
    field_editing,
    firms,
    invoices,
    money_kept,
    rehearsals,
    setup_acts,
    setup_plans,
    single_changes,
    values,
)
from webapp.snapshots import setup_documents, setups, specs

both = pytest.mark.both_databases
pytestmark = pytest.mark.usefixtures("inside")
ROBOT = "reaction_control"
ASKS = {"all": [{"any": [{"entity": "deal", "field": "amount", "operator": "gte", "value": 10000000}]}]}
IN_A_FILE = {"all": [{"entity": "deal", "field": "amount", "operator": "gte", "value": "100000.00"}]}
BUDGET = {"entity": "deal", "field": "budget", "operator": "gt", "value": "1500.50"}


def by_admin() -> Any:
    return company.acting("admin")


def change(currency: str) -> None:
    with transaction():
        firms.change({"currency": currency}, by_admin())


def is_refused(currency: str = "JPY") -> bool:
    try:
        change(currency)
    except Refused as error:
        return error.problems == {"currency": {"code": "money_exists"}}
    return False


def a_field(entity: str = "deal") -> int:
    """The version with which it is live."""
    field_editing.add(entity, "money", {"en": "Budget"}, by_admin())
    return publish()


def publish() -> int:
    plan = setup_plans.of_draft(by_admin())
    return setup_plans.apply(plan.row.id, {}, by_admin()).id


def give(record: Deal | Contact | Company, *then: str | None) -> None:
    for each in ("1500.50", *then):
        entity = record.__tablename__
        values.write(record, values.parsed(entity, {"budget": each}, by_admin()), by_admin())


def a_deal() -> Deal:
    draft = deals.DealDraft("A press", company.stage("new"), company.person("rep1"))
    return deals.create(draft, by_admin())


def of_a_deal() -> None:
    deals.edit(a_deal(), {"amount_minor": 1}, by=by_admin())


def of_a_deleted_deal() -> None:
    deal = a_deal()
    deals.edit(deal, {"amount_minor": 1}, by=by_admin())
    deals.delete(deal, by_admin())


def taken_away_again() -> None:
    """Its history says it still."""
    deal = a_deal()
    deals.edit(deal, {"amount_minor": 1}, by=by_admin())
    deals.edit(deal, {"amount_minor": 0}, by=by_admin())


def of_an_invoice() -> None:
    invoices.pay(invoices.issue(deal := a_deal(), "1", 100, by_admin()), deal, None, by_admin())


def of_a_field() -> None:
    a_field()
    give(a_deal())


def of_a_field_emptied() -> None:
    a_field()
    give(a_deal(), None)


def of_a_field_archived() -> None:
    of_a_field()
    single_changes.archive("field", "deal/budget", by_admin())


def of_a_contact() -> None:
    a_field("contact")
    give(contacts.create({"name": "Vera"}, by_admin()))


def of_a_company() -> None:
    a_field("company")
    made = contacts.create({"name": "Vera"}, by_admin(), company="Ost")
    companies.edit(made, {"budget": "1500.50"}, by_admin())


def of_a_view() -> None:
    pipeline = setups.current().pipeline_of(None)
    assert pipeline is not None
    board_views.save(company.person("rep1"), pipeline.id, "Large", "mine=1&least=10000000")


def of_a_robot() -> None:
    single_changes.change("robot", ROBOT, {"condition": ASKS}, by_admin(), chosen={"robot_waiting": "keep"})


def of_a_robot_archived() -> None:
    of_a_robot()
    single_changes.archive("robot", ROBOT, by_admin())


def that_a_robot_sets() -> None:
    a_field()
    robot = session().scalars(select(Robot).where(Robot.key == ROBOT)).one()
    robot.kind, robot.settings = "set_field", {"field": "budget", "value": 150050}


def of_a_trigger() -> None:
    session().scalars(select(Trigger)).first().condition = ASKS  # type: ignore[union-attr]


def of_what_requires_a_field() -> None:
    session().scalars(select(Field)).first().required_if = ASKS  # type: ignore[union-attr]


def of_a_robot_as_it_was_armed() -> None:
    robot = session().scalars(select(Robot).where(Robot.key == ROBOT)).one()
    session().add(RobotDefinition(hash="x", body={**specs.definition(robot), "condition": ASKS}))


def of_a_rehearsal() -> None:
    robot = specs.robot_spec(company.robot(ROBOT))
    rehearsals.begin(replace(robot, condition=conditions.load(ASKS)), 7, by_admin())


def of_the_draft() -> None:
    drafts.edit("robot", ROBOT, "condition", IN_A_FILE, by_admin())


def that_the_draft_takes_away() -> None:
    """It could be undone, and stands in its row besides; here it is looked for in the edit alone."""
    drafts.edit("robot", ROBOT, "condition", IN_A_FILE, by_admin())
    drafts.edit("robot", ROBOT, "condition", None, by_admin())
    first, second = drafts.drafted()
    first.state, first.value = "undone", None
    assert second.was == IN_A_FILE


def of_a_draft_discarded() -> None:
    of_the_draft()
    drafts.discard(by_admin())


def of_a_field_of_the_draft() -> None:
    field_editing.add("deal", "money", {"en": "Budget"}, by_admin())
    drafts.edit("robot", ROBOT, "condition", {"all": [BUDGET]}, by_admin())


def of_a_plan() -> None:
    """Of a field that nothing else knows."""
    live = setup_documents.live()
    with_field = single_changes.new_edits(live, "field", "deal/budget", {"kind": "money", "label": {"en": "Budget"}})
    wanted = single_changes.edited(live, [*with_field, Edit("robot", ROBOT, "condition", {"all": [BUDGET]})])
    assert not setup_plans.of_document(live, wanted, by_admin()).problems


def of_an_earlier_version() -> None:
    of_a_robot()
    single_changes.change("robot", ROBOT, {"condition": None}, by_admin(), chosen={"robot_waiting": "keep"})


def still_to_be_filled_in() -> None:
    version_id = a_field()
    steps = [{"do": "fill", "item": "", "about": "deal/budget", "by": "", "to": 150050}]
    times = {name: instant() for name in ("due_at", "visible_at", "created_at")}
    session().add(SetupWork(key="setup-1", version_id=version_id, steps=steps, **times))


def filled_in_by_a_remedy() -> None:
    setup_acts.keep(a_field(), a_deal(), "budget", None, 150050)


PLANTED: dict[str, list[Callable[[], None]]] = {
    "deal.amount_minor": [of_a_deal, of_a_deleted_deal],
    "invoice.amount_minor": [of_an_invoice],
    "invoice.paid_minor": [of_an_invoice],
    "payment.amount_minor": [of_an_invoice],
    "board_view.query": [of_a_view],
    "robot.condition": [of_a_robot, of_a_robot_archived],
    "robot.settings": [that_a_robot_sets],
    "trigger.condition": [of_a_trigger],
    "field.required_if": [of_what_requires_a_field],
    "robot_definition.body": [of_a_robot_as_it_was_armed],
    "rehearsal.robot": [of_a_rehearsal],
    "setup_edit.value": [of_the_draft, of_a_draft_discarded, of_a_field_of_the_draft],
    "setup_edit.was": [that_the_draft_takes_away],
    "setup_plan.setup": [of_a_plan],
    "setup_version.setup": [of_an_earlier_version],
    "setup_work.steps": [still_to_be_filled_in],
    "setup_act.old": [filled_in_by_a_remedy],
    "setup_act.new": [filled_in_by_a_remedy],
    "deal.fields": [of_a_field, of_a_field_archived],
    "contact.fields": [of_a_contact],
    "company.fields": [of_a_company],
    "journal.old": [taken_away_again, of_a_field_emptied],
    "journal.new": [taken_away_again, of_a_field_emptied],
}


@both
def test_an_amount_keeps_the_currency_wherever_it_stands(clock: Clock) -> None:
    change("EUR")
    change("RUB")
    asked = [(place, plant) for place, many in PLANTED.items() for plant in many]
    wrong = [f"{plant.__name__} in {place}: {why}" for place, plant in asked if (why := what_is_wrong(place, plant))]
    assert wrong == []
    change("EUR")


def what_is_wrong(place: str, plant: Callable[[], None]) -> str:
    with transaction(), trial():
        plant()
        session().flush()
        if not money_kept.PLACES[place](money_kept._fields()):
            return "not found"
        try:
            firms.change({"currency": "JPY"}, by_admin())
        except Refused as error:
            return "" if error.problems == {"currency": {"code": "money_exists"}} else str(error.problems)
        return "changed all the same"


def test_every_place_is_planted_in() -> None:
    assert PLANTED.keys() == money_kept.PLACES.keys()


NO_AMOUNT = {
    "what is counted of deals": "column_change.amount_minor column_total.amount_minor",
    "words": "department.name field.label field.help pipeline.name stage.name robot.name trigger.name task.title"
    " task.text message.robot_name notification.text note.told note.untold task_comment.told task_comment.untold",
    "options and reasons, which are words": "field.options pipeline.lost_reasons",
    "when, how long, who, and why": "season.scope season.change calendar.definition hand_over.choices recount.cause"
    " robot.starts robot.timing robot_run.pauses robot_run.season robot_run.path rehearsed_firing.people"
    " rehearsed_firing.unknown phone_call.rounds phone_call.passed call_answer.answer task.acceptor_path"
    " important_item.take_within firm.first_steps address.wanted_for setup_version.cause setup_plan.source"
    " setup_plan.edit_ids journal.cause",
    "how it went with another system": "gateway.trouble webhook.trouble address.keys delivery.reason",
    "which remedies were offered and chosen": "setup_version.consequences setup_plan.consequences",
    "as the versions whose difference it is": "setup_version.changes",
    "as the robot that was armed, and the deal that it looked at": "robot_run.findings robot_run.reason",
    "names the currency beside the amount": "task.facts important_item.facts important_item.reason notification.facts"
    " delivery.facts",
}


def test_every_column_that_could_hold_an_amount_is_asked_or_holds_none() -> None:
    """One that is new goes into money_kept.PLACES, or is said here to hold none, and why."""
    columns = {f"{table.name}.{each.name}": each for table in Base.metadata.sorted_tables for each in table.columns}
    could = {name for name, each in columns.items() if _could_hold(each)} | {"board_view.query"}
    holds_none = {each for many in NO_AMOUNT.values() for each in many.split()}
    assert could - {*money_kept.PLACES} == holds_none
    assert not holds_none & money_kept.PLACES.keys()


def _could_hold(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON) or column.name.endswith("_minor") or "amount" in column.name


FIRST = {"JPY": ("150000", 150000), "EUR": ("150000.50", 15000050), "KWD": ("150000.125", 150000125)}


@both
@pytest.mark.parametrize("currency", FIRST)
def test_the_first_amount_after_a_change_is_of_the_new_currency(clock: Clock, currency: str) -> None:
    old, deleted = acts.deal(), acts.deal()
    with transaction():
        deals.delete(acts.locked(deleted), by_admin())
    change(currency)
    typed, minor = FIRST[currency]
    with transaction():
        amount = values.money(typed, by_admin())
        deal = deals.edit(acts.locked(old), {"amount_minor": amount or 0}, by=by_admin())
        invoice = invoices.issue(deal, "1", deal.amount_minor, by_admin())
        made = deals.create(deals.DealDraft("New", company.stage("new"), company.person("rep1")), by_admin())
        assert (amount, invoice.currency, made.currency) == (minor, currency, currency)
    assert set(session().scalars(select(Deal.currency))) == {currency}, "deleted ones too"
    assert is_refused("RUB")


@pytest.mark.postgres
def test_a_deal_that_is_just_being_made_is_waited_for_and_has_the_new_currency(app: Flask, clock: Clock) -> None:
    with ExitStack() as until_the_end, transaction():
        deal_id = a_deal().id
        session().flush()
        found = until_the_end.enter_context(beside(app, lambda: change("JPY")))
        while not found and not is_somebody_waiting():
            time.sleep(0.02)
    assert found == [None]
    assert acts.deal_of(deal_id).currency == "JPY"


@pytest.mark.postgres
def test_an_amount_that_is_just_being_written_is_waited_for_and_keeps_the_currency(app: Flask, clock: Clock) -> None:
    deal_id = acts.deal()
    with ExitStack() as until_the_end, transaction():
        deals.edit(acts.locked(deal_id), {"amount_minor": 150050}, by=by_admin())
        session().flush()
        found = until_the_end.enter_context(beside(app, lambda: change("JPY")))
        while not found and not is_somebody_waiting():
            time.sleep(0.02)
    (refused,) = found
    assert isinstance(refused, Refused), refused
    assert acts.deal_of(deal_id).currency == "RUB"


def a_new_deal() -> object:
    return deals.create(deals.DealDraft("New", company.stage("new"), company.person("rep1"), 150050), by_admin())


def an_edited_one() -> object:
    deal = session().scalars(select(Deal).with_for_update()).first()
    assert deal is not None
    return deals.edit(deal, {"amount_minor": 150050}, by=by_admin())


def an_invoice() -> object:
    deal = session().scalars(select(Deal).with_for_update()).first()
    assert deal is not None
    return invoices.issue(deal, "1", 150050, by_admin())


def a_value() -> object:
    contact = contacts.create({"name": "Anna"}, by_admin())
    return values.write(contact, {"budget": 150050}, by_admin())


def a_condition() -> object:
    return drafts.edit("robot", ROBOT, "condition", IN_A_FILE, by_admin())


@pytest.mark.postgres
@pytest.mark.parametrize("write", [a_new_deal, an_edited_one, an_invoice, a_value, a_condition])
def test_what_was_read_in_a_currency_that_has_gone_is_read_anew(
    app: Flask, clock: Clock, write: Callable[[], object]
) -> None:
    acts.deal()
    with transaction():
        a_field("contact")
    with transaction():
        assert setups.current().firm.currency == "RUB"
        with beside(app, lambda: change("JPY")) as found:
            pass
        assert found == [None]
        with pytest.raises(SetupMoved):
            write()
        session().rollback()
    assert session().scalar(select(Invoice.id).limit(1)) is None
    assert not session().scalars(select(JournalEntry).where(JournalEntry.field.in_(["amount", "budget"]))).all()


@pytest.mark.postgres
def test_who_comes_while_the_currency_changes_waits_and_is_of_the_new_one(app: Flask, clock: Clock) -> None:
    def made() -> str:
        with transaction():
            return deals.create(
                deals.DealDraft("New", company.stage("new"), company.person("rep1")), by_admin()
            ).currency

    with ExitStack() as until_the_end, transaction():
        firms.change({"currency": "JPY"}, by_admin())
        session().flush()
        found = until_the_end.enter_context(beside(app, made))
        while not found and not is_somebody_waiting():
            time.sleep(0.02)
    assert isinstance(found[0], SetupMoved), found
    assert made() == "JPY"
