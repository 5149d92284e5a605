"""Long lists go on by key: what leaves a list while somebody turns its pages hides nothing and shows nothing twice."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from tests import company
from tests.conftest import Clock
from tests.views.scenes import Browser
from webapp.clock import now
from webapp.db import session, transaction
from webapp.models import Contact, Deal, Task
from webapp.services import contacts, deals, tasks

SignIn = Callable[[str], Browser]
MANY = 120
LISTS = {
    **{f"/tasks?list=mine&sort={sort}": r'data-task="(\d+)"' for sort in ("due", "new", "deal")},
    **{f"/contacts?q=number&sort={sort}": r'href="/contacts/(\d+)">' for sort in ("name", "new", "company")},
    **{f"/deals?q=number&sort={sort}": r'href="/deals/(\d+)">' for sort in ("closed", "amount", "title")},
}


@pytest.fixture
def many(app: Flask, clock: Clock) -> Flask:
    """120 of each, alike in what half of the lists are sorted by."""
    with app.app_context(), transaction():
        me, new, won = company.acting("rep1"), company.stage("new"), company.stage("won")
        assert me.user_id is not None
        for n in range(MANY):
            tasks.create_by_hand(f"Number {n % 7}", "", me.user_id, company.acting("north"))
            contacts.create({"name": f"Number {n % 5}"}, me, company=f"Firm {n % 2}" if n % 3 else "")
            draft = deals.DealDraft(title=f"Number {n % 4}", stage=new, responsible_id=me.user_id)
            row = deals.create(draft, me)
            row.stage_id, row.amount_minor, row.closed_at = won.id, n % 3 * 100, now()
    return app


def turn(who: Browser, path: str, pattern: str) -> tuple[list[int], dict[str, str]]:
    page = who.get(path).text
    links = {word: html.unescape(link) for link, word in re.findall(r'href="([^"]+)">(Next|Previous)<', page)}
    return [int(each) for each in re.findall(pattern, page)], links


def leave(app: Flask, path: str, ids: list[int]) -> None:
    with app.app_context(), transaction():
        model: Any = {"/t": Task, "/c": Contact, "/d": Deal}[path[:2]]
        if model is Contact:
            session().execute(delete(Contact).where(Contact.id.in_(ids)))
        else:
            gone = {"state": "done"} if model is Task else {"deleted_at": session().scalar(select(Deal.created_at))}
            session().execute(update(model).where(model.id.in_(ids)).values(**gone))


@pytest.mark.parametrize("path", LISTS)
def test_nothing_is_skipped_when_rows_leave_meanwhile(many: Flask, sign_in: SignIn, path: str) -> None:
    who, pattern = sign_in("rep1"), LISTS[path]
    first, links = turn(who, path, pattern)
    leave(many, path, [first[0], first[20], first[-1]])
    second, more = turn(who, links["Next"], pattern)
    third, end = turn(who, more["Next"], pattern)
    seen = [*first, *second, *third]
    assert len(seen) == len(set(seen))
    assert (len(first), len(second), "Next" in end) == (50, 50, False)
    whole, place = [], path
    while place:
        rows, on = turn(who, place, pattern)
        whole, place = [*whole, *rows], on.get("Next", "")
    assert set(whole) <= set(seen)
    back, _ = turn(who, end["Previous"], pattern)
    assert back == second
    start, at_start = turn(who, more["Previous"], pattern)
    assert start == whole[:50]
    assert "Previous" not in at_start


NO_PLACES = (
    "[",
    "[1,2,3,4]",
    '["x","y","z"]',
    "[null,null]",
    f"[{10**30},1]",
    '["\\ud800",1]',
    "{}",
    "7",
    '[0,"0001-01-01T00:00+14:00",1]',
)


def test_a_place_that_is_none_is_the_start(many: Flask, sign_in: SignIn) -> None:
    who = sign_in("rep1")
    for path, pattern in LISTS.items():
        first, _ = turn(who, path, pattern)
        for place in NO_PLACES:
            for name in ("after", "before"):
                assert turn(who, f"{path}&{urlencode({name: place})}", pattern)[0] == first, (path, name, place)
