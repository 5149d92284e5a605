"""The card of a call that is over: put away it stays away, on whatever page comes next, and comes back with news."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.stack import Stack
from tests.views import provider
from tests.views.provider import NORTH_LINE, PHONES, Provider


def talked(stack: Stack, path: str, sid: str) -> None:
    """A stranger calls, and the head has talked with them: the one who is rung at any hour."""
    call = Provider(stack.app, path, sid, site=stack.app.config["SETTINGS"].url)
    leg = call.come_in("+79161112233", NORTH_LINE).legs[PHONES["north"]]
    for status in ("in-progress", "completed"):
        call.leg(leg, status)
    call.end()


def test_a_card_that_was_put_away_is_away_on_the_next_page_and_another_call_is_not(
    stack: Stack, person: Callable[..., Any]
) -> None:
    path = provider.set_up(stack.app, without=tuple(PHONES.keys() - {"north"}))
    page: Page = person("north").open()
    cards = page.locator("#calls [data-call]")
    talked(stack, path, "CA1")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("This is a client: create deal")
    page.goto(f"{stack.address()}/profile")
    expect(cards).to_have_count(1)
    cards.locator("[data-dismiss]").click()
    expect(cards).to_have_count(0)
    for there in ("/tasks", "/calls", "/profile"):
        page.goto(f"{stack.address()}{there}")
        expect(page.locator("main")).to_be_visible()
        expect(cards).to_have_count(0)
    talked(stack, path, "CA2")
    expect(cards).to_have_count(1)
    page.reload()
    expect(cards).to_have_count(1)
