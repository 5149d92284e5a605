"""After a restore nothing that was due fires by itself: it is held, listed, and sent or dropped by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from jobs import runner
from tests.box.test_backup import leave
from tests.box.test_doctor import three_runs
from tests.conftest import Clock
from webapp.background import heartbeats, outbox
from webapp.box import doctor
from webapp.db import session
from webapp.models import RobotRun

pytestmark = pytest.mark.both_databases
Type = Callable[..., Result]


@pytest.fixture
def typed(app: Flask) -> Type:
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


def state(app: Flask, run: int) -> str:
    with app.app_context():
        return session().scalars(select(RobotRun.state).where(RobotRun.id == run)).one()


def work(app: Flask) -> None:
    with app.app_context():
        runner.drain()


@pytest.fixture
def restored(app: Flask, typed: Type, clock: Clock, tmp_path: Path) -> list[int]:
    """Three controls that were due after the backup and before the restore; a fourth is due tomorrow."""
    runs = three_runs(app)
    leave(app)
    assert typed("backup", str(tmp_path / "copy")).exit_code == 0
    clock.go_on(hours=5)
    done = typed("restore", "--force", str(tmp_path / "copy"))
    assert done.exit_code == 0, done.output
    assert "held" in done.output
    return runs


def test_what_was_due_before_the_restore_waits_for_a_hand(
    app: Flask, typed: Type, clock: Clock, restored: list[int]
) -> None:
    work(app)
    with app.app_context():
        assert outbox.due("run", clock(), 10) == []
        assert heartbeats.lag(clock()) == 0
    assert {state(app, each) for each in restored} == {"waiting"}
    listed = typed("held", "list").output
    assert all(f"run-{each} " in listed for each in restored)
    with app.app_context():
        (note,) = doctor._held()
        assert "that were due before a restore are held" in note.what

    assert typed("held", "send", f"run-{restored[0]}").exit_code == 0
    assert typed("held", "drop", f"run-{restored[1]}").exit_code == 0
    work(app)
    assert [state(app, each) for each in restored] == ["fired", "called_off", "waiting"]
    assert typed("held", "send", f"run-{restored[1]}").exit_code == 1
    assert typed("held", "drop").exit_code == 1
    assert typed("held", "drop", "--all").exit_code == 0
    assert "0 held." in typed("held", "list").output


def test_what_is_due_after_the_restore_fires_by_itself(app: Flask, clock: Clock, restored: list[int]) -> None:
    later = three_runs_again(app)
    clock.go_on(minutes=11)
    work(app)
    assert {state(app, each) for each in later} == {"fired"}
    assert {state(app, each) for each in restored} == {"waiting"}


def three_runs_again(app: Flask) -> list[int]:
    """Controls of clients who write now."""
    from tests.services import acts
    from webapp import clock as time_source

    with app.app_context():
        known = set(session().scalars(select(RobotRun.id)))
        acts.inquiry(phone="+79160000077")
        soon = RobotRun.due_at > time_source.now() + timedelta(minutes=1)
        return [each for each in session().scalars(select(RobotRun.id).where(soon)) if each not in known]
