"""The board under a finger: what is held is lifted, what is swiped scrolls, what is interrupted stays where it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import func, select

from tests.browser.conftest import Person
from tests.browser.hands import ANDROID, PHONE, Finger
from tests.browser.screens import product
from tests.stack import Stack
from webapp.db import session
from webapp.models import Deal

FIRST = '[data-stage="new"] .card'
MENUS = "window.menus = []; addEventListener('contextmenu', (event) => window.menus.push(event.defaultPrevented))"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with product("en") as running:
        yield running


@pytest.fixture(params=[ANDROID, None], ids=["android", "touch-screen"])
def hand(chromium: Browser, stack: Stack, request: pytest.FixtureRequest) -> Iterator[Person]:
    """A head's phone; some browsers drag by themselves under a mouse, and their touch goes another way."""
    person = Person(chromium, stack, "north", **PHONE, **({"user_agent": request.param} if request.param else {}))
    person.page.add_init_script(MENUS)
    person.open()
    yield person
    person.leave()
    assert not person.complaints


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box is not None
    return box["x"] + 80, box["y"] + box["height"] / 2


def order(page: Page) -> dict[str, list[str]]:
    """The ids of the cards, by stage."""
    return page.evaluate("""() => Object.fromEntries([...document.querySelectorAll("[data-stage]")].map((stage) =>
      [stage.dataset.stage, [...stage.querySelectorAll(".card")].map((card) => card.dataset.deal)]))""")  # type: ignore[no-any-return]


def moves(stack: Stack) -> tuple[int, float]:
    """What any move changes."""
    with stack.app.app_context():
        found = session().execute(select(func.sum(Deal.version), func.sum(Deal.position))).one()
        session().close()
    return found[0], found[1]


def test_a_held_card_rises_at_once_and_nothing_else_comes_of_it(stack: Stack, hand: Person) -> None:
    page, finger, was = hand.page, Finger(hand.page), moves(stack)
    card = page.locator(FIRST).first
    finger.hold(*middle(card))
    expect(card).to_have_class(re.compile(r"\bheld\b"))
    expect(page.locator('[data-drop="won"]')).to_be_in_viewport(ratio=1)  # all stages, without a scroll
    page.wait_for_timeout(500)  # here a phone would offer to open the link
    finger.lift()
    expect(page.locator(".held")).to_have_count(0)
    expect(page.locator(".stage-bar")).to_be_hidden()
    page.wait_for_timeout(200)
    assert False not in page.evaluate("window.menus")
    assert (page.evaluate("String(getSelection())"), page.url) == ("", f"{stack.url}/")
    assert moves(stack) == was


def test_a_swipe_scrolls_and_lifts_nothing(stack: Stack, hand: Person) -> None:
    page, finger, was = hand.page, Finger(hand.page), moves(stack)
    x, y = middle(page.locator(FIRST).first)
    finger.press(x + 200, y)
    finger.slide(x - 60, y + 5, steps=6, ms=12)
    expect(page.locator(".held, .ghost")).to_have_count(0)
    finger.lift()
    expect(page.locator("[data-stage=data_collection] .card").first).to_be_in_viewport(ratio=0.9)
    assert (moves(stack), page.url) == (was, f"{stack.url}/")


def test_at_the_edge_the_board_goes_on_and_the_card_lands_between_two(stack: Stack, hand: Person) -> None:
    page, finger = hand.page, Finger(hand.page)
    deal = order(page)["new"][0]
    above, below = order(page)["data_collection"][:2]
    x, y = middle(page.locator(FIRST).first)
    finger.hold(x, y)
    column = page.locator('[data-stage="data_collection"]')
    for _ in range(120):  # at the edge until the column is there, and back when the board ran past it
        stands_at = (column.bounding_box() or {"x": 0})["x"]
        if -80 < stands_at < 90 and finger.at[0] == 200:
            break
        # slowly: Sortable looks at a moving finger every 30 ms, and a robot's that then rests it would not see arrive
        finger.slide(200 if -80 < stands_at < 90 else 384 if stands_at > 0 else 6, y + 60, steps=2, ms=50)
    top = (page.locator(f'[data-deal="{above}"]').bounding_box() or {"y": 0})["y"]
    finger.slide(200, top + 20, steps=4, ms=50)
    for _ in range(40):  # as a hand does: look where the card would land, go on until that is right
        page.wait_for_timeout(200)  # the others make room
        would = order(page)["data_collection"]
        if deal in would and would.index(above) < would.index(deal) < would.index(below):
            break
        finger.slide(
            200, finger.at[1] + (-8 if deal in would and would.index(deal) > would.index(below) else 8), steps=2, ms=50
        )
    finger.lift()
    card = page.locator(f'[data-stage="data_collection"] [data-deal="{deal}"][data-at="data_collection"]')
    expect(card).to_have_count(1)
    stands = order(page)["data_collection"]
    assert stands.index(above) < stands.index(deal) < stands.index(below)


def test_a_drop_on_a_stage_that_asks_opens_the_form(stack: Stack, hand: Person) -> None:
    page, finger, was = hand.page, Finger(hand.page), moves(stack)
    before = order(page)
    x, y = middle(page.locator(FIRST).first)
    finger.hold(x, y)
    finger.slide(x + 6, y + 16, steps=3)
    drop = page.locator('[data-drop="processing"]')
    expect(drop).to_have_class(re.compile("blocked"))
    finger.slide(*middle(drop))
    page.wait_for_timeout(150)
    finger.lift()
    form = page.locator("[data-required-form]")
    expect(form).to_be_visible()
    form.locator("[data-close]").tap()
    expect(form).to_have_count(0)
    assert (order(page), moves(stack)) == (before, was)


@pytest.mark.parametrize("ends", [Finger.interrupt, Finger.second], ids=["a call comes in", "a second finger"])
def test_an_interrupted_drag_changes_nothing(stack: Stack, hand: Person, ends: Callable[[Finger], Any]) -> None:
    page, finger, was = hand.page, Finger(hand.page), moves(stack)
    before = order(page)
    x, y = middle(page.locator(FIRST).first)
    finger.hold(x, y)
    finger.slide(x + 10, y + 230)
    page.wait_for_timeout(150)
    ends(finger)
    expect(page.locator(".held, .ghost, .sortable-fallback")).to_have_count(0)
    expect(page.locator(".stage-bar")).to_be_hidden()
    page.wait_for_timeout(300)
    assert (order(page), moves(stack)) == (before, was)
    finger.hold(*middle(page.locator(FIRST).first))  # and the next one is lifted as ever
    expect(page.locator(".held")).to_have_count(1)
    finger.lift()
