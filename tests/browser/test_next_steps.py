"""A next step agreed by keyboard alone, seen by another at once, taken back; and on a phone, in Russian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.hands import PHONE
from tests.stack import Stack


def test_a_next_step_by_keyboard_is_seen_by_the_head_at_once(stack: Stack, person: Callable[..., Any]) -> None:
    made = stack.call("rep1", "POST", "/deals", {"title": "A press"})
    card = f'[data-deal="{made["id"]}"]'
    rep, head = person("rep1").open(), person("north").open()
    rep.locator(f"{card} [data-move-to]").focus()
    rep.keyboard.press("Enter")
    line = rep.locator("#step-board")
    expect(line).to_be_visible()
    line.focus()
    rep.keyboard.type("Call on Friday")
    rep.keyboard.press("Enter")
    expect(rep.locator(f"{card} [data-next=agreed]")).to_contain_text("Call on Friday")
    expect(rep.locator("#ask dialog")).to_have_count(0)
    expect(head.locator(f"{card} [data-next=agreed]")).to_contain_text("Call on Friday")
    rep.keyboard.press("Control+z")
    expect(rep.locator(f"{card} [data-next]")).to_have_count(0)
    expect(head.locator(f"{card} [data-next]")).to_have_count(0)


def test_on_a_phone_a_moment_is_pressed_and_the_step_is_done(stack: Stack, person: Callable[..., Any]) -> None:
    made = stack.call("rep1", "POST", "/deals", {"title": "A press"})
    page = person("rep1", **PHONE).open(f"/deals/{made['id']}")
    page.locator("#deal-step summary").tap()
    page.locator("#step-deal").fill("Send the offer")
    page.locator("#deal-step button[name=due]").nth(1).tap()
    expect(page.locator("#deal-step [data-next=agreed]")).to_contain_text("Send the offer")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("[data-step-done]").tap()
    expect(page.locator("#deal-step [data-next]")).to_have_count(0)
    expect(page.locator("[data-toast=step]").last).to_be_visible()
