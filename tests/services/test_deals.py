"""A deal's life beside its moves: made, edited, handed over, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, update

from rules.facts import BUILT_IN
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.locks import FREE, Act, not_held, quicker
from webapp.access.scopes import Actor
from webapp.db import db, session, transaction
from webapp.errors import Refused
from webapp.models import Contact, Deal
from webapp.services import deals
from webapp.snapshots import setups
from webapp.snapshots.deals import snapshot_of

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def problems(raised: pytest.ExceptionInfo[Refused]) -> dict[str, str]:
    return {field: each["code"] for field, each in raised.value.problems.items()}


def department_of(name: str) -> int | None:
    return setups.current().people[company.person(name)].department_id


def test_a_new_deal_belongs_to_its_reps_department_and_is_journalled(clock: Clock) -> None:
    made = acts.deal_of(acts.deal(title="  A   press  ", amount=150_000))
    assert (made.title, made.amount_minor, made.currency, made.version) == ("A press", 150_000, "RUB", 1)
    assert made.department_id == department_of("north")
    (entry,) = acts.journal(made.id, "deal.created")
    assert (entry.new, entry.by_id) == ({"title": "A press", "stage": company.stage("new").id}, company.person("rep1"))
    assert acts.told("rep1") == []


@pytest.mark.parametrize(("title", "code"), [(" ", "blank"), ("x" * 201, "too_long")])
def test_a_deal_needs_a_title_of_a_line(clock: Clock, title: str, code: str) -> None:
    with pytest.raises(Refused) as raised:
        acts.deal(title=title)
    assert problems(raised) == {"title": code}


def test_wrong_values_are_all_named_at_once_and_nothing_is_made(clock: Clock) -> None:
    deal_id = acts.deal()
    with pytest.raises(Refused) as raised:
        acts.edit(deal_id, fields={"equipment_type": "tiny", "title": "x", "no_such": 1})
    assert problems(raised) == {
        "deal.equipment_type": "not_an_option",
        "deal.title": "unknown_field",
        "deal.no_such": "unknown_field",
    }
    with pytest.raises(Refused) as raised:
        acts.deal(of=10_000)
    assert problems(raised) == {"contact_id": "no_such_contact"}


def test_an_edit_journals_each_change_once_and_bumps_the_version(clock: Clock) -> None:
    deal_id = acts.deal()
    changes: dict[str, Any] = {"title": "Two presses", "amount_minor": 99, "fields": {"equipment_type": "large"}}
    assert acts.edit(deal_id, **changes).version == 2
    written = {each.field: (each.old, each.new) for each in acts.journal(deal_id, "deal.edited")}
    assert written == {
        "title": ("A press", "Two presses"),
        "amount": (0, 99),
        "equipment_type": (None, "large"),
    }
    assert acts.edit(deal_id, **changes).version == 2  # nothing new
    assert len(acts.journal(deal_id, "deal.edited")) == 3


def test_whatever_is_done_to_a_deal_answers_with_it_as_it_stands_and_is_seen_by_its_version(clock: Clock) -> None:
    deal_id, beside = acts.deal(fields={"equipment_type": "large"}), acts.deal()
    by = company.acting("rep1")
    done: dict[str, Callable[[Deal], Deal]] = {
        "edited": lambda deal: deals.edit(deal, {"title": "Two presses"}, by=by),
        "laid below another": lambda deal: deals.move(deal, company.stage("new"), by=by, after=beside),
        "moved": lambda deal: deals.move(deal, company.stage("data_collection"), by=by),
        "moved with a value": lambda deal: deals.move(
            deal, company.stage("processing"), by=by, raw={"deal": {"equipment_type": "special"}}
        ),
        "brought from a stage that goes": lambda deal: deals.relocate(deal, company.stage("payment"), by),
        "closed": lambda deal: deals.move(deal, company.stage("won"), by=by),
    }
    for version, (how, act) in enumerate(done.items(), start=2):
        with transaction():
            answered = act(acts.locked(deal_id))
            said = (answered.id, answered.version, answered.stage_id, answered.title)
        session().expire_all()
        now = acts.deal_of(deal_id)
        assert said == (deal_id, version, now.stage_id, "Two presses"), how
        assert now.version == version, how
    assert acts.stage_of(deal_id) == "won"


def test_whoever_deletes_a_deal_or_brings_it_back_has_changed_it(clock: Clock) -> None:
    """An editor who saw it before either is told so."""
    deal_id = acts.deal()
    admin = company.acting("admin")
    for version, act in enumerate((deals.delete, deals.restore), start=2):
        with transaction():
            act(acts.locked(deal_id), admin)
        assert acts.deal_of(deal_id).version == version
        with pytest.raises(Refused, match="stale"), transaction():
            deals.edit(acts.locked(deal_id), {"title": "His"}, by=admin, seen=version - 1)
        session().close()


def test_of_what_is_brought_back_an_open_deal_begins_anew_and_a_closed_one_stays_as_it_was(clock: Clock) -> None:
    made = {
        "new": acts.deal(),
        "won": acts.deal("won", fields={"equipment_type": "large"}),
        "lost": acts.deal("lost", lost_reason="Too dear"),
    }

    def stands() -> dict[str, object]:
        rows = {stage: acts.deal_of(deal_id) for stage, deal_id in made.items()}
        return {
            stage: (row.stage_id, row.visit_id, row.position, row.entered_at, row.closed_at, len(acts.runs(row.id)))
            for stage, row in rows.items()
        }

    before = stands()
    clock.go_on(hours=1)
    for deal_id in made.values():
        acts.delete(deal_id)
        seen = acts.deal_of(deal_id).version
        with transaction():
            deals.restore(acts.locked(deal_id), company.acting("admin"))
        assert acts.deal_of(deal_id).version == seen + 1
    after = stands()
    assert {stage: before[stage] == now for stage, now in after.items()} == {"new": False, "won": True, "lost": True}
    assert acts.deal_of(made["new"]).entered_at == clock.at


def test_a_deal_is_worth_nothing_before_somebody_says_what_it_is_worth(clock: Clock) -> None:
    with transaction():
        draft = deals.DealDraft("A press", company.stage("new"), company.person("rep1"))
        by_hand = deals.create(draft, company.acting("rep1")).id
    assert [acts.deal_of(each).amount_minor for each in (by_hand, acts.inquiry())] == [0, 0]


def test_an_edit_of_an_older_version_is_refused(clock: Clock) -> None:
    deal_id = acts.deal()
    acts.edit(deal_id, by="north", title="Hers")
    with pytest.raises(Refused) as raised, transaction():
        deals.edit(acts.locked(deal_id), {"title": "His"}, by=company.acting("rep1"), seen=1)
    assert (raised.value.reason, raised.value.facts["by"]) == ("stale", "Anna Krylova")
    session().close()
    assert acts.deal_of(deal_id).title == "Hers"


def test_of_two_edits_at_once_with_the_same_version_one_stands(app: Flask, clock: Clock) -> None:
    deal_id = acts.deal()

    def rename(title: str, by: str) -> None:
        with transaction():
            deals.edit(acts.locked(deal_id), {"title": title}, by=company.acting(by), seen=1)

    outcomes = acts.at_the_same_moment(app, lambda: rename("His", "rep1"), lambda: rename("Hers", "north"))
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "Refused"]
    assert acts.deal_of(deal_id).title == ("His", "Hers")[outcomes.index(None)]
    assert acts.deal_of(deal_id).version == 2


def test_who_gets_a_deal_is_told_and_it_goes_to_their_department(clock: Clock) -> None:
    deal_id = acts.deal()
    acts.edit(deal_id, by="head", responsible_id=company.person("rep3"))
    moved = acts.deal_of(deal_id)
    assert moved.department_id == department_of("rep3")
    (told,) = acts.told("rep3")
    assert (told.kind, told.sender_id, told.facts["deal.title"]) == ("deal.assigned", company.person("head"), "A press")
    assert acts.told("rep1") == []


def test_a_rep_hands_over_within_the_department_a_head_within_the_subtree(clock: Clock) -> None:
    deal_id = acts.deal()
    for by, to in (("rep1", "rep3"), ("north", "rep3"), ("rep1", "head")):
        with pytest.raises(Refused) as raised:
            acts.edit(deal_id, by=by, responsible_id=company.person(to))
        assert problems(raised) == {"responsible_id": "not_in_department"}, (by, to)
    for by, to in (("rep1", "rep2"), ("head", "rep3"), ("south-deputy", "rep3"), ("admin", "rep1")):
        assert acts.edit(deal_id, by=by, responsible_id=company.person(to)).responsible_id == company.person(to)


def test_a_deleted_deal_has_no_timers_and_no_open_tasks(clock: Clock) -> None:
    task_id = acts.vip_task()
    deal_id = acts.task_of_id(task_id).deal_id or 0
    acts.move(deal_id, "new")
    assert acts.runs(deal_id, "reaction_control")[-1].state == "waiting"
    with transaction():
        deals.delete(acts.locked(deal_id), company.acting("rep1"))
    assert [each for each in acts.runs(deal_id) if each.state == "waiting"] == []
    called_off = [each.reason["code"] for each in acts.runs(deal_id) if each.state == "called_off"]
    assert called_off.count("deleted") >= 1
    assert acts.task_of(deal_id).state == "cancelled"
    clock.go_on(days=4)
    before = len(acts.told("north"))
    acts.work()
    assert len(acts.told("north")) == before


def test_a_snapshot_has_a_value_for_every_built_in_field(clock: Clock) -> None:
    contact_id = acts.contact()
    deal_id = acts.inquiry()
    acts.invoice(deal_id)
    read = snapshot_of(acts.deal_of(deal_id))
    assert acts.deal_of(deal_id).contact_id == contact_id
    absent = [(each.entity, each.key) for each in BUILT_IN if each.key not in read.values[each.entity]]
    assert absent == [("company", "name")]  # this client has none


def test_dozor_itself_may_give_a_deal_to_anybody(clock: Clock) -> None:
    with transaction():
        draft = deals.DealDraft("From outside", company.stage("new"), company.person("rep3"))
        made = deals.create(draft, Actor(via="form"))
    assert [each.deal_id for each in acts.told("rep3", "deal.assigned")] == [made.id]


def test_a_move_that_brings_values_of_the_client_holds_deal_and_client(clock: Clock) -> None:
    """A deal of the same client may be written meanwhile: it only looks whether the client is there."""
    contact_id = acts.contact()
    deal_id = acts.deal(of=contact_id)
    table = {
        "moved": Act(
            "what is written of the client at the same moment would be overwritten",
            f"deal contact{FREE}",
            lambda: acts.move(deal_id, "data_collection", raw={"contact": {"vip": True}}),
            alone=True,
        )
    }
    assert not_held(table) == {}


def test_what_is_said_of_a_client_who_was_just_merged_is_said_of_the_one_that_stays(clock: Clock) -> None:
    goes, into = acts.contact(), acts.contact("Vera B.", "+79005550002")
    deal_id = acts.deal(of=goes)
    merged = update(Contact).where(Contact.id == goes).values(merged_into_id=into)
    with quicker("contact", merged), transaction() as current:
        looked_at = current.get_one(Contact, goes)
        raw = {"contact": {"vip": True}}
        deals.move(acts.locked(deal_id), company.stage("data_collection"), by=company.acting("rep1"), raw=raw)
    assert looked_at.id == goes
    session().close()
    assert [session().get_one(Contact, each).fields.get("vip") for each in (goes, into)] == [None, True]


def test_a_move_from_where_nothing_waits_asks_for_nothing_to_fire_or_call_off(clock: Clock) -> None:
    waits, waits_not = acts.deal("new"), acts.deal("data_collection")
    told, asked = asked_of_runs(lambda: acts.move(waits, "data_collection"))
    assert (told, [run.state for run in acts.runs(waits)]) == (1, ["called_off"])
    assert asked > 0
    assert asked_of_runs(lambda: acts.move(waits_not, "new")) == (0, 0)


def asked_of_runs(act: Callable[[], object]) -> tuple[int, int]:
    """How many statements change runs that wait, and how many look for them alone."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    looks = [each for each in heard if each.startswith("SELECT robot_run.id")]
    return len([each for each in heard if each.startswith("UPDATE robot_run")]), len(looks)
