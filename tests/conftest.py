"""Fixtures: a fresh firm per test on real servers, a clock that tests set, browsers that are signed in."""

from __future__ import annotations

import gc
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import engine
from jinja2 import StrictUndefined, Undefined
from jinja2.utils import missing
from sqlalchemy import select

from tests import addresses, company, numbers, servers, statements
from tests.complaints import Ear
from tests.firms import Firms
from tests.tools.totals import KINDS
from tests.warm import Warm
from webapp import clock as time_source
from webapp import seeds
from webapp.access import sessions
from webapp.app import create_app
from webapp.config import Settings
from webapp.db import db, saving, session, transaction
from webapp.migrations import upgrades
from webapp.models import User, UserSession

TICK = timedelta(microseconds=7)
NO_FIRM = "none"  # in the place of a language: what migrations make, and nobody in it
TUESDAY = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 10:00 in Moscow


# How long it takes to make an example is the machine's affair, which others share.
settings.register_profile("shared machine", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")
# A failure is told well within what a test may take (`timeout` of pyproject.toml): with Hypothesis's own 300 s the
# example that was found would be told as a test that hung.
engine.MAX_SHRINKING_SECONDS = 30


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # until all is collected: what is imported stays
    addresses.compile_once()
    numbers.watch()
    config.addinivalue_line("markers", "both_databases: once on SQLite, once on PostgreSQL")
    config.addinivalue_line("markers", "locale(name): the language of the firm")
    config.addinivalue_line("markers", "ticking: the clock goes on by itself, a little each time that it is asked")
    config.addinivalue_line("markers", "waits_for_the_disk: commits are on the disk before they say so")
    config.addinivalue_line("markers", "complains(pattern): what the product's log says loudly here, and rightly")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The report says which tests needed what, so that none of a kind can be left out unseen."""
    for item in items:
        item.user_properties += [("kind", kind) for kind in KINDS if item.get_closest_marker(kind)]


def pytest_collection_finish() -> None:
    """The collector need not look through twelve thousand tests and what they import again and again: it took a sixth
    of the time of a test. It is off for no test."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """What was logged may hold half an emoji, as tests of foreign words send it: no report goes to another process."""
    report: Any = yield
    report.sections = [(name, said.encode(errors="backslashreplace").decode()) for name, said in report.sections]
    return report  # type: ignore[return-value]  # so hooks are written


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker
    kinds: list[Any] = ["postgresql"] if marked("postgres") else ["sqlite"]
    if marked("both_databases") or ("BOTH_DATABASES" in os.environ and not marked("postgres")):
        kinds = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
    metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture(autouse=True)
def _nobody_complains(request: pytest.FixtureRequest) -> Iterator[None]:
    """I15: an error in a log that a test does not name is a fault of the product, also where nobody was refused."""
    with Ear().listening() as ear:
        yield
    named = [marker.args[0] for marker in request.node.iter_markers("complains")]
    assert [each for each in ear.heard if not any(re.search(name, each) for name in named)] == []
    assert [name for name in named if not any(re.search(name, each) for each in ear.heard)] == []


class Clock:
    """A clock that stands still until it is told to go on, but for a `tick` at each time that it is asked."""

    def __init__(self, at: datetime, tick: timedelta = timedelta(0)) -> None:
        self.at, self.tick = at, tick

    def __call__(self) -> datetime:
        self.at += self.tick
        return self.at

    def go_on(self, **amount: float) -> None:
        self.at += timedelta(**amount)


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Iterator[Clock]:
    """Stands at Tuesday 24 November 2026, 10:00 in Moscow. Under the marker `ticking` it goes on from there, as a real
    one does: for rooms in which it matters what happened at one instant."""
    mine = Clock(TUESDAY, TICK if request.node.get_closest_marker("ticking") else timedelta(0))
    with time_source.running_on(mine):
        yield mine


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.RedisServer]:
    server = servers.RedisServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """With its own pg_dump and the like on PATH: older ones refuse a newer server."""
    server = servers.Postgres()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(servers.postgres_programs()), prepend=os.pathsep)
        yield server
    server.remove()


@pytest.fixture(scope="session")
def firms(postgres: servers.Postgres, templates: dict[str, Any], redis_server: servers.RedisServer) -> Firms:
    def make(url: str, locale: str) -> None:
        _make(templates["folder"], url, redis_server.url, locale)

    return Firms(postgres, make)


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    running = Warm()
    yield running
    running.close()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """sqlite, or postgresql under the marker both_databases."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Firms made once: copied for each test."""
    return {"folder": tmp_path_factory.mktemp("firms")}


def settings_for(folder: Path, url: str, redis_url: str, locale: str = "en", **more: Any) -> Settings:
    return Settings(
        data=folder,
        database_url=url,
        redis_url=redis_url,
        owns_redis=False,
        bind="127.0.0.1:8000",
        url="http://localhost",
        locale=locale,
        timezone="Europe/Moscow",
        secret="a secret of the tests, long enough",
        **more,
    )


def _sqlite(templates: dict[str, Any], redis_url: str, folder: Path, locale: str) -> str:
    source = templates["folder"] / f"{locale}.db"
    if not source.exists():
        making = source.with_suffix(".making")
        _make(folder, f"sqlite:///{making}", redis_url, locale)
        making.rename(source)
    copy = folder / "dozor.db"
    shutil.copyfile(source, copy)
    return f"sqlite:///{copy}"


def _make(folder: Path, url: str, redis_url: str, locale: str) -> None:
    if locale != NO_FIRM:
        fill(create_app(settings_for(folder, url, redis_url, locale)), locale)
        return
    app = create_app(settings_for(folder, url, redis_url))
    upgrades.upgrade(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    app.extensions["dozor.redis"].close()


def fill(app: Flask, locale: str, *, with_deals: bool = False) -> None:
    with app.app_context():
        if (file := saving.file_of(db.engine)) is not None:
            file.touch()  # no connection makes one
        db.create_all()
        seeds.lesson(locale, with_deals=with_deals)
        with db.engine.begin() as connection:
            MigrationContext.configure(connection).stamp(upgrades.script(), "head")
            if db.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA optimize")
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def firm_locale(request: pytest.FixtureRequest) -> str:
    marker = request.node.get_closest_marker("locale")
    return str(marker.args[0]) if marker else "en"


@pytest.fixture
def database_url(
    database: str,
    templates: dict[str, Any],
    redis_server: servers.RedisServer,
    tmp_path: Path,
    firm_locale: str,
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """A database of this test alone, with the lesson's firm and no deals."""
    yield from _database(database, templates, redis_server.url, tmp_path, firm_locale, request)


@pytest.fixture
def url_without_a_firm(
    database: str,
    templates: dict[str, Any],
    redis_server: servers.RedisServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """A database of this test alone, as the migrations make it, in which nothing is founded."""
    yield from _database(database, templates, redis_server.url, tmp_path, NO_FIRM, request)


def _database(
    kind: str,
    templates: dict[str, Any],
    redis_url: str,
    folder: Path,
    locale: str,
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    if kind == "sqlite":
        yield _sqlite(templates, redis_url, folder, locale)
        return
    firms: Firms = request.getfixturevalue("firms")
    name = firms.take(locale)
    yield firms.server.url(name)
    firms.give_back(name, locale)


@pytest.fixture
def empty_url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without a table."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: servers.Postgres = request.getfixturevalue("postgres")
    name = f"m_{secrets.token_hex(6)}"
    server.run(f"CREATE DATABASE {name}")
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


def strictly_named(hint: str | None = None, obj: Any = missing, *named: Any, **more: Any) -> Undefined:
    """A name that a door has not given to its template is a fault, be it only asked for: a menu would come back without
    its half. A key that a value does not have, or no next one of a loop, is blank as ever."""
    kind = StrictUndefined if hint is None and obj is missing else Undefined
    return kind(hint, obj, *named, **more)


@contextmanager
def application(settings: Settings) -> Iterator[Flask]:
    """An application, whose connections end with the test."""
    made = create_app(settings)
    made.jinja_env.undefined = strictly_named  # type: ignore[assignment]
    try:
        yield made
    finally:
        with made.app_context():
            db.session.remove()
            db.engine.dispose()
        made.extensions["dozor.redis"].close()


@pytest.fixture
def app(
    database_url: str,
    redis_server: servers.RedisServer,
    tmp_path: Path,
    firm_locale: str,
    request: pytest.FixtureRequest,
) -> Iterator[Flask]:
    """The application on a fresh firm. No app context is pushed. No test outlives a power cut: commits of this process
    wait for no disk, except under the marker `waits_for_the_disk`."""
    with application(settings_for(tmp_path, database_url, redis_server.url, firm_locale)) as made:
        redis_server.empty()
        made.testing = True
        with made.app_context():
            if not request.node.get_closest_marker("waits_for_the_disk"):
                statements.wait_for_no_disk(db.engine)
            statements.compile_once(db.engine)
        yield made


@pytest.fixture
def bare(empty_url: str, redis_server: servers.RedisServer, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without a table."""
    with application(settings_for(tmp_path, empty_url, redis_server.url)) as made:
        yield made


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The application with its context pushed: for services and queries."""
    with app.app_context():
        yield app
        session().close()


class Browser(FlaskClient):
    """A client that sends the page's token with every write, as the page itself does."""

    token = ""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if self.token and kwargs.get("method") in ("POST", "PATCH", "PUT", "DELETE"):
            kwargs.setdefault("headers", {})
            kwargs["headers"] = {"X-CSRFToken": self.token, **dict(kwargs["headers"])}
        return super().open(*args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody in particular."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], Browser]:
    """A browser of one of the cast, signed in without spending time on a password."""

    def one(name: str) -> Browser:
        app.test_client_class = Browser
        browser = app.test_client()
        assert isinstance(browser, Browser)
        secret = session_of(app, name)
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = secret, True
        page = browser.get("/profile").text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found, page[:500]
        browser.token = found[1]
        return browser

    return one


def session_of(app: Flask, name: str) -> str:
    """A session of that person, made in the database; its secret."""
    secret, now = secrets.token_urlsafe(16), time_source.now()
    with app.app_context(), transaction() as current:
        user_id = current.scalar(select(User.id).where(User.email == company.email(name)))
        current.add(UserSession(token_hash=sessions.hash_token(secret), user_id=user_id, created_at=now, seen_at=now))
    return secret


@pytest.fixture
def token(app: Flask) -> Callable[[str], dict[str, str]]:
    """The API's headers for one of the cast."""

    def one(name: str) -> dict[str, str]:
        with app.app_context(), transaction():
            secret = sessions.new_token(company.person(name), "tests")
        return {"Authorization": f"Bearer {secret}"}

    return one
