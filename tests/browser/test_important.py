"""What matters now, worked off as a head would: ten items by keyboard alone, while others come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select

from tests import company
from tests.browser.hands import ANDROID, PHONE
from tests.services import acts
from tests.stack import Stack
from webapp.access.scopes import SYSTEM
from webapp.db import session, transaction
from webapp.models import Deal, ImportantItem
from webapp.services import important, tasks
from webapp.services.important import Cause

TWICE = """
() => [...document.querySelectorAll("[id]")].map((each) => each.id).filter((id, n, all) => all.indexOf(id) !== n)
"""
STATES = ("taken", "settled", "snoozed", "handed_on")


def opened(stack: Stack, count: int, kind: str = "control") -> list[int]:
    """Deals of rep1 with something that the head of North is to see to."""
    found = []
    with stack.app.app_context():
        for n in range(count):
            deal_id = acts.deal(
                title=f"Press {n} of {kind}", of=acts.contact(f"Client {n} of {kind}", None), waits=False
            )
            with transaction():
                deal = session().get_one(Deal, deal_id, with_for_update=True)
                facts = {"deal.title": deal.title, "robot.name": {"text": {"en": "Look"}}}
                since = datetime.now(UTC) - timedelta(minutes=60 - n)
                cause = Cause(kind, f"d{deal_id}", since, deal.responsible_id, deal_id, facts=facts)
                found.append(important.open_for([company.person("north")], cause, SYSTEM).id)
        session().close()
    return found


def handed_in(stack: Stack) -> int:
    with stack.app.app_context():
        with transaction():
            boss, rep = company.acting("north"), company.acting("rep1")
            assert rep.user_id is not None
            task = tasks.create_by_hand("Draft", "", rep.user_id, boss, accept=True)
            tasks.submit(task, "It is written", rep)
            task_id = task.id
        found = session().scalars(select(ImportantItem.id).where(ImportantItem.task_id == task_id)).one()
        session().close()
    return found


def states(stack: Stack, ids: list[int]) -> list[str]:
    with stack.app.app_context():
        found = session().scalars(
            select(ImportantItem.state).where(ImportantItem.id.in_(ids)).order_by(ImportantItem.id)
        )
        answer = list(found)
        session().close()
    return answer


def press(page: Page, keys: str) -> None:
    """J goes on to the next one; a letter does it, what is asked for is typed and sent by Enter or Ctrl Enter."""
    for key in keys.split():
        page.keyboard.press(key)


def test_ten_items_by_keyboard_alone_while_others_come(stack: Stack, person: Callable[..., Any]) -> None:
    """Nothing moves under the hand: what has come since waits behind a number, what is done stays in its place."""
    ids = [*opened(stack, 9), handed_in(stack)]
    page = person("north").open("/important")
    expect(page.locator('[data-items="open"] > [data-item]')).to_have_count(10)
    order = [int(each.get_attribute("data-item") or 0) for each in page.locator('[data-items="open"] > li').all()]
    assert order[0] == ids[-1]  # a colleague waits for an answer
    opened(stack, 3, "client_silent")
    expect(page.locator("[data-news]")).to_contain_text("3")
    typed = {"d": "Called them", "a": "Why so late?", "r": "The day is missing"}
    acts_by_key = ["y", "t", "t", "t", "d", "d", "s", "h", "a", "t"]
    for item, key in zip(order, acts_by_key, strict=True):
        page.keyboard.press("j")
        here = page.locator(f"#item-{item}")
        expect(here).to_be_focused()
        page.keyboard.press(key)
        if key in typed:
            expect(here.locator("textarea:focus")).to_have_count(1)
            page.keyboard.type(typed[key])
            page.keyboard.press("Control+Enter")
        if key in "sh":
            expect(here.locator("select:focus")).to_have_count(1)
            press(page, "Tab Enter")
        became = {"t": "taken", "y": "settled", "d": "settled", "s": "snoozed", "h": "handed_on", "a": "open"}[key]
        expect(page.locator(f'#item-{item}[data-state="{became}"]')).to_have_count(1)
        expect(here.locator("details[open]")).to_have_count(0)
        expect(here).to_be_focused()
    assert [
        int(each.get_attribute("data-item") or 0) for each in page.locator('[data-items="open"] > li').all()
    ] == order
    assert sorted(states(stack, ids)) == sorted(
        ["settled", *["taken"] * 3, "settled", "settled", "snoozed", "handed_on", "open", "taken"]
    )
    rep = person("rep1").open("/important")
    asked = rep.locator('[data-items="asked"] > li')
    expect(asked).to_contain_text("Why so late?")
    rep.keyboard.press("j")
    rep.keyboard.press("e")
    rep.keyboard.type("The client asked to wait")
    rep.keyboard.press("Control+Enter")
    expect(page.locator("[data-explanation]").first).to_contain_text("The client asked to wait")  # and both see it
    page.locator("[data-news]").press("Enter")
    expect(page.locator("[data-group] [data-item]")).to_have_count(0)
    expect(page.locator("[data-kind=client_silent]")).to_have_count(3)


def test_ten_items_by_touch_on_a_phone(stack: Stack, person: Callable[..., Any]) -> None:
    """Each by its own button, what asks for a word in a form that unfolds; an answer that is on its way folds none."""
    ids = [handed_in(stack), *opened(stack, 9)]
    page = person("north", **PHONE, user_agent=ANDROID).open("/important")
    expect(page.locator('[data-items="open"] > [data-item]')).to_have_count(10)
    held: list[Route] = []
    page.route(f"**/important/{ids[1]}/takings", lambda route: held.append(route))
    verb(page, ids[1], "take").tap()
    verb(page, ids[2], "settle").tap()
    words = page.locator(f"#item-{ids[2]} textarea")
    words.fill("Called them")
    held[0].continue_()
    expect(page.locator(f'#item-{ids[1]}[data-state="taken"]')).to_have_count(1)
    expect(words).to_have_value("Called them")
    page.locator(f"#item-{ids[2]} form:has(textarea) button").tap()
    became = {ids[2]: "settled"}
    rest = ["accept", "take", "take", "settle", "snooze", "hand_on", "ask", "take"]
    for item, name in zip([ids[0], *ids[3:]], rest, strict=True):
        verb(page, item, name).tap()
        form = page.locator(f"#item-{item} details[open] > form")
        if name == "ask":
            form.locator("textarea").fill("Why so late?")
        if name in ("settle", "snooze", "hand_on", "ask"):
            form.locator("button").tap()
        became[item] = {"accept": "settled", "settle": "settled", "take": "taken", "ask": "open"}.get(
            name, {"snooze": "snoozed", "hand_on": "handed_on"}.get(name, "")
        )
        expect(page.locator(f'#item-{item}[data-state="{became[item]}"]')).to_have_count(1)
        expect(page.locator(f"#item-{item} details[open]")).to_have_count(0)
    assert states(stack, list(became)) == [became[each] for each in sorted(became)]


def test_an_item_is_worked_off_on_each_page_that_shows_it(stack: Stack, person: Callable[..., Any]) -> None:
    """By itself, where *Handle it* leads, and in the lists beside the first: what stands there afterwards is what
    stood there before, with what became of it."""
    page = person("north").open("/important")
    became = {"take": "taken", "settle": "settled", "snooze": "snoozed", "hand_on": "handed_on", "ask": "open"}
    for name, item in zip(became, opened(stack, 5), strict=True):
        page.goto(f"{stack.url}/important/{item}")
        done(page, item, name)
        expect(page.locator(f'[data-items="one"] > #item-{item}[data-state="{became[name]}"]')).to_have_count(1)
        stands_alone(page)
    aside = opened(stack, 3)
    page.goto(f"{stack.url}/important/{aside[0]}")
    done(page, aside[0], "snooze")
    expect(page.locator(f'#item-{aside[0]}[data-state="snoozed"]')).to_have_count(1)
    page.goto(f"{stack.url}/important?list=snoozed")
    before = page.locator("[data-item]").count()
    done(page, aside[0], "take")
    expect(page.locator(f"#item-{aside[0]}")).to_have_count(0)
    expect(page.locator('[data-items="snoozed"] > [data-item]')).to_have_count(before - 1)
    stands_alone(page)


def done(page: Page, item: int, name: str) -> None:
    """A verb pressed, with what it asks for."""
    verb(page, item, name).click()
    form = page.locator(f"#item-{item} details[open] > form")
    if name in ("settle", "ask"):
        form.locator("textarea").fill("Why so late?")
    if name in ("settle", "snooze", "hand_on", "ask"):
        form.locator("button").click()


def stands_alone(page: Page) -> None:
    """Nothing was drawn into something else: no id twice, no list within an item."""
    assert (
        page.evaluate(
            "[...document.querySelectorAll('[id]')].map((e) => e.id).filter((e, n, all) => all.indexOf(e) !== n)"
        )
        == []
    )
    expect(page.locator("[data-item] #important, #important #important")).to_have_count(0)


def verb(page: Page, item: int, name: str) -> Locator:
    return page.locator(f'#item-{item} > .acts [data-verb="{name}"]')
