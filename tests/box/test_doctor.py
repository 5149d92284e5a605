"""The doctor says what is up, what is late, what is wrong and what to do; it falls ill itself never."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, select, text, update
from werkzeug.serving import make_server

from rules.uploads import Upload
from tests import company, servers
from tests.conftest import Clock, settings_for
from webapp import clock as time_source
from webapp.access.scopes import SYSTEM
from webapp.app import CONNECT_SECONDS, create_app
from webapp.background import beginning, heartbeats, redis_client
from webapp.box import backup, doctor, health_checks
from webapp.db import db, session, transaction
from webapp.models import Firm, Heartbeat, RobotRun, TaskFile, TaskFilePart, User
from webapp.services import inquiries, task_files, tasks

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def examined(app: Flask) -> Callable[[], dict[str, str]]:
    """What the doctor finds ill: what by state."""

    def look() -> dict[str, str]:
        with app.app_context():
            return {each.what: each.remedy for each in doctor.examine(app) if each.is_ill}

    return look


Ill = Callable[[], list[str]]


@pytest.fixture
def ill(examined: Callable[[], dict[str, str]]) -> Ill:
    """The parts of Dozor that are ill, by name; each has a remedy, and both are one line."""

    def look() -> list[str]:
        found = examined()
        assert all(found.values())
        assert not any("\n" in each for each in (*found, *found.values()))
        return [each.split(":")[0] for each in found]

    return look


@pytest.fixture
def alive(app: Flask, clock: Clock) -> Iterator[None]:
    """Worker and ticker have just been seen, pages are served, the clock is the machine's and goes on like it."""
    clock.at, began = datetime.now(UTC), time.monotonic()
    with time_source.running_on(lambda: clock.at + timedelta(seconds=time.monotonic() - began)):
        with app.app_context():
            heartbeats.beat("worker")
            heartbeats.beat("ticker")
            db.session.remove()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        change_settings(app, bind=f"127.0.0.1:{server.port}", url=f"http://127.0.0.1:{server.port}")
        yield
        server.shutdown()
        serving.join(10)
        server.server_close()


def change_settings(app: Flask, **changes: Any) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], **changes)


@pytest.mark.both_databases
@pytest.mark.usefixtures("alive")
def test_a_healthy_dozor_is_called_so(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["doctor"])
    assert done.exit_code == 0, done.output
    assert "All is well." in done.output
    assert "everybody knows its password" in done.output


@pytest.mark.usefixtures("alive")
def test_what_the_running_pages_know_to_be_starting_is_not_ill(
    app: Flask, ill: Ill, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), transaction() as current:
        current.execute(delete(Heartbeat).where(Heartbeat.role == "worker"))
    assert ill() == ["worker"]
    monkeypatch.setattr(beginning, "_noted", [time.monotonic()])
    assert ill() == []
    assert "worker: is starting" in app.test_cli_runner().invoke(args=["doctor"]).output


def test_people_about_whom_only_the_admins_would_be_told_are_named(app: Flask) -> None:
    with app.app_context():
        (note,) = (each for each in doctor.examine(app) if each.what.startswith("no head or deputy"))
    assert "Sergey Lebedev" in note.what, "nobody stands above the head of the whole"
    assert "Ivan Petrov" not in note.what
    assert not note.is_ill


@pytest.mark.both_databases
def test_a_file_of_which_something_is_gone_is_named(app: Flask) -> None:
    with app.app_context():
        with transaction():
            boss = company.acting("north")
            task = tasks.create_by_hand("Call", "", company.person("north"), boss)
            for name in ("whole.txt", "half.txt"):
                task_files.attach(task, [Upload(name, name.encode() * task_files.PIECE)], boss)
        assert not list(doctor._attached())
        with transaction() as current:
            half = current.scalars(select(TaskFile.id).where(TaskFile.name == "half.txt")).one()
            current.execute(delete(TaskFilePart).where(TaskFilePart.file_id == half, TaskFilePart.position == 1))
        (found,) = doctor._attached()
        assert "half.txt of task" in found.what
        assert "whole.txt" not in found.what


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
def test_what_ended_badly_long_ago_is_history(app: Flask, clock: Clock, examined: Callable[[], dict[str, str]]) -> None:
    change(app, three_runs(app)[0], state="failed", ended_at=clock() - timedelta(days=2))
    assert examined() == {}


