"""Robots and triggers in a firm that has just begun: each kind can be added, or it is said in words what is missing and
where that is made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from rules.robot_kinds import ROBOT_KINDS
from rules.triggers import EVENTS
from tests import servers
from tests.conftest import Clock, application, settings_for
from tests.views.scenes import HTMX, Browser, browser
from webapp.db import session, transaction
from webapp.services import founding
from webapp.services.founding import AdminDraft, FirmDraft
from webapp.snapshots import drafts

BASE = "/automation/sales"
LACKS = {  # what a robot is nothing without and a new firm has not: what is said, where it is made
    "set_field": ("There is no field of your own here yet.", "/settings/fields"),
    "webhook": ("There is no such webhook.", "/settings/channels#webhooks"),
}


@pytest.fixture
def who(url_without_a_firm: str, redis_server: servers.RedisServer, tmp_path: Path, clock: Clock) -> Iterator[Browser]:
    """The admin of a firm of one's own, as it is founded."""
    with application(settings_for(tmp_path, url_without_a_firm, redis_server.url)) as app:
        with app.app_context():
            with transaction():
                firm = FirmDraft("Presses & Co", "en", "Europe/Moscow", "RUB", "RU")
                founding.found(firm, AdminDraft("Admin", "admin@dozor.example", "none"))
            session().close()
        yield browser(app, "admin")


def settings(app: Flask, address: str) -> Any:
    with app.app_context():
        found = drafts.current().document.get("robot", address.rpartition("/")[2])
    assert found is not None
    return found.parts["settings"]


def test_a_robot_of_every_kind_is_added_or_it_is_said_what_is_missing(who: Browser) -> None:
    for kind in ROBOT_KINDS.keys() - LACKS.keys():
        answer = who.post(f"{BASE}/robots", data={"kind": kind, "stage": "new"})
        assert answer.status_code == 303, (kind, answer.text)
        assert who.get(answer.location).status_code == 200
    before = who.get(BASE).text
    for kind, (words, where) in LACKS.items():
        for headers in ({}, HTMX):
            refused = who.post(f"{BASE}/robots", data={"kind": kind, "stage": "new"}, headers=headers)
            sheet = unescape(refused.text).partition("data-editor")[2].partition("</section>")[0]
            assert refused.status_code == 422
            assert words in sheet
            assert f'href="{where}"' in sheet
            assert 'name="stage" value="new"' in sheet, "another kind can be chosen at once"
    assert rules(who.get(BASE).text) == rules(before)


def rules(page: str) -> list[str]:
    return re.findall(r'id="(robot-\w+)"', page)


def test_a_trigger_on_every_event_is_added(who: Browser) -> None:
    for event in EVENTS:
        assert who.post(f"{BASE}/triggers", data={"event": event, "stage": "won"}).status_code == 303


def test_where_only_contacts_have_a_field_a_robot_sets_that(who: Browser) -> None:
    who.post("/settings/fields/contact", data={"label.en": "VIP", "kind": "checkbox"})
    made = who.post(f"{BASE}/robots", data={"kind": "set_field", "stage": "new"}).location
    assert settings(who.application, made) == {"entity": "contact", "field": "vip"}
    assert "Contact · VIP" in sentence(who.get(made).text)
    refused = who.post(f"{made}/settings.entity", data={"settings.entity": "deal"}, headers=HTMX)
    assert refused.status_code == 422
    part = unescape(refused.text).partition('data-part-form="settings.entity"')[2].partition("</form>")[0]
    assert "There is no field of your own here yet." in part
    assert settings(who.application, made) == {"entity": "contact", "field": "vip"}


def test_a_field_of_the_deal_goes_before_one_of_the_contact(who: Browser) -> None:
    for entity, label in (("contact", "VIP"), ("deal", "Urgent")):
        who.post(f"/settings/fields/{entity}", data={"label.en": label, "kind": "checkbox"})
    made = who.post(f"{BASE}/robots", data={"kind": "set_field", "stage": "new"}).location
    assert settings(who.application, made)["field"] == "urgent"


def sentence(page: str) -> str:
    (found,) = re.findall(r"<h2 tabindex=\"-1\" data-focus>(.*?)</h2>", page, re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found)))
