"""What disappears is said, rescued and never replaced: a database's file, a disk's last byte, a whole firm."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import servers
from tests.box.test_box import Box, refused, until
from tests.conftest import settings_for
from webapp import clock
from webapp.app import create_app
from webapp.background import heartbeats
from webapp.box import backup, first_start
from webapp.config import UNUSED, ConfigError, Settings
from webapp.db import db, saving, session, transaction
from webapp.db.saving import CannotSave
from webapp.models import Company, Firm

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def healthy(app: Flask) -> Flask:
    """Worker and ticker were just seen, and nothing of an earlier look is remembered."""
    with app.app_context():
        heartbeats.beat("worker")
        heartbeats.beat("ticker")
        db.session.remove()
    heartbeats._last_look.clear()
    return app


def health(app: Flask) -> tuple[int, bool]:
    answer = app.test_client().get("/health")
    return answer.status_code, answer.get_json()["database"]


def add_company(app: Flask, name: str) -> None:
    with app.app_context(), transaction() as current:
        current.add(Company(name=name))


def companies(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM company ORDER BY id")]


# --- the file is taken away while it is open


@pytest.mark.complains("the database file was taken away")
def test_a_file_taken_away_is_felt_at_once_and_rescued(healthy: Flask, tmp_path: Path, sign_in: SignIn) -> None:
    browser = sign_in("north")
    add_company(healthy, "Before")
    assert health(healthy) == (200, True)
    for each in tmp_path.glob("dozor.db*"):
        each.unlink()
    assert health(healthy) == (503, False)
    (rescued,) = (tmp_path / "backups").glob("rescued-*.db")
    assert companies(rescued)[-1] == "Before"
    assert rescued.stat().st_mode & 0o077 == 0
    with pytest.raises(CannotSave):
        add_company(healthy, "Into nowhere")
    assert "Nothing can be saved right now" in browser.get("/").text
    assert not (tmp_path / "dozor.db").exists(), "nor is an empty one made in its place"


@pytest.mark.complains("the database file was taken away")
def test_whoever_writes_first_after_it_was_taken_away_loses_nothing(healthy: Flask, tmp_path: Path) -> None:
    add_company(healthy, "Before")
    (tmp_path / "dozor.db").rename(tmp_path / "elsewhere")
    with pytest.raises(CannotSave):
        add_company(healthy, "After")
    (rescued,) = (tmp_path / "backups").glob("rescued-*.db")
    assert companies(rescued)[-1] == "Before"
    url = f"sqlite:///{tmp_path / 'dozor.db'}"
    backup.restore(url, rescued, force=False, now=clock.now(), keep_in=tmp_path / "backups")
    with healthy.app_context():
        db.session.remove()
        db.engine.dispose()
    add_company(healthy, "Again")
    assert companies(tmp_path / "dozor.db")[-2:] == ["Before", "Again"]
    assert health(healthy)[1]


@pytest.mark.complains("the database file was taken away")
def test_a_file_put_under_open_hands_is_not_taken_for_the_old_one(healthy: Flask, tmp_path: Path) -> None:
    add_company(healthy, "Before")
    backup.backup(f"sqlite:///{tmp_path / 'dozor.db'}", tmp_path / "copy")
    os.replace(tmp_path / "copy", tmp_path / "dozor.db")
    assert health(healthy) == (503, False)


@pytest.mark.complains("the database file was taken away")
def test_a_second_loss_is_kept_beside_the_first_and_one_loss_once_whoever_feels_it(
    healthy: Flask, tmp_path: Path
) -> None:
    file, kept = tmp_path / "dozor.db", tmp_path / "backups"
    for number in (1, 2):
        add_company(healthy, f"Loss {number}")
        backup.backup(f"sqlite:///{file}", tmp_path / f"copy{number}")
        with healthy.app_context(), db.engine.connect() as beside:  # a second connection feels it too
            beside.exec_driver_sql("SELECT 1")
            file.rename(tmp_path / f"gone{number}")
            saving.rescue(beside, kept)
        for _ in range(2):
            with pytest.raises(CannotSave):
                add_company(healthy, "Into nowhere")
        assert len(list(kept.glob("rescued-*.db"))) == number
        with healthy.app_context():
            db.session.remove()
            db.engine.dispose()
        os.replace(tmp_path / f"copy{number}", file)
    found = sorted(kept.glob("rescued-*.db"), key=lambda each: len(companies(each)))
    assert [companies(each)[-1] for each in found] == ["Loss 1", "Loss 2"]
    assert all(re.fullmatch(r"rescued-\d{8}T\d{6}-[0-9a-f]{16}\.db", each.name) for each in found)


# --- a full disk


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "dozor-test", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def on_small(database_url: str, small: Path, redis_server: servers.RedisServer) -> Iterator[Flask]:
    """The lesson's firm on the small disk."""
    shutil.copyfile(database_url.removeprefix("sqlite:///"), small / "dozor.db")
    made = create_app(settings_for(small, f"sqlite:///{small / 'dozor.db'}", redis_server.url))
    made.testing = True
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()
    made.extensions["dozor.redis"].close()


