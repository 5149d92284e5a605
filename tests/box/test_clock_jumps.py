"""A clock that was wrong and was put right: the jump is noted, and what was counted meanwhile is counted again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.box.test_doctor import three_runs
from tests.conftest import Browser, Clock
from webapp.background import clock_jumps
from webapp.box import doctor
from webapp.db import session
from webapp.models import RobotRun

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.both_databases


def due(app: Flask, runs: list[int]) -> list[timedelta]:
    with app.app_context():
        rows = session().execute(select(RobotRun.due_at).where(RobotRun.id.in_(runs)).order_by(RobotRun.id))
        return [row.due_at for row in rows]


@pytest.mark.parametrize("is_seen", [True, False], ids=["from the start", "only its end"])
def test_an_hour_fast_and_then_right(app: Flask, clock: Clock, tmp_path: Path, is_seen: bool) -> None:
    watch, right = clock_jumps.ClockWatch(tmp_path), clock()
    with app.app_context():
        assert watch.look(right, 100.0) is None
        clock.at = right + HOUR
        if is_seen:
            assert watch.look(clock(), 101.0).by == pytest.approx(3600, abs=2)  # type: ignore[union-attr]
        else:
            watch = clock_jumps.ClockWatch(tmp_path)
            watch.look(clock(), 101.0)
    runs = three_runs(app)
    wrong = due(app, runs)
    clock.at = right + timedelta(minutes=1)
    with app.app_context():
        jump = watch.look(clock(), 161.0)
        assert jump is not None
        assert set(runs) <= set(jump.runs)
        said = [
            each for each in doctor._clock_jumps(app.config["SETTINGS"], clock()) if "counted by the wrong" in each.what
        ]
        assert len(said) == 1
        assert "runs count-again" in said[0].remedy
    done = app.test_cli_runner().invoke(args=["runs", "count-again"])
    assert done.exit_code == 0, done.output
    assert due(app, runs) == pytest.approx([each - HOUR for each in wrong], abs=timedelta(seconds=2))
    assert "0 runs" in app.test_cli_runner().invoke(args=["runs", "count-again"]).output


def test_a_clock_that_only_drifts_is_no_jump(app: Flask, clock: Clock, tmp_path: Path) -> None:
    watch = clock_jumps.ClockWatch(tmp_path)
    with app.app_context():
        for second in range(0, 60, 5):
            assert watch.look(clock() + timedelta(seconds=second * 1.1), float(second)) is None
    assert not clock_jumps.file_in(tmp_path).exists()


def test_a_torn_line_takes_nobodys_health_away(
    app: Flask, clock: Clock, tmp_path: Path, sign_in: Callable[[str], Browser]
) -> None:
    """A machine that died while it noted a jump: page and doctor are what one opens then."""
    file = clock_jumps.file_in(tmp_path)
    whole = json.dumps({"at": clock().isoformat(), "by": 3600.0, "run_id": 0, "runs": []})
    file.write_bytes(
        f'{whole}\n[]\n{{"at": "noon", "by": 1, "run_id": 0, "runs": []}}\n{whole[:30]}'.encode() + b"\xff"
    )
    with app.app_context():
        assert [each.by for each in clock_jumps.noted(file)] == [3600.0]
        assert len(list(doctor._clock_jumps(app.config["SETTINGS"], clock()))) == 1
    assert sign_in("admin").get("/settings/health").status_code == 200
    watch = clock_jumps.ClockWatch(tmp_path)
    with app.app_context():
        watch.look(clock(), 100.0)
        clock.go_on(hours=2)
        assert watch.look(clock(), 101.0) is not None
    assert [each.by for each in clock_jumps.noted(file)] == pytest.approx([3600.0, 7199.0])
