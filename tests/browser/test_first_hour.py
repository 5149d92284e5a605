"""What one reaches for in the first hour: columns folded, people and views by a press, filters that apply at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.test_names import deals
from tests.stack import Stack


def test_a_board_is_narrowed_and_folded_by_a_press(stack: Stack, person: Callable[..., Any]) -> None:
    deals(stack, "A lathe")
    page: Page = person("head").open("/pipelines/sales")
    expect(page.locator(".card [data-age]").first).to_have_text(re.compile(r"\d"))
    page.get_by_role("button", name="Fold New").click()
    expect(page.locator('[data-stage="new"]')).to_have_attribute("data-folded", "")
    expect(page.locator('[data-stage="new"] .cards')).to_be_hidden()
    page.reload()
    fold = page.get_by_role("button", name="Fold New")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.press("Enter")
    expect(page.locator('[data-stage="new"] .cards')).to_be_visible()
    page.locator(".faces").get_by_role("button", name="Ivan Petrov").click()
    expect(page).to_have_url(re.compile(r"\?responsible=\d+$"))
    expect(page.locator(".faces [aria-pressed=true]")).to_have_attribute("title", "Ivan Petrov")
    page.locator(".filters > summary", has_text="Filter").click()
    page.locator("#f-responsible").select_option(label="Maria Sokolova")
    expect(page.locator(".faces [aria-pressed=true]")).to_have_attribute("title", "Maria Sokolova")
    expect(page.locator("#f-responsible")).to_be_focused()
    page.get_by_label("Name of this view").fill("Of Maria")
    page.get_by_role("button", name="Save view").click()
    chip = page.locator(".view-chip", has_text="Of Maria")
    expect(chip).to_have_attribute("aria-pressed", "true")
    chip.click()
    expect(page).to_have_url(re.compile("/pipelines/sales$"))


def test_the_lesson_is_entered_by_a_press_and_its_word_put_away(stack: Stack, person: Callable[..., Any]) -> None:
    page: Page = person("rep1").open()
    page.context.clear_cookies()
    page.goto(f"{stack.url}/sign-in")
    page.get_by_label("Password", exact=True).fill("seen")
    page.get_by_label("Show the password").check()
    expect(page.locator("#password")).to_have_attribute("type", "text")
    page.get_by_role("button", name="rep1@dozor.example").click()
    word = page.get_by_text("The lesson firm")
    expect(word).to_be_visible()
    page.locator("[data-banner-away]").click()
    expect(word).to_have_count(0)
    page.reload()
    expect(page.locator("[data-board]")).to_be_visible()
    expect(word).to_have_count(0)
