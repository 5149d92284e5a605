"""The page of seasons: one is added, asks what becomes of waiting runs, shows on the year and on a deal, goes again."""

from __future__ import annotations

from flask import Flask

from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import browser

ACTION = {"name": "Action", "from_on": "2026-11-24", "until_on": "2026-12-05", "scope": "firm", "change": "factor"}
ACTION |= {"factor": "3", "unit": "minutes"}


def test_a_season_is_added_seen_and_taken_away(app: Flask, clock: Clock) -> None:
    with app.app_context():
        waits = acts.inquiry()
    admin = browser(app, "admin")
    asked = admin.post("/settings/seasons", data=ACTION)
    assert (asked.status_code, "data-waiting-runs" in asked.text) == (409, True)
    assert 'value="Action"' in asked.text
    assert admin.post("/settings/seasons", data={**ACTION, "waiting": "keep"}).status_code == 303
    with app.app_context():
        deal = acts.inquiry(phone="+79005550077", name="Boris")
    assert "× 3, season “Action”" in admin.get(f"/deals/{deal}").text
    assert "season “Action”" not in admin.get(f"/deals/{waits}").text
    admin.post("/settings/seasons", data={**ACTION, "name": "Sale", "scope": "pipeline-1", "waiting": "keep"})
    page = admin.get("/settings/seasons").text
    assert "Overlaps with Sale: the narrowest wins." in page
    year = admin.get("/settings/calendars/1?year=2026").text
    assert "day-cell in-season" in year
    assert "Working day, Action, Sale" in year
    one = page.partition('data-season="')[2].partition('"')[0]
    assert admin.post(f"/settings/seasons/{one}/removals", data={"waiting": "keep"}).status_code == 303


def test_a_refused_season_keeps_what_was_typed(app: Flask, clock: Clock) -> None:
    admin = browser(app, "admin")
    for wrong in ({"factor": "many"}, {"until_on": "2026-11-01"}, {"name": " "}, {"scope": "robots-777"}):
        answer = admin.post("/settings/seasons", data={**ACTION, "name": "Action & Co", **wrong})
        assert answer.status_code == 422, wrong
        assert "name" in wrong or "Action &amp; Co" in answer.text
