"""A copy made while people work is whole and of one instant, and a firm rises from it in an empty place, row by row."""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, NullPool, create_engine, func, select, text

from rules.uploads import Upload
from tests import company
from tests.conftest import TUESDAY, settings_for
from tests.rows import rows_of
from webapp.access.scopes import SYSTEM
from webapp.app import create_app
from webapp.box import backup, dumps
from webapp.db import db, session, transaction
from webapp.migrations import upgrades
from webapp.models import Company, Deal, Firm, Stage, column_totals
from webapp.services import inquiries, task_files, tasks

restored = itertools.count()


@pytest.fixture
def filled(app: Flask) -> Flask:
    """A firm with deals, some moved; nobody connected."""
    with app.app_context():
        for number in range(6):
            with transaction():
                inquiries.receive(
                    "chat", {"name": f"Client {number}", "phone": f"+7916000000{number}"}, "Hello", SYSTEM
                )
        with transaction():
            boss = company.acting("north")
            task = tasks.create_by_hand("Call", "", company.person("north"), boss)
            task_files.attach(task, [Upload("offer.pdf", b"%PDF-" + bytes(range(256)) * 1024)], boss)
        with transaction() as current:
            last = current.scalars(select(Stage.id).order_by(Stage.id.desc())).first()
            for deal in current.scalars(select(Deal).order_by(Deal.id).limit(2)):
                deal.stage_id, deal.amount_minor = last or 0, 12_345_00
    leave(app)
    return app


@pytest.mark.both_databases
def test_a_copy_made_while_people_write_is_of_one_instant(app: Flask, tmp_path: Path, empty_url: str) -> None:
    copies = [tmp_path / f"{number}.copy" for number in range(3)]
    with writing_pairs(app):
        for each in copies:
            backup.backup(url_of(app), each)
    for each in copies:
        back(empty_url, each, tmp_path, force=True)
        with reading(empty_url) as connection:
            lefts, rights = (count(connection, side) for side in ("left", "right"))
        assert lefts == rights > 0, "what one transaction wrote is in it together or not at all"
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.both_databases
def test_a_firm_rises_from_its_copy_in_an_empty_place(filled: Flask, tmp_path: Path, empty_url: str) -> None:
    copy, folder = tmp_path / "copy", tmp_path / "another machine"
    backup.backup(url_of(filled), copy)
    assert back(empty_url, copy, folder) is None
    assert everything(empty_url) == everything(url_of(filled))
    with risen(folder, empty_url, filled) as app:
        assert session().scalar(select(func.count(Firm.id))) == 1
        assert not upgrades.upgrade(app), "it came with its revision"


@pytest.mark.both_databases
def test_columns_are_counted_in_what_was_restored(filled: Flask, tmp_path: Path, empty_url: str) -> None:
    copy = tmp_path / "copy"
    backup.backup(url_of(filled), copy)
    back(empty_url, copy, tmp_path)
    assert counted(empty_url) == counted_anew(empty_url) != []
    with risen(tmp_path, empty_url, filled):
        with transaction():
            inquiries.receive("chat", {"name": "One more", "phone": "+79160000099"}, "Hello", SYSTEM)
        with transaction() as current:
            current.scalars(select(Deal).order_by(Deal.id)).first().amount_minor = 77  # type: ignore[union-attr]
    assert sum(row["deals"] for row in counted(empty_url)) == 7
    assert counted(empty_url) == counted_anew(empty_url)


@pytest.mark.both_databases
def test_what_a_restore_replaces_is_kept_and_nothing_newer_stays(filled: Flask, tmp_path: Path) -> None:
    copy, url = tmp_path / "copy", url_of(filled)
    backup.backup(url, copy)
    before = everything(url)
    run(url, "UPDATE firm SET name = 'Renamed'", "CREATE TABLE of_a_newer_dozor (id integer)")
    with pytest.raises(backup.BackupError, match="--force"):
        back(url, copy, tmp_path)
    kept = back(url, copy, tmp_path, force=True)
    assert everything(url) == before
    assert kept is not None
    assert back(url, kept, tmp_path, force=True)
    assert everything(url)["firm"][0]["name"] == "Renamed"


