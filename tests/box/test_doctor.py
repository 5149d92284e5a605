"""The doctor says what is up, what is late, what is wrong and what to do; it falls ill itself never."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import servers
from tests.conftest import Clock, settings_for
from webapp import clock as time_source
from webapp import heartbeats, queue
from webapp.actors import SYSTEM
from webapp.app import create_app
from webapp.box import doctor
from webapp.db import db, session, transaction
from webapp.models import RobotRun
from webapp.services import inquiries

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def examined(app: Flask) -> Callable[[], dict[str, str]]:
    """What the doctor finds ill: what by state."""

    def look() -> dict[str, str]:
        with app.app_context():
            return {each.what: each.remedy for each in doctor.examine(app) if each.is_ill}

    return look


@pytest.fixture
def alive(app: Flask, clock: Clock) -> None:
    """Worker and ticker have just been seen."""
    with app.app_context():
        heartbeats.beat("worker")
        heartbeats.beat("ticker")


@pytest.mark.both_databases
@pytest.mark.usefixtures("alive")
def test_a_healthy_dozor_is_called_so(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["doctor"])
    assert done.exit_code == 0, done.output
    assert "All is well." in done.output
    assert "everybody knows its password" in done.output


def test_people_about_whom_only_the_admins_would_be_told_are_named(app: Flask) -> None:
    with app.app_context():
        (note,) = (each for each in doctor.examine(app) if each.what.startswith("no head or deputy"))
    assert "Sergey Lebedev" in note.what, "nobody stands above the head of the whole"
    assert "Ivan Petrov" not in note.what
    assert not note.is_ill


def test_a_silent_worker_is_named_with_the_time(app: Flask, clock: Clock) -> None:
    with app.app_context():
        heartbeats.beat("worker")
        clock.go_on(minutes=7)
        heartbeats.beat("ticker")
    done = app.test_cli_runner().invoke(args=["doctor"])
    assert done.exit_code == 1
    assert "worker: not seen for 7 min" in done.output
    assert "ticker: alive" in done.output


@pytest.mark.both_databases
@pytest.mark.usefixtures("alive")
def test_late_and_failed_work_and_work_without_a_recipient_are_told_apart(
    app: Flask, clock: Clock, examined: Callable[[], dict[str, str]]
) -> None:
    assert examined() == {}
    runs = three_runs(app)
    change(app, runs[0], due_at=clock() - timedelta(minutes=3))
    change(app, runs[1], state="failed", ended_at=clock(), error="ValueError: no such word")
    change(app, runs[2], state="no_recipient", ended_at=clock())
    found = examined()
    assert list(found) == [
        "1 of run late, the oldest by 3 min",
        "1 of run failed within a day, the last: ValueError: no such word",
        "1 robot runs within a day found nobody to tell",
    ]
    assert all(found.values()), "each has a remedy"


@pytest.mark.usefixtures("alive")
def test_what_ended_badly_long_ago_is_history(
    app: Flask, clock: Clock, examined: Callable[[], dict[str, str]]
) -> None:
    change(app, three_runs(app)[0], state="failed", ended_at=clock() - timedelta(days=2))
    assert examined() == {}


def test_a_redis_that_is_away_is_named_and_the_rest_is_examined(tmp_path: Path, database_url: str) -> None:
    with made(tmp_path, database_url, f"unix://{tmp_path / 'none.sock'}") as app:
        heartbeats.beat("worker")
        heartbeats.beat("ticker")
        ill = [each for each in doctor.examine(app) if each.is_ill]
    assert [each.what.split(":")[0] for each in ill] == ["redis"]


def test_a_database_without_tables_is_sent_to_the_start(tmp_path: Path, redis_server: servers.RedisServer) -> None:
    with made(tmp_path, f"sqlite:///{tmp_path / 'new.db'}", redis_server.url) as app:
        ill = [each for each in doctor.examine(app) if each.is_ill]
    assert [each.remedy for each in ill] == ["Start Dozor: it migrates, after a backup."]


def test_a_database_that_does_not_answer_is_a_line_not_a_traceback(
    tmp_path: Path, redis_server: servers.RedisServer
) -> None:
    with made(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:1/none", redis_server.url) as app:
        found = list(doctor.examine(app))
    assert [each.what.split(":")[0] for each in found if each.is_ill] == ["database"]
    assert "redis: answers" in [each.what for each in found]


def test_a_redis_that_may_forget_is_noted(app: Flask, examined: Callable[[], dict[str, str]]) -> None:
    line = queue.connect(app.config["REDIS_URL"])
    line.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with app.app_context():
            assert any("may forget (allkeys-lru)" in each.what for each in doctor.examine(app))
    finally:
        line.config_set("maxmemory-policy", "noeviction")
        line.close()


def three_runs(app: Flask) -> list[int]:
    """Three reaction controls that wait for their ten minutes."""
    with app.app_context():
        with transaction():
            for number in range(3):
                contact = {"name": f"Client {number}", "phone": f"+7916000000{number}"}
                inquiries.receive("chat", contact, "Good day", SYSTEM)
        waiting = select(RobotRun.id).where(RobotRun.state == "waiting", RobotRun.due_at > time_source.now())
        return list(session().scalars(waiting.order_by(RobotRun.id)))


def change(app: Flask, run_id: int, **columns: Any) -> None:
    with app.app_context(), transaction() as current:
        current.execute(update(RobotRun).where(RobotRun.id == run_id).values(**columns))


class made:
    """An application of this test's own, its context pushed."""

    def __init__(self, folder: Path, url: str, redis_url: str) -> None:
        self.app = create_app(settings_for(folder, url, redis_url))
        self.context = self.app.app_context()

    def __enter__(self) -> Flask:
        self.context.push()
        return self.app

    def __exit__(self, *_: object) -> None:
        db.session.remove()
        db.engine.dispose()
        self.context.pop()
        self.app.extensions["dozor.redis"].close()
