"""The page of seasons: one is added, asks what becomes of waiting runs, shows on the year and on a deal, goes again."""

from __future__ import annotations

import re
from datetime import date

from flask import Flask
from sqlalchemy import update

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.drawn_forms import read
from tests.views.scenes import browser
from webapp.db import transaction
from webapp.models import User
from webapp.queries import calendars as found
from webapp.snapshots import setups

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
    card = admin.get("/").text.partition(f'data-deal="{deal}"')[2].partition("</article>")[0]
    assert "10 minutes × 3, season “Action”" in card.partition("data-norm")[2]
    editor = admin.get("/automation/sales/robots/reaction_control").text
    assert "10 minutes × 3, season “Sale”" in editor.partition("it would run")[2]
    one = page.partition('data-season="')[2].partition('"')[0]
    assert admin.post(f"/settings/seasons/{one}/removals", data={"waiting": "keep"}).status_code == 303


def test_a_refused_season_keeps_what_was_typed(app: Flask, clock: Clock) -> None:
    admin = browser(app, "admin")
    for wrong in ({"factor": "many"}, {"until_on": "2026-11-01"}, {"name": " "}, {"scope": "robots-777"}):
        answer = admin.post("/settings/seasons", data={**ACTION, "name": "Action & Co", **wrong})
        assert answer.status_code == 422, wrong
        assert "name" in wrong or "Action &amp; Co" in answer.text


def test_a_season_is_edited_as_far_as_it_was_changed(app: Flask, clock: Clock) -> None:
    admin = browser(app, "admin")
    admin.post("/settings/seasons", data={**ACTION, "waiting": "keep"})
    with app.app_context():
        one = setups.current().seasons[0].id
    form = next(each for each in read(admin.get(f"/settings/seasons/{one}").text).forms if "factor" in each.data())
    stale = form.data(name="Sale", factor="2.5")
    admin.post(form.action, data=form.data(until_on="2026-12-09"))  # by another admin, meanwhile
    assert admin.post(form.action, data=stale).headers["Location"] == f"/settings/seasons/{one}"
    with app.app_context():
        (kept,) = setups.current().seasons
    assert (kept.name, kept.factor, kept.last) == ("Sale", 250, date(2026, 12, 9))
    with app.app_context():
        acts.inquiry()
    refused = admin.post(form.action, data={**stale, "factor": "9"})
    assert (refused.status_code, "data-waiting-runs" in refused.text, 'value="9"' in refused.text) == (409, True, True)


def test_a_year_shows_the_seasons_of_those_who_work_by_it(app: Flask, clock: Clock) -> None:
    admin = browser(app, "admin")
    with app.app_context():
        of = {name["en"]: key for key, name in setups.current().department_names.items()}
        north, south = of["Sales North"], of["Sales South"]
        for owner in (f"department-{north}", f"person-{company.person('rep3')}"):
            admin.post("/settings/calendars", data={"owner": owner})
        for where in (north, south):
            season = {**ACTION, "name": f"Of {where}.", "scope": f"department-{where}", "waiting": "keep"}
            admin.post("/settings/seasons", data=season)
        calendars = [each.id for each in found.every()]
    years = [admin.get(f"/settings/calendars/{each}?year=2026").text for each in calendars]
    seen = [[f"Of {where}." in year for where in (north, south)] for year in years]
    assert seen == [[False, True], [True, False], [False, True]], "the firm's, North's, of a rep of South"
    named = re.compile(r"data-in-year>.*?Season: ([^<]*)</li>", re.DOTALL)
    assert [named.findall(year) for year in years] == [[f"Of {each}."] for each in (south, north, south)]
    assert "data-in-year" not in admin.get(f"/settings/calendars/{calendars[0]}?year=2028").text


def test_a_factor_reads_as_its_reader_writes_numbers_and_stays_what_it_is(app: Flask, clock: Clock) -> None:
    with app.app_context(), transaction() as current:
        current.execute(update(User).values(locale="ru"))
        setups.changed()
    admin = browser(app, "admin")
    assert admin.post("/settings/seasons", data={**ACTION, "factor": "1,5"}).status_code == 303
    page = admin.get("/settings/seasons").text
    assert "× 1,5" in page
    (own,) = re.findall(r'href="(/settings/seasons/\d+)"', page)
    form = next(each for each in read(admin.get(own).text).forms if each.value("factor") == ["1.5"])
    assert admin.post(form.action, data=form.data()).status_code == 303
    assert "× 1,5" in admin.get("/settings/seasons").text