@pytest.mark.usefixtures("alive")
def test_a_redis_that_is_away_is_named_and_the_rest_is_examined(app: Flask, tmp_path: Path, ill: Ill) -> None:
    change_settings(app, redis_url=f"unix://{tmp_path / 'none.sock'}")
    assert ill() == ["redis"]


@pytest.mark.usefixtures("alive")
def test_a_redis_that_hangs_is_named(app: Flask, redis_server: servers.RedisServer, ill: Ill) -> None:
    assert redis_server.process is not None
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        assert ill() == ["redis"]
    finally:
        redis_server.process.send_signal(signal.SIGCONT)


@pytest.mark.usefixtures("alive")
@pytest.mark.parametrize(
    ("name", "odd", "right", "said"),
    [
        ("requirepass", "of others", "", "Put user and password into REDIS_URL"),
        ("maxmemory-policy", "allkeys-lru", "noeviction", "Set maxmemory-policy to noeviction"),
        ("maxmemory", "1", "0", "let it write"),
    ],
)
def test_a_redis_set_up_otherwise_is_named_with_what_to_do(
    app: Flask, examined: Callable[[], dict[str, str]], name: str, odd: str, right: str, said: str
) -> None:
    line = redis_client.connect(app.config["REDIS_URL"], timeout=5)
    line.config_set(name, odd)
    try:
        ((what, remedy),) = examined().items()
    finally:
        line.config_set(name, right)
        line.close()
    assert what.startswith("redis: ")
    assert said in remedy


@pytest.mark.usefixtures("alive")
@pytest.mark.complains("the database file was taken away")
def test_what_runs_in_another_file_is_named_though_the_one_that_stands_there_is_whole(
    app: Flask, tmp_path: Path, redis_server: servers.RedisServer
) -> None:
    """A copy was put back by hand under a running Dozor; and who starts it anew still hears of what was lost so."""
    settings = app.config["SETTINGS"]
    urlopen(f"{settings.url}/health").close()
    backup.backup(f"sqlite:///{tmp_path / 'dozor.db'}", tmp_path / "copy")
    os.replace(tmp_path / "copy", tmp_path / "dozor.db")
    with made(tmp_path, f"sqlite:///{tmp_path / 'dozor.db'}", redis_server.url) as fresh:
        change_settings(fresh, bind=settings.bind, url=settings.url)
        found = {each.what: each.remedy for each in doctor.examine(fresh) if each.is_ill}
        (rescued,) = (tmp_path / "backups").glob("rescued-*.db")
        (remedy,) = (remedy for what, remedy in found.items() if what.startswith("web: what runs saves nothing"))
        assert f"restore {rescued} --force" in remedy
        change_settings(fresh, bind="127.0.0.1:1", url="http://127.0.0.1:1")
        assert any(rescued.name in each.what for each in doctor.examine(fresh) if each.state == doctor.NOTE)


@pytest.mark.usefixtures("alive")
def test_a_redis_that_answers_and_takes_nothing_is_no_healthy_one(app: Flask) -> None:
    """Without memory, or on a full disk: what monitors and pages hear is what the doctor says."""
    line = redis_client.connect(app.config["REDIS_URL"], timeout=5)
    line.config_set("maxmemory", "1")
    try:
        with app.app_context():
            assert not heartbeats.health().redis
    finally:
        line.config_set("maxmemory", "0")
        line.close()
    app.extensions["dozor.breaker"].until = 0.0
    with app.app_context():
        assert heartbeats.health().redis


