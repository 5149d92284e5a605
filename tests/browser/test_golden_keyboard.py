"""The golden scenario by keyboard alone: every step is reached by Tab and done by keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_golden import shorten
from tests.stack import Stack

FAR = 150


def reach(page: Page, target: Locator) -> None:
    """Press Tab until the focus is there, as somebody without a mouse would."""
    expect(target).to_be_visible()
    for _ in range(FAR):
        if target.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not get to {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    reach(page, target)
    page.keyboard.press(key)


def test_every_golden_step_is_done_by_keys(stack: Stack, person: Callable[..., Any]) -> None:
    shorten(stack)
    rep, head = person("rep1").open(), person("north").open()  # before anything can be told
    client = {"name": "Vera Orlova", "phone": "+7 912 555-01-77"}
    contact = stack.call("admin", "POST", "/contacts", {**client, "fields": {"vip": True}})
    made = stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": client, "text": "A press, please"})
    deal = made["deal_id"]
    assert made["contact_id"] == contact["id"]
    stack.call("admin", "PATCH", f"/deals/{deal}", {"responsible_id": stack.call("rep1", "GET", "/users/me")["id"]})
    expect(head.locator("[data-toast]").first).to_be_visible(timeout=20000)

    # The reply, from the sheet over the board.
    card = rep.locator(f'[data-deal="{deal}"]')
    press(rep, card.locator("a[data-sheet]"))
    reach(rep, rep.locator("[data-reply]"))
    rep.keyboard.type("Good morning! Which press?")
    press(rep, rep.get_by_role("button", name="Reply"))
    expect(rep.locator(".steps [aria-current=step]")).to_have_text("Data collection")
    rep.keyboard.press("Escape")
    expect(rep.locator("#sheet")).to_be_hidden()

    # On to Processing: lifted, dropped, asked, answered.
    press(rep, rep.locator(f'[data-stage="data_collection"] [data-deal="{deal}"] a[data-sheet]'), "Space")
    rep.keyboard.press("ArrowRight")
    rep.keyboard.press("Enter")
    expect(rep.locator("[data-required-form] input[type=radio]").first).to_be_focused()
    for key in ("Space", "ArrowRight", "ArrowRight", "Enter"):
        rep.keyboard.press(key)
    expect(rep.locator(f'[data-stage="processing"] [data-deal="{deal}"]')).to_be_visible()

    # The task: reported, returned, reported again, accepted.
    expect(rep.locator("[data-toast]", has_text="VIP").first).to_be_visible(timeout=30000)
    press(rep, rep.get_by_role("navigation", name="Main").get_by_role("link", name="Tasks"))
    press(rep, rep.locator("#tasks a").first)
    report(rep, "Agreed on the special chamber")
    prompt = head.locator("[data-approval]")
    expect(prompt).to_be_visible(timeout=15000)
    press(head, prompt.locator("[data-return]"))
    expect(prompt.locator("textarea")).to_be_focused()
    head.keyboard.type("And the delivery date?")
    press(head, prompt.locator("[data-return-send]"))
    expect(prompt).to_have_count(0)
    rep.reload()
    report(rep, "Delivery on 12 December")
    expect(prompt).to_contain_text("12 December", timeout=15000)
    press(head, prompt.locator("[data-accept]"))
    expect(prompt).to_have_count(0)

    # The invoice: issued, paid; the deal is won.
    rep.goto(f"{stack.url}/deals/{deal}")
    press(rep, rep.locator("details.adds:has(#invoice-number) > summary"))
    reach(rep, rep.locator("#invoice-number"))
    rep.keyboard.type("1042")
    rep.keyboard.press("Tab")
    rep.keyboard.type("1180000")
    rep.keyboard.press("Enter")
    expect(rep.locator("[data-invoice]")).to_contain_text("1042")
    press(rep, rep.locator('.steps button[value="payment"]'))
    expect(rep.locator(".steps [aria-current=step]")).to_have_text("Payment")
    press(rep, rep.locator("[data-pay]"))
    expect(rep.locator('.steps [aria-current=step][data-kind="won"]')).to_be_visible(timeout=15000)


def report(page: Page, result: str) -> None:
    reach(page, page.locator("[data-result-text]"))
    page.keyboard.type(result)
    press(page, page.locator("[data-submit]"))
    expect(page.locator("[data-task]")).to_have_attribute("data-state", "awaiting_acceptance")
