"""The board by every hand: mouse, touch, keys; many at once; two people; undo; quick add; the sheet."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests import company
from tests.browser.hands import PHONE, Finger
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.models import Deal
from webapp.services import deals

STAGES = ("new", "data_collection", "processing", "payment")
SEEN_WITHIN = 2  # seconds: one, and one more for a machine on which other tests run


def fill(stack: Stack, many: int, stage: str = "new", **values: str) -> list[int]:
    """Deals of rep1's on a stage, made by the service."""
    with stack.app.app_context(), transaction():
        made = [
            deals.create(
                deals.DealDraft(f"Deal {n}", company.stage(stage), company.person("rep1"), 10_000 * n, values=values),
                company.acting("rep1"),
            ).id
            for n in range(1, many + 1)
        ]
    with stack.app.app_context():
        session().close()
    return made


def where(page: Page, deal_id: int) -> str | None:
    return page.locator(f'[data-deal="{deal_id}"]').get_attribute("data-at")


def carry(page: Page, card: Any, target: Any, right: int = 90) -> None:
    """By mouse, as a hand does: pressed, moved in steps, held for a moment."""
    a, b = card.bounding_box(), target.bounding_box()
    page.mouse.move(a["x"] + 60, a["y"] + 15)
    page.mouse.down()
    page.mouse.move(a["x"] + 80, a["y"] + 30, steps=4)
    page.mouse.move(b["x"] + right, b["y"] + 40, steps=10)
    page.wait_for_timeout(150)
    page.mouse.move(b["x"] + right + 2, b["y"] + 44, steps=3)
    page.wait_for_timeout(150)


def drag(page: Page, card: Any, target: Any, right: int = 90) -> None:
    """Carried, and let go."""
    carry(page, card, target, right)
    page.mouse.up()


def on(page: Page, deal_id: int, stage: str) -> Any:
    """The card, if it stands in that column."""
    return page.locator(f'[data-stage="{stage}"] [data-deal="{deal_id}"]')


def test_a_card_is_dragged_by_mouse_and_another_browser_sees_it(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1)
    board, watch = person("rep1").open(), person("north").open()
    drag(board, board.locator(f'[data-deal="{deal}"]'), board.locator('[data-stage="data_collection"] [data-cards]'))
    for page in (board, watch):
        expect(page.locator(f'[data-stage="data_collection"] [data-deal="{deal}"]')).to_be_visible()
        expect(page.locator('[data-stage="data_collection"] [data-count]')).to_have_text("1")
        expect(page.locator('[data-stage="new"] [data-count]')).to_have_text("0")


def test_a_column_says_what_it_needs_and_the_refused_card_goes_back(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1)
    board = person("rep1").open()
    card = board.locator(f'[data-deal="{deal}"]')
    a, b = card.bounding_box(), board.locator('[data-stage="processing"]').bounding_box()
    board.mouse.move(a["x"] + 60, a["y"] + 15)
    board.mouse.down()
    board.mouse.move(a["x"] + 90, a["y"] + 40, steps=5)
    expect(board.locator('[data-stage="processing"].blocked [data-need]')).to_contain_text("Equipment type")
    board.mouse.move(b["x"] + 90, b["y"] + 160, steps=10)
    board.wait_for_timeout(200)
    board.mouse.move(b["x"] + 92, b["y"] + 164, steps=3)
    board.wait_for_timeout(200)
    board.mouse.up()
    form = board.locator("[data-required-form]")
    expect(form).to_be_visible()
    expect(form.locator("input[type=radio]").first).to_be_focused()
    board.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(board.locator(f'[data-stage="new"] [data-deal="{deal}"]')).to_be_visible()
    expect(board.locator(".col.blocked")).to_have_count(0)


