"""The org chart by hand: people and departments are carried by mouse and keys; what would follow is asked first."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Person
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
    the_rooms_beside_by_keys(page)
    two_clicks_from_the_face(other, deals[1])


def the_rooms_beside_by_keys(page: Page) -> None:
    """The menu of the chart, a day of the year, and a hand-over, without a mouse."""
    oleg = page.locator('.zone[data-called="Sales North: head"] .who', has_text="Oleg Voronin")
    press(oleg.locator("summary"))
    press(oleg.get_by_role("button", name="Make deputy head"))
    press(page.locator("[data-sure]"))
    expect(page.locator('.zone[data-called="Sales North: deputy head"]')).to_contain_text("Oleg Voronin")

    page.goto(page.url.partition("/settings")[0] + "/settings/calendars/1?year=2027")
    page.locator('[data-year] a[tabindex="0"]').focus()  # the year is one stop of the Tab key
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#d-day")).to_have_value("2027-01-14")
    day = page.locator('[data-year] a[href*="2027-01-14"]')
    press(page.locator("#day").get_by_role("button", name="Day off"))
    expect(day).to_have_attribute("data-kind", "closed")

    page.goto(page.url.partition("/settings")[0] + "/settings/people")
    page.locator("#sift").press_sequentially("petrov")
    expect(page.locator("[data-people] tbody tr:visible")).to_have_count(1)
    press(page.locator("[data-people] a:visible"))
    press(page.locator("#leaving summary"))
    page.locator("#to").focus()
    page.keyboard.type("Maria")
    press(page.get_by_role("button", name="Hand over and close"))
    expect(page.locator("h1")).to_contain_text("has left")


def two_clicks_from_the_face(page: Page, deal: int) -> None:
    """The face of whoever is responsible leads to their absences, where the first day and the last are today."""
    page.goto(page.url.partition("/settings")[0] + f"/deals/{deal}")
    page.locator("#deal-sheet a.face").first.click()
    page.get_by_role("button", name="Note the absence").click()
    expect(page.locator("[data-absence]")).to_be_visible()


def press(thing: Locator) -> None:
    thing.focus()
    thing.press("Enter")
