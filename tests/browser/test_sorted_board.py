"""A board sorted by something else than hands: a card is where the order has it, whatever a hand began; and what arrows
reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_board import carry, drag, fill
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.models import Deal
from webapp.queries.filters import SORTS

MANY = 25  # a page of a column, and some


def dearest_first(stack: Stack) -> list[int]:
    """Deals of which the first is the oldest and the dearest: hands have laid them the other way round."""
    made = fill(stack, MANY)
    with stack.app.app_context(), transaction() as current:
        for n, deal_id in enumerate(made):
            current.get_one(Deal, deal_id).amount_minor = 1_000_000 - n
    with stack.app.app_context():
        session().close()
    return made


def lying(page: Page) -> list[int]:
    found = page.locator('[data-stage="new"] .card').evaluate_all("all => all.map((each) => each.dataset.deal)")
    return [int(each) for each in found]


def card(page: Page, deal_id: int) -> Any:
    return page.locator(f'[data-deal="{deal_id}"]')


@pytest.mark.parametrize("sort", SORTS)
def test_a_card_goes_back_to_where_the_order_has_it(stack: Stack, person: Callable[..., Any], sort: str) -> None:
    made = dearest_first(stack)
    page = person("rep1").open(f"/pipelines/sales?sort={sort}")
    assert lying(page) == made[:20]
    page.locator('[data-stage="new"] [data-cards]').evaluate("each => each.scrollTop = each.scrollHeight")
    expect(page.locator('[data-stage="new"] .card')).to_have_count(MANY)
    assert lying(page) == made, "what was loaded goes on below"

    page.locator('[data-stage="new"] [data-cards]').evaluate("each => each.scrollTop = 0")
    card(page, made[2]).locator("a[data-sheet]").focus()
    for key in ("Space", "ArrowDown", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    expect(page.locator(".lifted")).to_have_count(0)
    assert lying(page) == made, "put back by Escape, from the keyboard"
    expect(card(page, made[2]).locator("a[data-sheet]")).to_be_focused()

    carry(page, card(page, made[1]), page.locator('[data-stage="data_collection"] [data-cards]'))
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".ghost, .waiting")).to_have_count(0)
    assert lying(page) == made, "put back by Escape, in the air"

    drag(page, card(page, made[1]), page.locator('[data-stage="processing"] [data-cards]'))
    expect(page.locator("[data-required-form]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-required-form]")).to_have_count(0)
    assert lying(page) == made, "a stage asked for something, and that was cancelled"

    drag(page, card(page, made[1]), page.locator('[data-stage="data_collection"] [data-cards]'))
    expect(page.locator(f'[data-stage="data_collection"] [data-deal="{made[1]}"]')).to_be_visible()
    expect(page.locator('[data-stage="new"] [data-count]')).to_have_text(str(MANY - 1))
    assert lying(page) == [made[0], *made[2:]], "and a move moves"


def test_what_a_hand_lays_elsewhere_in_its_column_is_asked_for_again(stack: Stack, person: Callable[..., Any]) -> None:
    """The place that it has by hand is kept for the board that hands lay; this one shows its order."""
    made = dearest_first(stack)[:20]
    page = person("rep1").open("/pipelines/sales?sort=amount")
    card(page, made[0]).locator("a[data-sheet]").focus()
    for key in ("Space", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    assert lying(page)[:3] == [made[1], made[2], made[0]]
    page.keyboard.press("Enter")
    expect(page.locator('[data-stage="new"] .card').first).to_have_attribute("data-deal", str(made[0]))
    assert lying(page) == made


def test_arrows_pass_a_folded_column(stack: Stack, person: Callable[..., Any]) -> None:
    stages = ("new", "data_collection", "won")
    for stage in stages:
        fill(stack, 1, stage, **({} if stage != "won" else {"equipment_type": "large"}))
    page = person("rep1").open()
    columns = {each: page.locator(f'[data-stage="{each}"]') for each in stages}
    for folded in stages:
        columns[folded].locator("[data-fold]").click()
        seen = [each for each in stages if each != folded]
        columns[seen[0]].locator("a[data-sheet]").focus()
        for key, there in (("ArrowRight", seen[1]), ("ArrowRight", seen[1]), ("ArrowLeft", seen[0])):
            page.keyboard.press(key)
            expect(columns[there].locator("a[data-sheet]").first).to_be_focused()
        columns[folded].locator("[data-fold]").click()