def test_a_slow_answer_holds_its_card_alone_and_none_sends_it_back(stack: Stack, person: Callable[..., Any]) -> None:
    first, second, third = fill(stack, 3)
    hand = person("rep1")
    board, asked = hand.open(), []
    target, won = (board.locator(f'[data-stage="{key}"] [data-cards]') for key in ("data_collection", "won"))
    board.route("**/moves", lambda route: asked.append(route))
    drag(board, on(board, first, "new"), target)
    drag(board, on(board, first, "data_collection"), won)  # on its way: not in anybody's hand
    drag(board, on(board, second, "new"), target)  # another one is
    expect(board.locator(".card.waiting")).to_have_count(2)
    expect(board.locator("#sheet")).to_be_hidden()
    assert len(asked) == 2
    asked[0].fulfill(status=500, body="<p>Broken</p>")
    expect(on(board, first, "new")).to_be_visible()
    expect(board.locator("#toasts")).to_contain_text("Dozor does not answer")
    board.locator("#toasts [data-dismiss]").first.click()
    expect(on(board, second, "data_collection")).to_be_visible()
    asked[1].continue_()
    expect(board.locator(".card.waiting")).to_have_count(0)
    expect(on(board, second, "data_collection")).to_have_attribute("data-at", "data_collection")
    board.unroute("**/moves")
    hand.context.set_offline(True)
    expect(board.locator('[data-live="off"]')).to_be_visible()
    drag(board, on(board, third, "new"), target)
    expect(board.locator("#toasts")).to_contain_text("Dozor does not answer")
    expect(on(board, third, "new")).to_be_visible()
    expect(on(board, second, "data_collection")).to_be_visible()  # a failure of one is not the other's
    hand.context.set_offline(False)
    expect(board.locator('[data-live="on"]')).to_be_visible(timeout=15000)
    drag(board, on(board, third, "new"), target)
    expect(on(board, third, "data_collection")).to_have_attribute("data-at", "data_collection")
    hand.complaints[:] = [each for each in hand.complaints if "Failed to fetch" not in each]  # it was offline


def test_escape_in_the_air_puts_back_and_folded_lost_takes_a_card(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1)
    board = person("rep1").open()
    carry(board, on(board, deal, "new"), board.locator('[data-stage="data_collection"] [data-cards]'))
    stack.call("admin", "PATCH", f"/deals/{deal}", {"title": "Changed in the air"})
    board.keyboard.press("Escape")
    expect(on(board, deal, "new")).to_contain_text("Changed in the air")  # and what was missed is made up for
    expect(board.locator("#says")).to_have_text("Put back")
    board.mouse.up()
    expect(board.locator(".lifting, .ghost, .waiting")).to_have_count(0)
    carry(board, on(board, deal, "new"), board.locator('[data-stage="lost"]'), right=20)
    expect(board.locator('[data-stage="lost"].blocked [data-need]')).to_contain_text("Why it was lost")
    board.mouse.up()
    expect(board.locator("[data-required-form] textarea")).to_be_focused()
    board.keyboard.type("Too dear")
    board.get_by_role("button", name="Save and move").click()
    expect(board.locator('[data-stage="lost"] [data-count]')).to_have_text("1")
    expect(board.locator('[data-stage="new"] [data-count]')).to_have_text("0")
    expect(board.locator("[id^=total-]")).to_contain_text("0 open deals")
    board.get_by_role("button", name="Lost").press("Enter")
    expect(on(board, deal, "lost")).to_be_visible()


def test_the_focus_stays_where_the_hands_are(stack: Stack, person: Callable[..., Any]) -> None:
    deal, _ = fill(stack, 2)
    fill(stack, 2, "data_collection")
    board = person("rep1").open()
    link = board.locator(f'[data-deal="{deal}"] a[data-sheet]')
    link.focus()
    for key in ("Space", "ArrowRight", "ArrowDown", "Enter"):
        board.keyboard.press(key)
    expect(board.locator("#says")).to_have_text("Moved to Data collection")
    expect(board.locator(f'[data-stage="data_collection"] .card:nth-of-type(2)[data-deal="{deal}"]')).to_be_visible()
    expect(link).to_be_focused()
    board.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent("
        "'keydown', {key: 'я', code: 'KeyZ', ctrlKey: true, bubbles: true}))"
    )
    expect(on(board, deal, "new")).to_be_visible()  # Ctrl-Z on a Russian keyboard
    expect(link).to_be_focused()
    stack.call("admin", "PATCH", f"/deals/{deal}", {"title": "Another title"})
    expect(link).to_have_text("Another title")
    expect(link).to_be_focused()
    for key in ("Space", "ArrowRight", "ArrowRight", "Enter"):
        board.keyboard.press(key)
    expect(board.locator("[data-required-form]")).to_be_visible()
    board.keyboard.press("Escape")
    expect(link).to_be_focused()
    board.keyboard.press("x")
    stack.call("admin", "PATCH", f"/deals/{deal}", {"title": "Chosen all the same"})
    expect(board.locator(f'.chosen[data-deal="{deal}"]')).to_contain_text("Chosen all the same")
    expect(board.locator(".flying, .landing, .waiting, .lifted")).to_have_count(0)
    board.keyboard.press("Escape")
    expect(board.locator("#picked")).to_be_hidden()
    board.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent("
        "'keydown', {key: '.', code: 'Slash', bubbles: true, cancelable: true}))"
    )
    expect(board.locator("#search")).to_be_focused()
    board.keyboard.type("Deal 1")
    expect(board.locator("#found a").first).to_be_visible()
    board.keyboard.press("ArrowDown")
    expect(board.locator("#found a").first).to_be_focused()


