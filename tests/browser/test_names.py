"""What a screen reader, a tab's title and a key say of the board: each thing by a name of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.stack import Stack


def deals(stack: Stack, *titles: str) -> list[int]:
    return [int(stack.call("rep1", "POST", "/deals", {"title": each})["id"]) for each in titles]


def test_things_on_cards_and_columns_have_names(stack: Stack, person: Callable[..., Any]) -> None:
    deals(stack, "A lathe", "A press")
    page: Page = person("rep1").open()
    for title in ("A lathe", "A press"):
        expect(page.get_by_role("link", name=f"Move “{title}” to…")).to_have_count(1)
    expect(page.locator(".card .face").first).to_have_role("img")
    expect(page.get_by_role("img", name="Ivan Petrov")).to_have_count(2)
    assert "Deals here: 2" in page.locator('[data-stage="new"] > header').inner_text().replace("\n", " ")
    expect(page.locator(".card .sumv").first).to_have_text("")  # nothing is known, which is not ₽0


def test_the_space_bar_presses_what_looks_like_a_button(stack: Stack, person: Callable[..., Any]) -> None:
    page: Page = person("rep1").open()
    page.get_by_role("button", name="Mine").focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(r"\?mine=1$"))
    expect(page.get_by_role("button", name="Mine")).to_have_attribute("aria-pressed", "true")


def test_the_tab_is_named_by_the_sheet_and_the_way_back_keeps_the_filter(
    stack: Stack, person: Callable[..., Any]
) -> None:
    deals(stack, "A lathe")
    page: Page = person("rep1").open("/?mine=1")
    board = page.title()
    page.get_by_role("link", name="A lathe", exact=True).click()
    expect(page).to_have_title(re.compile("A lathe · Dozor$"))
    page.keyboard.press("Escape")
    expect(page).to_have_title(board)
    page.get_by_role("link", name="A lathe", exact=True).click()
    expect(page.locator("#sheet")).to_be_visible()
    page.reload()
    page.locator("main [data-close-sheet]").click()
    expect(page).to_have_url(re.compile(r"\?mine=1$"))


def test_lost_stays_as_wide_as_it_was_made(stack: Stack, person: Callable[..., Any]) -> None:
    page: Page = person("rep1").open()
    lost = page.locator('[data-stage="lost"]')
    lost.locator("[data-fold]").click()
    expect(lost).to_have_attribute("data-open", "")
    page.reload()
    expect(lost).to_have_attribute("data-open", "")
    expect(lost.locator("[data-fold]")).to_have_attribute("aria-expanded", "true")
    lost.locator("[data-fold]").click()
    page.reload()
    expect(lost.locator("[data-fold]")).to_have_attribute("aria-expanded", "false")
