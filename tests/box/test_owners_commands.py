"""Commands name the database that they work on and never make one; people are listed and changed by them; a firm moves
between SQLite and PostgreSQL whole."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import NullPool, create_engine, func, select, text

from rules import setup_documents
from rules.uploads import Upload
from tests import company, servers
from tests.box.test_backup import everything, leave, url_of
from tests.conftest import settings_for
from webapp import migrations
from webapp.access.scopes import SYSTEM
from webapp.app import create_app
from webapp.box import locks
from webapp.config import ConfigError, Settings, settle
from webapp.db import db, session, transaction
from webapp.models import Deal, User
from webapp.services import departments, inquiries, task_files, tasks
from webapp.snapshots import setup_documents as documents
from webapp.snapshots import setups

Type = Callable[..., Result]


@pytest.fixture
def typed(app: Flask) -> Type:
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


# --- which database


REP = company.email("rep1")
OTHER = 12345  # a user of no name
NEW_PASSWORD = ("--password", "long enough 42")
EVERY: dict[str, tuple[str, ...]] = {
    "user list": (),
    "user show": (REP,),
    "user add": ("a@b.example", "--name", "A", *NEW_PASSWORD),
    "user password": (REP, *NEW_PASSWORD),
    "user link": (REP,),
    "user deactivate": (company.email("rep2"),),
    "user activate": (REP,),
    "user admin": (REP,),
    "user email": (REP, "new@firm.example"),
    "user department": (REP, "sales_south"),
    "token add": ("--user", REP),
    "token list": (),
    "token end": ("1",),
    "firm country": ("DE",),
    "setup export": ("{folder}/export.json",),
    "setup plan": ("{folder}/setup.json",),
    "setup apply": ("{folder}/setup.json", "--expect", "another"),
    "doctor": (),
    "backup": ("{folder}/copy.db",),
    "restore": ("{folder}/no such copy.db",),
    "convert": ("sqlite:///{folder}/new.db",),
    "held list": (),
    "held send": ("--all",),
    "held drop": ("--all",),
    "runs count-again": (),
    "init": (),
}
MAKE_ONE = {"init", "restore"}


def leaves(command: click.Command, name: str = "") -> Iterator[str]:
    """Every command that does something."""
    if not isinstance(command, click.Group):
        yield name
        return
    for each in command.list_commands(click.Context(command)):
        found = command.get_command(click.Context(command), each)
        assert found is not None
        yield from leaves(found, f"{name} {each}".strip())


def words_of(name: str, folder: Path) -> list[str]:
    return [*name.split(), *(each.replace("{folder}", str(folder)) for each in EVERY[name])]


def test_each_command_has_its_row(app: Flask) -> None:
    assert set(leaves(app.cli)) == EVERY.keys()


@pytest.mark.parametrize("name", sorted(EVERY.keys() - MAKE_ONE))
def test_a_command_without_its_database_names_it_and_makes_none(
    tmp_path: Path, redis_server: servers.RedisServer, name: str
) -> None:
    """DOZOR_DATA was forgotten in this line."""
    app = create_app(settings_for(tmp_path, f"sqlite:///{tmp_path / 'dozor.db'}", redis_server.url))
    (tmp_path / "setup.json").write_text("{}")
    done = app.test_cli_runner().invoke(args=words_of(name, tmp_path))
    assert done.exit_code == 1, done.output
    assert str(tmp_path / "dozor.db") in done.output
    assert not (tmp_path / "dozor.db").exists()
    leave(app)


@pytest.mark.parametrize("name", sorted(EVERY.keys() - {"restore"}))
def test_what_a_command_did_or_could_not_do_says_where(typed: Type, app: Flask, tmp_path: Path, name: str) -> None:
    with app.app_context():
        (tmp_path / "setup.json").write_text(setup_documents.text_of(documents.live()))
    leave(app)
    done = typed(*words_of(name, tmp_path))
    assert "Traceback" not in done.output
    assert str(tmp_path / "dozor.db") in done.output


# --- people


def test_everybody_is_listed_and_one_is_shown(typed: Type) -> None:
    said = typed("user", "list").output
    assert all(company.email(name) in said for name in company.PEOPLE)
    typed("user", "deactivate", company.email("rep2"))
    assert "deactivated" in next(each for each in typed("user", "list").output.splitlines() if "rep2@" in each)
    shown = typed("user", "show", company.email("north")).output
    assert "head of sales_north" in shown
    assert "admin: no, active: yes" in shown
    assert typed("user", "show", "nobody@firm.example").exit_code == 1


def test_somebody_who_left_comes_back(typed: Type, app: Flask, sign_in: Callable[[str], FlaskClient]) -> None:
    typed("user", "deactivate", company.email("rep1"))
    assert typed("user", "activate", company.email("rep1")).exit_code == 0
    assert sign_in("rep1").get("/").status_code == 200


@pytest.mark.both_databases
def test_rights_address_and_department_change(typed: Type, app: Flask, sign_in: Callable[[str], FlaskClient]) -> None:
    rep, admin = company.email("rep1"), company.email("admin")
    assert typed("user", "admin", rep).exit_code == 0
    assert typed("user", "admin", admin, "--revoke").exit_code == 0
    refused = typed("user", "admin", rep, "--revoke")
    assert (refused.exit_code, "only admin" in refused.output) == (1, True)
    assert typed("user", "email", rep, "Ivan.New@firm.example").exit_code == 0
    assert typed("user", "email", admin, "ivan.new@firm.example").exit_code == 1
    assert typed("user", "department", "ivan.new@firm.example", "sales_south", "--post", "head").exit_code == 0
    assert typed("user", "department", "ivan.new@firm.example", "nowhere").exit_code == 1
    with app.app_context(), transaction():
        departments.archive(departments.add({"en": "East"}, None, SYSTEM), SYSTEM)
    gone = typed("user", "department", "ivan.new@firm.example", "east")
    assert (gone.exit_code, "there is no department 'east'" in gone.output, ", east" in gone.output) == (1, True, False)
    with app.app_context():
        setup = setups.current()
        (card,) = (each for each in setup.people.values() if each.email == "ivan.new@firm.example")
        assert card.is_admin
        assert card.department_id is not None
        assert setup.org.departments[card.department_id].heads == (card.id,)
        assert session().scalar(select(User.is_admin).where(User.email == admin)) is False


# --- from one database to the other


@pytest.fixture
def filled(app: Flask) -> Flask:
    with app.app_context():
        for number in range(4):
            with transaction():
                inquiries.receive("chat", {"name": f"Клиент {number}", "phone": f"+7916000000{number}"}, "Hi", SYSTEM)
        with transaction():
            boss = company.acting("north")
            task = tasks.create_by_hand("Call", "", company.person("north"), boss)
            task_files.attach(task, [Upload("offer.pdf", b"%PDF-" + bytes(range(256)) * 1024)], boss)
        with transaction() as current:
            current.execute(text("UPDATE department SET parent_id = NULL"))
            top, *_, youngest = current.scalars(text("SELECT id FROM department ORDER BY id")).all()
            current.execute(text(f"UPDATE department SET parent_id = {youngest} WHERE id = {top}"))
    leave(app)
    return app


def contents(rows: list[dict[str, object]]) -> list[str]:
    """What stands in them, however a database writes an instant or the keys of an object."""

    def plain(value: object) -> str:
        is_aware = isinstance(value, datetime) and value.tzinfo is not None
        return str(value.astimezone(UTC).replace(tzinfo=None) if is_aware else value)  # type: ignore[attr-defined]

    return sorted(json.dumps(each, sort_keys=True, default=plain) for each in rows)


EQUAL = ("firm", "deal", "contact", "journal", "department", "column_total", "robot", "app_user")


def arrived(app: Flask, url: str, redis_url: str, folder: Path) -> None:
    """The same rows, the same counts, and the firm goes on."""
    here, there = everything(url_of(app)), everything(url)
    assert {name: len(rows) for name, rows in here.items()} == {name: len(rows) for name, rows in there.items()}
    for name in (
        "firm",
        "deal",
        "contact",
        "journal",
        "department",
        "column_total",
        "robot",
        "app_user",
        "task_file",
        "task_file_part",
    ):
        assert contents(here[name]) == contents(there[name]), name
    risen = create_app(settings_for(folder, url, redis_url))
    with risen.app_context():
        before = session().scalar(select(func.count(Deal.id))) or 0
        with transaction():
            inquiries.receive("chat", {"name": "One more", "phone": "+79160000099"}, "Hello", SYSTEM)
        assert session().scalar(select(func.count(Deal.id))) == before + 1
    leave(risen)
    risen.extensions["dozor.redis"].close()


@pytest.fixture
def new_postgres(postgres: servers.Postgres) -> str:
    postgres.run("DROP DATABASE IF EXISTS converted WITH (FORCE)")
    postgres.run("CREATE DATABASE converted")
    return postgres.url("converted")


def test_a_firm_moves_to_postgresql(filled: Flask, new_postgres: str, tmp_path: Path) -> None:
    done = filled.test_cli_runner().invoke(args=["convert", new_postgres.replace("+psycopg", "")])
    assert done.exit_code == 0, done.output
    leave(filled)
    arrived(filled, new_postgres, filled.config["REDIS_URL"], tmp_path)
    again = filled.test_cli_runner().invoke(args=["convert", new_postgres])
    assert (again.exit_code, "a firm lives in that database already" in again.output) == (1, True)


@pytest.mark.postgres
def test_a_firm_moves_to_sqlite(filled: Flask, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    done = filled.test_cli_runner().invoke(args=["convert", url])
    assert done.exit_code == 0, done.output
    leave(filled)
    assert (tmp_path / "new.db").stat().st_mode & 0o077 == 0
    arrived(filled, url, filled.config["REDIS_URL"], tmp_path)


def test_nothing_moves_under_somebody_who_works(filled: Flask, new_postgres: str, tmp_path: Path) -> None:
    with locks.on_folder(tmp_path):
        assert "another Dozor" in filled.test_cli_runner().invoke(args=["convert", new_postgres]).output
    other = create_engine(url_of(filled), poolclass=NullPool)
    with other.connect() as somebody:
        somebody.execute(text("SELECT 1 FROM firm"))
        done = filled.test_cli_runner().invoke(args=["convert", new_postgres])
    assert (done.exit_code, "in use" in done.output) == (1, True)


# --- the shape of the database

LANDED = {
    "0001_the_first_tables.py": "14b5751bd7fabfbd",
    "0002_columns_are_counted.py": "3130b9f95ee4a00f",
    "0003_a_run_knows_how_deep_its_chain_is.py": "27f9b99b294dd78e",
    "0004_the_journal_speaks_in_the_past_tense.py": "4d2fc6accfad5933",
    "0005_the_firm_knows_its_country.py": "4e51cb60962e139b",
    "0006_a_stage_is_known_by_its_id.py": "e56cce59044667cb",
    "0009_a_firm_begins_by_a_code_and_knows_its_first_steps.py": "5300d88b78c842c0",
    "0007_a_link_lets_a_person_in_once.py": "e09d30036536e1f0",
    "0008_columns_are_counted_without_waiting.py": "6dc2e43740c21dea",
    "0010_a_deal_has_notes.py": "96294b90bdd486c5",
    "0011_the_set_up_has_a_draft_and_versions.py": "26d2bf7037ea78c4",
    "0012_a_robot_may_be_of_any_stage.py": "093cdca9d0398c0f",
    "0013_a_contact_has_its_own_rep.py": "fa6fff7fd9b053ee",
    "0014_a_deal_has_a_next_step.py": "d9a784df62fa9ca7",
    "0015_a_trigger_may_go_back.py": "95bcc1a20f054104",
    "0016_runs_are_found_by_when_they_ended.py": "f0ff5ae177a83791",
    "0017_departments_and_people_have_calendars.py": "ec1555e9b207cfcc",
    "0018_the_firm_reaches_out.py": "f4c3bcc7ed6083c3",
    "0019_a_department_may_be_archived.py": "804776e41f9dbf50",
    "0020_whoever_leaves_hands_over.py": "ab25b79ca1ae6769",
    "0021_fields_are_explained_and_companies_have_their_own.py": "30be9bc8c7b2acc3",
    "0022_a_robot_is_rehearsed.py": "8373cf7f8ef29588",
    "0023_a_season_changes_norms.py": "d51345c005dec5eb",
    "0024_a_call_comes_in.py": "8b4738c9d5f2d501",
    "0025_what_matters_now_is_one_list.py": "a3077e2623c4b318",
    "0026_people_are_told_little_and_grouped.py": "08795e603a8544b5",
    "0027_a_browser_is_told.py": "9c8c054f9dbf86ed",
    "0028_a_trigger_has_an_address.py": "a159436fcbd5d0c6",
    "0029_a_pipeline_says_why_deals_are_lost.py": "c389af904b8b9427",
    "0030_a_robot_writes_to_the_client.py": "ca31e76590e0e64e",
    "0031_another_system_is_told.py": "8ec73556c8648b83",
    "0032_a_call_knows_who_was_passed_over.py": "a5ce7e0b76d8364a",
    "0033_a_task_has_files.py": "371bd45ea5ac5de0",
    "0034_a_task_has_comments.py": "0a51b0d2263336fa",
    "0035_a_person_has_a_calendar_feed.py": "b063caf27869af8a",
    "0036_a_firm_says_how_long_an_acceptor_has.py": "2d8756f52ac949f8",
    "0037_what_a_version_did_to_contacts_is_kept_too.py": "aac933b0f88b0987",
    "0038_a_list_is_read_from_one_index.py": "46d15c37263b2b14",
    "0039_a_contact_has_further_phones_and_e_mails.py": "439c877b64b29f8a",
    "0040_runs_of_one_definition_share_it.py": "a0d179e5c7e1acbf",
    "0041_a_call_without_a_deal_is_settled.py": "554d80276448d29f",
    "0042_a_replaced_secret_counts_for_a_while.py": "b5b9eff02c6e1182",
    "0043_words_are_kept_as_they_are_sought.py": "6d5bd8d09f9ee479",
    "0044_a_contact_goes_into_another.py": "e2b7915ca574d393",
    "0045_what_is_deleted_does_not_lend_its_number.py": "212f11013b996b35",
    "0046_two_behind_one_switchboard_are_two.py": "ab5bd0458b952964",
    "0047_who_decides_on_private_work_goes_on_reading_it.py": "7a74937650550c69",
    "0048_a_reply_goes_to_the_address_that_the_client_wrote_from.py": "f37b9889e785ed1e",
    "0049_a_reply_goes_to_the_number_that_the_client_wrote_from.py": "2c349132ddf8a1bc",
}


def test_a_landed_migration_is_never_edited() -> None:
    """A firm that has run it does not run it again: write another one. A new migration adds its line here."""
    folder = Path(migrations.__file__).parent / "versions"
    found = {each.name: hashlib.sha256(each.read_bytes()).hexdigest()[:16] for each in folder.glob("0*.py")}
    assert found == LANDED


@pytest.mark.both_databases
def test_the_doctor_compares_the_tables_with_the_models(typed: Type, app: Flask) -> None:
    assert "tables are not those" not in typed("doctor").output
    with app.app_context():
        name = next(index.name for table in db.metadata.sorted_tables for index in table.indexes)
        with db.engine.begin() as connection:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
        db.engine.dispose()
    done = typed("doctor")
    assert done.exit_code == 1
    assert f"add index {name}" in done.output
    assert f"CREATE INDEX {name}" in done.output, "and says what brings it back"


# --- what stands in its way


@pytest.mark.parametrize(
    "words",
    [
        ("setup", "export", "{}/no such folder/set-up.json"),
        ("backup", "{}/" + "x" * 300),
        ("restore", "{}/" + "x" * 300),
    ],
    ids=["a folder that is not there", "a name too long, to write", "a name too long, to read"],
)
def test_a_path_that_cannot_be_had_is_one_line(typed: Type, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = typed(*(each.format(tmp_path) for each in words))
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit), "and no traceback"
    assert done.output.startswith("Error: ")
    assert len(done.output.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave a file of its own in another user's folder")
def test_files_of_root_change_nothing_of_what_a_command_has_done() -> None:
    """Somebody made a backup as root, by `cp`; what the owner's commands make is private all the same."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        (data / "backups").mkdir()
        for each in ("a of root", "backups/b of root", "mine", "backups/mine"):
            (data / each).touch(mode=0o644)
        for each in (data, data / "backups", data / "mine", data / "backups" / "mine"):
            os.chown(each, OTHER, OTHER)
        assert as_other(lambda: settle(data)) == 0
        assert {(data / each).stat().st_mode & 0o077 for each in ("mine", "backups/mine")} == {0}
        (data / "backups").chmod(0o700)
        os.chown(data / "backups", 0, 0)
        (data / "zz").touch(mode=0o644)
        os.chown(data / "zz", OTHER, OTHER)
        assert as_other(lambda: settle(data)) == 0, "also where a folder may not be entered"
        assert (data / "zz").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave a file of its own in another user's folder")
