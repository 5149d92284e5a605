"""The org chart by hand: people and departments are carried by mouse and keys; what would follow is asked first."""

from __future__ import annotations

import os
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Person
from tests.browser.rooms_by_keys import ROOMS, TRIED, taken
from tests.stack import Stack


def drag(page: Page, thing: Locator, to: Locator) -> None:
    """By the mouse, in steps as a hand makes them; the places show themselves once something is in the hand."""
    page.mouse.move(*middle(thing))
    page.mouse.down()
    page.mouse.move(*middle(thing, 12), steps=4)
    expect(page.locator("#org[data-carrying]")).to_be_visible()
    for n in range(100):  # what is in the hand makes room where it passes: the hand follows its aim until it is there
        page.mouse.move(*middle(to, n % 3), steps=6)
        if to.locator(".ghost").count():
            break
        page.wait_for_timeout(60)  # Sortable looks every 50 ms
    expect(to.locator(".ghost")).to_be_attached()
    page.mouse.up()


def middle(thing: Locator, down: int = 0) -> tuple[float, float]:
    box = thing.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + down


def test_people_and_departments_are_carried_by_mouse_and_keys(person: Callable[..., Person], stack: Stack) -> None:
    deals = [stack.call(each, "POST", "/deals", {"title": f"Of {each}"})["id"] for each in ("rep1", "rep2")]
    page, other = person("admin").open("/settings/org"), person("admin").open("/settings/org")
    expect(page.locator("[data-live='on']")).to_be_visible()
    expect(other.locator("[data-live='on']")).to_be_visible()
    south = page.locator(".dep", has=page.get_by_role("button", name="Sales South", exact=True))
    drag(page, page.locator(".who", has_text="Ivan Petrov"), south.locator('.zone[data-place="member"]'))
    sure = page.locator("[data-sure]")
    expect(sure).to_have_text("Ivan Petrov works in Sales South")
    expect(page.locator("[data-before-saving]")).to_contain_text("Pavel Orlov")
    expect(south).not_to_contain_text("Ivan Petrov")
    sure.click()
    expect(south).to_contain_text("Ivan Petrov")
    expect(other.locator('.zone[data-called^="Sales South"]', has_text="Ivan Petrov")).to_be_visible()

    grip = page.locator(".who summary", has_text="Oleg Voronin")
    grip.focus()
    page.keyboard.press("Space")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        if page.locator('.zone.target[data-called="Sales North: head"]').count():
            break
    page.keyboard.press("Enter")
    expect(sure).to_have_text("Make Oleg Voronin head of Sales North")
    sure.press("Enter")
    expect(page.locator('.zone[data-called="Sales North: head"]')).to_contain_text("Oleg Voronin")

    page.get_by_role("button", name="Sales South", exact=True).focus()
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
        if page.locator('.under.target[data-called="under Sales North"]').count():
            break
    page.keyboard.press("Enter")
    expect(sure).to_have_text("Move Sales South")
    sure.press("Enter")
    north = page.locator(".branch", has=page.get_by_role("button", name="Sales North", exact=True)).last
    expect(north.get_by_role("button", name="Sales South", exact=True)).to_be_visible()
    ids = {"rep3": stack.call("rep3", "GET", "/users/me")["id"]}
    for (what, limit), acts in TRIED.items():
        seconds = taken(page, ids, acts)
        print(f"{what}: {seconds:.0f} s")
        assert seconds < limit, what
    if "BY_KEYS" in os.environ:
        taken(page, ids, ROOMS)
    two_clicks_from_the_face(other, deals[1])


def two_clicks_from_the_face(page: Page, deal: int) -> None:
    """The face of whoever is responsible leads to their absences, where the first day and the last are today."""
    page.goto(page.url.partition("/settings")[0] + f"/deals/{deal}")
    page.locator("#deal-sheet a.face").first.click()
    page.get_by_role("button", name="Record absence").click()
    expect(page.locator("[data-absence]")).to_be_visible()
