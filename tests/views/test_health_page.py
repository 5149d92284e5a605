"""The page of health: an admin sees without a terminal what is up, what waits, and what to do; nobody else has it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from rules.reach import Answer
from tests.channels import worlds
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import Browser, scene
from webapp.background import beginning, clock_jumps, heartbeats, held, outbox
from webapp.box import doctor
from webapp.db import session, transaction
from webapp.i18n import work_words
from webapp.models import RobotRun, Stage, TaskAlarm
from webapp.services import firing, gateways
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]


def test_what_is_up_waits_failed_and_is_held_is_said(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    scene(app)
    admin = sign_in("admin")
    before = admin.get("/settings/health").text
    assert "Something is wrong" in before  # nobody works in this test
    with app.app_context():
        heartbeats.beat("worker")
        heartbeats.beat("ticker")
        with transaction():
            session().execute(update(TaskAlarm).values(state="failed", due_at=clock.at))
            session().execute(update(RobotRun).values(state="waiting", due_at=clock.at, visible_at=clock.at))
        assert held.hold_due() > 0
        jumps = clock_jumps.file_in(app.config["SETTINGS"].data)
        jumps.write_text(f'{{"at": "{clock.at.isoformat()}", "by": 3600, "run_id": 1, "runs": []}}\n')
    page = admin.get("/settings/health").text
    assert "All is well" in page
    assert page.count('data-part="ill"') == 0
    assert "on hold since a backup was restored" in page
    assert "jumped by 1\u00a0h" in page
    assert "worker:" in page


def test_what_has_had_no_time_to_say_a_word_is_starting_on_the_page_and_for_monitors(
    app: Flask, clock: Clock, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = sign_in("admin")
    monkeypatch.setattr(beginning, "_noted", [time.monotonic()])
    page = admin.get("/settings/health").text
    assert page.count('data-part="starting"') == 2
    assert "is silent" not in page
    assert "Something is wrong" not in page
    assert "Dozor is starting" in page
    seen = admin.get("/health")
    assert (seen.status_code, seen.json["starting"]) == (503, ["worker", "ticker"])
    with app.app_context():
        heartbeats.beat("ticker")
    assert admin.get("/health").json["starting"] == ["worker"]
    monkeypatch.setattr(beginning, "_noted", [time.monotonic() - heartbeats.DEAD_AFTER.total_seconds() - 1])
    page = admin.get("/settings/health").text
    assert "is silent; the ticker does its work" in page
    assert "Something is wrong" in page
    assert admin.get("/health").json["starting"] == []


def test_a_channel_that_takes_nothing_is_named_with_why_and_so_the_doctor_says(
    app: Flask, clock: Clock, sign_in: SignIn
) -> None:
    admin = sign_in("admin")
    assert "data-channel" not in admin.get("/settings/health").text
    worlds.reaches(app, email="smtp://127.0.0.1:1", sms="json://127.0.0.1:1/sms")
    with app.app_context():
        with transaction():
            gateways.answered("sms", Answer("later", {"code": "gateway_said", "text": "401 no such key"}), failures=1)
        clock.go_on(minutes=4)
        (said,) = (each.what for each in doctor.examine(app) if each.what.startswith("sms: "))
    assert said.startswith("sms: takes nothing for 4 min: ")
    assert said.endswith("(401 no such key)")
    page = admin.get("/settings/health").text
    assert [page.count(f'data-channel="{each}"') for each in ("email", "sms")] == [1, 1]
    assert page.count("(401 no such key)") == 1


def test_deals_on_a_stage_that_went_are_named_and_so_the_doctor_says(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    with app.app_context():
        acts.deal("data_collection")
        heartbeats.beat("worker")
        heartbeats.beat("ticker")
        session().close()
    assert "data-stranded" not in admin.get("/settings/health").text
    with app.app_context():
        with transaction():
            session().execute(update(Stage).where(Stage.key == "data_collection").values(archived_at=clock.at))
            setups.changed()
        (said,) = (each.what for each in doctor.examine(app) if "sales/data_collection" in each.what)
    assert said == "1 deals stand on the archived stage sales/data_collection, on no board"
    page = admin.get("/settings/health").text
    assert 'data-stranded="1"' in page
    assert "1 deal stands on the archived stage “Data collection”" in page
    assert "Something is wrong" in page


def test_robots_that_failed_are_tried_again_once(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    with app.app_context():
        deal_id = acts.deal(of=acts.contact())
        run = acts.runs(deal_id)[0]
        with transaction():
            firing.fail(run.id, "no paper")
        run_id, name = run.id, run.definition["name"]["en"]
    admin = sign_in("admin")
    page = admin.get("/settings/health").text
    assert (f'data-failed-run="{run_id}"' in page, name in page, "no paper" in page) == (True, True, True)
    assert admin.post(f"/runs/{run_id}/retries").status_code == 303
    again = admin.post(f"/runs/{run_id}/retries")
    assert (again.status_code, "This has not failed" in again.text) == (422, True)
    with app.app_context():
        acts.work()
        states = [each.state for each in acts.runs(deal_id) if each.definition["name"]["en"] == name]
        assert states == ["failed", "fired"]
        assert len(acts.told("north", "robot.control")) == 1


def test_a_robot_whose_deal_went_on_is_not_tried_again(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    with app.app_context():
        deal_id = acts.deal(of=acts.contact())
        run_id = acts.runs(deal_id)[0].id
        with transaction():
            firing.fail(run_id, "no paper")
        acts.move(deal_id, "data_collection")
    admin = sign_in("admin")
    assert f"/runs/{run_id}/retries" not in admin.get("/settings/health").text
    late = admin.post(f"/runs/{run_id}/retries")
    assert (late.status_code, "The deal has moved on" in late.text) == (422, True)


def test_robots_that_do_nothing_or_find_no_head_are_named(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    with app.app_context():
        deals = [acts.deal(of=acts.contact(f"C{n}", f"+7900555000{n}"), title=f"D{n}") for n in range(3)]
        runs = [acts.runs(each)[0] for each in deals]
        with transaction() as current:
            for each in runs:
                found = current.get_one(RobotRun, each.id)
                found.state, found.ended_at = "condition_false", clock.at
        robot_id = runs[0].robot_id
    admin = sign_in("admin")
    assert f'data-idle="{robot_id}"' in admin.get("/settings/health").text
    with app.app_context(), transaction() as current:
        found = current.get_one(RobotRun, runs[0].id)
        found.state = "fired"
        found.path = [{"post": "fallback", "person_id": 1, "verdict": "chosen", "department_id": None}]
    page = admin.get("/settings/health").text
    assert (f'data-idle="{robot_id}"' in page, f'data-fell-back="{robot_id}"' in page) == (False, True)
    assert ">call<" not in page, "each kind of work has a name"


def test_every_kind_of_work_has_a_name() -> None:
    assert set(work_words.WORK) == set(outbox.WORK_MODELS)


def test_nobody_else_has_it(app: Flask, sign_in: SignIn) -> None:
    assert [sign_in(name).get("/settings/health").status_code for name in ("head", "rep1")] == [404, 404]
    assert "/settings/health" in sign_in("admin").get("/tasks").text
    assert "/settings/health" not in sign_in("head").get("/tasks").text
