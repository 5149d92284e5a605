"""The golden scenario of the lesson by hand in two browsers: a client's first word to the paid invoice, all live."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import PHONE
from tests.stack import Stack

Hit = Callable[[Locator], None]
EN = {
    "control": "has not answered",
    "vip": "VIP client",
    "task": "Processing a deal with a VIP client",
    "data": "Data collection",
    "special": "Special",
    "save": "Save and move",
}
RU = {
    "control": "Клиент ждёт ответа",
    "vip": "VIP-клиент",
    "task": "Оформление сделки с VIP-клиентом",
    "data": "Сбор данных",
    "special": "Особое",
    "save": "Сохранить и переместить",
}


def shorten(stack: Stack) -> None:
    """Robots' times in seconds, through the API, as a new user would to see them work."""
    for key, seconds in (("reaction_control", 4), ("unpaid_vip", 3), ("unpaid_other", 3)):
        timing = {"after": {"amount": seconds, "unit": "seconds"}}
        stack.call("admin", "PATCH", f"/robots/{stack.robot_id(key)}", {"timing": timing})


def walk(
    stack: Stack, person: Callable[..., Any], words: dict[str, str], *, touch: bool = False, north_at: str = "web"
) -> None:
    """All six steps with the lesson's robots in seconds."""
    shorten(stack)
    golden(stack, person, words, touch=touch, north_at=north_at)


def golden(
    stack: Stack, person: Callable[..., Any], words: dict[str, str], *, touch: bool = False, north_at: str = "web"
) -> None:
    """All six steps; `touch` does them by taps on two phones, `north_at` says which web the head's pages come from."""
    hand = PHONE if touch else {}
    hit: Hit = Locator.tap if touch else Locator.click  # type: ignore[assignment]
    rep, north = person("rep1", **hand), person("north", at=north_at, **hand)
    board, watch = rep.open(), north.open()

    # 1. A client writes; nobody answers; the head is told who is late.
    made = stack.call(
        "admin",
        "POST",
        "/inquiries",
        {"channel": "chat", "contact": {"name": "Vera Orlova", "phone": "+7 912 555-01-77"}, "text": "A press, please"},
    )
    deal = made["deal_id"]
    card = board.locator(f'[data-stage="new"] [data-deal="{deal}"]')
    expect(card).to_be_visible()
    expect(card.locator("[data-fuse]")).to_be_visible()
    toast = watch.locator("[data-toast]", has_text=words["control"])
    expect(toast).to_be_visible(timeout=15000)
    expect(watch.locator("[data-bell]")).to_contain_text("1")

    # 2. The rep answers: the trigger takes the deal on, on both screens.
    stack.call("admin", "PATCH", f"/deals/{deal}", {"responsible_id": stack.call("rep1", "GET", "/users/me")["id"]})
    answer(board, watch, deal, words, hit)

    # 3. The client becomes a VIP and writes again: the head is told at once.
    contact = made["contact_id"]
    stack.call("rep1", "PATCH", f"/contacts/{contact}", {"fields": {"vip": True}})
    again = {"channel": "chat", "contact": {"name": "Vera Orlova", "phone": "+79125550177"}, "text": "A special one"}
    assert stack.call("admin", "POST", "/inquiries", again)["deal_id"] == deal
    expect(watch.locator("[data-toast]", has_text=words["vip"])).to_be_visible(timeout=10000)

    say_the_equipment(board, watch, deal, words, hit)
    report_twice(board, watch, words, hit)
    send_the_invoice(board, deal, hit)
    expect(board.locator("[data-toast]", has_text="1042")).to_be_visible(timeout=15000)
    pay(board, watch, deal, hit)

    ended = stack.call("rep1", "GET", f"/deals/{deal}/runs")["items"]
    assert not [run for run in ended if run["state"] == "waiting"]
    assert {run["state"] for run in ended} <= {"fired", "condition_false", "called_off"}


def answer(board: Page, watch: Page, deal: int, words: dict[str, str], hit: Hit) -> None:
    """2. The rep's first reply takes the deal on, on both screens."""
    board.goto(f"{at(board)}/deals/{deal}")
    board.locator("[data-reply]").fill("Good morning! Which press?")
    hit(board.locator("form.reply .btn.primary"))
    expect(board.locator(".steps [aria-current=step]")).to_have_text(words["data"])
    expect(watch.locator(f'[data-stage="data_collection"] [data-deal="{deal}"]')).to_be_visible()


