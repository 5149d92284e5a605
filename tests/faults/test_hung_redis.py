"""I10: no page takes over a second while Redis accepts and never answers, not even the first one that finds out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import servers
from tests.conftest import settings_for
from tests.faults.harness import PAGE_WITHIN_SECONDS, REDIS_WITHIN_SECONDS
from tests.faults.keeper import hanging
from webapp import clock
from webapp.app import create_app
from webapp.db import db
from webapp.views.inquiry_form import AT_LEAST

Ask = Callable[[], int]


@pytest.fixture
def visitor(database_url: str, own_redis: servers.RedisServer, tmp_path: Path) -> FlaskClient:
    """Nobody in particular, at a server that has talked to its Redis."""
    app: Flask = create_app(settings_for(tmp_path, database_url, own_redis.url))
    visitor = app.test_client()
    a_sign_in(visitor)()
    with app.app_context():
        db.session.remove()
    return visitor


def a_sign_in(visitor: FlaskClient) -> Ask:
    sent = {"csrf_token": token(visitor, "/sign-in"), "email": "nobody@dozor.example", "password": "wrong"}
    return lambda: visitor.post("/sign-in", data=sent).status_code


def an_inquiry(visitor: FlaskClient) -> Ask:
    sent = {"token": token(visitor, "/form/sales"), "name": "Vera", "phone": "+7 912 555-01-77", "text": "A press"}
    later = clock.now() + AT_LEAST + timedelta(seconds=1)

    def ask() -> int:
        with clock.running_on(lambda: later):
            return visitor.post("/form/sales", data=sent).status_code

    return ask


def token(visitor: FlaskClient, path: str) -> str:
    found = re.search(r'name="(?:csrf_)?token" value="([^"]+)"', visitor.get(path).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("page", "answer"), [(a_sign_in, 422), (an_inquiry, 303)])
def test_a_page_that_is_limited_does_not_wait_for_it(
    visitor: FlaskClient, own_redis: servers.RedisServer, page: Callable[[FlaskClient], Ask], answer: int
) -> None:
    ask = page(visitor)
    usual = seconds_of(ask, answer)
    with hanging(own_redis):
        hung = seconds_of(ask, answer)
    assert hung < max(PAGE_WITHIN_SECONDS, 2 * usual + REDIS_WITHIN_SECONDS)  # the latter on a machine that is busy


def seconds_of(ask: Ask, answer: int) -> float:
    began = time.monotonic()
    assert ask() == answer
    return time.monotonic() - began
