"""What does not fit is not lost: the last line of a long menu, the whole of what a card cuts off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests import company
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