def say_the_equipment(board: Page, watch: Page | None, deal: int, words: dict[str, str], hit: Hit) -> None:
    """4. Processing asks for the equipment type; nobody else sees the card jump."""
    board.goto(at(board))
    hit(board.locator(f'[data-deal="{deal}"] [data-move-to]'))
    board.locator('[data-move-form] input[value="processing"]').check(force=True)
    hit(board.locator("[data-move-form] .btn.primary"))
    asked = board.locator("[data-required-form]")
    expect(asked).to_be_visible()
    if watch is not None:
        expect(watch.locator(f'[data-stage="data_collection"] [data-deal="{deal}"]')).to_be_visible()
    hit(asked.get_by_text(words["special"]))
    hit(asked.get_by_role("button", name=words["save"]))
    expect(board.locator(f'[data-stage="processing"] [data-deal="{deal}"]')).to_be_visible()
    if watch is not None:
        expect(watch.locator(f'[data-stage="processing"] [data-deal="{deal}"]')).to_be_visible()


def report_twice(board: Page, watch: Page, words: dict[str, str], hit: Hit) -> None:
    """5. VIP and special: a task, whose result the head returns once and accepts then."""
    expect(board.locator("[data-toast]", has_text=words["task"]).first).to_be_visible(timeout=30000)
    board.goto(f"{at(board)}/tasks")
    hit(board.get_by_role("link", name=words["task"]))
    submit(board, hit, "Agreed on the special chamber")
    prompt = watch.locator("[data-approval]")
    expect(prompt).to_contain_text("Agreed on the special chamber", timeout=10000)
    watch.reload()
    expect(prompt).to_be_visible()
    hit(prompt.locator("[data-return]"))
    prompt.locator("textarea").fill("And the delivery date?")
    hit(prompt.locator("[data-return-send]"))
    expect(prompt).to_have_count(0)
    expect(board.locator("[data-toast]", has_text="And the delivery date?")).to_be_visible(timeout=10000)
    board.reload()
    submit(board, hit, "Delivery on 12 December")
    expect(prompt).to_contain_text("12 December", timeout=10000)
    hit(prompt.locator("[data-accept]"))
    expect(prompt).to_have_count(0)
    expect(board.locator("[data-task]")).to_have_attribute("data-state", "done")


def send_the_invoice(board: Page, deal: int, hit: Hit) -> None:
    """6. An invoice that is not paid: the rep of a VIP is reminded."""
    board.goto(f"{at(board)}/deals/{deal}")
    hit(board.locator("details.adds:has(#invoice-number) > summary"))
    board.locator("#invoice-number").fill("1042")
    board.locator("#invoice-amount").fill("1180000")
    hit(board.locator(".inline-form:has(#invoice-number) .btn"))
    expect(board.locator("[data-invoice]")).to_contain_text("1042")
    hit(board.locator('.steps button[value="payment"]'))


def pay(board: Page, watch: Page, deal: int, hit: Hit) -> None:
    """Paid in full, the deal is won."""
    hit(board.locator("[data-pay]"))
    expect(board.locator('.steps [aria-current=step][data-kind="won"]')).to_be_visible(timeout=10000)
    expect(watch.locator(f'[data-stage="won"] [data-deal="{deal}"]')).to_be_visible(timeout=10000)


def at(page: Page) -> str:
    """The web that a page came from."""
    return "/".join(page.url.split("/")[:3])


def submit(page: Page, hit: Hit, result: str) -> None:
    page.locator("[data-result-text]").fill(result)
    hit(page.locator("[data-submit]"))
    expect(page.locator("[data-task]")).to_have_attribute("data-state", re.compile("awaiting_acceptance"))


def test_the_lesson_runs_from_the_first_word_to_the_paid_invoice(stack: Stack, person: Callable[..., Any]) -> None:
    walk(stack, person, EN)


@pytest.mark.locale("ru")
def test_the_lesson_runs_in_russian_by_touch_on_two_phones(stack: Stack, person: Callable[..., Any]) -> None:
    walk(stack, person, RU, touch=True)


@pytest.mark.postgres
def test_the_lesson_runs_with_the_rep_and_the_head_at_different_webs(stack: Stack, person: Callable[..., Any]) -> None:
    """Two of each process: whatever one web is told, the pages of the other show."""
    stack.start("web-2", "worker-2", "ticker-2")
    walk(stack, person, EN, north_at="web-2")
