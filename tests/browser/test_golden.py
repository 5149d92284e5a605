"""The golden scenario of the lesson by hand in two browsers: a client's first word to the paid invoice, all live."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.stack import Stack

EN = {
    "control": "has not answered", "vip": "VIP client", "task": "Processing a deal with a VIP client",
    "data": "Data collection", "special": "Special", "save": "Save and move",
}
RU = {
    "control": "не отвечает", "vip": "VIP-клиент", "task": "Оформление сделки с VIP-клиентом",
    "data": "Сбор данных", "special": "Особое", "save": "Сохранить и переместить",
}


def shorten(stack: Stack) -> None:
    """Robots' times in seconds, through the API, as a new user would to see them work."""
    for key, seconds in (("reaction_control", 4), ("unpaid_vip", 3), ("unpaid_other", 3)):
        timing = {"after": {"amount": seconds, "unit": "seconds"}}
        stack.call("admin", "PATCH", f"/robots/{stack.robot_id(key)}", {"timing": timing})


def walk(stack: Stack, person: Callable[..., Any], words: dict[str, str]) -> None:
    shorten(stack)
    rep, north = person("rep1"), person("north")
    board, watch = rep.open(), north.open()

    # 1. A client writes; nobody answers; the head is told who is late.
    made = stack.call(
        "admin", "POST", "/inquiries",
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
    board.goto(f"{stack.url}/deals/{deal}")
    board.locator("[data-reply]").fill("Good morning! Which press?")
    board.locator("[data-reply]").press("Tab")
    board.keyboard.press("Enter")
    expect(board.locator(".steps [aria-current=step]")).to_have_text(words["data"])
    expect(watch.locator(f'[data-stage="data_collection"] [data-deal="{deal}"]')).to_be_visible()

    # 3. The client becomes a VIP and writes again: the head is told at once.
    contact = made["contact_id"]
    stack.call("rep1", "PATCH", f"/contacts/{contact}", {"fields": {"vip": True}})
    again = {"channel": "chat", "contact": {"name": "Vera Orlova", "phone": "+79125550177"}, "text": "A special one"}
    assert stack.call("admin", "POST", "/inquiries", again)["deal_id"] == deal
    expect(watch.locator("[data-toast]", has_text=words["vip"])).to_be_visible(timeout=10000)

    # 4. Processing asks for the equipment type; nobody else sees the card jump.
    board.goto(stack.url)
    board.locator(f'[data-deal="{deal}"] [data-move-to]').click()
    board.locator('[data-move-form] input[value="processing"]').check(force=True)
    board.locator("[data-move-form] .btn.primary").click()
    asked = board.locator("[data-required-form]")
    expect(asked).to_be_visible()
    expect(watch.locator(f'[data-stage="data_collection"] [data-deal="{deal}"]')).to_be_visible()
    asked.get_by_text(words["special"]).click()
    asked.get_by_role("button", name=words["save"]).click()
    expect(board.locator(f'[data-stage="processing"] [data-deal="{deal}"]')).to_be_visible()
    expect(watch.locator(f'[data-stage="processing"] [data-deal="{deal}"]')).to_be_visible()

    # 5. VIP and special: a task, whose result the head returns once and accepts then.
    expect(board.locator("[data-toast]", has_text=words["task"]).first).to_be_visible(timeout=10000)
    board.goto(f"{stack.url}/tasks")
    board.get_by_role("link", name=words["task"]).click()
    submit(board, "Agreed on the special chamber")
    prompt = watch.locator("[data-approval]")
    expect(prompt).to_contain_text("Agreed on the special chamber", timeout=10000)
    watch.reload()
    expect(prompt).to_be_visible()
    prompt.locator("[data-return]").click()
    prompt.locator("textarea").fill("And the delivery date?")
    prompt.locator("[data-return-send]").click()
    expect(prompt).to_have_count(0)
    expect(board.locator("[data-toast]", has_text="And the delivery date?")).to_be_visible(timeout=10000)
    board.reload()
    submit(board, "Delivery on 12 December")
    expect(prompt).to_contain_text("12 December", timeout=10000)
    prompt.locator("[data-accept]").click()
    expect(prompt).to_have_count(0)
    expect(board.locator("[data-task]")).to_have_attribute("data-state", "done")

    # 6. An unpaid invoice: the rep of a VIP is reminded; paid in full, the deal is won.
    board.goto(f"{stack.url}/deals/{deal}")
    board.locator("details.adds summary").click()
    board.locator("#invoice-number").fill("1042")
    board.locator("#invoice-amount").fill("1180000")
    board.locator(".inline-form .btn").click()
    expect(board.locator("[data-invoice]")).to_contain_text("1042")
    board.locator('.steps button[value="payment"]').click()
    expect(board.locator("[data-toast]", has_text="1042")).to_be_visible(timeout=15000)
    board.locator("[data-pay]").click()
    expect(board.locator('.steps [aria-current=step][data-kind="won"]')).to_be_visible(timeout=10000)
    expect(watch.locator(f'[data-stage="won"] [data-deal="{deal}"]')).to_be_visible(timeout=10000)

    ended = stack.call("rep1", "GET", f"/deals/{deal}/runs")["items"]
    assert not [run for run in ended if run["state"] == "waiting"]
    assert {run["state"] for run in ended} <= {"fired", "condition_false", "called_off"}


def submit(page: Any, result: str) -> None:
    page.locator("[data-result-text]").fill(result)
    page.locator("[data-submit]").click()
    expect(page.locator("[data-task]")).to_have_attribute("data-state", re.compile("awaiting_acceptance"))


@pytest.mark.both_databases
def test_the_lesson_runs_from_the_first_word_to_the_paid_invoice(stack: Stack, person: Callable[..., Any]) -> None:
    walk(stack, person, EN)


@pytest.mark.locale("ru")
def test_the_lesson_runs_in_russian(stack: Stack, person: Callable[..., Any]) -> None:
    walk(stack, person, RU)