@pytest.mark.parametrize("left", ["dozor.db", "dozor.db-wal", "box.lock", "logs", "logs/dozor.log", "backups", "redis"])
def test_a_box_that_could_save_nothing_is_refused_and_told_what_to_do(left: str) -> None:
    """Somebody copied the folder as root, or started Dozor so once."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        settings = Settings.from_env({"DOZOR_DATA": name})
        for each in ("logs", "backups", "redis"):
            (data / each).mkdir(mode=0o700)
        for each in ("dozor.db", "dozor.db-wal", "box.lock", "logs/dozor.log"):
            (data / each).touch(mode=0o600)
        for each in (data, *data.rglob("*")):
            os.chown(each, OTHER, OTHER)
        assert as_other(lambda: locks.files_must_be_ours(settings)) == 0
        os.chown(data / left, 0, 0)
        with pytest.raises(ConfigError, match="chown -R --reference"):
            said_by_other(lambda: locks.files_must_be_ours(settings))


def said_by_other(do: Callable[[], None]) -> None:
    """Raises what a process of another user is refused with."""
    with tempfile.TemporaryFile("w+") as file:

        def tell() -> None:
            try:
                do()
            except ConfigError as error:
                print(error, file=file, flush=True)

        as_other(tell)
        file.seek(0)
        if said := file.read().strip():
            raise ConfigError(said)


def as_other(do: Callable[[], None]) -> int:
    """What a process of another user ends with."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        os.setgid(OTHER)
        os.setuid(OTHER)
        do()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
