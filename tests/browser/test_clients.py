"""The client of a deal and a note about it, by hand: chosen while one types, named with an @, by keys alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.stack import Stack


def test_a_client_is_chosen_by_keys_and_a_named_colleague_is_told_at_once(
    stack: Stack, person: Callable[..., Any]
) -> None:
    stack.call("rep1", "POST", "/contacts", {"name": "Vera Orlova", "phone": "+79125550177"})
    head, page = person("north").open(), person("rep1").open()
    page.locator('[data-stage="new"] .add').click()
    page.keyboard.type("A press")
    page.locator('[data-stage="new"] .quick [name="contact"]').press_sequentially("orl")
    page.locator('[data-stage="new"] .choices').get_by_text("Vera Orlova").click()
    page.locator('[data-stage="new"] .quick .btn').click()
    card = page.locator('[data-stage="new"] [data-deal]')
    expect(card.locator(".who")).to_contain_text("Vera Orlova")
    expect(card.locator(".fuse")).to_have_count(0)  # nobody has written: nobody is late
    expect(page.locator('[data-stage="new"] .choices')).to_have_count(0)
    card.locator("[data-sheet]").click()
    page.locator("[data-picker] > summary").press("Enter")
    expect(page.locator("#sheet-contact")).to_be_focused()
    page.keyboard.type("Petr Sidorov")
    page.get_by_role("button", name="New contact: Petr Sidorov").press("Enter")
    expect(card.locator(".who")).to_contain_text("Petr Sidorov")
    page.locator("#note-text").press_sequentially("He called. @kry")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("may I give 5 %?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notes li")).to_contain_text("He called. @Anna Krylova may I give 5 %?")
    expect(page.locator("#note-text")).to_have_value("")
    expect(head.locator(".toast")).to_contain_text("Ivan Petrov mentioned you: A press")


FITS = """chips => chips.every((chip) => {
  const [outer, inner] = [chip, chip.querySelector("bdi")].map((each) => each.getBoundingClientRect())
  return outer.left >= 0 && outer.right <= innerWidth && inner.left >= outer.left && inner.right <= outer.right
})"""


def test_two_addresses_that_differ_at_their_end_are_told_apart_on_a_phone(
    stack: Stack, person: Callable[..., Any]
) -> None:
    start = "konstantin.konstantinopolskiy@purchasing.promsistemytrading"
    made = [
        stack.call("rep1", "POST", "/contacts", {"name": name, "email": f"{start}.{end}"})["id"]
        for name, end in (("Konstantin K.", "com"), ("Konstantin", "org"))
    ]
    page = person("rep1", viewport={"width": 390, "height": 844}).open(f"/contacts/{made[0]}/merges/new?into={made[1]}")
    chips = page.locator(".sides .chip", has_text="promsistemytrading")
    expect(chips).to_have_count(2)
    assert chips.evaluate_all(FITS)


def test_arrows_go_from_the_typed_name_to_whom_it_means(stack: Stack, person: Callable[..., Any]) -> None:
    vera = stack.call("rep1", "POST", "/contacts", {"name": "Vera Orlova", "phone": "+79125550177"})
    petr = stack.call("rep1", "POST", "/contacts", {"name": "Petr Orlov", "phone": "+79125550188"})
    page = person("rep1").open("/deals/new?pipeline=sales")
    page.get_by_label("What it is about").fill("A press")
    client = page.get_by_label("Client")
    client.press_sequentially("orlo")
    offered = page.locator(".choosing").get_by_role("radio")
    expect(offered).to_have_count(3)  # and somebody new
    for key, chosen in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        expect(offered.nth(chosen)).to_be_focused()
        expect(offered.nth(chosen)).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(client).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#deal-sheet .fields")).to_contain_text("Petr Orlov")
    page.locator("[data-picker] > summary").press("Enter")
    expect(page.locator("[data-picker] input[type=search]")).to_be_focused()
    page.keyboard.type("vera o")
    expect(page.locator(".choosing button").first).to_contain_text("Vera Orlova")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#deal-sheet .fields").get_by_role("link", name="Vera Orlova")).to_be_visible()
    (deal,) = stack.call("rep1", "GET", f"/deals?contact_id={vera['id']}")["items"]
    assert deal["title"] == "A press"
    assert len(stack.call("rep1", "GET", "/contacts?q=Orlo")["items"]) == 2, petr
