"""The frame of settings; versions of the set-up on their page; what is archived comes back with its key."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from tests import company
from tests.views.scenes import Browser, browser
from webapp.snapshots import setups

HERE = "/settings/versions"
DATA = "sales/data_collection"


@pytest.fixture
def who(app: Flask) -> Browser:
    return browser(app, "admin")


def publish(who: Browser, plan: str) -> None:
    """With what is chosen beforehand."""
    chosen = re.findall(r'name="(remedy\.[^"]+)" value="([^"]+)" required checked', unescape(who.get(plan).text))
    assert who.post(f"{plan}/application", data=dict(chosen)).status_code == 303


def frame(page: str) -> str:
    (found,) = re.findall(r"<nav [^>]*data-settings[^>]*>.*?</nav>", page, re.DOTALL)
    return str(found)


def test_every_page_of_settings_leads_to_the_others_and_no_other_page_has_the_frame(app: Flask, who: Browser) -> None:
    rooms = re.findall(r'href="([^"]+)"', frame(who.get("/settings/firm").text))
    assert {"/settings/firm", "/settings/people", "/settings/versions", "/form-setup"} <= set(rooms)
    for each in rooms:
        page = who.get(each)
        assert page.status_code == 200
        here = re.findall(r'href="([^"]+)" aria-current="page"', frame(page.text))
        assert here == [each]
    assert "data-settings" not in who.get("/profile").text
    assert browser(app, "rep1").get(HERE).status_code == 404


def test_a_stage_is_archived_listed_taken_out_and_a_version_brought_back(app: Flask, who: Browser) -> None:
    assert "Nothing has been published yet" in who.get(HERE).text
    with app.app_context():
        stage_id = company.stage("data_collection").id
    who.post("/automation/sales/stages/data_collection/deletions")
    publish(who, who.post("/setup/plans").location)
    page = unescape(who.get(HERE).text)
    assert "Stage “Data collection” is archived" in page
    assert [each for each in ("Initial set-up", "This is live") if each not in page] == []
    taken = {"kind": "stage", "key": DATA}
    assert who.post("/setup/archive/returns", data=taken).location == HERE
    assert "1 change is not live yet" in who.get(HERE).text
    publish(who, who.post("/setup/plans").location)
    with app.app_context():
        assert company.stage("data_collection").id == stage_id
        triggers = {each.event: each.stage_id for each in setups.current().value.triggers}
        assert triggers["dialogue_taken"] == stage_id, "the sheet offered to lead here again, and that was chosen"
    plan = who.post(f"{HERE}/2/restorations").location
    assert "Stage “Data collection” is archived" in unescape(who.get(plan).text)
    publish(who, plan)
    with app.app_context():
        assert "data_collection" not in {each.key for each in setups.current().stages.values()}


def test_a_restoration_that_went_stale_stays_a_restoration(app: Flask, who: Browser) -> None:
    who.post("/automation/sales/stages/new", data={"name.en": "Fresh", "hue": "0"})
    publish(who, who.post("/setup/plans").location)
    plan = who.post(f"{HERE}/1/restorations").location
    who.post("/automation/sales/stages/payment", data={"name.en": "Money", "hue": "0"})
    publish(who, who.post("/setup/plans").location)
    answer = who.post(f"{plan}/application")
    assert answer.status_code == 409
    changes = unescape(answer.text)
    assert "Stage “Fresh”: name is now “New”" in changes
    assert "Stage “Money”: name is now “Payment”" in changes


@pytest.mark.parametrize("sent", [{"kind": "moon", "key": "x"}, {"kind": "stage", "key": "sales/nowhere"}, {}])
def test_what_is_not_in_the_archive_is_not_found(who: Browser, sent: dict[str, str]) -> None:
    assert who.post("/setup/archive/returns", data=sent).status_code == 404
