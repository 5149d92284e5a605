"""An owner who has never seen the product builds the lesson's firm on the pages, from an empty one; then it runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests import servers
from tests.browser.clicking import EQUIPMENT, HANDS, OPTIONS, TOLD, VIP, Builder, expect
from tests.browser.hands import PHONE
from tests.browser.test_golden import EN, RU, golden
from tests.stack import Stack
from tests.warm import Warm
from webapp.db import session, transaction
from webapp.migrations import upgrades
from webapp.services import founding
from webapp.services.founding import AdminDraft, FirmDraft

HAND, LOCALE = os.environ.get("BUILT_BY", "mouse"), os.environ.get("BUILT_IN", "en")


@pytest.fixture
def stack(tmp_path: Path, empty_url: str, redis_server: servers.RedisServer, warm: Warm) -> Iterator[Stack]:
    """An own firm with nobody but its admin, a rep and the rep's head, and nothing set up."""
    running = Stack(tmp_path, empty_url, redis_server, warm)
    redis_server.empty()
    upgrades.upgrade(running.app)
    with running.app.app_context():
        with transaction():
            firm = FirmDraft("Presses & Co", LOCALE, "Europe/Moscow", "RUB", "RU")
            founding.found(firm, AdminDraft("Admin", "admin@dozor.example", "none"))
        session().close()
    try:
        yield running.start()
    finally:
        running.stop()


def hire(stack: Stack, browser: Browser) -> None:
    """A head and a rep of a department of their own, who come in: before that they would be told nothing."""
    sales = stack.call("admin", "GET", "/departments")["items"][0]
    people = {}
    for name, called in (("north", "Anna Krylova"), ("rep1", "Ivan Petrov")):
        new = {"name": called, "email": f"{name}@dozor.example", "departments": [sales["id"]]}
        people[name] = stack.call("admin", "POST", "/users", new)["id"]
    stack.call("admin", "PATCH", f"/departments/{sales['id']}", {"heads": [people["north"]]})
    for each in people.values():
        come_in(stack, browser, each)


def come_in(stack: Stack, browser: Browser, user_id: int) -> None:
    """Whoever was invited sets a password by their link."""
    link = stack.call("admin", "POST", f"/users/{user_id}/links", {})["url"]
    page = browser.new_page(service_workers="block")
    page.goto(stack.url + urlsplit(link).path)
    for name in ("password", "again"):
        page.locator(f'main [name="{name}"]').fill("a press of our own")
    page.locator("main form .btn.primary").click()
    page.wait_for_url(f"{stack.url}/")
    page.close()


def build(builder: Builder) -> None:
    for key, after in (("data_collection", "new"), ("processing", "data_collection"), ("payment", "processing")):
        builder.stage(key, after)
    builder.archive("in_work")
    builder.pictured("stages")

    page = builder.page
    page.goto(page.url.partition("/automation")[0] + "/settings/fields")
    builder.field("contact", "checkbox", VIP)
    builder.hand.choose(builder.editor.locator("#e-shown"), "mark")
    builder.pictured("vip")
    builder.close()
    builder.field("deal", "select", EQUIPMENT)
    for n, words in enumerate(OPTIONS):
        builder.option(words, n + 1)
    builder.required_from("sales", "processing")
    builder.pictured("equipment")
    builder.close()

    page.goto(page.url.partition("/settings")[0] + "/automation/sales")
    robots(builder)
    builder.add("data_collection", "event", "dialogue_taken")
    builder.close()
    builder.add("won", "event", "invoice_paid_in_full")
    builder.close()
    builder.pictured("built")


def robots(builder: Builder) -> None:
    """The lesson's five, in seconds."""
    is_vip, unpaid = ("contact.vip", "eq", "on"), ("invoices.unpaid", "eq", "on")
    with builder.robot("new", "control"):
        builder.after(4)
        builder.condition(("conversation.unanswered", "eq", "on"))
        builder.text("text", TOLD["reaction"])
    with builder.robot("new", "notify"):
        builder.starts("client_wrote")
        builder.condition(is_vip)
        builder.told("head")
        builder.text("text", TOLD["vip"])
    with builder.robot("processing", "task"):
        builder.condition(is_vip, ("deal.equipment_type", "eq", "special"))
        builder.text("title", TOLD["task"])
        builder.hand.choose(builder.editor.locator("#e-settings-creator"), "head")
        builder.ticked("accept", "result_required")
    with builder.robot("payment", "notify"):
        builder.after(3)
        builder.condition(unpaid, is_vip)
        builder.text("text", TOLD["unpaid"])
    with builder.robot("payment", "control"):
        builder.after(3)
        builder.condition(unpaid, ("contact.vip", "ne", "on"))
        builder.text("text", TOLD["unpaid"])


@pytest.mark.timeout(600)  # a whole afternoon's work of a person
def test_the_lesson_is_built_from_an_empty_firm_by_clicking_and_runs(
    stack: Stack, person: Callable[..., Any], chromium: Browser
) -> None:
    hire(stack, chromium)
    hand = {"locale": LOCALE, **(PHONE if HAND == "finger" else {})}
    page = person("admin", **hand).open("/automation/sales")
    builder = Builder(HANDS[HAND](page), LOCALE)
    builder.pictured("empty")
    build(builder)
    builder.publish("published")
    golden(stack, person, RU if LOCALE == "ru" else EN, touch=HAND == "finger")
    out_and_back(stack, builder)


def out_and_back(stack: Stack, builder: Builder) -> None:
    """Data collection is archived with a deal on it and a trigger that leads there, and comes back with its key."""
    page = builder.page
    deal = stack.call("admin", "POST", "/deals", {"title": "A waiting press", "stage": "data_collection"})["id"]
    page.goto(f"{stack.url}/automation/sales")
    builder.archive("data_collection")
    builder.close()
    builder.review()
    builder.pictured("sheet-archive")
    builder.remedy("deals_on_stage", "move:sales/processing")
    builder.remedy("trigger_to_stage", "lead:sales/processing")
    builder.apply()
    expect(page.locator('[data-setup-stage="processing"] [data-trigger]')).to_have_count(1)
    builder.hand.hit(page.locator('#column-archived a[href$="/stages/data_collection"]'))
    builder.hand.hit(builder.editor.locator('form[action$="/returns"] button'))
    builder.close()
    builder.review()
    builder.pictured("sheet-return")
    assert builder.chosen("trigger_over_stage") == "lead:sales/data_collection"
    builder.apply()
    expect(page.locator('[data-setup-stage="data_collection"] [data-trigger]')).to_have_count(1)
    assert stack.call("admin", "GET", f"/deals/{deal}")["stage"] == "processing"
