"""What an owner types does what it says, and what cannot be done is one line and a number other than 0."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click import ClickException
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests import company, servers
from tests.conftest import application, settings_for
from webapp.access import sessions
from webapp.box import locks, refusals
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.migrations import upgrades
from webapp.models import ApiToken, Deal, Firm, JournalEntry, User
from webapp.snapshots import setups
from webapp.web import own_firm

Type = Callable[..., Result]
PASSWORD = "кузнечик-42"


@pytest.fixture
def typed(app: Flask) -> Type:
    """Type a command; its output and its exit code."""
    return lambda *words, **more: app.test_cli_runner().invoke(args=list(words), **more)


@pytest.fixture
def bare(redis_server: servers.RedisServer, tmp_path: Path) -> Iterator[Flask]:
    """The application before its first start."""
    with application(settings_for(tmp_path, f"sqlite:///{tmp_path / 'new.db'}", redis_server.url)) as app:
        yield app


def signs_in(app: Flask, email: str, password: str) -> bool:
    with app.test_request_context():
        try:
            sessions.sign_in(email, password, None, None)
        except Refused:
            return False
        return True


def test_init_makes_the_lessons_firm_in_the_language_asked_for(bare: Flask) -> None:
    done = bare.test_cli_runner().invoke(args=["init", "--lesson", "--locale", "ru"])
    assert done.exit_code == 0, done.output
    with bare.app_context():
        assert session().scalars(select(Firm)).one().locale == "ru"
        assert session().scalars(select(Deal.id)).first() is not None
    assert signs_in(bare, company.email("rep1"), "lesson")


def test_init_makes_an_empty_firm_with_one_admin(bare: Flask) -> None:
    words = ["init", "--empty", "--email", "Boss@Firm.example", "--name", "Anna Boss"]
    done = bare.test_cli_runner().invoke(args=words, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    with bare.app_context():
        (admin,) = session().scalars(select(User))
        assert admin.is_admin
        assert session().scalars(select(Deal.id)).first() is None
    assert signs_in(bare, "boss@firm.example", PASSWORD)


ZONES = ("Europe/Moscow", "Asia/Calcutta", "America/New_York", "Etc/UTC")
OWN = ("init", "--empty", "--email", "boss@firm.example", "--name", "Anna", "--password", PASSWORD)


@pytest.mark.parametrize("locale", ["en", "ru"])
@pytest.mark.parametrize("zone", ZONES)
def test_init_decides_of_country_and_currency_what_the_page_does(bare: Flask, zone: str, locale: str) -> None:
    """And asks for what the page lets one choose: what is no country's zone says nothing of money, nor does a
    language."""
    with bare.test_request_context(headers={"Accept-Language": locale}):
        bare.config["SETTINGS"] = replace(bare.config["SETTINGS"], timezone=zone, locale=locale)
        first = own_firm.choices()["first"]
    done = bare.test_cli_runner().invoke(args=OWN, input="de\neur\n")
    assert done.exit_code == 0, done.output
    assert ("The firm's country" in done.output) == (first["country"] == "") == (zone == "Etc/UTC"), done.output
    with bare.app_context():
        firm = session().scalars(select(Firm)).one()
        wanted = first["time_zone"], first["country"] or "DE", first["currency"] or "EUR"
        assert (firm.time_zone, firm.country, firm.currency) == wanted
        assert (firm.locale, setups.current().firm_calendar.zone) == (locale, first["time_zone"])


@pytest.mark.parametrize(
    ("more", "typed_in", "kept"),
    [
        (["--country", "jp"], "", ("JP", "JPY")),
        (["--country", "AT", "--currency", "usd"], "", ("AT", "USD")),
        (["--country", "another"], "chf\n", (None, "CHF")),
        (["--currency", "KZT"], "kz\n", ("KZ", "KZT")),
        ([], "another\nUSD\n", (None, "USD")),
        ([], "kw\n\n", ("KW", "KWD")),
        ([], "", None),
        (["--country", "another"], "", None),
        (["--country", "Narnia"], "EUR\n", None),
        (["--country", "DE", "--currency", "doubloon"], "", None),
    ],
)
def test_init_where_the_clock_says_nothing(
    bare: Flask, more: list[str], typed_in: str, kept: tuple[str | None, str] | None
) -> None:
    done = bare.test_cli_runner().invoke(args=[*OWN, "--locale", "ru", "--timezone", "Etc/UTC", *more], input=typed_in)
    assert (done.exit_code == 0) == (kept is not None), done.output
    assert upgrades.is_empty(bare) == (kept is None)
    if kept is not None:
        with bare.app_context():
            firm = session().scalars(select(Firm)).one()
            assert (firm.country, firm.currency) == kept


@pytest.mark.parametrize(("email", "password"), [("no address", PASSWORD), ("boss@firm.example", "short")])
def test_init_of_an_empty_firm_refuses_what_could_not_sign_in(bare: Flask, email: str, password: str) -> None:
    words = ["init", "--empty", "--email", email, "--name", "Anna", "--password", password]
    assert bare.test_cli_runner().invoke(args=words).exit_code == 1
    assert upgrades.is_empty(bare)


def test_init_leaves_a_firm_alone(typed: Type, app: Flask) -> None:
    with app.app_context():
        before = session().scalars(select(Firm)).one().config_version
    assert typed("init", "--lesson").exit_code == 1
    with app.app_context():
        assert session().scalars(select(Firm)).one().config_version == before


@pytest.mark.both_databases
def test_a_new_person_signs_in_and_has_a_place_in_the_org_chart(typed: Type, app: Flask) -> None:
    words = ["user", "add", "New.One@firm.example", "--name", "Olga  Novak", "--department", "sales_south"]
    done = typed(*words, "--post", "head", "--password", PASSWORD)
    assert done.exit_code == 0, done.output
    assert signs_in(app, "new.one@firm.example", PASSWORD)
    with app.app_context():
        setup = setups.current()
        card = next(each for each in setup.people.values() if each.email == "new.one@firm.example")
        assert (card.name, card.is_admin) == ("Olga Novak", False)
        assert card.department_id is not None
        assert setup.org.departments[card.department_id].heads == (card.id,)
        entry = session().scalars(select(JournalEntry).where(JournalEntry.event == "user.added")).one()
        assert (entry.entity_id, entry.cause) == (card.id, {"via": "console"})


@pytest.mark.parametrize(
    "words",
    [
        ["rep1@dozor.example"],
        ["REP1@Dozor.example"],
        ["new@firm.example", "--department", "nowhere"],
        ["new@firm.example", "--post", "head"],
        ["new@firm.example", "--name", "  "],
        ["new@firm.example", "--password", "short"],
        ["new"],
    ],
)
def test_a_new_person_is_refused_in_one_line(typed: Type, app: Flask, words: list[str]) -> None:
    done = typed("user", "add", "--name", "Olga", "--password", PASSWORD, *words)
    assert done.exit_code == 1
    assert re.fullmatch(r"Error: .+\n", done.output)
    with app.app_context():
        assert len(session().scalars(select(User.id)).all()) == len(company.PEOPLE)


def test_a_new_password_signs_the_person_out_everywhere(
    typed: Type, app: Flask, sign_in: Callable[[str], FlaskClient], token: Callable[[str], dict[str, str]]
) -> None:
    browser, key = sign_in("rep1"), token("rep1")
    assert browser.get("/").status_code == 200
    assert typed("user", "password", company.email("rep1"), "--password", PASSWORD).exit_code == 0
    assert browser.get("/").status_code == 303
    assert app.test_client().get("/api/v1/users/me", headers=key).status_code == 401
    assert signs_in(app, company.email("rep1"), PASSWORD)
    assert not signs_in(app, company.email("rep1"), "lesson")


@pytest.mark.both_databases
def test_a_deactivated_person_loses_browser_and_tokens(
    typed: Type, app: Flask, sign_in: Callable[[str], FlaskClient], token: Callable[[str], dict[str, str]]
) -> None:
    browser, headers = sign_in("rep1"), token("rep1")
    assert typed("user", "deactivate", company.email("rep1")).exit_code == 0
    assert browser.get("/").status_code == 303
    assert app.test_client().get("/api/v1/users/me", headers=headers).status_code == 401
    assert not signs_in(app, company.email("rep1"), "lesson")


def test_a_command_that_changes_nothing_says_so(typed: Type) -> None:
    for words in (["user", "activate", company.email("rep1")], ["user", "admin", company.email("rep1"), "--revoke"]):
        done = typed(*words)
        assert (done.exit_code, "nothing was changed" in done.output) == (0, True)


def test_the_only_admin_stays(typed: Type, app: Flask) -> None:
    done = typed("user", "deactivate", company.email("admin"))
    assert done.exit_code == 1
    assert "only admin" in done.output
    assert signs_in(app, company.email("admin"), "lesson")


def test_a_token_is_printed_once_and_kept_only_as_a_digest(typed: Type, app: Flask) -> None:
    done = typed("token", "add", "--user", company.email("rep1"), "--name", "till")
    secret = done.stdout.strip()
    assert re.fullmatch(r"dz_\S{40,}", secret)
    answer = app.test_client().get("/api/v1/users/me", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json["email"] == company.email("rep1")
    with app.app_context():
        row = session().scalars(select(ApiToken)).one()
        assert row.name == "till"
        assert secret not in row.token_hash


def test_tokens_are_listed_without_their_secret_and_ended_by_number(
    typed: Type, app: Flask, token: Callable[[str], dict[str, str]]
) -> None:
    secret = typed("token", "add", "--user", company.email("rep1"), "--name", "till").stdout.strip()
    other = token("rep2")
    me = {"Authorization": f"Bearer {secret}"}
    listed = typed("token", "list").output
    assert "till" in listed
    assert "never used" in listed
    assert "2 tokens" in listed
    assert secret not in listed
    assert app.test_client().get("/api/v1/users/me", headers=me).status_code == 200
    own = typed("token", "list", "--user", company.email("rep1")).output
    assert "last used 20" in own
    assert "rep2@" not in own
    assert typed("token", "end", own.split()[0]).exit_code == 0
    assert app.test_client().get("/api/v1/users/me", headers=me).status_code == 401
    assert app.test_client().get("/api/v1/users/me", headers=other).status_code == 200
    assert "till" not in typed("token", "list").output
    assert re.fullmatch(r"Error: .+\n", typed("token", "end", "999").output)


def test_a_token_is_for_somebody_who_works_here(typed: Type) -> None:
    assert typed("token", "add", "--user", "nobody@firm.example").exit_code == 1
    typed("user", "deactivate", company.email("rep1"))
    assert typed("token", "add", "--user", company.email("rep1")).exit_code == 1


@pytest.mark.postgres
def test_a_postgresql_is_dumped_and_put_back(
    typed: Type, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "monday.dump"
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = typed("backup", str(copy))
    assert (refused.exit_code, copy.exists()) == (1, False)
    assert "pg_dump is not on PATH" in refused.output
    monkeypatch.setenv("PATH", str(servers.postgres_programs()))
    done = typed("backup", str(copy))
    assert done.exit_code == 0, done.output
    rename(app, "Renamed Firm")
    assert typed("restore", str(copy)).exit_code == 1
    assert name_of(app) == "Renamed Firm"
    done = typed("restore", "--force", str(copy))
    assert done.exit_code == 0, done.output
    assert name_of(app) != "Renamed Firm"


def test_a_backup_is_put_back_and_what_it_replaces_is_kept(typed: Type, app: Flask, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "monday.db"
    assert typed("backup", str(copy)).exit_code == 0
    rename(app, "Renamed Firm")
    refused = typed("restore", str(copy))
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert name_of(app) == "Renamed Firm"
    assert typed("restore", "--force", str(copy)).exit_code == 0
    assert name_of(app) != "Renamed Firm"
    (kept,) = tmp_path.glob("dozor-replaced-*.db")
    assert typed("restore", "--force", str(kept)).exit_code == 0
    assert name_of(app) == "Renamed Firm"


def test_a_backup_never_replaces_a_file(typed: Type, tmp_path: Path) -> None:
    (tmp_path / "taken.db").write_text("mine")
    assert typed("backup", str(tmp_path / "taken.db")).exit_code == 1
    assert (tmp_path / "taken.db").read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"not a database at all, only words" * 100])
def test_what_is_no_backup_is_not_restored(typed: Type, app: Flask, tmp_path: Path, content: bytes) -> None:
    before = name_of(app)
    (tmp_path / "odd.db").write_bytes(content)
    done = typed("restore", "--force", str(tmp_path / "odd.db"))
    assert done.exit_code == 1
    assert re.fullmatch(r"Error: .+\n", done.output)
    assert name_of(app) == before


def test_half_a_backup_is_not_restored_and_another_is_asked_for(typed: Type, app: Flask, tmp_path: Path) -> None:
    before = name_of(app)
    assert typed("backup", str(tmp_path / "whole.db")).exit_code == 0
    whole = (tmp_path / "whole.db").read_bytes()
    (tmp_path / "half.db").write_bytes(whole[: len(whole) // 2])
    done = typed("restore", "--force", str(tmp_path / "half.db"))
    assert (done.exit_code, "Nothing was changed: take another copy" in done.output) == (1, True), done.output
    assert name_of(app) == before


def test_a_backup_to_a_disk_that_is_not_mounted_is_none(typed: Type, tmp_path: Path) -> None:
    """The folder would be made where the database stands, and what one relies on would break with it."""
    away = tmp_path.parent / f"{tmp_path.name}-usb" / "dozor"
    done = typed("backup", str(away / "copy.db"))
    assert done.exit_code == 1
    assert f"there is no folder {away}: is its disk mounted?" in done.output
    assert not away.parent.exists()


def test_nothing_is_restored_under_a_running_dozor(typed: Type, app: Flask, tmp_path: Path) -> None:
    typed("backup", str(tmp_path / "copy.db"))
    rename(app, "Renamed Firm")
    with locks.on_folder(tmp_path):
        done = typed("restore", "--force", str(tmp_path / "copy.db"))
    assert done.exit_code == 1
    assert "another Dozor" in done.output
    assert name_of(app) == "Renamed Firm"


def rename(app: Flask, name: str) -> None:
    with app.app_context(), transaction() as current:
        current.scalars(select(Firm)).one().name = name


def name_of(app: Flask) -> str:
    with app.app_context():
        return session().scalars(select(Firm)).one().name


@pytest.mark.parametrize(
    ("said", "hint"),
    [("database or disk is full", "Make room"), ("no such table: firm", "Are DOZOR_DATA and DATABASE_URL those")],
)
def test_a_command_that_the_database_refuses_says_what_to_do(app: Flask, said: str, hint: str) -> None:
    told = OperationalError("INSERT", {}, sqlite3.OperationalError(said))
    with app.app_context(), pytest.raises(ClickException, match=f"says: {said}. .*{hint}"), refusals.refusals():
        raise told
