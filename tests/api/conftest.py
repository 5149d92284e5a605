"""Callers of the API: each with a token of their own, on the lesson's firm without deals, under a clock that stands."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from tests.api.callers import Caller, Clock
from webapp import clock as time
from webapp import seeds
from webapp.app import create_app
from webapp.config import Settings
from webapp.db import db

MONDAY_10_IN_MOSCOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def _app(folder: Path) -> Flask:
    return create_app(Settings.from_env({"DOZOR_DATA": str(folder), "REDIS_URL": f"unix://{folder}/no-redis.sock"}))


@pytest.fixture(scope="session")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the lesson's firm in it, to be copied."""
    folder = tmp_path_factory.mktemp("lesson")
    app = _app(folder)
    with app.app_context():
        db.create_all()
        seeds.lesson("en", with_deals=False)
        db.session.remove()
        db.engine.dispose()
    return folder


@pytest.fixture
def app(lesson: Path, tmp_path: Path) -> Iterator[Flask]:
    folder = tmp_path / "data"
    shutil.copytree(lesson, folder)
    app = _app(folder)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Monday, 10:00 in Moscow, until a test says otherwise."""
    mine = Clock(MONDAY_10_IN_MOSCOW)
    with time.running_on(mine.read):
        yield mine


@pytest.fixture
def calling(app: Flask, clock: Clock) -> Callable[[str], Caller]:
    """`calling("rep1")` calls the API as that person."""
    return lambda name: Caller.of(app, name)