def fill(place: Path) -> None:
    with (place / "filler").open("wb", buffering=0) as file:
        while shutil.disk_usage(place).free:
            file.write(bytes(4096))


@pytest.mark.complains("nothing was saved")
def test_a_full_disk_is_felt_at_once_and_what_was_typed_is_kept(
    on_small: Flask, small: Path, sign_in_to: SignIn
) -> None:
    browser = sign_in_to("north")
    with on_small.app_context():
        heartbeats.beat("worker")
        heartbeats.beat("ticker")
        db.session.remove()
    assert health(on_small) == (200, True)
    fill(small)
    assert health(on_small) == (503, False)
    heartbeats._last_look.clear()
    page = browser.get("/")
    assert (page.status_code, "Nothing can be saved right now" in page.text) == (200, True)
    assert "nothing is lost" not in page.text
    answer = browser.post("/deals", data={"title": "A press & a <lathe>", "amount": "100", "stage": "new"})
    assert answer.status_code == 503
    assert "Nothing can be saved right now" in answer.text
    assert 'value="A press &amp; a &lt;lathe&gt;"' in answer.text
    by_htmx = browser.post("/deals", data={"title": "A press", "stage": "new"}, headers={"HX-Request": "true"})
    assert (by_htmx.status_code, "Nothing can be saved right now" in by_htmx.text) == (503, True)
    (small / "filler").unlink()
    add_company(on_small, "Room again")
    assert health(on_small) == (200, True)


@pytest.mark.complains("nothing was saved")
def test_an_api_call_on_a_full_disk_is_told_so(
    on_small: Flask, small: Path, token_of: Callable[[str], dict[str, str]]
) -> None:
    headers = token_of("north")
    fill(small)
    answer = on_small.test_client().post("/api/v1/contacts", json={"name": "Vera " * 20}, headers=headers)
    assert (answer.status_code, answer.get_json()["error"]) == (503, "cannot_save")


@pytest.mark.complains("nothing was saved")
def test_a_file_that_the_disk_has_no_room_for_is_told_so_and_leaves_nothing(
    on_small: Flask, small: Path, token_of: Callable[[str], dict[str, str]]
) -> None:
    headers, api = token_of("north"), on_small.test_client()
    task = api.post("/api/v1/tasks", json={"title": "Call"}, headers=headers).get_json()["id"]
    (small / "filler").write_bytes(bytes(shutil.disk_usage(small).free - 3 * 1024 * 1024))

    def attach() -> TestResponse:
        sent = {"files": (BytesIO(b"%PDF-" + os.urandom(4 * 1024 * 1024)), "large.pdf")}
        return api.post(f"/api/v1/tasks/{task}/files", data=sent, headers=headers)

    answer = attach()
    assert (answer.status_code, answer.get_json()["error"]) == (503, "cannot_save")
    assert not api.get(f"/api/v1/tasks/{task}", headers=headers).get_json()["files"]
    (small / "filler").unlink()
    assert attach().status_code == 201


