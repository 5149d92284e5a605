"""Closed deals: what was won this month, and what was deleted, which an admin brings back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.test_board_tools import HTMX, made, stage_of
from webapp.db import session
from webapp.models import Deal, RobotRun

SignIn = Callable[[str], Any]


def test_what_was_won_this_month_stands_with_its_sum(app: Flask, sign_in: SignIn, clock: Clock) -> None:
    made(app, "rep1", "Of last month", "won", equipment_type="large")
    clock.go_on(days=20)
    made(app, "rep1", "Of this month", "won", equipment_type="large")
    made(app, "rep3", "In the South", "won", equipment_type="large")
    page = sign_in("rep1").get("/deals?kind=month").text
    assert ("Of this month" in page, "Of last month" in page, "In the South" in page) == (True, False, False)
    assert "1 deal\u00a0· ₽5,000" in page


def test_a_deleted_deal_is_brought_back_by_an_admin_and_its_robots_begin_anew(
    app: Flask, sign_in: SignIn, clock: Clock
) -> None:
    deal, won = made(app, "rep1", "Gone"), made(app, "rep1", "Won & gone", "won", equipment_type="large")
    rep, admin = sign_in("rep1"), sign_in("admin")
    assert f"/deals/{deal}/deletions" in rep.get(f"/deals/{deal}").text
    for each in (deal, won):
        assert rep.post(f"/deals/{each}/deletions").status_code == 303
    assert "Gone" not in rep.get("/deals?kind=deleted").text
    assert f"/deals/{deal}/restorations" in admin.get("/deals?kind=deleted").text
    closed_at = deal_of(app, won).closed_at
    for each in (deal, won):
        assert admin.post(f"/deals/{each}/restorations").headers["Location"] == f"/deals/{each}"
        assert admin.post(f"/deals/{each}/restorations").status_code == 404
    assert (stage_of(app, deal), stage_of(app, won), deal_of(app, won).closed_at) == ("new", "won", closed_at)
    assert waiting(app, deal) == ["reaction_control"]
    assert "restored the deal" in rep.get(f"/deals/{deal}").text


def test_a_search_of_closed_deals_keeps_their_list_and_their_order(app: Flask, sign_in: SignIn, clock: Clock) -> None:
    page = sign_in("rep1").get("/deals?kind=won&sort=title").text
    form = page.split('action="/deals" role="search"')[1].partition("</form>")[0]
    hidden = re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form)
    assert dict(hidden) == {"kind": "won", "sort": "title"}


def deal_of(app: Flask, deal_id: int) -> Deal:
    with app.app_context():
        found = session().get_one(Deal, deal_id)
        session().close()
        return found


def waiting(app: Flask, deal_id: int) -> list[str]:
    with app.app_context():
        runs = session().scalars(select(RobotRun).where(RobotRun.deal_id == deal_id, RobotRun.state == "waiting")).all()
        keys = {company.robot(key).id: key for key in ("reaction_control", "vip_notification")}
        return [keys[each.robot_id] for each in runs]


def test_moves_of_many_are_taken_back_together(app: Flask, sign_in: SignIn, clock: Clock) -> None:
    ids = [made(app, "rep1", f"Deal {n}") for n in range(3)]
    foreign, rep = made(app, "rep2", "A neighbour's"), sign_in("rep1")
    moved = rep.post("/moves", data={"deal": ids, "stage": "data_collection"}, headers=HTMX).text
    assert "3 deals moved to Data collection" in moved
    assert moved.count("data-undo") == 1
    rep.post(f"/deals/{ids[2]}", data={"title": "Has gone on"})
    back = rep.post("/moves/takebacks", data={"deal": [*ids, foreign, "x"]}, headers=HTMX).text
    assert "2 deals moved back" in back
    assert "can no longer be undone" in back
    assert [stage_of(app, each) for each in ids] == ["new", "new", "data_collection"]
    again = rep.post("/moves", data={"deal": ids[:2], "stage": "data_collection"}).status_code
    clock.go_on(seconds=13)
    assert again == 303
    assert "moved back" not in rep.post("/moves/takebacks", data={"deal": ids[:2]}, headers=HTMX).text


def test_a_sorted_column_goes_on_to_its_end(app: Flask, sign_in: SignIn, clock: Clock) -> None:
    """By key: what was shown is not shown again, what is changed meanwhile makes nothing skip."""
    ids = [made(app, "rep1", f"Deal {n}") for n in range(95)]
    rep = sign_in("rep1")
    for sort in ("age", "amount", "fuse"):
        page, seen = rep.get(f"/?sort={sort}&mine=1").text, []
        while True:
            seen += [each for each in ids if f'id="deal-{each}"' in page]
            if 'id="more-' not in page:
                break
            address = page.split('id="more-')[1].split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
            page = rep.get(address, headers=HTMX).text
        assert sorted(seen) == ids, sort


@pytest.mark.parametrize("kind", ["", "won", "month", "lost", "deleted"])
def test_a_search_that_finds_nothing_does_not_say_that_there_is_nothing(
    app: Flask, sign_in: SignIn, clock: Clock, kind: str
) -> None:
    admin, nothing = sign_in("admin"), "Nothing is deleted." if kind == "deleted" else "No closed deals here yet."
    assert nothing in admin.get(f"/deals?kind={kind}").text
    searched = admin.get(f"/deals?kind={kind}&q=zzzz").text
    assert ("No deal here matches that." in searched, nothing in searched) == (True, False)


def test_a_deleted_deal_is_found_as_any_other_by_its_client_and_its_number(
    app: Flask, sign_in: SignIn, clock: Clock
) -> None:
    with app.app_context():
        gone = acts.inquiry(name="Vera Belova")
        acts.delete(gone)
    made(app, "rep1", "Another")
    admin = sign_in("admin")
    for words in ("belova", str(gone), acts.PHONE):
        page = admin.get("/deals", query_string={"kind": "deleted", "q": words}).text
        assert re.findall(r"/deals/(\d+)/restorations", page) == [str(gone)], words
