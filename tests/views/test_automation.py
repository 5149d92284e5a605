"""The screen of automation, as its admin sees it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from rules import conditions
from tests import company
from tests.views.scenes import browser
from webapp.db import transaction
from webapp.models import Robot
from webapp.snapshots import setups


def columns(page: str) -> dict[str, str]:
    """The text of each column by its stage's key."""
    found = re.findall(r'<section class="col[^>]*data-setup-stage="(\w+)".*?</section>', page, re.DOTALL)
    pieces = re.findall(r'<section class="col[^>]*data-setup-stage="\w+".*?</section>', page, re.DOTALL)
    return {key: words(piece) for key, piece in zip(found, pieces, strict=True)}


def words(piece: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", piece)))


def test_every_robot_and_trigger_stands_under_its_stage_as_one_sentence(app: Flask) -> None:
    found = columns(browser(app, "admin").get("/automation/sales").text)
    assert list(found) == ["new", "data_collection", "processing", "payment", "won", "lost"]
    assert "10 minutes later, control: tell the head of the responsible" in found["new"]
    assert "As soon as the client writes, tell the head of the responsible" in found["new"]
    assert "Comes here when Somebody first replies to the client" in found["data_collection"]
    assert "needs Equipment type" in found["processing"]
    assert "if Contact · VIP is yes and Deal · Equipment type is “Special”" in found["processing"]
    assert "2 working days later, tell the responsible" in found["payment"]
    assert "An invoice is paid in full" in found["won"]


@pytest.mark.locale("ru")
def test_it_reads_in_russian(app: Flask) -> None:
    found = columns(browser(app, "admin").get("/automation/sales").text)
    assert "Через 10 минут, контроль: узнаёт руководитель ответственного" in found["new"]
    assert "если Контакт · VIP — да и Сделка · Тип оборудования — «Особое»" in found["processing"]


def test_a_conflict_is_listed_by_name(app: Flask) -> None:
    who = browser(app, "admin")
    assert "no deal can meet this condition" not in who.get("/automation/sales").text
    with app.app_context(), transaction() as now_open:
        robot = now_open.get_one(Robot, company.robot("vip_task").id)
        both = conditions.dump(conditions.load(robot.condition))
        assert both is not None
        is_vip = {"entity": "contact", "field": "vip", "operator": "ne", "value": True}
        robot.condition = {"all": [*both["all"], is_vip]}  # type: ignore[misc]
        setups.changed()
    page = unescape(who.get("/automation/sales").text)
    assert "“Task for a delicate deal”: no deal can meet this condition" in page


def test_the_menu_offers_it_to_admins_alone(app: Flask) -> None:
    assert 'href="/automation"' in browser(app, "admin").get("/").text
    assert 'href="/automation"' not in browser(app, "head").get("/").text
    assert browser(app, "head").get("/automation/sales").status_code == 404
    assert browser(app, "admin").get("/automation/elsewhere").status_code == 404
    assert browser(app, "admin").get("/automation").location == "/automation/sales"
