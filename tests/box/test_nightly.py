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
from sqlalchemy import update

from tests import servers
from tests.box.test_box import ROOT, Box, free_port, until
from tests.conftest import Browser
from webapp import clock as time_source
from webapp.background import backup_marks, backups, heartbeats
from webapp.box import backup, health_checks, nightly
from webapp.db import transaction
from webapp.models import Company, Firm, User

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
    before = {f"nightly-{datetime.now(UTC).date() - timedelta(days=each)}.db" for each in range(2, 50)}
    for name in ("nightly-2020-01-01.db", "before-migration-0001-x.db", "nightly-notes.db", *before):
        (folder / name).touch()
        os.utime(folder / name, (0, 0))
    (folder / "nightly-2026-01-01.db.part").touch()
    os.utime(folder / "nightly-2026-01-01.db.part", (0, 0))
    (folder / "somebody.db.part").touch()
    assert tonight(tmp_path).returncode == 0
    left = {each.name for each in folder.iterdir()}
    (mine,) = left - before - {"before-migration-0001-x.db", "nightly-notes.db", "somebody.db.part"}
    assert len(left & before) == nightly.DAYS - 1 + nightly.WEEKS
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
        own_firm(timedelta(days=3))
    mark = tmp_path / "last-backup"
    mark.touch()
    assert app.test_client().get("/health").status_code == 200
    os.utime(mark, (time.time() - 27 * 3600,) * 2)
    answer = app.test_client().get("/health")
    assert (answer.status_code, answer.get_json()["backup"]) == (503, False)


def own_firm(old: timedelta) -> None:
    """The firm is not the lesson's, and its first person came so long ago."""
    with transaction() as current:
        current.execute(update(Firm).values(is_lesson=False))
        current.execute(update(User).values(created_at=time_source.now() - old))


@pytest.mark.both_databases
def test_a_firm_that_never_had_a_backup_is_ill_after_a_day_and_told_why(
    app: Flask, tmp_path: Path, sign_in: Callable[[str], Browser]
) -> None:
    """Monitors, page, doctor and the watcher outside have one answer."""
    settings = app.config["SETTINGS"]
    with app.app_context():
        heartbeats.beat("worker")
        heartbeats.beat("ticker")
        own_firm(timedelta(hours=20))
    assert app.test_client().get("/health").status_code == 200, "a new firm has a day"
    backup_marks.note_trouble(tmp_path, "aborting because of server version mismatch")
    admin = sign_in("admin")
    page = admin.get("/settings/health").text
    assert "the first one failed" in page
    assert "server version mismatch" in page
    with app.app_context():
        own_firm(timedelta(days=30))
        assert not heartbeats.health().is_well
        (said,) = health_checks.backup(settings, time_source.now())
        assert said.state == health_checks.WRONG
        assert "server version mismatch" in said.what
    answer = app.test_client().get("/health")
    assert (answer.status_code, answer.get_json()["backup"]) == (503, False)
    page = admin.get("/settings/health").text
    assert "All is well" not in page
    assert "none has been made yet" in page
    with app.app_context():
        backup_marks.note(tmp_path, time_source.now())
        (said,) = health_checks.backup(settings, time_source.now())
        assert said.state == health_checks.NOTE, "there is one; that the night's failed is not forgotten"
        assert heartbeats.health().is_well
        backup_marks.note_trouble(tmp_path, "")
        assert next(iter(health_checks.backup(settings, time_source.now()))).state == health_checks.OK


def test_a_night_that_failed_leaves_its_reason_and_is_tried_ever_more_rarely(tmp_path: Path) -> None:
    assert tonight(tmp_path).returncode == 1
    assert "there is no database" in backup_marks.trouble(tmp_path)
    started, now = [0.0], datetime.now(UTC)

    def fails() -> subprocess.Popen[bytes]:
        started.append(at)
        return subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"])

    nights = nightly.Nights(tmp_path, MOSCOW, fails)
    for second in range(0, 20_000, 10):
        at = float(second)
        nights.look(now, at)
        if nights.running is not None:
            nights.running.wait()
    gaps = [later - sooner for sooner, later in itertools.pairwise(started[1:])]
    assert gaps[0] < 120
    assert gaps == sorted(gaps)
    assert max(gaps) <= nightly.LONGEST_PAUSE_SECONDS + 60
    assert len(started) < 15


# --- a clock that was ahead


def test_what_a_clock_that_was_ahead_has_written_counts_for_nothing(app: Flask, tmp_path: Path) -> None:
    now = time_source.now()
    folder, next_year = tmp_path / "backups", (now + timedelta(days=365)).timestamp()
    folder.mkdir()
    for each in (folder / "nightly-2027-11-25.db", tmp_path / "last-backup"):
        each.touch()
        os.utime(each, (next_year, next_year))
    assert nightly.is_due(tmp_path, MOSCOW, now)
    with app.app_context():
        own_firm(timedelta(days=3))
        assert backups.standing(tmp_path, now).kind == backups.NONE
    (folder / "nightly-2026-11-25.db").touch()
    assert not nightly.is_due(tmp_path, MOSCOW, now)
    with app.app_context():
        assert backups.standing(tmp_path, now).kind == backups.MADE, "by the file itself, for the mark lies ahead"


def test_a_night_of_a_year_ahead_takes_one_backup_and_not_all() -> None:
    today = date(2026, 11, 25)
    days = set[date]()
    for ago in reversed(range(100)):
        days = nightly.kept(days | {today - timedelta(days=ago)}, today - timedelta(days=ago))
    ahead = today.replace(year=2027)
    left = nightly.kept(days | {ahead}, ahead)
    assert len(days - left) <= 1
    assert today in left
    later = nightly.kept(left | {today + timedelta(days=1)}, today + timedelta(days=1))
    assert {today + timedelta(days=1), today, ahead} <= later
    assert len(later - {ahead}) >= 10


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
        until(lambda: bool(backup_marks.made(box.folder)), seconds=40)
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
