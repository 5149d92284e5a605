"""What one looks at and what one types is one's own: Back leads where the address says, a change by others takes no
words away, and a deal that goes while it is open says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import company
from tests.stack import Stack
from tests.views.scenes import scene
from webapp import clock
from webapp.access.scopes import SYSTEM
from webapp.db import transaction
from webapp.models import Deal
from webapp.services import deals, invoices, next_steps


def act(stack: Stack, deal_id: int, what: Callable[[Deal], object]) -> None:
    """Somebody else's act on a deal."""
    with stack.app.app_context(), transaction() as current:
        what(current.get_one(Deal, deal_id, with_for_update=True))


def shows_what_its_address_says(page: Page) -> None:
    """A board's address has a board; a deal's has that deal, over a board or alone."""
    at = re.search(r"/deals/(\d+)$", page.url)
    if at:
        page.locator(f'#deal-sheet[data-sheet-of="{at[1]}"]').wait_for()
    elif "/contacts/" in page.url:
        expect(page.locator("main h1")).to_be_visible()
    else:
        page.locator("[data-board]").wait_for()
        expect(page.locator("#deal-sheet")).to_have_count(0)


@pytest.mark.parametrize("home", ["/", "/pipelines/sales?mine=1"])
def test_back_and_forward_show_what_the_address_says(stack: Stack, person: Callable[..., Any], home: str) -> None:
    made = scene(stack.app)
    page = person("rep1").open(home)
    page.click(f"#deal-{made.deal} a[data-sheet]")
    page.locator("#deal-sheet").wait_for()
    page.click(f'#deal-sheet a[href^="/contacts/{made.contact}"]')
    page.wait_for_url("**/contacts/**")
    for go in (page.go_back, page.go_back, page.go_forward, page.go_back):
        go()
        shows_what_its_address_says(page)
    page.click(f"#deal-{made.deal} a[data-sheet]")
    page.locator("#deal-sheet").wait_for()
    page.reload()
    for go in (page.go_back, page.go_forward, page.go_back):
        go()
        shows_what_its_address_says(page)


def test_numbers_typed_for_an_invoice_outlive_what_happens_on_the_deal(
    stack: Stack, person: Callable[..., Any]
) -> None:
    made, north = scene(stack.app), company.acting
    page = person("rep1").open(f"/deals/{made.deal}")
    page.click("#deal-sheet details.adds:has(#invoice-number) > summary")
    page.fill("#invoice-number", "MY-1")
    page.fill("#invoice-amount", "250")
    page.locator("#deal-sheet [name=amount]").first.focus()
    with stack.app.app_context():
        by = north("north")
    act(stack, made.deal, lambda deal: deals.edit(deal, {"amount_minor": 500_000}, by=by))
    act(stack, made.deal, lambda deal: invoices.issue(deal, "N-2011", 40_000, by))
    page.get_by_text("N-2011").first.wait_for()
    expect(page.locator("#invoice-number")).to_have_value("MY-1")
    expect(page.locator("#invoice-amount")).to_have_value("250")
    page.click("#deal-sheet form:has(#invoice-number) .btn")
    page.locator("#deal-sheet form:has(#invoice-number) .wrong").first.wait_for()  # it may be for the very same
    expect(page.locator("#invoice-number")).to_have_value("MY-1")
    page.click("#deal-sheet form:has(#invoice-number) .btn")
    page.get_by_text("MY-1").first.wait_for()
    expect(page.locator("#invoice-number")).not_to_have_value("MY-1")  # sent: the next one is offered


def test_a_next_step_being_written_is_not_replaced_by_that_of_a_colleague(
    stack: Stack, person: Callable[..., Any]
) -> None:
    made = scene(stack.app)
    page = person("rep1").open(f"/deals/{made.deal}")
    page.click("#deal-step details.adds > summary")
    page.fill("#step-deal", "Send the offer")
    page.locator("#deal-sheet [name=amount]").first.focus()
    with stack.app.app_context():
        draft = next_steps.StepDraft("Call them back", clock.now() + timedelta(days=2), None)
        by = company.acting("north")
    act(stack, made.deal, lambda deal: next_steps.agree(deal, draft, by))
    page.locator("#deal-step").get_by_text("Call them back").first.wait_for()
    expect(page.locator("#step-deal")).to_have_value("Send the offer")


def test_a_deal_that_goes_while_it_is_open_says_so_and_leaves_what_is_typed(
    stack: Stack, person: Callable[..., Any]
) -> None:
    made = scene(stack.app)
    page = person("rep1").open()
    page.click(f"#deal-{made.deal} a[data-sheet]")
    page.fill("#deal-sheet form[action$='/notes'] textarea", "They like the blue one")
    expect(page.locator("[data-gone]")).to_be_hidden()
    act(stack, made.deal, lambda deal: deals.delete(deal, SYSTEM))
    expect(page.locator("[data-gone]")).to_be_in_viewport()
    expect(page.locator("#deal-sheet form[action$='/notes'] textarea")).to_have_value("They like the blue one")
    expect(page.locator(f"#deal-{made.deal}")).to_have_count(0)


def test_under_a_filter_the_numbers_follow_what_goes(stack: Stack, person: Callable[..., Any]) -> None:
    made, other = scene(stack.app), scene(stack.app, title="Another")
    page = person("rep1").open("/pipelines/sales?mine=1")
    head = page.locator("[data-stage=new] [data-count]")
    before = int(head.inner_text())
    act(stack, made.deal, lambda deal: deals.delete(deal, SYSTEM))
    expect(head).to_have_text(str(before - 1))
    expect(page.locator(f"#deal-{other.deal}")).to_be_visible()


def test_what_was_selected_and_goes_is_no_longer_counted_nor_moved(stack: Stack, person: Callable[..., Any]) -> None:
    made = [scene(stack.app, title=f"Deal {n}") for n in range(3)]
    page = person("rep1").open()
    page.click("[data-select]")
    for each in made:
        page.click(f"#deal-{each.deal}")
    expect(page.locator("[data-picked-count]")).to_have_text("3")
    act(stack, made[0].deal, lambda deal: deals.delete(deal, SYSTEM))
    expect(page.locator("[data-picked-count]")).to_have_text("2")
    assert page.locator("#picked [name=deal]").count() == 2
    page.locator("#picked").get_by_role("button", name="Data collection").click()
    page.locator("[data-toast=moved-many]").wait_for()
    for each in made[1:]:
        expect(page.locator(f'[data-stage="data_collection"] [data-deal="{each.deal}"]')).to_be_visible()
