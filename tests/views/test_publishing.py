"""From the draft to what is live, on pages."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from jobs import runner
from tests import company
from tests.services import acts
from tests.views.scenes import Browser, browser, scene
from webapp.db import session, transaction
from webapp.services import drafts as services
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
    assert "Choose what to do with it." in lacking.text
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


@pytest.mark.parametrize("page", [BASE, "/settings/fields", "/settings/versions"])
def test_what_was_discarded_is_offered_beside_what_is_typed_since(app: Flask, who: Browser, page: str) -> None:
    """On every page that speaks of the draft, with whose it was and how much, each discarded draft by itself."""
    for key, hue in (("new", "3"), ("payment", "4"), ("won", "5")):
        who.post(f"{BASE}/stages/{key}", data={"name.en": "Fresh", "name.ru": "Свежая", "hue": hue})
    who.post("/setup/draft/discards")
    with app.app_context():
        acts_of_another()
    offered = discarded(who.get(page).text)
    assert [words for _, words in offered] == ["6 changes · Admin"]
    browser(app, "admin").post("/setup/draft/discards")
    who.post(f"{BASE}/stages/lost", data={"name.en": "Lost", "name.ru": "Провал", "hue": "2"})
    offered = discarded(who.get(page).text)
    assert sorted(words for _, words in offered) == ["1 change · Sergey Lebedev", "6 changes · Admin"]
    for which, _ in offered:
        assert who.post("/setup/draft/returns", data={"which": which}).location == "/automation"
    assert discarded(who.get(page).text) == []
    assert "8 changes are not live yet" in who.get(page).text


def acts_of_another() -> None:
    with transaction():
        services.edit("stage", "sales/processing", "hue", 1, company.acting("head"))


def discarded(page: str) -> list[tuple[str, str]]:
    """What can be brought back: which, how much and whose."""
    part = unescape(page).partition("data-discarded")[2]
    found = re.findall(r'name="which" value="(\d+)">\s*<span>(.*?)</span>', part, re.DOTALL)
    said = [(which, " ".join(re.sub(r"<[^>]+>", "", words).split())) for which, words in found]
    return [(which, words.partition(" · ")[2]) for which, words in said]


def test_a_sheet_that_went_stale_comes_back_fresh(app: Flask, who: Browser) -> None:
    who.post(f"{BASE}/stages/new", data={"name.en": "Fresh", "hue": "0"})
    plan = who.post("/setup/plans").location
    who.post(f"{BASE}/undos")
    answer = who.post(f"{plan}/application")
    assert answer.status_code == 409
    assert "Something changed in the meantime" in unescape(answer.text)


def test_a_sheet_that_is_loaded_again_shows_nothing_of_what_others_made_live_meanwhile(
    app: Flask, who: Browser
) -> None:
    """Somebody switches a robot off: that it is on is no change of mine."""
    scene(app)
    who.post(f"{BASE}/stages/payment", data={"name.en": "Bills", "name.ru": "Счета", "hue": "1"})
    plan = who.post("/setup/plans").location
    mine = ["Stage “Payment”: name is now “Bills”", "Stage “Payment”: colour changed"]
    assert changes_of(who.get(plan).text) == mine
    assert who.get(plan).status_code == 200, "as long as nothing moves, the sheet keeps its address"
    browser(app, "admin").post(f"{BASE}/robots/unpaid_vip/switches")
    with app.app_context():
        assert not company.robot("unpaid_vip").is_on
    answer = who.get(plan)
    assert (answer.status_code, answer.location == plan) == (303, False)
    sheet = unescape(who.get(answer.location).text)
    assert changes_of(sheet) == mine
    assert "data-consequence" not in sheet
    assert "Something changed in the meantime" in sheet
    fresh = answer.location.partition("?")[0]
    assert f'action="{fresh}/application"' in sheet
    assert who.post(f"{fresh}/application").location == "/automation"
    with app.app_context():
        assert company.stage("payment").name["en"] == "Bills"
        assert not company.robot("unpaid_vip").is_on, "what the other did stays"


def test_a_sheet_that_is_loaded_again_shows_nothing_that_was_undone(app: Flask, who: Browser) -> None:
    who.post(f"{BASE}/stages/payment", data={"name.en": "Bills", "name.ru": "Счета", "hue": "1"})
    plan = who.post("/setup/plans").location
    who.post(f"{BASE}/undos")
    assert changes_of(who.get(who.get(plan).location).text) == []


def test_a_sheet_that_is_loaded_again_marks_what_it_touches_now_and_can_be_published(app: Flask, who: Browser) -> None:
    who.post(f"{BASE}/stages/new/deletions")
    plan = who.post("/setup/plans").location
    before = set(re.findall(r'data-consequence="([^"]+)"', who.get(plan).text))
    scene(app)
    fresh = who.get(plan).location
    sheet = who.get(fresh).text
    parts = {each.partition('"')[0]: "mark-here" in each for each in sheet.split('data-consequence="')[1:]}
    assert "deals_on_stage:sales/new" in parts.keys() - before
    assert {key for key, is_new in parts.items() if is_new} == parts.keys() - before
    chosen = {
        f"remedy.{each}": re.findall(rf'name="remedy.{re.escape(each)}" value="([^"]+)"', sheet)[0] for each in parts
    }
    assert who.post(f"{fresh.partition('?')[0]}/application", data=chosen).location == "/automation"


def changes_of(sheet: str) -> list[str]:
    """What it says that it changes."""
    part = sheet.partition('aria-labelledby="changes-h"')[2].partition("</section>")[0]
    return [unescape(re.sub(r"<[^>]+>", "", each)) for each in re.findall(r"<li>(.*?)</li>", part)]


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


def test_what_deals_lack_is_filled_on_the_sheet_and_taken_back_among_versions(app: Flask, who: Browser) -> None:
    with app.app_context():
        deal = acts.deal("data_collection")
        session().close()
    who.post("/settings/fields/deal", data={"kind": "number", "label.en": "Weight"})
    publish(who)
    who.post("/settings/fields/deal/weight/requirements", data={"from.sales": "data_collection"})
    plan = who.post("/setup/plans").location
    sheet = unescape(who.get(plan).text)
    (name,) = re.findall(r'name="remedy\.(deals_lack[^"]+)" value="fill"', sheet)
    assert f'name="value.{name}"' in sheet
    refused = who.post(f"{plan}/application", data={f"remedy.{name}": "fill", f"value.{name}": "much"})
    assert refused.status_code == 422
    assert 'value="much"' in refused.text, "nothing typed is lost"
    assert 'value="fill" required checked' in refused.text
    blank = who.post(f"{plan}/application", data={f"remedy.{name}": "fill", f"value.{name}": " "})
    assert "Choose what to do with it." in blank.text
    done = who.post(f"{plan}/application", data={f"remedy.{name}": "fill", f"value.{name}": "12.5"})
    assert done.status_code == 303
    assert "records updated: 0 of 1" in who.get("/settings/versions").text
    with app.app_context():
        runner.drain(kinds=("setup",))
        assert acts.deal_of(deal).fields["weight"] == 12.5
        session().close()
    page = unescape(who.get("/settings/versions").text)
    assert "Undo what it changed" not in page, "the stage still requires it"
    who.post("/settings/fields/deal/weight/requirements", data={"from.sales": ""})
    publish(who)
    page = unescape(who.get("/settings/versions").text)
    (back,) = re.findall(r'action="(/settings/versions/\d+/takebacks)"', page)
    assert "Undo what it changed in 1 record" in page
    who.post(back)
    with app.app_context():
        runner.drain(kinds=("setup",))
        assert acts.deal_of(deal).fields.get("weight") is None
    assert "There is nothing left" in who.post(back, follow_redirects=True).text


def test_what_the_work_was_refused_is_listed_among_versions_with_its_reason(app: Flask, who: Browser) -> None:
    with app.app_context():
        deal = acts.deal("data_collection", waits=False, title="Nobody's press")
        session().close()
    who.post("/settings/fields/contact", data={"kind": "text", "label.en": "City"})
    publish(who)
    who.post("/settings/fields/contact/city/requirements", data={"from.sales": "data_collection"})
    plan = who.post("/setup/plans").location
    (name,) = re.findall(r'name="remedy\.(deals_lack[^"]+)" value="fill"', unescape(who.get(plan).text))
    who.post(f"{plan}/application", data={f"remedy.{name}": "fill", f"value.{name}": "Omsk"})
    assert "data-left" not in who.get("/settings/versions").text
    with app.app_context():
        runner.drain(kinds=("setup",))
        session().close()
    page = unescape(who.get("/settings/versions").text)
    assert "1 record stayed as it was" in page
    assert f'href="/deals/{deal}">Nobody\'s press</a>' in page
    said = page.partition("data-left")[2].partition("</details>")[0]
    assert "contact" in said.lower()


def publish(who: Browser) -> None:
    assert who.post("/setup/publications").location == "/automation"
