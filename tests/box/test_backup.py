"""A copy made while people work is whole and of one instant, and a firm rises from it in an empty folder."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import TUESDAY, settings_for
from webapp import clock
from webapp.app import create_app
from webapp.box import backup
from webapp.db import db, session, transaction
from webapp.models import Company, Firm


def test_a_copy_made_while_people_write_is_of_one_instant(app: Flask, tmp_path: Path) -> None:
    copies = [tmp_path / f"{number}.db" for number in range(5)]
    with writing_pairs(app):
        for each in copies:
            backup.backup(app.config["SQLALCHEMY_DATABASE_URI"], each)
    for each in copies:
        with closing(sqlite3.connect(each)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            lefts, rights = (count(connection, side) for side in ("left", "right"))
            assert lefts == rights, "what one transaction wrote is in it together or not at all"
    assert not list(tmp_path.glob("*.part"))


def test_a_firm_rises_from_its_copy_in_an_empty_folder(app: Flask, tmp_path: Path) -> None:
    copy, folder = tmp_path / "copy.db", tmp_path / "another machine"
    backup.backup(app.config["SQLALCHEMY_DATABASE_URI"], copy)
    url = f"sqlite:///{folder / 'dozor.db'}"
    assert backup.restore(url, copy, force=False, now=TUESDAY) is None
    assert content(folder / "dozor.db") == content(
        Path(app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))
    )
    risen = create_app(settings_for(folder, url, app.config["REDIS_URL"]))
    with risen.app_context():
        assert session().scalar(select(func.count(Firm.id))) == 1
        db.session.remove()
        db.engine.dispose()
    risen.extensions["dozor.redis"].close()


def test_a_damaged_copy_is_not_put_in_place(app: Flask, tmp_path: Path) -> None:
    copy, target = tmp_path / "copy.db", tmp_path / "new" / "dozor.db"
    backup.backup(app.config["SQLALCHEMY_DATABASE_URI"], copy)
    middle = bytearray(copy.read_bytes())
    middle[8192:40960] = bytes(32768)
    copy.write_bytes(middle)
    with pytest.raises(backup.BackupError):
        backup.restore(f"sqlite:///{target}", copy, force=False, now=clock.now())
    assert not target.exists()


def test_a_copy_is_readable_by_its_owner_alone(app: Flask, tmp_path: Path) -> None:
    backup.backup(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0


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
    assert has_begun.wait(10)
    yield
    is_over.set()
    writer.join(20)


def count(connection: sqlite3.Connection, name: str) -> int:
    (found,) = connection.execute("SELECT count(*) FROM company WHERE name = ?", (name,)).fetchone()
    return int(found)


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())
