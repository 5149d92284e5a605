"""A hand that is quick: pressed, thrown over and let go before the page has looked up. `QUICK_DRAGS=500` for as many in
each language."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.test_board import fill
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.models import User
from webapp.snapshots import setups

MANY = int(os.environ.get("QUICK_DRAGS", "6"))
STAGES = ("new", "data_collection", "processing", "payment")
# Where the card and the column are, once the card lies still and the page says nothing is on its way.
PLACES = """async ([deal, to]) => {
  const card = () => document.querySelector(`[data-board] [data-deal="${deal}"]`)
  const quiet = () => card() && !document.querySelector(".waiting, .flying, .landing, .ghost, .lifted")
  for (let n = 0; n < 3; n = quiet() ? n + 1 : 0) await new Promise((then) => setTimeout(then, 30))
  const at = (element) => ({ x: element.getBoundingClientRect().x, y: element.getBoundingClientRect().y })
  return [card().dataset.at, at(card()), at(document.querySelector(`[data-stage="${to}"] [data-cards]`))]
}"""
# All of it before the page can do anything else: a hand over a page that is busy.
ONE_BREATH = """([a, b]) => {
  const say = (kind, x, y) => document.elementFromPoint(x, y).dispatchEvent(new PointerEvent(kind, {
    clientX: x, clientY: y, bubbles: true, cancelable: true, pointerType: "mouse", button: 0, isPrimary: true }))
  say("pointerdown", a.x + 60, a.y + 15)
  say("pointermove", a.x + 90, a.y + 30)
  say("pointermove", b.x + 90, b.y + 40)
  say("pointerup", b.x + 90, b.y + 40)
}"""


def throw(page: Page, card: dict[str, float], column: dict[str, float]) -> None:
    """Three movements between the press and the release, and no pause."""
    page.mouse.move(card["x"] + 60, card["y"] + 15)
    page.mouse.down()
    page.mouse.move(card["x"] + 70, card["y"] + 20)
    page.mouse.move(column["x"] + 90, column["y"] + 40, steps=2)
    page.mouse.up()


@pytest.mark.timeout(3600)
def test_every_quick_drag_takes_in_either_language(stack: Stack, person: Callable[..., Any]) -> None:
    (deal,) = fill(stack, 1, equipment_type="large")
    for locale in ("en", "ru"):
        with stack.app.app_context(), transaction():
            session().query(User).update({"locale": locale})
            setups.changed()
        page = person("rep1").open()
        wanted, found = drags(page, deal)
        assert found == wanted
        assert page.url.endswith("/"), "and no deal was opened by it"
        assert page.locator("html").get_attribute("lang") == locale


def drags(page: Page, deal: int) -> tuple[list[str], list[str]]:
    """Where the card was thrown each time, and where it stood then."""
    wanted, found = [], []
    at, card, column = page.evaluate(PLACES, [deal, STAGES[1]])
    for n in range(MANY):
        wanted.append(STAGES[(STAGES.index(at) + 1 + n % 3) % 4])
        at, card, column = page.evaluate(PLACES, [deal, wanted[-1]])
        if n % 2:
            page.evaluate(ONE_BREATH, [card, column])
        else:
            throw(page, card, column)
        at, card, column = page.evaluate(PLACES, [deal, STAGES[1]])
        found.append(at)
    return wanted, found
