"""From the draft to what is live, on pages."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from tests import company
from tests.views.scenes import Browser, browser, scene
from webapp.snapshots import drafts, setups

BASE = "/automation/sales"


@pytest.fixture
def who(app: Flask) -> Browser:
    return browser(app, "admin")


def test_what_is_drafted_is_reviewed_and_becomes_live(app: Flask, who: Browser) -> None:
    assert "data-draft-bar" not in who.get(BASE).text
    who.post(f"{BASE}/robots/reaction_control/timing", data={"how": "after", "amount": "3", "unit": "minutes"})
    who.post(f"{BASE}/stages", data={"name.en": "Offer", "after": "data_collection"})
    page = who.get(BASE).text
    assert "2 changes are not live yet" in page
    assert "data-publish" in page
    plan = who.post("/setup/plans").location
    sheet = unescape(who.get(plan).text)
    assert "Stage “Offer” is new" in sheet
    assert "Robot “Reaction control”: when changed" in sheet
    with app.app_context():
        assert company.robot("reaction_control").timing == {"after": {"amount": 10, "unit": "minutes"}}
    answer = who.post(f"{plan}/application")
    assert (answer.status_code, answer.location) == (303, "/automation")
    with app.app_context():
        assert company.robot("reaction_control").timing == {"after": {"amount": 3, "unit": "minutes"}}
        assert "offer" in {each.key for each in setups.current().stages.values()}
        assert drafts.current().is_empty
    assert who.get(plan).location == "/automation"


def test_a_stage_with_deals_asks_where_they_go(app: Flask, who: Browser) -> None:
    here = scene(app)
    who.post(f"{BASE}/stages/new/deletions")
    plan = who.post("/setup/plans").location
    sheet = who.get(plan).text
    asked = re.findall(r'data-consequence="([^"]+)"', sheet)
    assert "deals_on_stage:sales/new" in asked
    lacking = who.post(f"{plan}/application")
    assert lacking.status_code == 422
    assert "Choose what is to become of it." in lacking.text
    chosen = {
        f"remedy.{each}": re.findall(rf'name="remedy.{re.escape(each)}" value="([^"]+)"', sheet)[0] for each in asked
    }
    assert who.post(f"{plan}/application", data=chosen).status_code == 303
    with app.app_context():
        assert "new" not in {each.key for each in setups.current().stages.values()}
    assert here.deal


def test_a_draft_is_undone_discarded_and_taken_back(app: Flask, who: Browser) -> None:
    who.post(f"{BASE}/stages/new", data={"name.en": "Fresh", "hue": "3"})
    who.post(f"{BASE}/undos")
    assert "data-draft-bar" not in who.get(BASE).text
    who.post(f"{BASE}/stages/new", data={"name.en": "Fresh", "hue": "3"})
    who.post("/setup/draft/discards")
    page = who.get(BASE).text
    assert "The draft was discarded." in page
    who.post("/setup/draft/returns")
    assert "not live yet" in who.get(BASE).text


def test_a_sheet_that_went_stale_comes_back_fresh(app: Flask, who: Browser) -> None:
    who.post(f"{BASE}/stages/new", data={"name.en": "Fresh", "hue": "0"})
    plan = who.post("/setup/plans").location
    who.post(f"{BASE}/undos")
    answer = who.post(f"{plan}/application")
    assert answer.status_code == 409
    assert "Something has changed meanwhile" in unescape(answer.text)


def test_what_touches_nothing_is_published_at_once_and_the_rest_opens_its_sheet(app: Flask, who: Browser) -> None:
    scene(app)
    who.post(f"{BASE}/stages/payment", data={"name.en": "Bills", "name.ru": "Счета", "hue": "1"})
    assert "data-publish-now" in who.get(BASE).text
    assert who.post("/setup/publications").location == "/automation"
    with app.app_context():
        assert company.stage("payment").name["en"] == "Bills"
        assert drafts.current().is_empty
    who.post(f"{BASE}/stages/new/deletions")
    sheet = who.post("/setup/publications").location
    assert "deals_on_stage:sales/new" in who.get(sheet).text
    with app.app_context():
        assert "new" in {each.key for each in setups.current().stages.values()}
    assert browser(app, "rep1").post("/setup/publications").status_code == 404