def test_a_refresh_leaves_alone_what_somebody_is_at(stack: Stack, person: Callable[..., Any]) -> None:
    fill(stack, 95)
    made = stack.call(
        "admin",
        "POST",
        "/inquiries",
        {"channel": "chat", "contact": {"name": "Olga", "phone": "+79125550133"}, "text": "Hello"},
    )["deal_id"]
    stack.call("admin", "PATCH", f"/deals/{made}", {"responsible_id": stack.call("rep1", "GET", "/users/me")["id"]})
    board = person("rep1").open("/?mine=1")
    column = board.locator('[data-stage="new"] [data-cards]')
    bar = board.locator(f'[data-deal="{made}"] .fuse')
    expect(bar).to_have_attribute("style", re.compile("--length"))
    for shown in (40, 60, 80, 96):
        column.evaluate("each => each.scrollTop = each.scrollHeight")
        expect(column.locator(".card")).to_have_count(shown)
    column.evaluate("each => each.scrollTop = 6000")
    board.locator('[data-stage="data_collection"] .add').click()
    board.keyboard.type("Half a wo")
    board.get_by_role("button", name="Lost").click()
    top = column.evaluate("each => each.querySelectorAll('.card')[60].getBoundingClientRect().top")
    stack.call("admin", "PATCH", f"/deals/{made}", {"title": "Hello again"})
    expect(board.locator(f'[data-deal="{made}"] .t')).to_have_text("Hello again")
    expect(column.locator(".card")).to_have_count(96)
    assert abs(column.evaluate("each => each.querySelectorAll('.card')[60].getBoundingClientRect().top") - top) < 3
    expect(board.locator('[data-stage="data_collection"] .quick [name=title]')).to_have_value("Half a wo")
    expect(board.locator('[data-stage="data_collection"] .quick')).to_be_visible()
    expect(board.locator('[data-stage="lost"]')).to_have_attribute("data-open", "")
    expect(bar).to_have_attribute("style", re.compile("--length"))


def test_what_is_being_read_far_down_a_column_stays_where_it_is(stack: Stack, person: Callable[..., Any]) -> None:
    ids = fill(stack, 19)
    board = person("rep1").open()
    column = board.locator('[data-stage="new"] [data-cards]')
    column.evaluate("each => each.scrollTop = 600")
    board.wait_for_timeout(100)
    board.evaluate(SHAKES, ids[9])
    stack.call("rep1", "POST", "/deals", {"title": "On the top", "stage": "new"})
    expect(column.locator(".card")).to_have_count(20)
    stack.call("rep1", "POST", f"/deals/{ids[-1]}/moves", {"stage": "data_collection"})
    expect(column.locator(".card")).to_have_count(19)
    board.wait_for_timeout(300)
    assert board.evaluate("shaken") <= 3


# How far a card strays from where it was seen, frame by frame.
SHAKES = """(deal) => {
  const where = () => document.querySelector(`[data-deal="${deal}"]`).getBoundingClientRect().top
  const top = where()
  window.shaken = 0
  const look = () => { window.shaken = Math.max(window.shaken, Math.abs(where() - top)); requestAnimationFrame(look) }
  look()
}"""


def test_a_card_is_moved_by_keyboard_alone_and_taken_back(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1)
    board = person("rep1").open()
    board.locator(f'[data-deal="{deal}"] a[data-sheet]').focus()
    board.keyboard.press("Space")
    expect(board.locator("#says")).to_contain_text("Arrows")
    board.keyboard.press("ArrowRight")
    board.keyboard.press("Escape")
    expect(board.locator(f'[data-stage="new"] [data-deal="{deal}"]')).to_be_visible()
    for key in ("Space", "ArrowRight", "Enter"):
        board.keyboard.press(key)
    expect(board.locator(f'[data-deal="{deal}"][data-at="data_collection"]')).to_be_visible()
    expect(board.locator("[data-undo]")).to_be_visible()
    board.keyboard.press("Control+z")
    expect(board.locator(f'[data-deal="{deal}"][data-at="new"]')).to_be_visible()
    expect(board.locator("[data-undo]")).to_have_count(0)


