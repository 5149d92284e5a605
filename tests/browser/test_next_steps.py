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
    expect(rep.locator("[data-undo]")).to_have_count(1)
    rep.keyboard.press("Control+z")
    expect(rep.locator(f"{card} [data-next]")).to_have_count(0)
    expect(head.locator(f"{card} [data-next]")).to_have_count(0)


def test_ctrl_z_before_the_answer_means_what_is_being_saved(stack: Stack, person: Callable[..., Any]) -> None:
    """Others see a change before its own page has its answer; what was changed before that stays as it is."""
    first, second = (stack.call("rep1", "POST", "/deals", {"title": f"Press {n}"})["id"] for n in range(2))
    page = person("rep1").open()
    held: list[Any] = []
    for deal in (first, second):
        page.locator(f'[data-deal="{deal}"] [data-move-to]').click()
        page.locator("#step-board").fill("Call on Friday")
        if deal == second:
            page.route("**/next_steps", lambda route: held.append(route))
        page.keyboard.press("Enter")
        if deal == first:
            expect(page.locator("[data-undo]")).to_have_count(1)
            expect(page.locator("#ask dialog")).to_have_count(0)
    expect(page.locator("#step-board.htmx-request, form.htmx-request")).to_have_count(1)
    for _ in range(500):  # ten seconds
        if not held:
            page.wait_for_timeout(20)
    assert held, page.locator("body").aria_snapshot()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    with page.expect_response("**/next_steps/takebacks") as taken_back:
        held[0].continue_()
    assert f"/deals/{second}/" in taken_back.value.url
    expect(page.locator(f'[data-deal="{second}"] [data-next]')).to_have_count(0)
    expect(page.locator(f'[data-deal="{first}"] [data-next=agreed]')).to_have_count(1)


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
