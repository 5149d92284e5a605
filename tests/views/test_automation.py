"""The screen of automation, as its admin sees it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from rules import conditions
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import browser
from webapp.db import session, transaction
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
    assert "Deals come here when The client gets the first reply" in found["data_collection"]
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


def test_a_trigger_says_how_often_it_moved_a_deal_in_thirty_days_and_how_often_it_could_not(
    app: Flask, clock: Clock
) -> None:
    """A move by hand to the same stage is none of the trigger's, and what is older is counted no more."""
    with app.app_context():
        acts.reply(acts.inquiry(phone="+79005550010"))
        clock.go_on(days=31)
        for n in range(2):
            acts.reply(acts.inquiry(phone=f"+7900555002{n}"))
        acts.move(acts.deal(), "data_collection")
        lacks = acts.deal("data_collection")
        acts.invoice(lacks)
        acts.pay(lacks)
        session().close()
    clock.go_on(minutes=1)
    found = columns(browser(app, "admin").get("/automation/sales").text)
    assert "In 30 days: 2 moves" in found["data_collection"]
    assert "In 30 days: 1 refused" in found["won"]
