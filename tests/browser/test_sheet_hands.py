"""Hasty hands on the sheet: edits one after another, Escape with words unsent, a button pressed twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.stack import Stack


def opened(stack: Stack, person: Callable[..., Any]) -> Page:
    made = stack.call(
        "admin",
        "POST",
        "/inquiries",
        {"channel": "chat", "contact": {"name": "Olga", "phone": "+79125550133"}, "text": "Hello"},
    )
    board: Page = person("north").open()
    board.locator(f'[data-deal="{made["deal_id"]}"] [data-sheet]').click()
    expect(board.locator("#deal-sheet")).to_be_visible()
    return board


def test_edits_in_quick_succession_and_a_step_at_once_all_stand(stack: Stack, person: Callable[..., Any]) -> None:
    page = opened(stack, person)
    answers: list[int] = []
    page.on("response", lambda answer: answer.request.method == "POST" and answers.append(answer.status))
    page.locator("#deal-title").fill("A press")
    page.locator("#sheet-amount").click()  # leaving the title saves it, while one is already in the next field
    page.locator("#sheet-amount").fill("12 500")
    page.locator("#sheet-amount").press("Enter")
    page.locator("#sheet-amount").fill("13 500")
    page.locator('.steps button[value="data_collection"]').click()
    expect(page.locator('[aria-current="step"]')).to_have_text("Data collection")
    expect(page.locator('[data-stage="data_collection"] .t')).to_have_text("A press")
    expect(page.locator('[data-stage="data_collection"] .sumv')).to_have_text("₽13,500")
    page.locator("#sheet-amount").fill("a lot")
    page.locator("#deal-sheet").get_by_text("Large").click()
    expect(page.locator('[data-stage="data_collection"] .tag')).to_have_text("Large")
    expect(page.locator("#sheet-amount")).to_have_value("a lot")  # refused, and not lost by what was saved beside it
    expect(page.locator(".fields .wrong")).to_contain_text("This is not a number.")
    assert sorted(set(answers)) == [200, 422]


def test_escape_loses_no_words_and_a_button_pressed_twice_sends_once(stack: Stack, person: Callable[..., Any]) -> None:
    page = opened(stack, person)
    sheet, reply = page.locator("#sheet"), page.locator("[data-reply]")
    reply.fill("Good mor")
    page.keyboard.press("Escape")
    expect(sheet).to_be_visible()  # the first leaves the field
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.locator("[data-deal] [data-sheet]").first.click()
    expect(reply).to_have_value("Good mor")
    page.locator(".reply .btn.primary").dblclick()
    expect(page.locator(".says .out")).to_have_count(1)
    expect(reply).to_have_value("")
    reply.fill("And one more")
    reply.press("Control+Enter")
    expect(page.locator(".says .out")).to_have_count(2)
    page.locator("#deal-title").fill(" ")
    page.locator("[data-close-sheet]").click()
    expect(page.locator("header .wrong")).to_have_text("Fill this in.")  # what is refused keeps the sheet open
    page.locator("#deal-title").fill("A press")
    page.locator("[data-close-sheet]").click()
    expect(sheet).to_be_hidden()
    expect(page.locator("[data-deal] .t")).to_have_text("A press")
