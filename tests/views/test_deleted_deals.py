"""What is deleted stands in no list and no search, on pages and in the API, and counts nowhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from tests import company
from tests.api.callers import Caller
from tests.conftest import Clock
from tests.services import acts
from tests.views import every_page
from tests.views.scenes import browser, scene
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import BoardView
from webapp.queries import inbox
from webapp.services import deals

WHERE_IT_IS = "/deals?kind=deleted"
TITLE = "Quincunx press"
PAGES = ["/", "/inbox", "/tasks", "/contacts", "/search?q=quincunx", "/closed", "/tasks?list=all", "/frame?seq=0"]
LISTS = ["deals", "invoices", "notifications", "deals?q=quincunx"]


@pytest.fixture
def deal(app: Flask, clock: Clock) -> int:
    """One with a message, an invoice and notifications to rep and head, the client waiting."""
    with app.app_context():
        deal_id = acts.inquiry("Do you have a Quincunx press?")
        acts.edit(deal_id, title=TITLE)
        acts.invoice(deal_id, number="Quincunx-1")
        clock.go_on(minutes=11)
        acts.work()
        session().close()
    return deal_id


def shown(client: FlaskClient, paths: list[str], headers: dict[str, str] | None = None) -> set[str]:
    return {path for path in paths if "Quincunx" in client.get(path, headers=headers).text}


def test_a_deleted_deal_is_in_no_list(
    app: Flask,
    deal: int,
    sign_in: Callable[[str], FlaskClient],
    token: Callable[[str], dict[str, str]],
) -> None:
    api = [f"/api/v1/{each}" for each in LISTS]
    before = shown(sign_in("north"), PAGES), shown(app.test_client(), api, token("north"))
    assert {"/", "/inbox", "/search?q=quincunx"} <= before[0]
    assert set(api) == before[1]
    unread = counters(app, "north")
    with app.app_context(), transaction():
        deals.delete(acts.locked(deal), Actor(company.person("admin")))
    for name in ("north", "rep1", "admin"):
        assert shown(sign_in(name), PAGES) == set(), name
        assert shown(app.test_client(), api, token(name)) == set(), name
    assert counters(app, "north") < unread
    assert counters(app, "north") == 0


def test_a_deleted_deal_stands_on_no_page_and_in_no_answer(app: Flask, clock: Clock) -> None:
    """Of all that there are, whatever they show of it: the client's words, tasks, notes, files, items, runs."""
    at = scene(app, title=TITLE)
    with app.app_context():
        acts.work()
        paths = every_page.paths(app)
        with transaction() as current:
            deals.delete(acts.locked(at.deal), Actor(company.person("admin")))
            current.execute(delete(BoardView))  # one was called like the deal
        paths = sorted({*paths, *every_page.paths(app)} - {WHERE_IT_IS})
    for name in ("north", "rep1", "admin"):
        who, headers = browser(app, name), {"Authorization": f"Bearer {Caller.of(app, name).token}"}
        found = [path for path in paths if not path.startswith("/api") and names_it(who.get(path).text)]
        api = app.test_client()
        found += [path for path in paths if path.startswith("/api") and names_it(api.get(path, headers=headers).text)]
        assert found == [], name
    assert TITLE in browser(app, "admin").get(WHERE_IT_IS).text


def names_it(page: str) -> bool:
    return TITLE in page.replace(f"Client of {TITLE}", "").replace(f'"external_id":"{TITLE}"', "")


def counters(app: Flask, name: str) -> int:
    from webapp.access.scopes import Scope

    with app.app_context():
        nobody = frozenset[int]()
        return inbox.counters(Scope(company.person(name), False, nobody, nobody, nobody, False)).unread
