"""A change of the set-up: planned, answered, applied; nothing is left that points at nothing."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import runner
from rules import setup_documents
from rules.setup_parts import ARCHIVED
from rules.setup_pointers import pointers
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_what_follows import hearing
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import BoardView, Deal, RobotRun, Season, SetupVersion, SetupWork
from webapp.queries import important
from webapp.services import drafts as editing
from webapp.services import pipelines, setup_plans
from webapp.services.setup_plans import Stale
from webapp.snapshots import drafts, setups
from webapp.snapshots import setup_documents as documents

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
DATA, PROCESSING = "sales/data_collection", "sales/processing"
TAKEN = f"trigger_to_stage:dialogue_taken:stage={DATA}"
STANDS = f"deals_on_stage:{DATA}"


def edit(kind: str, key: str, part: str, value: object) -> None:
    with transaction():
        editing.edit(kind, key, part, value, company.acting("admin"))


def publish(**chosen: str) -> int:
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin")).row.id
    with transaction():
        return setup_plans.apply(plan, chosen, company.acting("admin")).id


def asked() -> dict[str, str | None]:
    with transaction():
        return {each.id: each.chosen for each in setup_plans.of_draft(company.acting("admin")).consequences}


def nothing_dangles() -> None:
    live = documents.live()
    for each in pointers(live):
        target = live.get(each.to, each.key)
        assert each.to not in ("stage", "field") or (target is not None and live.is_live(target)), each
    here = setups.current()
    for deal in session().scalars(select(Deal).where(Deal.deleted_at.is_(None))):
        assert deal.stage_id in here.stages
    known = {each.id for each in here.value.robots}
    guests_know_what_is_live(here, known)
    for run in session().scalars(select(RobotRun).where(RobotRun.state == "waiting")):
        assert run.robot_id in known


def guests_know_what_is_live(here: setups.SetupSnapshot, robots: set[int]) -> None:
    """Saved views, seasons and forms name nothing that is archived."""
    choices = {
        f"{spec.entity}.{spec.key}": {each.key for each in spec.choices} for spec in here.catalogue.fields.values()
    }
    for view in session().scalars(select(BoardView)):
        assert view.pipeline_id in here.pipelines, view.name
        for name, value in parse_qsl(view.query):
            field, _, option = value.partition(":")
            assert name not in ("mark", "tag") or field in choices, view.query
            assert name != "tag" or option in choices[field], view.query
    for season in session().scalars(select(Season)):
        ids = set(season.scope.get("ids", ()))
        alive = {"robots": robots, "pipeline": set(here.pipelines)}.get(season.scope["kind"], ids)
        assert ids <= alive, season.name
    for each in here.all_pipelines.values():
        assert each.form_goes_to_id is None or each.form_goes_to_id in here.pipelines, each.key


def work() -> None:
    runner.drain(kinds=("setup",))
    session().close()


def test_a_change_of_words_is_published_and_stands_among_the_versions(clock: Clock) -> None:
    before = documents.live()
    edit("stage", DATA, "name", {"en": "Questions", "ru": "Вопросы"})
    assert asked() == {}
    number = publish()
    assert drafts.current().is_empty
    assert company.stage("data_collection").name["en"] == "Questions"
    rows = list(session().scalars(select(SetupVersion).order_by(SetupVersion.id)))
    assert [each.id for each in rows] == [1, number]
    assert setup_documents.load(rows[0].setup) == before
    assert [each["part"] for each in rows[1].changes] == ["name"]


def test_open_pages_hear_that_another_version_is_live_and_that_the_draft_is_another(app: Flask, clock: Clock) -> None:
    edit("stage", DATA, "hue", 9)
    with hearing(app) as pushed:
        publish()
    assert pushed == {"setup", "draft"}


def test_a_stage_with_deals_is_archived_with_an_answer_and_comes_back_with_its_key(clock: Clock) -> None:
    deal_id = acts.deal("data_collection", fields={"equipment_type": "large"})
    stage_id = company.stage("data_collection").id
    edit("stage", DATA, ARCHIVED.key, True)
    assert asked() == {STANDS: None, TAKEN: f"lead:{PROCESSING}"}
    with pytest.raises(Refused) as refused:
        publish()
    assert (refused.value.reason, list(refused.value.problems)) == ("remedy_needed", [STANDS])
    number = publish(**{STANDS: f"move:{PROCESSING}"})
    work()
    deal = session().get_one(Deal, deal_id)
    assert deal.stage_id == company.stage("processing").id
    nothing_dangles()
    with transaction():
        plan = setup_plans.of_version(1, company.acting("admin")).row.id
    with transaction():
        setup_plans.apply(plan, {}, company.acting("admin"))
    assert company.stage("data_collection").id == stage_id
    assert session().get_one(SetupVersion, number + 1).hash == session().get_one(SetupVersion, 1).hash
    nothing_dangles()


def test_a_pipeline_with_deals_is_archived_and_they_go_on_in_another(clock: Clock) -> None:
    by = company.acting("admin")
    with transaction():
        pipelines.add_pipeline({"en": "Service"}, None, by)
    new, won = acts.deal(), acts.deal("won", fields={"equipment_type": "large"})
    closed_at = session().get_one(Deal, won).closed_at
    session().rollback()
    clock.go_on(hours=1)
    edit("pipeline", "sales", ARCHIVED.key, True)
    with transaction():
        found = {each.id: each for each in setup_plans.of_draft(by).consequences}
    ways = {each: [one.key for one in found[each].remedies] for each in found if found[each].kind == "deals_on_stage"}
    gone = {"deals_on_stage:sales/new", "deals_on_stage:sales/won"}
    assert gone <= set(ways)
    assert ways["deals_on_stage:sales/new"] == ["move:service/new", "move:service/in_work"]
    assert ways["deals_on_stage:sales/won"] == ["move:service/won"]
    publish(**{each: keys[0] for each, keys in ways.items()})
    work()
    nothing_dangles()
    session().expire_all()
    assert [acts.stage_of(each) for each in (new, won)] == ["new", "won"]
    assert session().get_one(Deal, won).closed_at == closed_at
    home = setups.current().pipelines[session().get_one(Deal, new).pipeline_id]
    assert home.key == "service"
    led = setups.current().pipeline_of_inquiries("sales")
    assert led is not None
    assert led.key == "service", "the form that stands on a site goes on"


def test_an_inserted_stage_offers_to_take_the_trigger_over(clock: Clock) -> None:
    with transaction():
        editing.add("stage", {"name": {"en": "Call"}}, company.acting("admin"), home="sales", after="sales/new")
    over = f"trigger_over_stage:dialogue_taken:{DATA}"
    assert asked() == {over: "lead:sales/call"}
    publish()
    found = documents.live().get("trigger", "dialogue_taken")
    assert found is not None
    assert found.parts["stage"] == "sales/call"
    assert [each.key for each in documents.live().stages_of("sales")][:3] == ["sales/new", "sales/call", DATA]


def test_a_field_that_robots_ask_for_is_archived_with_them_or_they_do_without(clock: Clock) -> None:
    edit("field", "contact/vip", ARCHIVED.key, True)
    uses = {each: chosen for each, chosen in asked().items() if each.startswith("robot_uses")}
    assert set(uses.values()) == {"archive"}
    assert len(uses) == 4
    control = next(each for each in uses if "unpaid_other" in each)
    publish(**{control: "drop"})
    nothing_dangles()
    found = documents.live().get("robot", "unpaid_other")
    assert found is not None
    assert "vip" not in json.dumps(found.parts["condition"])
    assert [each.key for each in documents.live().of("robot")] == ["reaction_control", "unpaid_other"]


def test_waiting_runs_are_kept_or_counted_anew_and_those_of_a_robot_that_goes_end(clock: Clock) -> None:
    deal_id = acts.inquiry()
    run = acts.runs(deal_id, "reaction_control")[0]
    due = run.due_at
    edit("robot", "reaction_control", "timing", {"after": {"amount": 20, "unit": "minutes"}})
    assert asked() == {"waiting_runs:reaction_control": "keep"}
    publish(**{"waiting_runs:reaction_control": "rearm"})
    work()
    waits = [each for each in acts.runs(deal_id, "reaction_control") if each.state == "waiting"]
    assert [(each.due_at - due).total_seconds() for each in waits if each.due_at and due] == [600]
    edit("robot", "reaction_control", "is_on", False)
    assert asked() == {"runs_called_off:reaction_control": "call_off"}
    publish()
    work()
    assert not [each for each in acts.runs(deal_id, "reaction_control") if each.state == "waiting"]
    edit("robot", "reaction_control", "is_on", True)
    asks = {"runs_stopped:reaction_control": "wake", "deals_already_there:reaction_control": "ignore"}
    assert asked() == asks
    publish(**{"deals_already_there:reaction_control": "from_true_entry"})
    work()
    assert [each.base_at for each in acts.runs(deal_id, "reaction_control") if each.state == "waiting"] == [run.base_at]
    edit("robot", "reaction_control", "is_on", False)
    publish()
    edit("robot", "reaction_control", "is_on", True)
    publish()
    work()  # of both: it was on again before what waited was called off
    assert [each.base_at for each in acts.runs(deal_id, "reaction_control") if each.state == "waiting"] == [run.base_at]


def test_those_that_are_late_when_a_robot_begins_come_as_one_line(clock: Clock) -> None:
    edit("robot", "reaction_control", "is_on", False)
    publish()
    waiting = [acts.deal(title=f"Press {n}") for n in range(4)]
    clock.go_on(hours=2)
    edit("robot", "reaction_control", "is_on", True)
    publish(**{"deals_already_there:reaction_control": "from_true_entry"})
    work()
    acts.work()
    lines = important.listed(company.acting("north").scope).lines
    assert [sorted(each.row.deal_id or 0 for each in line) for line in lines] == [waiting]
    assert all(acts.runs(each, "reaction_control")[-1].is_late for each in waiting)


def test_a_plan_goes_stale_when_the_set_up_moved_or_asks_something_new(clock: Clock) -> None:
    edit("stage", DATA, ARCHIVED.key, True)
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin")).row.id
    acts.deal("data_collection", fields={"equipment_type": "large"})

    def applied() -> None:
        with transaction():
            setup_plans.apply(plan, {}, company.acting("head"))

    with pytest.raises(Stale) as found:
        applied()
    assert found.value.new == {STANDS}
    edit("stage", "sales/new", "hue", 9)
    publish(**{STANDS: f"move:{PROCESSING}"})
    with pytest.raises(Stale):
        applied()
    assert len(list(session().scalars(select(SetupVersion)))) == 2


def test_edits_made_while_somebody_looks_at_the_sheet_stay_in_the_draft(clock: Clock) -> None:
    edit("stage", DATA, "hue", 9)
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin")).row.id
    edit("stage", PROCESSING, "hue", 8)
    with transaction():
        setup_plans.apply(plan, {}, company.acting("admin"))
    assert [each.key for each in drafts.current().changes] == [PROCESSING]
    assert company.stage("data_collection").hue == 9


def test_the_file_of_the_set_up_changes_nothing_when_it_is_applied_as_it_was_exported(clock: Clock) -> None:
    raw: dict[str, Any] = json.loads(setup_documents.text_of(documents.live()))
    with transaction():
        plan = setup_plans.of_setup(raw, company.acting("admin"))
        assert (plan.changes, plan.consequences, plan.problems) == ((), (), ())
    raw["robots"][0]["colour"] = "red"
    with transaction():
        plan = setup_plans.of_setup(raw, company.acting("admin"))
        assert [(each.path, each.code) for each in plan.problems] == [("robots.0.colour", "unknown_key")]


def test_the_work_that_follows_is_done_in_parts_and_goes_on_where_it_was(clock: Clock) -> None:
    made = [acts.deal("data_collection", fields={"equipment_type": "large"}) for _ in range(3)]
    edit("stage", DATA, ARCHIVED.key, True)
    publish(**{STANDS: f"move:{PROCESSING}"})
    row = session().scalars(select(SetupWork)).one()
    assert (row.state, row.done, row.total) == ("waiting", 0, 3)
    work()
    row = session().scalars(select(SetupWork)).one()
    assert (row.state, row.done) == ("done", 3)
    assert {session().get_one(Deal, each).stage_id for each in made} == {company.stage("processing").id}
