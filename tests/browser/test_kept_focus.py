"""By keyboard one stays where one was: what held the focus is gone with an answer, what it stood in is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.stack import Stack


def inquired(stack: Stack) -> int:
    client = {"name": "Olga", "phone": "+79125550133"}
    return int(
        stack.call("rep1", "POST", "/inquiries", {"channel": "chat", "contact": client, "text": "Hello"})["deal_id"]
    )


@pytest.mark.parametrize("over_board", [True, False])
def test_after_a_next_step_is_saved_the_next_tab_goes_on_from_it(
    stack: Stack, person: Callable[..., Any], over_board: bool
) -> None:
    deal_id = inquired(stack)
    page = person("rep1").open("/" if over_board else f"/deals/{deal_id}")
    if over_board:
        page.locator(f'[data-deal="{deal_id}"] [data-sheet]').click()
    step = page.locator("#deal-step")
    step.locator("summary").first.focus()
    page.keyboard.press("Enter")
    step.get_by_label("What comes next").fill("Call Olga")
    step.locator(".chip").first.focus()  # which moments are offered depends on the hour
    page.keyboard.press("Enter")
    step.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(step).to_contain_text("Call Olga")
    expect(step.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.locator("#deal-step:focus-within")).to_have_count(1)
    expect(step.locator(":is(button, a, summary):focus"), "the same key again does nothing").to_have_count(0)
    page.keyboard.press("Tab")
    expect(step.locator(":is(button, a, summary):focus")).to_have_count(1)


def test_after_a_deal_is_given_away_the_focus_is_still_on_its_sheet(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("rep1").open(f"/deals/{inquired(stack)}")
    choice = page.get_by_label("Responsible")
    choice.focus()
    choice.select_option(label="Maria Sokolova")
    expect(choice).to_have_count(0)
    expect(page.locator("#deal-sheet:focus-within")).to_have_count(1)


def test_a_focus_that_was_nowhere_or_is_still_there_is_left_alone(stack: Stack, person: Callable[..., Any]) -> None:
    deal_id = inquired(stack)
    page, reading = person("rep1").open(f"/deals/{deal_id}"), person("north").open(f"/deals/{deal_id}")
    page.locator("[data-reply]").focus()
    stack.call("north", "PATCH", f"/deals/{deal_id}", {"title": "A press"})
    for each in (page, reading):
        expect(each.locator("#deal-title")).to_have_value("A press")
    expect(page.locator("[data-reply]:focus")).to_have_count(1)
    expect(reading.locator("body :focus")).to_have_count(0)
