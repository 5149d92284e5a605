"""A card that its reader may not move is lifted by no hand, and its menu says why; whoever may move it lifts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from tests import company
from tests.browser.hands import PHONE, Finger
from tests.browser.test_board import carry, fill
from tests.stack import Stack
from webapp.changes import announcements
from webapp.db import session, transaction
from webapp.models import Deal, Department, Post
from webapp.services import deals
from webapp.snapshots import setups

IN_THE_AIR = ".card:is(.lifted, .ghost, .held, .sortable-fallback)"
WHY = "Ivan Petrov's deal: only they or a head can move it."


def by_mouse(page: Page, card: Locator) -> None:
    carry(page, card, page.locator('[data-stage="data_collection"] [data-cards]'))


def by_key(page: Page, card: Locator) -> None:
    card.locator("a[data-sheet]").focus()
    page.keyboard.press("Space")


def by_finger(page: Page, card: Locator) -> None:
    box = card.bounding_box()
    assert box is not None
    Finger(page).hold(box["x"] + 80, box["y"] + 25)


HANDS: dict[str, tuple[Callable[[Page, Locator], None], dict[str, Any]]] = {
    "mouse": (by_mouse, {}),
    "key": (by_key, {}),
    "finger": (by_finger, PHONE),
}


def version(stack: Stack, deal: int) -> int:
    with stack.app.app_context():
        found = session().scalars(select(Deal.version).where(Deal.id == deal)).one()
        session().close()
    return found


@pytest.mark.parametrize("hand", HANDS)
def test_a_card_is_lifted_by_who_may_move_it_and_by_nobody_else(
    stack: Stack, person: Callable[..., Any], hand: str
) -> None:
    (deal,) = fill(stack, 1)
    lifts, sees = HANDS[hand]
    before = version(stack, deal)
    for name, may in (("rep2", False), ("rep1", True), ("north", True), ("admin", True)):
        page = person(name, **sees).open()
        lifts(page, page.locator(f'[data-stage="new"] [data-deal="{deal}"]'))
        if may:
            expect(page.locator(IN_THE_AIR).first, name).to_be_visible()
            page.keyboard.press("Escape")
        else:
            page.wait_for_timeout(400)  # longer than a finger has to rest
            expect(page.locator(IN_THE_AIR), name).to_have_count(0)
            expect(page.locator("body.lifting")).to_have_count(0)
        page.mouse.up()
    assert version(stack, deal) == before


def test_the_menu_of_a_fixed_card_says_why(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1)
    stranger, owner = person("rep2").open(), person("rep1").open()
    menu = f'[data-deal="{deal}"] [data-move-to]'
    expect(stranger.locator(menu)).to_have_attribute("title", WHY)
    stranger.locator(menu).click()
    expect(stranger.locator("#ask")).to_contain_text(WHY)
    expect(stranger.locator("#ask form")).to_have_count(0)
    stranger.keyboard.press("Enter")  # on "Got it"
    expect(stranger.locator("#ask")).to_be_hidden()
    by_key(stranger, stranger.locator(f'[data-deal="{deal}"]'))
    expect(stranger.locator("#ask")).to_contain_text(WHY)
    stranger.keyboard.press("Escape")
    expect(stranger.locator(f'[data-deal="{deal}"] a[data-sheet]')).to_be_focused()
    expect(owner.locator(menu)).not_to_have_attribute("title", WHY)
    owner.locator(menu).click()
    expect(owner.locator("#ask [data-move-form]")).to_be_visible()


def test_a_card_is_free_or_fixed_as_it_changes_hands(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1)
    ivan, maria = person("rep1").open(), person("rep2").open()
    fixed = f'[data-deal="{deal}"][data-fixed]'
    expect(maria.locator(fixed)).to_be_visible()
    expect(ivan.locator(fixed)).to_have_count(0)
    with stack.app.app_context(), transaction():
        found = session().get_one(Deal, deal)
        deals.edit(found, {"responsible_id": company.person("rep2")}, by=company.acting("rep1"))
    expect(ivan.locator(fixed)).to_be_visible()
    expect(maria.locator(fixed)).to_have_count(0)


def test_new_rights_free_the_cards_of_an_open_page(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1)
    page = person("rep2").open()
    fixed = f'[data-deal="{deal}"][data-fixed]'
    expect(page.locator(fixed)).to_be_visible()
    page.evaluate("window.stillHere = true")
    with stack.app.app_context(), transaction() as current:
        department = current.scalars(select(Department.id).where(Department.key == "sales_north")).one()
        current.add(Post(department_id=department, user_id=company.person("rep2"), kind="deputy"))
        setups.changed()
        announcements.rights_changed()
    expect(page.locator(fixed)).to_have_count(0, timeout=15000)
    assert page.evaluate("window.stillHere")