def test_a_card_is_moved_by_touch_through_the_bar_of_stages(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1)
    board = person("rep1", **PHONE).open()
    finger = Finger(board)
    box = board.locator(f'[data-deal="{deal}"]').bounding_box()
    x, y = box["x"] + 80, box["y"] + 25
    finger.hold(x, y)
    finger.slide(x + 4, y + 12, steps=1)
    target = board.locator('[data-drop="data_collection"]').bounding_box()
    finger.slide(target["x"] + 40, target["y"] + 20)
    board.wait_for_timeout(200)
    finger.lift()
    expect(
        board.locator(f'[data-stage="data_collection"] [data-deal="{deal}"][data-at="data_collection"]')
    ).to_have_count(1)


def test_two_people_and_one_card_the_second_is_told_who_moved_it(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1, equipment_type="large")
    board, other = person("rep1").open(), person("north").open()
    board.locator(f'[data-deal="{deal}"] a[data-sheet]').focus()
    board.keyboard.press("Space")  # in the rep's hand: nobody moves it under them
    other.locator(f'[data-deal="{deal}"] [data-move-to]').click()
    other.locator('[data-move-form] input[value="payment"]').check(force=True)
    other.locator("[data-move-form] .btn.primary").click()
    expect(other.locator(f'[data-stage="payment"] [data-deal="{deal}"]')).to_be_visible()
    board.keyboard.press("ArrowRight")
    board.keyboard.press("Enter")
    expect(board.locator("[data-toast=refused]")).to_contain_text("Anna Krylova")
    expect(board.locator(f'[data-stage="payment"] [data-deal="{deal}"]')).to_be_visible()


def test_a_menu_opened_before_somebody_elses_move_moves_nothing(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1, equipment_type="large")
    board, other = person("rep1").open(), person("north").open()
    for page in (board, other):
        page.locator(f'[data-deal="{deal}"] [data-move-to]').click()
        page.locator("[data-move-form] h2").wait_for()
    for page, stage in ((other, "payment"), (board, "data_collection")):
        page.locator(f'[data-move-form] input[value="{stage}"]').check(force=True)
        page.locator("[data-move-form] .btn.primary").click()
        expect(page.locator("[data-move-form]")).to_have_count(0)
    expect(board.locator("[data-toast=refused]")).to_contain_text("Anna Krylova")
    expect(board.locator(f'[data-stage="payment"] [data-deal="{deal}"]')).to_be_visible()


def test_many_are_selected_and_what_cannot_move_says_why(stack: Stack, person: Callable[..., Any]) -> None:
    ready = fill(stack, 2, equipment_type="large")
    lacking = fill(stack, 1)
    board = person("rep1").open()
    board.locator("[data-select]").click()
    for deal in (*ready, *lacking):
        board.locator(f'[data-deal="{deal}"]').click()
    expect(board.locator("[data-picked-count]")).to_have_text("3")
    board.locator("#picked").get_by_role("button", name="Processing").click()
    expect(board.locator("#ask")).to_contain_text("Equipment type")
    board.locator("#ask [data-close]").click()
    for deal in ready:
        expect(board.locator(f'[data-stage="processing"] [data-deal="{deal}"]')).to_be_visible()
    expect(board.locator(f'[data-stage="new"] [data-deal="{lacking[0]}"]')).to_be_visible()
    expect(board.locator("#picked")).to_be_hidden()


def test_a_deal_is_added_in_its_column_and_asked_for_what_the_column_requires(
    stack: Stack, person: Callable[..., Any]
) -> None:
    board = person("rep1").open()
    board.locator('[data-stage="new"] .add').click()
    board.keyboard.type("Three pumps")
    board.keyboard.press("Enter")
    board.keyboard.press("Enter")  # a hurried hand: one deal all the same
    expect(board.locator('[data-stage="new"] .card', has_text="Three pumps")).to_have_count(1)
    expect(board.locator('[data-stage="new"] [data-count]')).to_have_text("1")
    board.keyboard.press("Escape")
    expect(board.locator('[data-stage="new"] .add')).to_be_focused()
    board.locator('[data-stage="processing"] .add').click()
    board.keyboard.type("A furnace")
    board.keyboard.press("Enter")
    ask = board.locator("#ask")
    expect(ask.locator("[name=title]")).to_have_value("A furnace")
    ask.get_by_text("Large").click()
    ask.get_by_role("button", name="Create deal").click()
    expect(board.locator("h1 textarea")).to_have_value("A furnace")


