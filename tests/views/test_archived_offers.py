"""Whatever one thing of the set-up is archived: the pages that list such things offer nothing that does not open, and
one comes back to where one was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from rules.setup_parts import KINDS
from tests import company
from tests.conftest import Browser, Clock
from tests.views.drawn_forms import FormReader
from tests.views.scenes import browser
from webapp import clock as time
from webapp.db import session, transaction
from webapp.services import pipelines
from webapp.snapshots import setup_documents, setups

PAGES = ("/", "/automation", "/settings/fields", "/settings/versions", "/runs")
OFFERED = ("/automation", "/settings/fields", "/?pipeline")


@pytest.fixture
def who(app: Flask, clock: Clock) -> Browser:
    """The admin of a firm with two pipelines."""
    with app.app_context(), transaction():
        pipelines.add_pipeline({"en": "Service"}, None, company.acting("admin"))
    return browser(app, "admin")


@contextmanager
def archived(app: Flask, kind: str, key: str) -> Iterator[None]:
    """For this while it is in the archive."""
    for at in (time.now(), None):
        with app.app_context(), transaction():
            setup_documents.rows_of(kind)[key].archived_at = at
            setups.changed()
        if at is not None:
            yield


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_opens_whatever_is_archived(app: Flask, who: Browser, kind: str) -> None:
    with app.app_context():
        keys = list(setup_documents.rows_of(kind))
        session().close()
    assert keys
    for key in keys if "EVERY_FIRM" in os.environ else keys[:: len(keys) // 3 or 1]:
        with archived(app, kind, key):
            answers: dict[str, int] = {}
            for page in PAGES:
                answer = who.get(page, follow_redirects=True)
                assert answer.status_code == 200, (page, key)
                read = FormReader()
                read.feed(answer.text)
                for each in {path.partition("#")[0] for path in read.paths} - answers.keys():
                    if each.startswith(OFFERED):
                        answers[each] = who.get(each, follow_redirects=True).status_code
            assert {each for each, status in answers.items() if status >= 400} == set(), key
            assert len(answers) > 5


@pytest.mark.parametrize("kind", ["pipeline"])
def test_the_first_pipeline_that_stands_is_the_one_that_opens(app: Flask, who: Browser, kind: str) -> None:
    assert who.get("/automation").location == "/automation/sales"
    with archived(app, kind, "sales"):
        assert who.get("/automation").location == "/automation/service"
        menu = who.get("/automation/service").text.partition('aria-label="Pipelines"')[2].partition("</nav>")[0]
        assert 'href="/automation/sales"' not in menu


def hidden(page: str, action: str) -> dict[str, list[str]]:
    read = FormReader()
    read.feed(page)
    return next(each for each in read.forms if each.action == action).data()


@pytest.mark.parametrize("way", ["at once", "by the sheet"])
def test_whoever_publishes_comes_back_to_the_pipeline_that_they_looked_at(app: Flask, who: Browser, way: str) -> None:
    here = "/automation/service"
    who.post(f"{here}/settings", data={"name.en": "Service desk", "name.ru": "", "department": ""})
    page = who.get(here).text
    if way == "at once":
        assert who.post("/setup/publications", data=hidden(page, "/setup/publications")).location == here
        return
    sheet = who.post("/setup/plans", data=hidden(page, "/setup/plans")).location
    shown = who.get(sheet).text
    assert f'href="{here}">Back to the draft' in shown
    apply = f"{sheet.partition('?')[0]}/application"
    assert who.post(apply, data=hidden(shown, apply)).location == here
