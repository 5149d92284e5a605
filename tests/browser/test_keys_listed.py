"""Each key that is listed does something from wherever one is, or says why not; a page that is there to type on begins
in its first field, unless a keyboard of glass would rise over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.hands import ANDROID, PHONE
from tests.browser.test_board import fill
from tests.browser.test_important import opened
from tests.services import acts
from tests.stack import Stack


def test_a_letter_before_any_item_is_chosen_chooses_the_first(stack: Stack, person: Callable[..., Any]) -> None:
    opened(stack, 2)
    page = person("north").open("/important")
    page.keyboard.press("t")
    item = page.locator('[data-items="open"] > [data-item]').first
    expect(item).to_be_focused()
    expect(item).to_have_attribute("data-state", "open")  # chosen, and seen before anything is done with it
    page.keyboard.press("t")
    expect(page.locator('[data-state="taken"]')).to_have_count(1)
    page.keyboard.press("y")
    expect(page.locator("#toasts")).to_contain_text("cannot be done with this item")


def test_a_letter_over_an_empty_list_says_so(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("north").open("/important")
    for key in ("t", "j"):
        page.keyboard.press(key)
        expect(page.locator("#toasts")).to_contain_text("no item here")
        page.locator("#toasts [data-dismiss]").click()


@pytest.mark.parametrize("key", ["ArrowDown", "ArrowRight", "Space", "x", "Enter"])
def test_a_key_for_cards_before_any_is_chosen_chooses_the_first(
    stack: Stack, person: Callable[..., Any], key: str
) -> None:
    page = person("rep1").open()
    page.keyboard.press(key)
    expect(page.locator("#toasts")).to_contain_text("no card here")
    fill(stack, 2)
    expect(page.locator(".card")).to_have_count(2)
    page.keyboard.press(key)
    expect(page.locator(".card a[data-sheet]").first).to_be_focused()
    expect(page.locator(".lifted, .chosen, #deal-sheet")).to_have_count(0)


def test_undo_says_that_there_is_nothing_to_take_back(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("rep1").open()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator("#toasts .toast")).to_have_count(1)  # once, however often it is pressed
    expect(page.locator("#toasts")).to_contain_text("nothing to undo")


def test_the_list_names_the_keys_of_each_room(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("north").open("/important")
    page.keyboard.press("?")
    for heading in ("Everywhere", "On the board", "In “Important now”"):
        expect(page.locator("#ask").get_by_role("heading", name=heading)).to_be_visible()


NEW = ("/deals/new", "/contacts/new", "/contacts/1/merges/new")


def test_a_page_to_type_on_begins_in_its_first_field(stack: Stack, person: Callable[..., Any]) -> None:
    desk, phone = person("admin"), person("admin", **PHONE, user_agent=ANDROID)
    with stack.app.app_context():
        acts.contact()
    for path in NEW:
        page = desk.open(path)
        first = page.locator("main form").locator("input:not([type=hidden]), textarea").first
        expect(first, path).to_be_focused()
        on_glass = phone.open(path)
        assert on_glass.evaluate("document.activeElement === document.body"), path


def test_a_form_that_unfolds_begins_in_its_first_field(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("rep1").open("/tasks")
    page.locator("[data-new-task] > summary").click()
    expect(page.locator("#new-task-title")).to_be_focused()


def test_the_title_on_a_column_grows_as_any_title(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("rep1").open()
    page.locator('[data-stage="new"] .add').click()
    title = page.locator('[data-stage="new"] .quick [name=title]')
    expect(title).to_be_focused()
    low = title.bounding_box()
    title.fill("A press for the shop in Omsk with two spare sets of rollers and a feeder that is to come by rail")
    high = title.bounding_box()
    assert low
    assert high
    assert high["height"] > low["height"] * 1.5
    page.keyboard.press("Enter")
    expect(page.locator('[data-stage="new"] .card', has_text="two spare sets")).to_have_count(1)
    expect(title).to_have_value("")
