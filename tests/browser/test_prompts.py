"""Several pieces of work that wait for one head: one prompt is open, the rest are counted, all can be put aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import company
from tests.stack import Stack
from webapp.db import transaction
from webapp.services import deals, notifications, tasks


def submit(stack: Stack, title: str, result: str = "") -> int:
    """A task of this deal, handed in by rep1 for north to accept."""
    with stack.app.app_context(), transaction():
        rep, by = company.person("rep1"), company.acting("rep1")
        draft = deals.DealDraft(title=title, stage=company.stage("new"), responsible_id=rep)
        task = tasks.create_by_hand(
            "Call them", "", rep, company.acting("north"), deal=deals.create(draft, by), accept=True
        )
        tasks.submit(task, result or f"Done: {title}", by)
        return task.id


def tell(stack: Stack, count: int) -> None:
    for n in range(count):
        with stack.app.app_context(), transaction():
            words = dict.fromkeys(("en", "ru"), f"Word {n}")
            notifications.tell([company.person("north")], "robot.notify", key=f"word {n}", facts={"robot.name": words})


def is_in_window(each: Locator) -> bool:
    return bool(
        each.evaluate(
            "e => { const r = e.getBoundingClientRect(); return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight }"
        )
    )


def test_of_three_prompts_one_is_open_and_named_by_its_deal(stack: Stack, person: Callable[..., Any]) -> None:
    page: Page = person("north").open()
    ids = [submit(stack, f"Lathe {n}") for n in range(3)]
    tell(stack, 5)
    prompts = page.locator("[data-approval]")
    expect(prompts).to_have_count(3)
    expect(page.locator("[data-approval]:visible")).to_have_count(1)
    expect(page.locator("#prompts h3:visible")).to_have_text("Lathe 0")
    expect(page.locator("#prompts-others .chip")).to_have_text("2 more wait")
    expect(page.locator("#toasts > :visible")).to_have_count(2)
    expect(page.locator("#more-toasts")).to_have_text("3 more")
    for each in page.locator("[data-approval]:visible button:visible").all():
        assert is_in_window(each)
    assert page.locator("#toasts", has_text="Accept the work").count() == 0
    page.locator("[data-accept]:visible").click()
    expect(page.locator("#toasts")).to_contain_text("Accepted: Call them")
    expect(page.locator("#prompts h3:visible")).to_have_text("Lathe 1")
    expect(page.locator("#prompts h3:visible a")).to_be_focused()
    page.locator("[data-return]:visible").click()
    page.keyboard.press("Escape")
    expect(page.locator(f"#return-{ids[1]}")).to_be_hidden()
    expect(page.locator("[data-return]:visible")).to_be_focused()


def test_what_comes_meanwhile_leaves_the_keyboard_where_it_is(stack: Stack, person: Callable[..., Any]) -> None:
    page: Page = person("north").open()
    first = submit(stack, "Lathe 0")
    page.locator("[data-return]:visible").focus()
    second = submit(stack, "Lathe 1")
    expect(page.locator("#prompts-others .chip")).to_have_text("1 more waits")
    expect(page.locator("[data-return]:visible")).to_be_focused()
    stack.call("north", "POST", f"/tasks/{first}/acceptances", {})
    expect(page.locator("#prompts h3:visible")).to_have_text("Lathe 1")
    expect(page.locator(f'[data-approval="{second}"] h3 a')).to_be_focused()


def test_prompts_put_aside_stay_so_in_this_tab_until_another_comes(stack: Stack, person: Callable[..., Any]) -> None:
    page: Page = person("north", viewport={"width": 390, "height": 844}).open()
    submit(stack, "Lathe 0")
    page.locator("[data-set-aside]").click()
    pill = page.get_by_role("button", name="1 to accept")
    expect(pill).to_be_focused()
    expect(page.locator("[data-approval]:visible")).to_have_count(0)
    page.reload()
    expect(pill).to_be_visible()
    pill.click()
    expect(page.locator("[data-approval]:visible")).to_have_count(1)
    page.locator("[data-set-aside]").click()
    page.locator('[data-live="on"]').wait_for()
    submit(stack, "Lathe 1")
    expect(page.locator("[data-approval]:visible")).to_have_count(1)


def test_a_low_window_keeps_its_room(stack: Stack, person: Callable[..., Any]) -> None:
    submit(stack, "Lathe 0")
    page: Page = person("north", viewport={"width": 844, "height": 390}).open()
    expect(page.get_by_role("button", name="1 to accept")).to_be_visible()
    assert page.locator(".col .cards").first.evaluate("e => parseFloat(getComputedStyle(e).paddingBottom)") < 60


@pytest.mark.parametrize("key", ["Control+z", None])
def test_moves_are_taken_back_one_after_another_and_a_refusal_is_said(
    stack: Stack, person: Callable[..., Any], key: str | None
) -> None:
    """Two quick moves, both undone; then a move whose undo comes when somebody has moved the deal on."""

    def undo(page: Page) -> None:
        if key:
            page.keyboard.press(key)
        else:
            page.locator("[data-undo]:visible").click()

    page: Page = person("rep1").open()
    made = [stack.call("rep1", "POST", "/deals", {"title": f"Lathe {n}"})["id"] for n in range(2)]
    for deal_id in made:
        card = page.locator(f'[data-stage="new"] [data-deal="{deal_id}"]')
        card.locator("a[data-sheet]").focus()
        for press in ("Space", "ArrowRight", "Enter"):
            page.keyboard.press(press)
        expect(page.locator(f'[data-stage="data_collection"] [data-deal="{deal_id}"]')).to_be_visible()
        expect(page.locator("[data-undo]")).to_have_count(made.index(deal_id) + 1)
    for deal_id in reversed(made):
        undo(page)
        expect(page.locator(f'[data-stage="new"] [data-deal="{deal_id}"]')).to_be_visible()
    expect(page.locator("[data-undo]")).to_have_count(0)
    page.locator(f'[data-deal="{made[0]}"] a[data-sheet]').focus()
    for press in ("Space", "ArrowRight", "Enter"):
        page.keyboard.press(press)
    expect(page.locator("[data-undo]")).to_have_count(1)
    stack.call("north", "POST", f"/deals/{made[0]}/moves", {"stage": "lost", "fields": {"lost_reason": "Too dear"}})
    undo(page)
    expect(page.locator("#toasts [data-toast=refused] h3")).to_have_text("Lathe 0")
