"""The page of health: an admin sees without a terminal what is up, what waits, and what to do; nobody else has it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import update

from tests.conftest import Clock
from tests.views.scenes import Browser, scene
from webapp.background import clock_jumps, heartbeats, held
from webapp.db import session, transaction
from webapp.models import RobotRun, TaskAlarm

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
    assert "held since a backup was put back" in page
    assert "jumped by 1 h" in page
    assert "worker:" in page


def test_nobody_else_has_it(app: Flask, sign_in: SignIn) -> None:
    assert [sign_in(name).get("/settings/health").status_code for name in ("head", "rep1")] == [404, 404]
    assert "/settings/health" in sign_in("admin").get("/tasks").text
    assert "/settings/health" not in sign_in("head").get("/tasks").text
