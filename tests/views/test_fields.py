"""The firm's own fields by hand: added, given options, required, put in order, archived; what deals lack filled in."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_acting_robots import robot, to
from tests.views.scenes import HTMX, Browser, browser
from webapp.db import session, transaction
from webapp.models import Deal, JournalEntry
from webapp.services import setup_plans
from webapp.snapshots import drafts, setups

EXTRAS = "/settings/fields/deal/extras"


def field(key: str = "deal/extras") -> dict[str, Any]:
    """As it stands in the draft."""
    found = drafts.current().document.get("field", key)
    assert found is not None
    return dict(found.parts)


def test_a_field_is_made_by_hand_and_published(app: Flask, clock: Clock) -> None:
    who = browser(app, "admin")
    made = who.post("/settings/fields/deal", data={"kind": "multi_select", "label.en": "Extras", "label.ru": "Опции"})
    assert made.headers["Location"] == EXTRAS
    who.post(EXTRAS, data={"label.en": "Extras", "help.en": "What goes with it", "shown_as": "tag"})
    who.post(f"{EXTRAS}/options", data={"option.+.en": "Lamp"})
    who.post(f"{EXTRAS}/options", data={"option.+.en": "Pump", "option.lamp.en": "Lamps", "act": "up:lamp"})
    who.post(f"{EXTRAS}/options", data={"act": "up:pump"})
    who.post(f"{EXTRAS}/requirements", data={"from.sales": "data_collection"})
    assert "Required if" not in who.post(f"{EXTRAS}/conditions", data={"act": "test:if"}, headers=HTMX).text
    built = {"if.mode": "all", "if.0.field": "deal.amount", "if.0.operator": "gt", "if.0.value": "1000"}
    assert who.post(f"{EXTRAS}/conditions", data=built).status_code == 303
    who.post(f"{EXTRAS}/moves", data={"after": ""})
    with app.app_context():
        parts = field()
        assert next(each.key for each in drafts.current().document.of("field") if each.home == "deal") == "deal/extras"
        assert (parts["label"], parts["help"], parts["shown_as"]) == (
            {"en": "Extras"},
            {"en": "What goes with it"},
            "tag",
        )
        assert [(each["key"], each["label"]) for each in parts["options"]] == [
            ("pump", {"en": "Pump"}), ("lamp", {"en": "Lamps"}),
        ]  # fmt: skip
        assert parts["required_from"] == ["sales/data_collection"]
        assert parts["required_if"]["all"][0]["operator"] == "gt"
        with transaction():
            plan = setup_plans.of_draft(company.acting("admin"))
            assert plan.problems == ()
            setup_plans.apply(plan.row.id, {}, company.acting("admin"))
        spec = setups.current().catalogue.get("deal", "extras")
        assert spec is not None
        assert spec.help == {"en": "What goes with it"}
    page = browser(app, "rep1").get("/deals/new").text
    assert "What goes with it" in page
    assert 'name="deal.extras" value="pump"' in page


def test_a_form_says_what_is_wrong(app: Flask, clock: Clock) -> None:
    who = browser(app, "admin")
    refused = who.post("/settings/fields/deal", data={"kind": "stage", "label.en": "Own"})
    assert refused.status_code == 422
    assert who.post("/settings/fields/deal", data={"kind": "text"}).status_code == 422
    assert who.post("/settings/fields/deal/equipment_type", data={"label.en": " "}).status_code == 422
    wrong = {"option.large.en": "", "option.large.ru": ""}
    assert who.post("/settings/fields/deal/equipment_type/options", data=wrong).status_code == 422
    assert who.get("/settings/fields/deal/nothing").status_code == 404
    with app.app_context():
        assert drafts.current().is_empty


def test_what_a_form_does_not_name_stays(app: Flask, clock: Clock) -> None:
    who = browser(app, "admin")
    who.post("/settings/fields/contact/vip", data={"label.en": "VIP", "label.ru": "VIP"})
    who.post("/settings/fields/deal/equipment_type/options", data={"act": "up:standard"})
    who.post("/settings/fields/deal/equipment_type/requirements", data={})
    with app.app_context():
        assert drafts.current().is_empty


def test_archived_and_brought_back_a_field_keeps_its_key(app: Flask, clock: Clock) -> None:
    who = browser(app, "admin")
    who.post("/settings/fields/deal/equipment_type/deletions")
    assert "Restore from archive" in who.get("/settings/fields/deal/equipment_type").text
    who.post("/settings/fields/deal/equipment_type/returns")
    with app.app_context():
        assert drafts.current().is_empty
    who.post("/settings/fields/deal/equipment_type/deletions")
    who.post("/settings/fields/undos")
    with app.app_context():
        assert drafts.current().is_empty, "as with any edit, one takes back one's own last"


@pytest.fixture
def lacking(app: Flask, clock: Clock) -> tuple[int, int]:
    """Two deals on Data collection without a type of equipment, from where the draft requires it."""
    with app.app_context():
        ids = acts.deal(), acts.deal()
        for each in ids:
            acts.move(each, "data_collection")
    browser(app, "admin").post(
        "/settings/fields/deal/equipment_type/requirements", data={"from.sales": "data_collection"}
    )
    return ids


def test_a_requirement_says_how_many_lack_it_and_fills_them_in(app: Flask, lacking: tuple[int, int]) -> None:
    who = browser(app, "admin")
    address = "/settings/fields/deal/equipment_type/lacking/sales/data_collection"
    assert 'data-lacking="2"' in who.get("/settings/fields/deal/equipment_type").text
    page = who.get(address).text
    assert all(f'name="deal_id" value="{each}" checked' in page for each in lacking)
    assert who.post(address, data={"deal_id": list(lacking), "deal.equipment_type": "huge"}).status_code == 422
    assert who.post(address, data={"deal_id": list(lacking), "deal.equipment_type": ""}).status_code == 422
    assert who.post(address, data={"deal_id": list(lacking[:1]), "deal.equipment_type": "large"}).status_code == 303
    assert "1 deal filled in" in who.get(address).text
    with app.app_context():
        first, second = (session().get_one(Deal, each) for each in lacking)
        assert (first.fields["equipment_type"], second.fields.get("equipment_type")) == ("large", None)
        told = session().query(JournalEntry).filter_by(deal_id=first.id, field="equipment_type").one()
        assert (told.new, told.by_id) == ("large", company.person("admin"))
        with transaction():
            acts.locked(second.id).fields = {"equipment_type": "special"}
    who.post(address, data={"deal_id": list(lacking), "deal.equipment_type": "large"})
    with app.app_context():
        assert session().get_one(Deal, lacking[1]).fields["equipment_type"] == "special", "filled in meanwhile"
    assert browser(app, "head").post(address, data={"deal_id": list(lacking)}).status_code == 404


def test_deals_of_a_stage_that_the_draft_archives_are_on_the_list_and_on_the_sheet_alike(
    app: Flask, lacking: tuple[int, int]
) -> None:
    who = browser(app, "admin")
    with app.app_context():
        here = acts.deal("processing", fields={"equipment_type": "large"})
        with transaction():
            acts.locked(here).fields = {}
    who.post("/settings/fields/deal/equipment_type/requirements", data={"from.sales": "new"})
    who.post("/automation/sales/stages/data_collection/deletions")
    assert said_on_the_sheet(who) == "Field “Equipment type”: 3 open deals already there lack it"
    who.post("/settings/fields/deal/equipment_type/requirements", data={"from.sales": "payment"})
    assert said_on_the_sheet(who) == (
        "Field “Equipment type”: 2 deals on stages that are being archived lack it, if they are moved there"
    )
    page = who.get("/settings/fields/deal/equipment_type/lacking/sales/payment").text
    assert set(re.findall(r'name="deal_id" value="(\d+)"', page)) == set(map(str, lacking))
    assert "Deals on Data collection count too" in unescape(page)
    field_page = unescape(who.get("/settings/fields/deal/equipment_type").text)
    assert 'data-lacking="2"' in field_page
    assert "Deals on Data collection count too" in field_page
    who.post("/automation/sales/stages/data_collection/returns")
    assert 'data-lacking="0"' in who.get("/settings/fields/deal/equipment_type").text


def test_deals_that_a_robot_is_to_move_there_are_on_the_list_and_named_for_what_they_are(
    app: Flask, lacking: tuple[int, int]
) -> None:
    with app.app_context():
        robot("move", to("payment"), "new", timing={"after": {"amount": 3, "unit": "days"}})
        led = acts.deal("new")
    who = browser(app, "admin")
    field_page = " ".join(unescape(who.get("/settings/fields/deal/equipment_type").text).split())
    assert 'data-lacking="3"' in field_page
    said = (
        "3 open deals that stand at “Data collection” or past it, or are going to be moved there, lack this. "
        "1 of them is to be moved by a robot that waits."
    )
    assert said in field_page
    page = " ".join(who.get("/settings/fields/deal/equipment_type/lacking/sales/data_collection").text.split())
    assert said in unescape(page)
    assert set(re.findall(r'name="deal_id" value="(\d+)"', page)) == {str(each) for each in (*lacking, led)}


def said_on_the_sheet(who: Browser) -> str:
    """What is said of the deals that lack it."""
    sheet = unescape(who.get(who.post("/setup/plans").location).text)
    part = sheet.partition('data-consequence="deals_lack:')[2].partition("<legend>")[2].partition("</legend>")[0]
    return part.strip()


def test_only_deals_that_meet_the_condition_lack_it(app: Flask, lacking: tuple[int, int]) -> None:
    who = browser(app, "admin")
    with app.app_context(), transaction():
        acts.locked(lacking[0]).amount_minor = 500_000
    built = {"if.mode": "all", "if.0.field": "deal.amount", "if.0.operator": "gte", "if.0.value": "5000"}
    who.post("/settings/fields/deal/equipment_type/conditions", data=built)
    assert 'data-lacking="1"' in who.get("/settings/fields/deal/equipment_type").text
