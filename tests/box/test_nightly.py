"""The box makes its own backups, keeps some, clears up; files are their owner's alone; a stopped firm is one file."""

from __future__ import annotations

import itertools
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests import servers
from tests.box.test_box import ROOT, Box, free_port, until
from webapp.background import heartbeats
from webapp.box import backup, nightly
from webapp.db import transaction
from webapp.models import Company

MOSCOW = "Europe/Moscow"


def test_seven_days_and_four_weeks_are_kept() -> None:
    days, today = set[date](), date(2026, 11, 25)
    for ago in reversed(range(400)):
        day = today - timedelta(days=ago)
        days = nightly.kept(days | {day}, day)
        assert len(days) <= nightly.DAYS + nightly.WEEKS
    assert sorted(days, reverse=True)[:7] == [today - timedelta(days=each) for each in range(7)]
    older = sorted(days, reverse=True)[7:]
    assert len(older) == 4
    assert all((newer - each).days == 7 for newer, each in itertools.pairwise(older))


def test_it_is_time_once_a_night(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    at = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert nightly.is_due(tmp_path, MOSCOW, at), "there is none at all"
    mine = tmp_path / "backups" / "nightly-2026-11-25.db"
    mine.touch()
    os.utime(mine, (at.timestamp(), at.timestamp()))
    assert not nightly.is_due(tmp_path, MOSCOW, at + timedelta(hours=11, minutes=59))
    assert nightly.is_due(tmp_path, MOSCOW, at + timedelta(hours=12)), "three in the morning in Moscow"


def tonight(data: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    told = {**os.environ, "DOZOR_DATA": str(data), **environ}
    words = [sys.executable, "-m", "webapp.box.nightly"]
    return subprocess.run(words, cwd=ROOT, env=told, capture_output=True, text=True, check=False)


def test_tonights_backup_is_whole_private_and_clears_up(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("nightly-2020-01-01.db", "before-migration-0001-x.db", "nightly-notes.db"):
        (folder / name).touch()
    (folder / "nightly-2026-01-01.db.part").touch()
    os.utime(folder / "nightly-2026-01-01.db.part", (0, 0))
    (folder / "somebody.db.part").touch()
    assert tonight(tmp_path).returncode == 0
    left = {each.name for each in folder.iterdir()}
    (mine,) = left - {"before-migration-0001-x.db", "nightly-notes.db", "somebody.db.part"}
    backup._must_be_whole(folder / mine)
    assert (folder / mine).stat().st_mode & 0o077 == 0
    assert not nightly.is_due(tmp_path, MOSCOW, datetime.now(UTC))
    assert tonight(tmp_path).returncode == 0, "and twice a night does no harm"


@pytest.mark.postgres
def test_a_postgresql_is_dumped_each_night(app: Flask, tmp_path: Path) -> None:
    assert tonight(tmp_path, DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"]).returncode == 0
    (mine,) = (tmp_path / "backups").glob("nightly-*.dump")
    assert mine.read_bytes().startswith(b"PGDMP")


def test_a_night_without_a_backup_says_why_in_one_line(tmp_path: Path) -> None:
    done = tonight(tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "no backup tonight" in done.stderr


def test_health_says_when_the_last_is_older_than_26_hours(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        heartbeats.beat("worker")
        heartbeats.beat("ticker")
    mark = tmp_path / "last-backup"
    mark.touch()
    assert app.test_client().get("/health").status_code == 200
    os.utime(mark, (time.time() - 27 * 3600,) * 2)
    answer = app.test_client().get("/health")
    assert (answer.status_code, answer.get_json()["backup"]) == (503, False)


@pytest.fixture
def typed(app: Flask) -> Callable[..., Result]:
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


def test_what_root_makes_belongs_to_the_owner_alone(typed: Callable[..., Result], tmp_path: Path) -> None:
    other = 12345 if os.geteuid() == 0 else os.geteuid()
    os.chown(tmp_path, other, -1)
    assert typed("backup", str(tmp_path / "backups" / "one.db")).exit_code == 0
    assert typed("restore", "--force", str(tmp_path / "backups" / "one.db")).exit_code == 0
    made = [each for each in (*tmp_path.iterdir(), *(tmp_path / "backups").iterdir()) if each.name != "dozor.db-shm"]
    assert {each.name for each in made} >= {"dozor.db", "last-backup", "backups", "one.db", "box.lock"}
    assert {(each.stat().st_uid, each.stat().st_mode & 0o077) for each in made} == {(other, 0)}
    os.chown(tmp_path / "last-backup", 0 if os.geteuid() == 0 else other, -1)
    assert typed("backup", str(tmp_path / "backups" / "two.db")).exit_code == 0, "also over a mark that root has made"


def test_a_backup_killed_in_the_middle_leaves_nothing_for_ever(app: Flask, tmp_path: Path) -> None:
    part = tmp_path / "dozor.db.part"
    part.touch()
    os.utime(part, (0, 0))
    nightly.clear_parts(tmp_path)
    assert not part.exists()


@pytest.mark.faults
def test_a_box_backs_up_by_itself_and_leaves_one_file_when_it_stops(tmp_path: Path) -> None:
    box = Box(tmp_path / "data")
    try:
        box.wait()
        until(lambda: bool(nightly.made(box.folder)), seconds=40)
        until(lambda: (box.folder / "last-backup").exists())
        odd = {each for each in box.folder.rglob("*") if each.is_file() and each.stat().st_mode & 0o077}
        assert odd == set(), "all files are their owner's alone"
        assert (box.folder / "dozor.db-wal").stat().st_size
    finally:
        box.end()
    log = box.folder / "dozor.db-wal"
    assert not log.exists() or log.stat().st_size == 0
    alone = tmp_path / "copied.db"
    alone.write_bytes((box.folder / "dozor.db").read_bytes())
    with closing(sqlite3.connect(alone)) as copy:
        assert copy.execute("SELECT count(*) FROM heartbeat").fetchone()[0] > 0, "the newest work is in it"


def test_the_doctor_warns_of_plain_copies(app: Flask, typed: Callable[..., Result]) -> None:
    with app.app_context(), transaction() as current:
        current.add(Company(name="New"))
    said = typed("doctor").output
    assert "dozor.db-wal holds the newest work" in said
    assert "backup FILE" in said


@pytest.mark.faults
def test_a_box_waits_for_a_postgresql_that_is_not_up_yet(tmp_path: Path) -> None:
    """As after the start of a machine; and may be stopped while it waits."""
    port = free_port()
    box = Box(tmp_path / "data", DATABASE_URL=f"postgresql+psycopg://postgres@127.0.0.1:{port}/none")
    try:
        until(lambda: box.log.read_text().count("waiting for the database") >= 2, seconds=40)
        assert box.process.poll() is None
    finally:
        box.end()
    assert box.process.returncode == 0


@pytest.mark.postgres
def test_a_database_that_waiting_cannot_mend_is_refused_at_once(postgres: servers.Postgres, tmp_path: Path) -> None:
    url = postgres.url("no_such_firm")
    told = {**os.environ, "DOZOR_DATA": str(tmp_path), "DATABASE_URL": url}
    words = [sys.executable, "-m", "webapp.box.first_start"]
    done = subprocess.run(words, cwd=ROOT, env=told, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "does not exist" in done.stderr