@pytest.mark.both_databases
def test_nothing_is_put_under_somebody_who_uses_the_database(filled: Flask, tmp_path: Path) -> None:
    copy, url = tmp_path / "copy", url_of(filled)
    backup.backup(url, copy)
    run(url, "UPDATE firm SET name = 'Renamed'")
    with reading(url) as somebody:
        somebody.execute(text("SELECT 1 FROM firm"))
        somebody.rollback()
        with pytest.raises(backup.BackupError, match=r"in use|connected"):
            back(url, copy, tmp_path, force=True)
    assert everything(url)["firm"][0]["name"] == "Renamed"


@pytest.mark.both_databases
def test_a_damaged_copy_changes_nothing(filled: Flask, tmp_path: Path) -> None:
    copy, url = tmp_path / "copy", url_of(filled)
    backup.backup(url, copy)
    middle = bytearray(copy.read_bytes())
    middle[8192:40960] = bytes(32768)
    copy.write_bytes(middle)
    before = everything(url)
    with pytest.raises(backup.BackupError):
        back(url, copy, tmp_path, force=True)
    assert everything(url) == before


@pytest.mark.postgres
def test_a_dump_of_something_else_changes_nothing(filled: Flask, tmp_path: Path, empty_url: str) -> None:
    copy, url = tmp_path / "copy", url_of(filled)
    run(empty_url, "CREATE TABLE of_others (id integer)")
    with pytest.raises(backup.BackupError, match="not a backup of Dozor"):
        backup.backup(empty_url, copy)
    assert not copy.exists()
    before = everything(url)
    (tmp_path / "notes").write_text("not a dump at all")
    with pytest.raises(backup.BackupError):
        back(url, tmp_path / "notes", tmp_path, force=True)
    assert everything(url) == before


@pytest.mark.postgres
def test_who_is_just_leaving_is_waited_for_and_who_stays_is_named(
    filled: Flask, tmp_path: Path, empty_url: str
) -> None:
    copy = tmp_path / "copy"
    backup.backup(url_of(filled), copy)
    with psycopg.connect(empty_url.replace("+psycopg", "")) as staying:
        with pytest.raises(backup.BackupError, match="1 others are connected"):
            back(empty_url, copy, tmp_path)
        threading.Timer(0.5, staying.close).start()
        back(empty_url, copy, tmp_path)


EVIL = "UPDATE app_user SET is_admin = {yes}"


def test_what_a_copy_would_run_by_itself_is_not_put_back(filled: Flask, tmp_path: Path) -> None:
    """Under a name of its own, or under one of ours; ours count as before."""
    copy, url = tmp_path / "copy", url_of(filled)
    backup.backup(url, copy)
    with closing(sqlite3.connect(copy)) as planted:
        planted.execute("DROP TRIGGER deal_come")
        for name in ("deal_come", 'of "others"', "deal"):
            quoted = name.replace('"', '""')
            planted.execute(f'CREATE TRIGGER "{quoted}" AFTER INSERT ON deal BEGIN {EVIL.format(yes=1)}; END')
        planted.execute("CREATE VIEW all_of_them AS SELECT * FROM app_user")
    back(url, copy, tmp_path, force=True)
    with closing(sqlite3.connect(backup.file_of(url))) as now:
        found = now.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchall()
    assert {(kind, name) for kind, name, _ in found} == {
        ("trigger", name) for name in ("deal_come", "deal_gone", "deal_changed")
    }
    assert not any("is_admin" in text for _, _, text in found)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "planted",
    [
        "CREATE FUNCTION of_others() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER of_others AFTER INSERT ON deal FOR EACH ROW EXECUTE FUNCTION count_deal()",
        "CREATE RULE of_others AS ON INSERT TO company DO ALSO UPDATE app_user SET is_admin = true",
        "CREATE VIEW of_others AS SELECT * FROM app_user",
    ],
)
def test_what_a_dump_would_run_by_itself_is_left_out_and_named(
    filled: Flask, tmp_path: Path, empty_url: str, caplog: pytest.LogCaptureFixture, planted: str
) -> None:
    copy, url = tmp_path / "copy", url_of(filled)
    run(url, planted)
    backup.backup(url, copy)
    back(empty_url, copy, tmp_path)
    assert "of_others" in caplog.text
    assert everything(empty_url) == everything(url)
    backup.backup(empty_url, tmp_path / "second")
    assert "of_others" not in dumps._listed(empty_url, tmp_path / "second")
    assert "TRIGGER public deal count_deal" in dumps._listed(empty_url, tmp_path / "second")