def test_pages_that_nobody_serves_are_named(app: Flask, examined: Callable[[], dict[str, str]]) -> None:
    change_settings(app, bind="127.0.0.1:1", url="http://127.0.0.1:1")
    (remedy,) = (remedy for what, remedy in examined().items() if what.startswith("web: nobody answers"))
    assert "dozor.log" in remedy


def test_a_database_that_does_not_answer_is_a_line_not_a_traceback(
    tmp_path: Path, redis_server: servers.RedisServer
) -> None:
    with made(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:1/none", redis_server.url) as app:
        found = list(doctor.examine(app))
    assert "database" in [each.what.split(":")[0] for each in found if each.is_ill]
    assert "redis: answers" in [each.what for each in found]


def test_a_database_that_is_silent_is_named_after_a_little_patience(
    tmp_path: Path, redis_server: servers.RedisServer
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes the call, and never says a word
        url = f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        with made(tmp_path, url, redis_server.url) as app:
            began = time.monotonic()
            found = list(doctor.examine(app))
    assert time.monotonic() - began < 4 * CONNECT_SECONDS
    assert "database" in [each.what.split(":")[0] for each in found if each.is_ill]


def test_an_empty_database_is_sent_to_init(tmp_path: Path, redis_server: servers.RedisServer) -> None:
    (tmp_path / "new.db").touch()
    with made(tmp_path, f"sqlite:///{tmp_path / 'new.db'}", redis_server.url) as app:
        (remedy,) = (each.remedy for each in doctor.examine(app) if each.what.startswith("database"))
    assert "init" in remedy


def test_a_missing_file_is_named_and_not_made(tmp_path: Path, redis_server: servers.RedisServer) -> None:
    with made(tmp_path, f"sqlite:///{tmp_path / 'gone.db'}", redis_server.url) as app:
        (found,) = (each for each in doctor.examine(app) if each.what.startswith("database"))
    assert "Put a backup back" in found.remedy
    assert not (tmp_path / "gone.db").exists()


@pytest.mark.both_databases
@pytest.mark.usefixtures("alive")
@pytest.mark.parametrize(
    ("revision", "remedy"), [("0001", "it migrates, after a backup"), ("9999", "Bring the code up to date")]
)
def test_a_database_at_another_revision_is_named(
    app: Flask, examined: Callable[[], dict[str, str]], revision: str, remedy: str
) -> None:
    by_hand(app, f"UPDATE alembic_version SET version_num = '{revision}'")
    ((what, said),) = examined().items()
    assert f"at revision {revision}" in what
    assert remedy in said


@pytest.mark.usefixtures("alive")
def test_a_locked_file_is_named_after_a_little_patience(
    app: Flask, examined: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "dozor.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        ((what, remedy),) = examined().items()
    assert "locked" in what
    assert "fuser" in remedy


@pytest.mark.usefixtures("alive")
def test_a_file_that_may_only_be_read_is_named(tmp_path: Path, app: Flask) -> None:
    url = f"sqlite:///file:{tmp_path / 'dozor.db'}?mode=ro&uri=true"
    with made(tmp_path, url, app.config["REDIS_URL"]) as reading:
        change_settings(reading, database_url=app.config["SQLALCHEMY_DATABASE_URI"])
        (found,) = (each for each in doctor.examine(reading) if each.what.startswith("database") and each.is_ill)
    assert "readonly" in found.what
    assert "write in" in found.remedy


def test_a_damaged_file_is_sent_to_its_backup(tmp_path: Path, redis_server: servers.RedisServer) -> None:
    (tmp_path / "odd.db").write_bytes(b"a disk that lies " * 1000)
    with made(tmp_path, f"sqlite:///{tmp_path / 'odd.db'}", redis_server.url) as app:
        (found,) = (each for each in doctor.examine(app) if each.what.startswith("database"))
    assert "restore FILE" in found.remedy


@pytest.mark.postgres
@pytest.mark.usefixtures("alive")
def test_a_postgresql_that_only_reads_is_named(app: Flask, examined: Callable[[], dict[str, str]]) -> None:
    by_hand(
        app,
        "DO $$ BEGIN EXECUTE format("
        "'ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
    )
    with app.app_context():
        db.engine.dispose()
    ((what, remedy),) = examined().items()
    assert "read-only" in what
    assert "let it write" in remedy


@pytest.mark.postgres
@pytest.mark.usefixtures("alive")
def test_a_clock_that_differs_from_the_databases_is_named(clock: Clock, examined: Callable[[], dict[str, str]]) -> None:
    clock.go_on(seconds=20)
    (said,) = (each for each in examined() if each.startswith("clock: "))
    assert re.fullmatch(r"clock: (1[5-9]|2\d) s away from the database's", said)


@pytest.mark.usefixtures("alive")
def test_a_clock_set_back_does_not_make_the_dead_look_alive(clock: Clock, ill: Ill) -> None:
    clock.go_on(hours=-1)
    assert ill() == ["worker", "ticker"]


@pytest.mark.usefixtures("alive")
def test_a_disk_that_is_nearly_full_is_named(ill: Ill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_checks, "LEAST_FREE_BYTES", 10**18)
    assert ill() == ["disk"]


@pytest.mark.usefixtures("alive")
def test_a_secret_that_others_may_read_is_named(tmp_path: Path, ill: Ill) -> None:
    (tmp_path / "secret").write_text("a secret of the tests, long enough")
    (tmp_path / "secret").chmod(0o640)
    assert ill() == ["secret"]
    (tmp_path / "secret").chmod(0o600)
    assert ill() == []


@pytest.mark.usefixtures("alive")
def test_files_of_another_user_are_named(tmp_path: Path, examined: Callable[[], dict[str, str]]) -> None:
    """Somebody typed a command as root: what it made, Dozor cannot write."""
    assert os.geteuid() == 0 or tmp_path.stat().st_uid == os.geteuid()
    subprocess.run(["touch", tmp_path / "mine"], check=True)
    if os.geteuid() == 0:
        os.chown(tmp_path / "mine", 12345, 12345)
        ((what, remedy),) = examined().items()
        assert "mine" in what
        assert "chown" in remedy
        os.chown(tmp_path / "mine", 0, 0)
        (tmp_path / "backups").mkdir(exist_ok=True)
        (tmp_path / "backups" / "copied.db").touch()
        os.chown(tmp_path / "backups" / "copied.db", 12345, 12345)
        ((what, _),) = examined().items()
        assert "backups/copied.db" in what
    else:
        assert examined() == {}


@pytest.mark.usefixtures("alive")
def test_the_lessons_password_at_a_public_address_is_named(app: Flask, examined: Callable[[], dict[str, str]]) -> None:
    change_settings(app, url="https://crm.example.com")
    ((what, remedy),) = examined().items()
    assert "rep1@dozor.example" in what
    assert "user password" in remedy
    with app.app_context(), transaction() as current:
        current.execute(update(User).values(password_hash="none"))
    assert examined() == {}


@pytest.mark.usefixtures("alive")
def test_a_firm_without_backups_or_with_old_ones_is_ill(app: Flask, clock: Clock, tmp_path: Path, ill: Ill) -> None:
    with app.app_context(), transaction() as current:
        current.scalars(select(Firm)).one().is_lesson = False
        current.execute(update(User).values(created_at=clock() - timedelta(days=3)))
    assert ill() == ["backup"]
    done = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "copies" / "monday.db")])
    assert done.exit_code == 0, done.output
    assert ill() == []
    clock.go_on(days=3)
    assert "backup" in ill()


def by_hand(app: Flask, statement: str) -> None:
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


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
