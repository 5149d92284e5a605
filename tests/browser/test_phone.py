"""Dozor on a phone's home screen: without a connection it shows what this person saw last and says so, work is accepted
from a notification, and whoever signs out leaves nothing behind. What stands above makes room while one reads on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Worker, expect

from tests import company
from tests.browser.hands import PHONE, Finger
from tests.browser.test_prompts import submit
from tests.stack import Stack
from webapp.db import session
from webapp.models import Task
from webapp.services.task_shown import submission_of

KEPT = "caches.keys().then(all => all.filter(each => each.startsWith('pages of')))"
KEPT_PATHS = """caches.keys().then(async names => {
  const pages = await caches.open(names.find(each => each.startsWith("pages of")))
  return (await pages.keys()).map(each => new URL(each.url).pathname) })"""
COMES_BACK_ON_LEAVING = "addEventListener('beforeunload', () => setTimeout(() => dispatchEvent(new Event('online'))))"
SHOWN = "() => registration.getNotifications().then(all => all.map(each => each.title))"


@pytest.fixture
def chromium(whole_chromium: Browser) -> Browser:
    """One that shows notifications."""
    return whole_chromium


def worker_of(page: Page, path: str) -> Worker:
    """The worker beside the pages, which has kept this one."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.goto(path)
    page.wait_for_function(f"{KEPT_PATHS}.then(all => all.includes('/inbox'))")
    return page.context.service_workers[0]


def test_a_phone_shows_what_it_knew_accepts_work_and_forgets(stack: Stack, person: Callable[..., Any]) -> None:
    north = person(
        "north", service_workers="allow", permissions=["notifications"], viewport={"width": 390, "height": 844}
    )
    page: Page = north.open()
    task_id = submit(stack, "Lathe")
    worker = worker_of(page, f"{north.url}/inbox")

    page.context.set_offline(True)
    page.goto(f"{north.url}/inbox")
    expect(page.locator("#kept")).to_contain_text("No connection. This page is from")
    expect(page.locator("#inbox")).to_be_visible()
    page.evaluate(COMES_BACK_ON_LEAVING)
    page.goto(f"{north.url}/figures")
    expect(page.locator("h1")).to_have_text("No connection")
    page.context.set_offline(False)
    page.goto(f"{north.url}/inbox")
    expect(page.locator("#kept")).to_be_hidden()

    with stack.app.app_context():
        submission, me = submission_of(session().get_one(Task, task_id)), company.person("north")
        session().close()
    said = {"title": "Work waits", "body": "", "tag": "t", "lang": "en", "actions": [], "url": f"/tasks/{task_id}"}
    said |= {"person": me, "task": task_id, "submission": submission, "accepted": "Accepted"}
    worker.evaluate("said => show(said)", said)
    assert worker.evaluate(SHOWN) == ["Work waits"]
    worker.evaluate("said => accept(said)", said)
    assert worker.evaluate(SHOWN) == ["Accepted"]
    with stack.app.app_context():
        assert session().get_one(Task, task_id).state == "done"
        session().close()

    browser = {"endpoint": "https://push.example.com/one", "keys": {"p256dh": "A" * 87, "auth": "A" * 22}}
    assert worker.evaluate("made => tell(made).then(answer => answer.status)", browser) == 204, (
        "its address has changed"
    )
    page.add_init_script(f"PushManager.prototype.getSubscription = async () => ({json.dumps(browser)})")
    page.goto(f"{north.url}/profile/addresses")
    expect(page.locator("[data-address]")).to_have_count(1)
    expect(page.locator("[data-push]")).to_be_hidden()
    page.locator("[data-address] form[action$='deletions'] button").click()
    expect(page.locator("[data-push] [data-says='off']")).to_contain_text("They are off here")
    page.goto(f"{north.url}/inbox")

    assert page.evaluate(KEPT) == [f"pages of {me}"]
    page.locator("form[action='/sign-out'] button").first.evaluate("button => button.form.requestSubmit()")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.wait_for_function(f"{KEPT}.then(all => all.length === 0)")


def box(of: Locator) -> dict[str, float]:
    found = of.bounding_box()
    assert found is not None
    return {**found, "end": found["y"] + found["height"]}


def on_top(page: Page, selector: str) -> bool:
    """Whether what is seen at the upper edge of the screen is of this."""
    return bool(page.evaluate("each => Boolean(document.elementFromPoint(195, 12)?.closest(each))", selector))


def swipe(page: Page, by: int) -> None:
    """Reads on by so many pixels; above nothing a finger goes the other way."""
    finger, start = Finger(page), 600 if by > 0 else 250
    finger.press(195, start)
    finger.slide(195, start - by, steps=8, ms=15)
    page.wait_for_timeout(60)  # held still, so that it does not fly on
    finger.slide(195, start - by, steps=2)
    finger.lift()
    page.wait_for_timeout(200)


def reads_a_deal(page: Page, above: str) -> None:
    """Down to where its conversation fills the screen, and a little up again. `above` it is what one sees first."""
    head, talk = page.locator(".deal > header"), page.locator("section:has([data-reply])")
    expect(head).to_be_in_viewport(ratio=1)
    assert on_top(page, above)
    under_thumb = []
    for _ in range(20):
        if box(talk)["y"] <= 120:
            break
        swipe(page, 160)
        if box(talk)["y"] < 500 and box(talk)["end"] > 920:  # begun, and its own place is further down
            under_thumb.append(round(box(talk.locator(".reply"))["end"]))
    expect(head).not_to_be_in_viewport()
    assert not on_top(page, "header, .bar")
    expect(talk.locator(".reply")).to_be_in_viewport(ratio=1)
    assert set(under_thumb) == {844}
    swipe(page, -60)
    expect(head).to_be_in_viewport(ratio=1)
    assert on_top(page, above)
    page.locator("#deal-title").focus()
    swipe(page, 160)
    expect(head).to_be_in_viewport(ratio=1)  # somebody writes in it


def test_what_stands_above_makes_room_for_what_is_read(stack: Stack, person: Callable[..., Any]) -> None:
    """Cards on the board; on a deal, over the board or on a page of its own, what was said and the reply to it."""
    for n in range(10):
        client = {"name": f"Client {n}", "email": f"client{n}@example.com"}
        made = stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": client, "text": "Hello\n" * 20})
    page: Page = person("head", **PHONE).open()
    column, nav, new = (page.locator(each) for each in ("#cards-1", ".bar .nav", ".sub > .end .btn.primary"))
    before = box(column)
    assert box(new)["y"] > 844 * 0.75
    swipe(page, 300)
    expect(nav).to_be_hidden()
    assert box(column)["y"] <= 844 / 6 <= before["y"] - 60
    assert box(column)["height"] >= before["height"] + 60
    assert box(new)["y"] > 844 * 0.75
    swipe(page, -60)
    expect(nav).to_be_visible()
    assert box(column) == before

    page.locator(f'[data-deal="{made["deal_id"]}"] [data-sheet]').tap()
    reads_a_deal(page, ".deal > header")
    page.locator("[data-close-sheet]").tap()
    expect(nav).to_be_visible()
    page.goto(f"{stack.url}/deals/{made['deal_id']}")
    page.locator('[data-live="on"]').wait_for()
    reads_a_deal(page, ".bar")