def test_a_damaged_database_is_replaced_and_kept_as_it_is(filled: Flask, tmp_path: Path) -> None:
    copy, url = tmp_path / "copy", url_of(filled)
    backup.backup(url, copy)
    before = everything(url)
    backup.file_of(url).write_bytes(b"a disk that lies " * 1000)
    with pytest.raises(backup.BackupError, match="--force"):
        back(url, copy, tmp_path)
    kept = back(url, copy, tmp_path, force=True)
    assert everything(url) == before
    assert kept is not None
    assert kept.read_bytes().startswith(b"a disk that lies ")


@pytest.mark.both_databases
def test_a_copy_is_readable_by_its_owner_alone(app: Flask, tmp_path: Path) -> None:
    backup.backup(url_of(app), tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0


def test_what_root_puts_back_belongs_to_the_owner_of_the_folder(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "of dozor"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, 12345, 12345)
    backup.backup(url_of(app), tmp_path / "copy")
    back(f"sqlite:///{folder / 'dozor.db'}", tmp_path / "copy", folder)
    assert (folder / "dozor.db").stat().st_uid == folder.stat().st_uid


def test_the_password_of_a_postgresql_is_not_among_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others would see of pg_dump in the list of processes, and what it is given."""
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/seen\necho "$PGPASSWORD" > {tmp_path}/given\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(backup.BackupError):
        backup.backup("postgresql+psycopg://dozor:very%40secret@127.0.0.1/dozor", tmp_path / "copy")
    assert "secret" not in (tmp_path / "seen").read_text()
    assert "postgresql://dozor@127.0.0.1/dozor" in (tmp_path / "seen").read_text()
    assert (tmp_path / "given").read_text() == "very@secret\n"


@contextmanager
def writing_pairs(app: Flask) -> Iterator[None]:
    """Somebody writes meanwhile, without a pause, two rows in each transaction."""
    is_over, has_begun = threading.Event(), threading.Event()

    def write() -> None:
        while not is_over.is_set():
            with app.app_context(), transaction() as current:
                current.add(Company(name="left"))
                current.flush()
                current.add(Company(name="right"))
            has_begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert has_begun.wait(10)
        yield
    finally:
        is_over.set()
        writer.join(20)


@contextmanager
def risen(folder: Path, url: str, like: Flask) -> Iterator[Flask]:
    """The application on what was restored, its context pushed."""
    app = create_app(settings_for(folder, url, like.config["REDIS_URL"]))
    try:
        with app.app_context():
            yield app
    finally:
        leave(app)
        app.extensions["dozor.redis"].close()


def leave(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def back(url: str, copy: Path, folder: Path, *, force: bool = False) -> Path | None:
    now = TUESDAY + timedelta(seconds=next(restored))
    return backup.restore(url, copy, force=force, now=now, keep_in=folder / "backups")


def url_of(app: Flask) -> str:
    return str(app.config["SQLALCHEMY_DATABASE_URI"])


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def everything(url: str) -> dict[str, list[dict[str, object]]]:
    return rows_of(create_engine(url, poolclass=NullPool))


def counted(url: str) -> list[dict[str, object]]:
    return everything(url)["column_total"]


def counted_anew(url: str) -> list[dict[str, object]]:
    """The same, had nothing been counted by triggers; it is not kept."""
    with reading(url) as connection:
        column_totals.recount(connection)
        rows = connection.execute(select(column_totals.ColumnTotal.__table__).order_by(text("1, 2, 3"))).all()
        connection.rollback()
    return [dict(row._mapping) for row in rows]


def count(connection: Connection, name: str) -> int:
    return int(connection.execute(text("SELECT count(*) FROM company WHERE name = :name"), {"name": name}).scalar_one())


def run(url: str, *statements: str) -> None:
    """By hand, past Dozor."""
    if backup.is_file(url):
        with closing(sqlite3.connect(backup.file_of(url))) as connection, connection:
            for each in statements:
                connection.execute(each)
        return
    with psycopg.connect(url.replace("+psycopg", "")) as server:
        for each in statements:
            server.execute(each)  # type: ignore[call-overload]