def test_a_write_that_has_just_failed_is_ill_health_on_any_database(healthy: Flask) -> None:
    with healthy.app_context():
        saving.note(db.engine, CannotSave("disk is full"))
    assert health(healthy) == (503, False)
    add_company(healthy, "Saved")
    assert health(healthy) == (200, True)


# --- absence is not a first start


@pytest.fixture
def place(tmp_path: Path, redis_server: servers.RedisServer) -> Callable[..., Flask]:
    """The application as a box starts it on a folder, whatever is in there."""

    def one(**environ: str) -> Flask:
        found = Settings.from_env({"DOZOR_DATA": str(tmp_path / "data"), "REDIS_URL": redis_server.url, **environ})
        return create_app(found)

    return one


def firms(app: Flask) -> int:
    with app.app_context():
        count = len(session().query(Firm).all())
        db.session.remove()
        db.engine.dispose()
    return count


def test_a_folder_never_used_gets_the_lessons_firm(place: Callable[..., Flask], tmp_path: Path) -> None:
    place()  # somebody asked the doctor first, or the first start was interrupted
    app = place()
    first_start.prepare(app)
    assert firms(app) == 1
    assert not (tmp_path / "data" / UNUSED).exists()


@pytest.mark.parametrize("left", ["secret", "logs", "redis", "backups"])
def test_a_folder_that_was_a_firms_gets_no_other(place: Callable[..., Flask], tmp_path: Path, left: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / left).write_text("a secret of the firm, long enough") if left == "secret" else (data / left).mkdir()
    with pytest.raises(ConfigError, match=rf"there is no firm in .*dozor\.db.*{left}.*restore FILE"):
        first_start.prepare(place())
    assert not (data / "dozor.db").exists()


def test_an_address_for_others_gets_no_lesson_by_itself(place: Callable[..., Flask], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"crm\.example\.com.*init --lesson"):
        first_start.prepare(place(DOZOR_URL="https://crm.example.com"))
    app = place()
    assert app.test_cli_runner().invoke(args=["init", "--lesson"]).exit_code == 0
    again = place(DOZOR_URL="https://crm.example.com")
    first_start.prepare(again)
    assert firms(again) == 1


@pytest.mark.faults
def test_a_box_whose_file_is_gone_rescues_it_and_does_not_start_anew(tmp_path: Path) -> None:
    box = Box(tmp_path / "data")
    try:
        box.wait()
        for each in box.folder.glob("dozor.db*"):
            each.unlink()
        until(lambda: not box.is_well(), seconds=10)
    finally:
        box.end()
    (rescued,) = (box.folder / "backups").glob("rescued-*.db")
    assert "there is no firm in" in refused(box.environ)
    assert not (box.folder / "dozor.db").exists()
    words = ["-m", "flask", "--app", "wsgi", "restore", str(rescued)]
    done = subprocess.run([sys.executable, *words], env=box.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    again = Box(box.folder)
    try:
        again.wait()
    finally:
        again.end()


@pytest.fixture
def sign_in_to(on_small: Flask) -> SignIn:
    """A browser of one of the cast on the small disk."""
    return _browser(on_small)


@pytest.fixture
def token_of(on_small: Flask) -> Callable[[str], dict[str, str]]:
    from tests import company
    from webapp.access import sessions

    def one(name: str) -> dict[str, str]:
        with on_small.app_context(), transaction():
            secret = sessions.new_token(company.person(name), "tests")
        return {"Authorization": f"Bearer {secret}"}

    return one


def _browser(app: Flask) -> SignIn:
    from tests.conftest import Browser, session_of

    def one(name: str) -> FlaskClient:
        app.test_client_class = Browser
        browser = app.test_client()
        secret = session_of(app, name)
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = secret, True
        page = browser.get("/profile").text
        browser.token = page.partition('name="csrf-token" content="')[2].partition('"')[0]  # type: ignore[attr-defined]
        return browser

    return one