def test_the_sheet_has_its_own_address_and_back_goes_back(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1)
    board = person("rep1").open()
    board.locator(f'[data-deal="{deal}"] a[data-sheet]').click()
    sheet = board.locator("#sheet")
    expect(sheet.locator("#deal-title")).to_have_value("Deal 1")
    assert board.url.endswith(f"/deals/{deal}")
    sheet.get_by_text("Large").click()
    expect(board.locator(f'[data-deal="{deal}"] .tag')).to_have_text("Large")
    board.go_back()
    expect(sheet).to_be_hidden()
    board.go_forward()
    expect(sheet).to_be_visible()
    board.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert re.search(r"/$", board.url)


def test_what_is_typed_is_not_disturbed_by_what_others_do(stack: Stack, person: Callable[..., Any]) -> None:
    made = stack.call(
        "admin",
        "POST",
        "/inquiries",
        {"channel": "chat", "contact": {"name": "Olga", "phone": "+79125550133"}, "text": "Hello"},
    )
    page = person("north").open(f"/deals/{made['deal_id']}")
    page.locator("[data-reply]").fill("I am still writ")
    stack.call("admin", "PATCH", f"/deals/{made['deal_id']}", {"title": "Another title"})
    expect(page.locator("#deal-title")).to_have_value("Another title")
    expect(page.locator("[data-reply]")).to_have_value("I am still writ")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("moves", [int(os.environ.get("BROWSER_MOVES", "100"))])
def test_many_random_moves_in_two_browsers_end_with_what_the_database_holds(
    stack: Stack, person: Callable[..., Any], moves: int
) -> None:
    made = fill(stack, 12, equipment_type="large")
    boards = [person("rep1").open(), person("north").open()]
    dice = random.Random(7)
    for n in range(moves // 10):
        for board in boards:
            board.evaluate(MOVES, [[dice.choice(made), dice.choice(STAGES), dice.choice(made)] for _ in range(5)])
        if n % 5 == 0:
            boards[n % 2].wait_for_timeout(100)
    with stack.app.app_context():
        rows = session().execute(select(Deal.id, Deal.stage_id).order_by(Deal.position, Deal.id)).all()
        truth = {key: [row.id for row in rows if row.stage_id == company.stage(key).id] for key in STAGES}
        session().close()
    for board in boards:
        for key, ids in truth.items():
            shown = board.locator(f'[data-stage="{key}"] [data-cards] > .card')
            expect(shown).to_have_count(len(ids), timeout=10000)
            expect(board.locator(f'[data-stage="{key}"] [data-count]')).to_have_text(str(len(ids)))
            order = [int(each.get_attribute("data-deal") or 0) for each in shown.all()]
            assert order == ids


# Five moves at once, as a hurried hand: through the page's own requests, before its own earlier ones are answered.
MOVES = """async (moves) => {
  const one = ([deal, stage, before]) => {
    const card = document.querySelector(`[data-deal="${deal}"]`)
    const values = {stage, before, version: card.dataset.version}
    return htmx.ajax("POST", `/deals/${deal}/moves`, {source: card, target: card, swap: "none", values})
  }
  await Promise.all(moves.map((move) => one(move).catch(() => {})))
}"""


def test_a_new_stage_is_seen_within_a_second_on_open_boards_and_takes_no_card_out_of_a_hand(
    stack: Stack, person: Callable[..., Any]
) -> None:
    """The page is not loaded anew: what was noted in it is still there. The board in whose hand a card is learns of it
    when the card is let go, and the card lands where it was dropped."""
    (deal,) = fill(stack, 1)
    board, watch = person("rep1").open(), person("north").open()
    for page in (board, watch):
        page.evaluate("window.wasHere = true")
    card, target = (board.locator(each) for each in (f'[data-deal="{deal}"]', '[data-stage="data_collection"]'))
    carry(board, card, target.locator("[data-cards]"))
    seen = watch.locator('[data-stage="offer"]')
    stack.call("admin", "POST", "/stages", {"pipeline": "sales", "name": {"en": "Offer"}, "after": "data_collection"})
    published = time.monotonic()
    expect(seen).to_be_visible(timeout=10_000)
    spent = time.monotonic() - published
    assert spent < SEEN_WITHIN
    expect(board.locator(".card.lifted")).to_be_visible()
    expect(board.locator('[data-stage="offer"]')).to_have_count(0)
    board.mouse.up()
    expect(board.locator('[data-stage="offer"]')).to_be_visible()
    expect(on(board, deal, "data_collection")).to_have_attribute("data-at", "data_collection")
    assert [page.evaluate("window.wasHere") for page in (board, watch)] == [True, True]
