"""Every number that a page shows beside a word is the number of things that its list shows."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.views.scenes import Browser, scene
from webapp.db import session, transaction
from webapp.models import Deal
from webapp.services import deals

SignIn = Callable[[str], Browser]
ASKING = r'data-items="(?:asked|open)">.*?</section>'
PEOPLE = ("admin", "head", "north", "south-deputy", "rep1", "rep3")


@pytest.fixture
def firm(app: Flask, clock: Clock) -> Flask:
    """Work of several people, some of it gone again."""
    for owner, head in (("rep1", "north"), ("rep2", "head"), ("rep3", "south-deputy")):
        scene(app, owner, head, f"Deal of {owner}")
    gone = [scene(app, "rep1", "north", "Gone"), scene(app, "rep3", "head", "Gone too")]
    with app.app_context(), transaction():
        for each in gone:
            deals.delete(session().get_one(Deal, each.deal), company.acting("admin"))
    return app


def number(page: str, pattern: str) -> int:
    found = re.search(pattern, page, re.DOTALL)
    return int(found[1]) if found else 0


def whole(who: Browser, path: str, pattern: str) -> int:
    """How many a list has on all its pages."""
    found = 0
    while path:
        page = who.get(path).text
        found += len(re.findall(pattern, page))
        onward = re.search(r'href="([^"]+)">Next<', page)
        path = html.unescape(onward[1]) if onward else ""
    return found


@pytest.mark.parametrize("name", PEOPLE)
def test_every_counter_is_its_list(firm: Flask, sign_in: SignIn, name: str) -> None:
    who = sign_in(name)
    page = who.get("/tasks").text
    told = {
        "tasks": (number(page, r'id="count-tasks">\s*<span[^>]*>(\d+)'), whole(who, "/tasks", "<li id=.task-row-")),
        "clients": (
            number(page, r'id="count-clients">\s*<span[^>]*>(\d+)'),
            who.get("/inbox").text.partition('id="wait-h"')[2].partition("</section>")[0].count("<li>"),
        ),
    }
    told["unread"] = (
        number(page, r'id="count-unread">\s*<span[^>]*>(\d+)'),
        whole(who, "/inbox?show=unread", "<li class=.unread"),
    )
    told["important"] = (
        number(page, r'id="count-important">\s*<span[^>]*>(\d+)'),
        sum(each.count('data-item="') for each in re.findall(ASKING, who.get("/important").text, re.DOTALL)),
    )
    for kind in ("waiting", "mine", "acceptance", "overdue"):
        counted = number(page, f'data-count="{kind}">(\\d+)')
        told[kind] = (counted, whole(who, f"/tasks?list={kind}", "<li id=.task-row-"))
    board = who.get("/pipelines/sales").text
    for column in re.split("<section class=.col", board)[1:]:
        key = re.search(r'data-stage="(\w+)"', column)
        assert key
        told[key[1]] = (number(column, r"data-count>(\d+)<"), len(re.findall("<article class=.card", column)))
    assert {what: pair for what, pair in told.items() if pair[0] != pair[1]} == {}
