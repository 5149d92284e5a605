"""What does not fit is not lost: the last line of a long menu, the answers below a long prompt, a large sum, the whole
of what a card cuts off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from playwright.sync_api import expect

from tests import company
from tests.browser.test_pages import IN_TWO, OUT_OF_CARD
from tests.browser.test_prompts import is_in_window, submit
from tests.stack import Stack
from webapp.db import transaction
from webapp.services import deals

LONG = "Konstantinopolsky and Sons of the Northern Shipbuilding and Trading Company, a deal to be read to its end"


def test_on_a_low_phone_an_admin_reaches_the_last_line_of_the_menu(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("admin", viewport={"width": 390, "height": 600}, has_touch=True, is_mobile=True).open()
    page.locator(".bar .menu:last-child > summary").click()
    out = page.locator("form[action='/sign-out'] button").first
    out.scroll_into_view_if_needed()
    expect(out).to_be_in_viewport(ratio=1)


def test_a_sum_of_fourteen_digits_stays_on_its_card(stack: Stack, person: Callable[..., Any]) -> None:
    with stack.app.app_context(), transaction():
        rep = company.acting("rep1")
        for stage in ("new", "processing"):
            draft = deals.DealDraft("A plant", company.stage(stage), company.person("rep1"), 12_345_678_901_234)
            deals.create(replace(draft, values={"equipment_type": "standard"}), rep)
    page = person("rep1", viewport={"width": 1280, "height": 800}).open()
    assert page.locator(".card .tag").count() == 2
    assert not page.evaluate(OUT_OF_CARD) + page.evaluate(IN_TWO)


def test_however_long_what_is_said_the_answers_stand_in_sight(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("north", viewport={"width": 390, "height": 480}, has_touch=True, is_mobile=True).open()
    submit(stack, f"{LONG} {LONG}"[:200], result=f"{LONG}\n" * 5)
    page.reload()
    for each in ("[data-accept]:visible", "[data-return]:visible"):
        expect(page.locator(each)).to_be_visible()
        assert is_in_window(page.locator(each)), each


def test_what_a_card_cuts_off_is_read_by_resting_on_it(stack: Stack, person: Callable[..., Any]) -> None:
    with stack.app.app_context(), transaction():
        rep = company.acting("rep1")
        for title in (LONG, "Short"):
            deals.create(deals.DealDraft(title, company.stage("new"), company.person("rep1")), rep)
    page = person("rep1").open()
    cut, whole = (page.locator(".card", has_text=title) for title in (LONG, "Short"))
    cut.hover()
    expect(cut.locator(".t a")).to_have_attribute("title", LONG)
    whole.hover()
    expect(whole.locator(".t a")).not_to_have_attribute("title", "Short")
