"""The database takes no calls: every door still answers in its own form and in the words of who asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import settings_for
from tests.servers import RedisServer
from webapp.app import create_app

NOWHERE = "postgresql+psycopg://dozor@127.0.0.1:1/dozor"


@pytest.fixture
def orphan(tmp_path: Path, redis_server: RedisServer) -> Flask:
    return create_app(settings_for(tmp_path, NOWHERE, redis_server.url))


@pytest.mark.complains("Exception on ")
@pytest.mark.parametrize(("asked", "said"), [("ru", "Здесь что-то"), ("en", "Something"), ("fr", "Something")])
def test_the_api_answers_in_json_and_in_the_callers_language(orphan: Flask, asked: str, said: str) -> None:
    headers = {"Authorization": "Bearer dz_any", "Accept-Language": asked}
    answer = orphan.test_client().get("/api/v1/deals", headers=headers)
    assert answer.status_code == 500
    assert answer.json is not None
    assert answer.json["error"] == "server_error"
    assert answer.json["message"].startswith(said)


@pytest.mark.complains("Exception on ")
@pytest.mark.parametrize("path", ["/", "/deals/1", "/tasks", "/sign-in"])
@pytest.mark.parametrize("fragment", [False, True])
def test_a_page_says_it_and_leads_on(orphan: Flask, path: str, fragment: bool) -> None:
    browser = orphan.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = "some secret"
    headers = {"Accept-Language": "ru"} | ({"HX-Request": "true"} if fragment else {})
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 500
    assert "сохранено, попробуйте ещё раз" in answer.text
